"""Mirror gap: two vessels whose silences could have held a meeting.

Both fell silent, and both could have lain together for hours at one place before they were heard again; or
one did, and the other was heard there, slow, all the while. That they could is not that they did: wherever
silences are many, some fit by chance. See docs/detectors/mirror_gap.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.findings import Evidence, Found, events_of, no_events
from shiomi.geo import EARTH_RADIUS_M, FULL_E7, HALF_E7
from shiomi.kernels.prisms import could_meet, longest_together
from shiomi.schema import UNHEARD
from shiomi.units import KNOT_MM_PER_S, SECOND, hours

__all__ = ["MirrorGap"]

_I64 = npt.NDArray[np.int64]
_BAND_E7 = 20_000_000
"""Height of a band of cells, 2 degrees: what a merchant ship sails in half a day."""
_STEPS = 40
"""Of the golden section: 0.62^40 of a thousand kilometres is millimetres."""
_E7_PER_M = HALF_E7 / (np.pi * EARTH_RADIUS_M)


class _Pair(NamedTuple):
    first: int
    second: int
    together_us: int
    lat_e7: int
    lon_e7: int


@dataclass(frozen=True, slots=True)
class MirrorGap:
    """Report every two silences, or silence and slow time, that could hold `min_together_s` together."""

    name: ClassVar[str] = "mirror_gap"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "unheard"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "sea"
    state: ClassVar[pa.Schema] = UNHEARD

    min_together_s: int = hours(2)
    """As long as an encounter must be: Global Fishing Watch, pipe-encounters, 2 h."""
    max_silence_s: int = hours(72)
    """As in `unheard`: what ended further apart is not compared."""

    @property
    def latency_s(self) -> int:
        """Told with the report that ends the later of the two."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of UNHEARD to pairs of them."""
        both = pa.concat_tables([state, rows.cast(UNHEARD)]).combine_chunks()
        kept = both.filter(pc.greater(both["t"], watermark - self.max_silence_s * SECOND)).combine_chunks()
        if rows.num_rows == 0:
            return Step(kept, no_events())
        pairs = self._pairs(both, np.arange(both.num_rows) >= state.num_rows)
        return Step(kept, events_of(self, _found(both, pairs)) if pairs else no_events())

    def _pairs(self, table: pa.Table, is_new: npt.NDArray[np.bool_]) -> list[_Pair]:
        order, begin, end = _cells(table, is_new)
        ends = ("lost_lat_e7", "lost_lon_e7", "again_lat_e7", "again_lon_e7")
        lost_t, again_t = numpy_of(table, "lost_t"), numpy_of(table, "again_t")
        lat0, lon0, lat1, lon1 = (numpy_of(table, c).astype(np.int64) for c in ends)
        speed_mm = numpy_of(table, "speed_dkn") * (KNOT_MM_PER_S / 10)
        first, second = could_meet(
            order,
            begin,
            end,
            lost_t,
            again_t,
            lat0,
            lon0,
            lat1,
            lon1,
            speed_mm,
            numpy_of(table, "mmsi"),
            numpy_of(table, "is_slow"),
            numpy_of(table, "t"),
            is_new,
            self.min_together_s * SECOND,
            self.max_silence_s * SECOND,
        )
        found = []
        for i, j in sorted({*zip(first.tolist(), second.tolist(), strict=True)}):
            # By what they did and not by who they are, so that other names give the same place.
            a, b = sorted((i, j), key=lambda k: (lost_t[k], again_t[k], lat0[k], lat1[k]))
            lat, lon = np.array([[lat0[a], lat1[a], lat0[b], lat1[b]], [lon0[a], lon1[a], lon0[b], lon1[b]]])
            t = np.array([lost_t[a], again_t[a], lost_t[b], again_t[b]])
            together_us, lat_e7, lon_e7 = longest_together(lat, lon, t, speed_mm[[a, b]], _STEPS)
            if together_us >= self.min_together_s * SECOND:
                found.append(_Pair(a, b, together_us, lat_e7, lon_e7))
        return found


def _cells(table: pa.Table, is_new: npt.NDArray[np.bool_]) -> tuple[_I64, _I64, _I64]:
    """Rows by the cells that their vessels could have reached; only cells that a new row reaches."""
    lat, lon = (numpy_of(table, f"lost_{c}_e7").astype(np.int64) for c in ("lat", "lon"))
    away_s = (numpy_of(table, "again_t") - numpy_of(table, "lost_t")) // SECOND
    reach = (away_s * numpy_of(table, "speed_dkn") * KNOT_MM_PER_S / 10_000 * _E7_PER_M).astype(np.int64) + 1
    low = np.maximum(lat - reach, -HALF_E7 // 2) // _BAND_E7
    high = np.minimum(lat + reach, HALF_E7 // 2 - 1) // _BAND_E7
    row = np.repeat(np.arange(len(lat)), high - low + 1)
    band = _counted(low, high - low + 1)
    # Columns of a band are as wide as its rows are high where it is nearest to the equator; a vessel that
    # could have come near a pole is in all of them.
    pole = np.maximum(np.abs(band), np.abs(band + 1)) * _BAND_E7
    wide = np.cos(np.radians(np.minimum(np.abs(lat[row]) + reach[row], HALF_E7 // 2) / 1e7))
    east = np.minimum(reach[row] / np.maximum(wide, 1e-3), HALF_E7).astype(np.int64) + 1
    around = np.where(pole >= HALF_E7 // 2 - _BAND_E7, 1, FULL_E7 // _BAND_E7)
    column_low = (lon[row] - east + 2 * FULL_E7) * around // FULL_E7
    number = np.minimum((lon[row] + east + 2 * FULL_E7) * around // FULL_E7 - column_low + 1, around)
    key = (np.repeat(band, number) << 20) + _counted(column_low, number) % np.repeat(around, number)
    owner = np.repeat(row, number)
    fresh = np.isin(key, key[is_new[owner]])
    key, owner = key[fresh], owner[fresh]
    by_cell = np.lexsort((owner, key))
    edge = np.flatnonzero(np.append(True, np.diff(key[by_cell]) != 0)) if len(key) else np.empty(0, np.int64)
    return owner[by_cell], edge.astype(np.int64), np.append(edge[1:], len(key)).astype(np.int64)[: len(edge)]


def _counted(start: _I64, number: _I64) -> _I64:
    """start[0], start[0] + 1, ... so many of each, end to end."""
    before = np.repeat(np.cumsum(number) - number, number)
    return np.repeat(start, number) + np.arange(len(before)) - before


def _found(table: pa.Table, pairs: list[_Pair]) -> Found:
    a, b = np.array([p.first for p in pairs]), np.array([p.second for p in pairs])
    track, known_t = numpy_of(table, "track_id"), numpy_of(table, "t")
    lost_t, again_t, is_slow = (numpy_of(table, c) for c in ("lost_t", "again_t", "is_slow"))
    t_start, t_end = np.maximum(lost_t[a], lost_t[b]), np.minimum(again_t[a], again_t[b])
    ids, times = table["evidence"].to_pylist(), table["evidence_t"].to_pylist()
    cited = [
        [m for _, m in sorted({*zip(times[i] + times[j], ids[i] + ids[j], strict=True)})]
        for i, j in zip(a.tolist(), b.tolist(), strict=True)
    ]
    edges = np.cumsum([0, *(len(c) for c in cited)]).astype(np.int64)
    silence_us = np.where(is_slow, 0, again_t - lost_t)
    # Out and back in the time unheard.
    reach_mm = silence_us // SECOND * numpy_of(table, "speed_dkn").astype(np.int64) * KNOT_MM_PER_S / 20
    reach_m = (reach_mm / 1000).astype(np.int64)
    return Found(
        is_open=np.zeros(len(pairs), np.bool_),
        subjects=[np.minimum(track[a], track[b]), np.maximum(track[a], track[b])],
        t_start=t_start,
        t_end=t_end,
        t_start_earliest=t_start,
        t_start_latest=t_start,
        t_end_earliest=t_end,
        t_end_latest=t_end,
        known_t=np.maximum(known_t[a], known_t[b]),
        lat_e7=np.array([p.lat_e7 for p in pairs], np.int64),
        lon_e7=np.array([p.lon_e7 for p in pairs], np.int64),
        measures={
            "duration_s": (t_end - t_start) // SECOND,
            "together_max_s": np.array([p.together_us for p in pairs], np.int64) // SECOND,
            "silent_vessels": 2 - is_slow[a].astype(np.int64) - is_slow[b],
            "reach_m": np.maximum(reach_m[a], reach_m[b]),
            "silence_max_s": np.maximum(silence_us[a], silence_us[b]) // SECOND,
        },
        evidence=Evidence(edges, np.array([m for c in cited for m in c], np.int64)),
    )

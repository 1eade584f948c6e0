"""Identity switch: one MMSI ends at sea where and when another begins, on the same course.

A vessel that changes its number under way does this; so do two vessels of which one leaves the reach of
receivers as the other enters it, and a fault in a transmitter's memory. The finding says that one hull
could have made both, and that no other nearby fits better. See docs/detectors/identity_switch.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, numpy_of
from shiomi.contracts import Step
from shiomi.findings import Found, events_of, evidence_rows
from shiomi.geo import distance_m, wrap_e7
from shiomi.schema import TURNOVERS
from shiomi.units import KNOT_MM_PER_S, SECOND, knots, minutes

__all__ = ["IdentitySwitch"]

_I64 = npt.NDArray[np.int64]
_M_PER_E7 = 0.0111195
"""1e-7 degree of latitude on the sphere of `shiomi.geo`, metres."""


@dataclass(frozen=True, slots=True)
class IdentitySwitch:
    """Report every end of an MMSI and beginning of another that fit each other best."""

    name: ClassVar[str] = "identity_switch"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "turnovers"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "sea"
    state: ClassVar[pa.Schema] = pa.schema([*TURNOVERS, pa.field("is_done", pa.bool_())])

    max_between_s: int = minutes(30)
    """From the last report to the first. Analyst-set: a course kept for longer is a guess."""
    max_off_m: int = 1_000
    """The first report lies this near to where the last one's course and speed lead. Analyst-set."""
    max_turn_deg: int = 30
    """Their courses differ by no more. Analyst-set."""
    max_change_dkn: int = knots(4)
    """Nor their speeds. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """Told once no other beginning can follow on the end."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TURNOVERS to switches."""
        fresh = rows.append_column(self.state.field("is_done"), pa.array(np.zeros(rows.num_rows, np.bool_)))
        p = pa.concat_tables([state, fresh.select(state.schema.names)]).combine_chunks()
        p = p.take(pa.array(np.lexsort((numpy_of(p, "track_id"), numpy_of(p, "t")))))
        t, is_end, done = numpy_of(p, "t"), numpy_of(p, "is_end"), numpy_of(p, "is_done")
        between_us = self.max_between_s * SECOND
        a, b, off_m = self._pairs(p, t, is_end, between_us)
        decided = t + between_us < watermark
        told = _best(a, b, off_m) & _best(b, a, off_m) & decided[a] & ~done[a]
        i = p.schema.get_field_index("is_done")
        carried = p.set_column(i, self.state.field("is_done"), pa.array(done | decided))
        carried = carried.filter(pa.array(t >= watermark - 2 * between_us))
        return Step(carried.cast(self.state), events_of(self, self._found(p, a[told], b[told], off_m[told])))

    def _pairs(
        self, p: pa.Table, t: _I64, is_end: npt.NDArray[np.bool_], between_us: int
    ) -> tuple[_I64, _I64, _I64]:
        """Row numbers of every end and every beginning that could go on from it, and how far off."""
        ends, begins = np.flatnonzero(is_end), np.flatnonzero(~is_end)
        low = np.searchsorted(t[begins], t[ends], "left")
        count = np.searchsorted(t[begins], t[ends] + between_us, "right") - low
        a = np.repeat(ends, count)
        nth = np.arange(len(a)) - np.repeat(np.cumsum(count) - count, count)
        b = begins[np.repeat(low, count) + nth] if len(begins) else a[:0]
        mmsi = numpy_of(p, "mmsi")
        lat, lon = (numpy_of(p, c).astype(np.int64) for c in ("lat_e7", "lon_e7"))
        pace, cog = (numpy_of(p, c).astype(np.int64) for c in ("pace_dkn", "cog_ddeg"))
        way_m = pace[a] * (t[b] - t[a]) * (KNOT_MM_PER_S / 10_000 / SECOND)
        north = (lat[b] - lat[a]) * _M_PER_E7
        east = wrap_e7(lon[b] - lon[a]) * _M_PER_E7 * np.cos(np.radians(lat[a] / 1e7))
        known = (cog[a] != NULL) & (cog[b] != NULL)
        course = np.radians(cog[a] / 10)
        ahead_m = np.hypot(north - way_m * np.cos(course), east - way_m * np.sin(course))
        off_m = np.where(known, ahead_m, np.abs(np.hypot(north, east) - way_m))
        turn = np.abs((cog[b] - cog[a] + 1800) % 3600 - 1800)
        fits = (mmsi[a] != mmsi[b]) & (off_m <= self.max_off_m)
        fits &= np.abs(pace[b] - pace[a]) <= self.max_change_dkn
        fits &= ~known | (turn <= self.max_turn_deg * 10)
        return a[fits], b[fits], np.rint(off_m[fits]).astype(np.int64)

    def _found(self, p: pa.Table, a: _I64, b: _I64, off_m: _I64) -> Found:
        t = numpy_of(p, "t")
        lat, lon = numpy_of(p, "lat_e7"), numpy_of(p, "lon_e7")
        track = numpy_of(p, "track_id")
        subjects = np.sort(np.stack([track[a], track[b]]), axis=0)
        both = np.stack([a, b], axis=1).reshape(-1)
        cited = p.select(["evidence", "evidence_t"]).take(pa.array(both))
        ids, times = (cited[c].combine_chunks() for c in ("evidence", "evidence_t"))
        # Every end cites one report, every beginning as many as any other.
        size = len(ids.flatten()) // max(len(a), 1)
        edges = np.arange(len(a) + 1, dtype=np.int64) * size
        return Found(
            is_open=np.zeros(len(a), np.bool_),
            subjects=[subjects[0], subjects[1]],
            t_start=t[a],
            t_end=t[b],
            t_start_earliest=t[a],
            t_start_latest=t[a],
            t_end_earliest=t[b],
            t_end_latest=t[b],
            known_t=t[a] + self.max_between_s * SECOND,
            lat_e7=lat[b].astype(np.int64),
            lon_e7=lon[b].astype(np.int64),
            measures={
                "duration_s": (t[b] - t[a]) // SECOND,
                "off_m": off_m,
                "distance_m": np.rint(distance_m(lat[a], lon[a], lat[b], lon[b])).astype(np.int64),
            },
            evidence=evidence_rows(edges, [ids.flatten().to_numpy()], [times.flatten().to_numpy()]),
        )


def _best(of: _I64, other: _I64, off_m: _I64) -> npt.NDArray[np.bool_]:
    """Whether each pair is the one least far off of all with the same `of`; among equals the earliest."""
    order = np.lexsort((other, off_m, of))
    first = np.ones(len(of), np.bool_)
    first[1:] = of[order][1:] != of[order][:-1]
    best = np.empty(len(of), np.bool_)
    best[order] = first
    return best

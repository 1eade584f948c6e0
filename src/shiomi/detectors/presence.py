"""Presence: a vessel stays in a zone, from when to when.

Being there is no intrusion: ships of every flag have the right of innocent passage (UNCLOS 17 to 19), most
of these lines are derived, and many are disputed. The finding says where a vessel was against a line,
whose line that is stands in the table of zones. See docs/detectors/presence.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of, no_events
from shiomi.geo import distance_m
from shiomi.kernels.zones import find_stays
from shiomi.places.near_rows import first_rows, kept_rows, near_rows
from shiomi.places.zone_grid import Waters, waters_of
from shiomi.places.zones import BUNDLED
from shiomi.schema import TRACKS, columns_of
from shiomi.units import SECOND, hours, minutes, nautical_miles

__all__ = ["Presence"]

_INSIDE, _UNDETERMINED, _JUST_OUTSIDE, _OUTSIDE = range(4)
_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Presence:
    """Report every stay of a track in a zone: open with the first report surely inside, then closed."""

    name: ClassVar[str] = "presence"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = pa.schema(
        [
            *columns_of(TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "prev_t"),
            pa.field("zone_hash", pa.int64(), nullable=False),
            pa.field("outside_m", pa.int64(), nullable=False),
            pa.field("is_told", pa.bool_(), nullable=False),
        ]
    )

    zones_hash: int = BUNDLED
    """The table of zones; `shiomi watch --zones FILE` sets it."""
    position_m: int = 30
    """A report nearer to the line than this, and than the line is sure, is undetermined. IMO resolution
    MSC.112(73) asks 13 m of GPS; the rest is for the antenna's place on a ship. Analyst-set."""
    hysteresis_m: int = nautical_miles(0.2)
    """A stay goes on over reports outside by no more than this, for `max_break_s`. Analyst-set."""
    max_break_s: int = minutes(15)
    """As above; farther out, a stay ends at once. Analyst-set."""
    max_silence_s: int = hours(1)
    """A vessel not heard for longer is not said to have stayed: nothing is interpolated over a longer
    time where a line matters. Analyst-set."""
    keep_s: int = minutes(20)
    """Evidence holds a report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """Told with the first report inside; closed once left or silent."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to stays in zones."""
        waters = waters_of(self.zones_hash)
        p = near_rows(waters, state, rows, is_told=False)
        if len(p["t"]) == 0:
            return Step(state, no_events())
        p["side"] = self._side(waters, p)
        edges = np.append(first_rows(p["track_id"], p["zone"]), len(p["t"])).astype(np.int64)
        stays, cited_edges, cited, keep, told = find_stays(
            edges,
            p["t"],
            p["side"],
            p["is_told"],
            watermark,
            self.max_silence_s * SECOND,
            self.max_break_s * SECOND,
            self.keep_s * SECOND,
        )
        found = self._found(waters, p, stays, cited_edges, cited)
        p["is_told"] = told
        return Step(
            kept_rows(p, keep, self.state), events_of(self, found, waters.zone_hash[p["zone"][stays[:, 1]]])
        )

    def _side(self, waters: Waters, p: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.int8]:
        outside_m = p["outside_m"]
        ribbon_m = waters.line_m[p["zone"]] + self.position_m
        side = np.select(
            [outside_m <= -ribbon_m, outside_m <= ribbon_m, outside_m <= ribbon_m + self.hysteresis_m],
            [_INSIDE, _UNDETERMINED, _JUST_OUTSIDE],
            _OUTSIDE,
        )
        return side.astype(np.int8)

    def _found(
        self, waters: Waters, p: dict[str, npt.NDArray[Any]], stays: _I64, edges: _I64, cited: _I64
    ) -> Found:
        t, lat, lon = p["t"], p["lat_e7"].astype(np.int64), p["lon_e7"].astype(np.int64)
        is_open = stays[:, 0] == 0
        first, last, broke = stays[:, 1], stays[:, 4], stays[:, 5]
        is_sure = stays[:, 2] >= 0
        start, end = np.where(is_sure, stays[:, 2], first), np.where(is_sure, stays[:, 3], last)
        t_end = np.where(is_open, UNKNOWN, t[end])
        before = p["prev_t"][first]
        owner = np.repeat(np.arange(len(stays)), np.diff(edges))
        held = p["side"][cited] <= _UNDETERMINED
        inside = p["side"][cited] == _INSIDE
        # Both sides of every change of side are cited, so these seconds do not depend on what is thinned.
        follows = np.append((owner[1:] == owner[:-1]) & held[1:] & held[:-1], False)
        unsure = follows & ~(inside & np.append(inside[1:], False))
        unsure_us = np.where(unsure, np.append(np.diff(t[cited]), 0), 0)
        zone = p["zone"][first]
        moved_m = distance_m(lat[start], lon[start], lat[end], lon[end])
        depth_m = -waters.outside_m(p["zone"][cited], lat[cited], lon[cited])
        return Found(
            is_open=is_open,
            subjects=[p["track_id"][first]],
            t_start=t[start],
            t_end=t_end,
            t_start_earliest=np.where(before == UNKNOWN, t[first], np.minimum(before, t[first])),
            t_start_latest=t[start],
            t_end_earliest=t_end,
            t_end_latest=np.where(is_open | (broke < 0), UNKNOWN, t[np.maximum(broke, 0)]),
            known_t=stays[:, 6],
            lat_e7=lat[start],
            lon_e7=lon[start],
            measures={
                "zone_hash": waters.zone_hash[zone],
                "duration_s": (t[end] - t[start]) // SECOND,
                "inside_reports": np.bincount(owner[inside], minlength=len(stays)),
                "undetermined_s": _sum_by(owner, unsure_us, len(stays)) // SECOND,
                "depth_m": _most_by(owner, np.where(held, depth_m, 0), len(stays)),
                "distance_m": np.rint(moved_m).astype(np.int64),
            },
            evidence=Evidence(edges, p["message_id"][cited]),
        )


def _sum_by(owner: _I64, values: _I64, n: int) -> _I64:
    out = np.zeros(n, np.int64)
    np.add.at(out, owner, values)
    return out


def _most_by(owner: _I64, values: _I64, n: int) -> _I64:
    out = np.zeros(n, np.int64)
    np.maximum.at(out, owner, values)
    return out

"""Patrol: vessels under way, step by step of a coarse clock, with every report they made.

First link of the chains that judge how vessels move with each other and over a ground. A step is
written whole or not at all: a vessel that fell silent within it for longer than may be bridged, or that
reported itself stopped, is not known well enough to say how it moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns, numpy_of
from shiomi.contracts import Step
from shiomi.geo import wrap_e7
from shiomi.kernels.patrol import cut_legs
from shiomi.schema import PATROLS, TRACKS, columns_of
from shiomi.units import SECOND, knots, minutes

__all__ = ["Patrol"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Patrol:
    """Write every whole step of `slot_s` over which a vessel moved at `min_under_way_dkn` or faster."""

    name: ClassVar[str] = "patrol"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "patrols"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "track_id", "mmsi", "t", "message_id", "lat_e7", "lon_e7", "bridge_s", "prev_t"
    ).append(pa.field("is_seen", pa.bool_()))

    slot_s: int = minutes(5)
    """Two ships that close at 72 kn are within 3 nautical miles of each other in the middle of the step
    in which they pass. Analyst-set."""
    min_under_way_dkn: int = knots(1)
    """Slower reports, and steps made good slower, are left out: at rest or adrift. Analyst-set."""
    max_silence_s: int = minutes(10)
    """No longer silence is bridged, whatever the track allows; so a step is final this long after it.
    A heading held for so long is still a guess at 12 kn over 2 nautical miles. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """A step is known once the report after it is in."""
        return self.max_silence_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of PATROLS."""
        moving = np.flatnonzero(numpy_of(rows, "pace_dkn") >= self.min_under_way_dkn)
        p = Columns(
            state, rows.select(self.state.names[:-1]).take(pa.array(moving)), "track_id", is_seen=False
        )
        t, lat, lon = p["t"], p["lat_e7"].astype(np.int64), p["lon_e7"].astype(np.int64)
        legs, way_mm, keep = cut_legs(
            p["track_id"],
            t,
            lat,
            lon,
            p.times("prev_t"),
            p["bridge_s"].clip(max=self.max_silence_s).astype(np.int64),
            p["is_seen"],
            self.slot_s * SECOND,
            # 0.1 knot is 1852 / 36 mm in a second.
            -(-self.min_under_way_dkn * self.slot_s * 1852 // 36),
        )
        keep &= watermark - np.repeat(t[p.last_of("track_id")], _lengths(p)) <= self.max_silence_s * SECOND
        first, last, end = legs[:, 0], legs[:, 1], legs[:, 2]
        counts = last - first + 1
        edges = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        fix = np.arange(edges[-1]) + np.repeat(first - edges[:-1], counts)
        columns = [
            p.at("track_id", last),
            p.at("mmsi", last),
            end,
            *(legs[:, i].astype(np.int32) for i in range(3, 7)),
            way_mm,
        ]
        east = lon[fix] - np.repeat(legs[:, 4], counts)
        lists = [
            p.at("message_id", fix),
            t[fix] - np.repeat(end, counts),
            lat[fix] - np.repeat(legs[:, 3], counts),
            wrap_e7(east),
        ]
        arrays = [
            *(pa.array(c) for c in columns),
            *(
                pa.ListArray.from_arrays(
                    pa.array(edges), pa.array(v.astype(f.type.value_type.to_pandas_dtype()))
                )
                for v, f in zip(lists, [*PATROLS][len(columns) :], strict=True)
            ),
        ]
        return Step(
            p.table(keep, is_seen=np.ones(len(p), np.bool_)), pa.Table.from_arrays(arrays, schema=PATROLS)
        )


def _lengths(p: Columns) -> _I64:
    """Rows of each track."""
    ends = np.flatnonzero(p.last_of("track_id"))
    return np.diff(ends, prepend=-1)

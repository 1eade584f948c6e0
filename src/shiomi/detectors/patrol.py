"""Patrol: vessels under way, step by step of a coarse clock, with every report they made.

First link of the chains that judge how vessels move with each other and over a ground. A step is
written whole or not at all: a vessel that fell silent within it for longer than may be bridged, or that
reported itself stopped, is not known well enough to say how it moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import Columns, list_array, numpy_of
from shiomi.contracts import Step
from shiomi.kernels.patrol import cut_legs, legs_written
from shiomi.kernels.steps import by_time
from shiomi.kernels.still import still
from shiomi.schema import PATROLS, TRACKS, columns_of
from shiomi.units import SECOND, knots, minutes

__all__ = ["Patrol"]


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
        p = Columns(state, rows, "track_id", among=moving, is_seen=False)
        silence_us = self.max_silence_s * SECOND
        *legs, keep = cut_legs(
            p["track_id"],
            p["t"],
            p["lat_e7"],
            p["lon_e7"],
            p.times("prev_t"),
            p["bridge_s"],
            p["is_seen"],
            self.slot_s * SECOND,
            # 0.1 knot is 1852 / 36 mm in a second.
            -(-self.min_under_way_dkn * self.slot_s * 1852 // 36),
            silence_us,
            watermark - silence_us,
        )
        legs = [still(c) for c in legs]
        # In order of time, as the stages that read them want them: so they are moved once.
        order = by_time(legs[2], self.slot_s * SECOND)
        track_id, mmsi, t, place, way_mm, edges, *lists = legs_written(
            order, *legs, *(p[c] for c in ("track_id", "mmsi", "message_id", "t", "lat_e7", "lon_e7"))
        )
        columns = [track_id, mmsi, t, *place, way_mm]
        arrays = [*map(pa.array, columns), *(list_array(edges, v) for v in lists)]
        found = pa.Table.from_arrays(arrays, schema=PATROLS)
        return Step(p.table(keep, is_seen=np.ones(len(p), np.bool_)), found)

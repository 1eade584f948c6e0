"""Proximity: which slow vessels were near each other at an instant.

Second link of the encounter chain. Distance and speed are judged at each slot, not over the whole
run: ships that sail together and then drift are found in their drift, which a limit on the run's
median speed would hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import close_pairs
from shiomi.pairs import pairs_of
from shiomi.schema import PAIRS
from shiomi.units import knots

__all__ = ["Proximity"]


@dataclass(frozen=True, slots=True)
class Proximity:
    """Pairs of tracks of different MMSIs, both slow, within `max_distance_m` at a slot."""

    name: ClassVar[str] = "proximity"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "slots"
    writes: ClassVar[str] = "proximity"
    by: ClassVar[str] = "t"
    state: ClassVar[pa.Schema] = pa.schema([])

    max_distance_m: int = 500
    """Global Fishing Watch, pipe-encounters: 500 m."""
    max_pace_dkn: int = knots(2)
    """The same source: under 2 kn; here at every slot, for both vessels."""

    @property
    def latency_s(self) -> int:
        """An instant is judged as soon as it is complete."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of SLOTS to rows of PAIRS; nothing is carried."""
        pace = numpy_of(rows, "pace_dkn")
        if not (pace <= self.max_pace_dkn).all():
            rows = rows.filter(pa.array(pace <= self.max_pace_dkn))
        if rows.num_rows == 0:
            return Step(state, PAIRS.empty_table())
        first, second, distance_mm = close_pairs(
            group_edges(numpy_of(rows, "t")),
            numpy_of(rows, "lat_e7"),
            numpy_of(rows, "lon_e7"),
            numpy_of(rows, "mmsi"),
            self.max_distance_m * 1000,
        )
        return Step(state, pairs_of(rows, first, second, distance_mm))

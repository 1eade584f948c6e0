"""Abreast: which vessels under way were beside each other at an instant.

Second link of `dual_identity`: what `proximity` is for slow vessels, this is for those that sail.
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

__all__ = ["Abreast"]


@dataclass(frozen=True, slots=True)
class Abreast:
    """Pairs of tracks of different MMSIs within `max_abreast_m` of each other at a slot."""

    name: ClassVar[str] = "abreast"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "wakes"
    writes: ClassVar[str] = "abreast"
    by: ClassVar[str] = "t"
    state: ClassVar[pa.Schema] = pa.schema([])

    max_abreast_m: int = 1_000
    """Far enough to see two that were one part again."""

    @property
    def latency_s(self) -> int:
        """An instant is judged as soon as it is complete."""
        return 0

    @property
    def reach_m(self) -> int:
        """Vessels further apart than this need not be seen together."""
        return self.max_abreast_m

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of SLOTS to rows of PAIRS; nothing is carried."""
        first, second, distance_mm = close_pairs(
            group_edges(numpy_of(rows, "t")),
            numpy_of(rows, "lat_e7"),
            numpy_of(rows, "lon_e7"),
            numpy_of(rows, "mmsi"),
            self.max_abreast_m * 1000,
        )
        return Step(state, pairs_of(rows, first, second, distance_mm))

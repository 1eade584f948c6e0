"""Proximity: which slow vessels were near each other at an instant, and at which instant they had parted.

Second link of the encounter chain. Distance and speed are judged at each slot, not over the whole
run: ships that sail together and then drift are found in their drift, which a limit on the run's
median speed would hide. The slot after, where two that were near are no longer, says by when they
had parted; where one of them is not heard there, nobody can say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, numpy_of
from shiomi.contracts import Step
from shiomi.geo import distance_m
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import close_pairs
from shiomi.pairs import pairs_of
from shiomi.units import knots

__all__ = ["Proximity"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Proximity:
    """Pairs of tracks of different MMSIs: near and slow at a slot, or just parted."""

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

    @property
    def reach_m(self) -> int:
        """Vessels further apart than this, at the slot and at the one before, need not be seen together."""
        return self.max_distance_m

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of SLOTS to rows of PAIRS; nothing is carried, since each slot names the one before."""
        first, second, distance_mm = self._near(rows, "")
        was_first, was_second, _ = self._near(rows, "prev_")
        n = rows.num_rows
        # Both lists are in order, so that a look-up is a step forward.
        was, still = was_first * n + was_second, np.append(first * n + second, np.iinfo(np.int64).max)
        parted = still[np.searchsorted(still, was)] != was
        i, j = was_first[parted], was_second[parted]
        lat, lon = numpy_of(rows, "lat_e7"), numpy_of(rows, "lon_e7")
        apart_mm = np.rint(1000 * distance_m(lat[i], lon[i], lat[j], lon[j])).astype(np.int64)
        found = [pairs_of(rows, first, second, distance_mm), pairs_of(rows, i, j, apart_mm)]
        return Step(state, pa.concat_tables(found))

    def _near(self, rows: pa.Table, when: str) -> tuple[_I64, _I64, _I64]:
        """Row numbers and distances of the pairs near and slow at the slot, or at the one before it."""
        pace = numpy_of(rows, f"{when}pace_dkn")
        slow = np.flatnonzero((pace != NULL) & (pace <= self.max_pace_dkn))
        first, second, distance_mm = close_pairs(
            group_edges(numpy_of(rows, "t")[slow]),
            numpy_of(rows, f"{when}lat_e7")[slow],
            numpy_of(rows, f"{when}lon_e7")[slow],
            numpy_of(rows, "mmsi")[slow],
            self.max_distance_m * 1000,
        )
        return slow[first], slow[second], distance_mm

"""Proximity: which slow vessels were near each other at an instant, and at which instant they had parted.

Second link of the encounter chain. Distance and speed are judged at each slot, not over the whole
run: ships that sail together and then drift are found in their drift, which a limit on the run's
median speed would hide. The slot after, where two that were near are no longer, says by when they
had parted; where one of them is not heard there, nobody can say.

Two that lie still side by side all day say at every instant what they said at the last. Where the
reports around an instant show both at rest the pair is written at every fifth only, and not as
parted: most of a harbour is of this kind. The question rests on the reports around the
instant alone, so that an event's own evidence answers it alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, numpy_of
from shiomi.contracts import Step
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import apart, close_pairs
from shiomi.pairs import pairs_of
from shiomi.units import SECOND, knots, minutes

__all__ = ["Proximity"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Proximity:
    """Pairs of tracks of different MMSIs: near and slow at a slot, or just parted."""

    name: ClassVar[str] = "proximity"
    version: ClassVar[int] = 2
    reads: ClassVar[str] = "slots"
    writes: ClassVar[str] = "proximity"
    by: ClassVar[str] = "t"
    state: ClassVar[pa.Schema] = pa.schema([])

    max_distance_m: int = 500
    """Global Fishing Watch, pipe-encounters: 500 m."""
    max_pace_dkn: int = knots(2)
    """The same source: under 2 kn; here at every slot, for both vessels."""
    every_s: int = minutes(10)
    """Two at rest are written this often: a divisor of `keep_s` of `encounter`, which keeps no more."""

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
        at_rest = numpy_of(rows, "is_still")
        between = at_rest & (numpy_of(rows, "t") % (self.every_s * SECOND) != 0)
        first, second, distance_mm = self._near(rows, "", between)
        was_first, was_second, _ = self._near(rows, "prev_", at_rest)
        lat, lon = numpy_of(rows, "lat_e7"), numpy_of(rows, "lon_e7")
        slow = numpy_of(rows, "pace_dkn") <= self.max_pace_dkn
        apart_mm = apart(was_first, was_second, lat, lon)
        parted = (apart_mm > self.max_distance_m * 1000) | ~slow[was_first] | ~slow[was_second]
        found = [
            pairs_of(rows, first, second, distance_mm),
            pairs_of(rows, was_first[parted], was_second[parted], apart_mm[parted], parted=True),
        ]
        return Step(state, pa.concat_tables(found))

    def _near(self, rows: pa.Table, when: str, settled: npt.NDArray[np.bool_]) -> tuple[_I64, _I64, _I64]:
        """Row numbers and distances of the pairs near and slow at the slot, or at the one before it.

        Args:
            settled: rows that are not asked of each other.
        """
        pace = numpy_of(rows, f"{when}pace_dkn")
        slow = np.flatnonzero((pace != NULL) & (pace <= self.max_pace_dkn))
        first, second, distance_mm = close_pairs(
            group_edges(numpy_of(rows, "t")[slow]),
            numpy_of(rows, f"{when}lat_e7")[slow],
            numpy_of(rows, f"{when}lon_e7")[slow],
            numpy_of(rows, "mmsi")[slow],
            self.max_distance_m * 1000,
            settled[slow],
        )
        return slow[first], slow[second], distance_mm

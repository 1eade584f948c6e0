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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, numpy_of, taken
from shiomi.contracts import Step
from shiomi.kernels.gather import gather
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import apart, close_pairs, no_longer_close, slots_after
from shiomi.kernels.still import still
from shiomi.pairs import pairs_of
from shiomi.units import SECOND, knots, minutes

__all__ = ["Proximity"]

_I64 = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]
_PLACE = ("lat_e7", "lon_e7", "pace_dkn")


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
        t, at_rest = numpy_of(rows, "t"), numpy_of(rows, "is_still")
        edges = group_edges(t)
        place, prev_place = ([numpy_of(rows, f"{when}{c}") for c in _PLACE] for when in ("", "prev_"))
        after, is_alone = slots_after(
            edges, numpy_of(rows, "track_id"), *place, *prev_place, self.max_pace_dkn
        )
        is_between = t[edges[:-1]] % (self.every_s * SECOND) != 0
        between = at_rest & np.repeat(is_between, np.diff(edges))
        # Who is not at rest at the next slot is asked of here: those near it are then known there.
        stays = (after < 0) | at_rest[after]
        first, second, distance_mm = self._near(rows, place, between & stays, np.full(len(t), True))
        asked = ~(between[first] & between[second])
        left = [
            no_longer_close(first, second, after, at_rest),
            self._near(rows, prev_place, at_rest, is_alone),
        ]
        was_first, was_second = (np.concatenate([pairs[k] for pairs in left]) for k in (0, 1))
        lat, lon, pace = place
        apart_mm = apart(was_first, was_second, lat, lon)
        parted = apart_mm > self.max_distance_m * 1000
        parted |= np.maximum(pace[was_first], pace[was_second]) > self.max_pace_dkn
        few = taken(rows, np.concatenate([was_first[parted], was_second[parted]]))
        one, other = np.split(np.arange(len(few)), 2)
        found = [
            pairs_of(rows, first[asked], second[asked], distance_mm[asked]),
            pairs_of(few, one, other, apart_mm[parted], parted=True),
        ]
        return Step(state, pa.concat_tables(found))

    def _near(
        self, rows: pa.Table, place: Sequence[npt.NDArray[Any]], settled: _Flags, among: _Flags
    ) -> tuple[_I64, _I64, _I64]:
        """Row numbers and distances of the pairs near and slow.

        Args:
            place: latitude, longitude and pace of each row.
            settled: rows that are not asked of each other.
            among: rows to see.
        """
        lat, lon, pace = place
        slow = np.flatnonzero((pace != NULL) & (pace <= self.max_pace_dkn) & among)
        first, second, distance_mm = close_pairs(
            group_edges(gather(numpy_of(rows, "t"), slow)),
            gather(lat, slow),
            gather(lon, slow),
            gather(numpy_of(rows, "mmsi"), slow),
            self.max_distance_m * 1000,
            gather(still(settled), slow),
        )
        return slow[first], slow[second], distance_mm

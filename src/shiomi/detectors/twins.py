"""Twins: one MMSI in two places at one instant.

Second link of `shared_identity`: what `proximity` is for two vessels, this is for two tracks behind
one MMSI, however far apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.geo import distance_m
from shiomi.kernels.pairs import same_slot
from shiomi.pairs import pairs_of

__all__ = ["Twins"]


@dataclass(frozen=True, slots=True)
class Twins:
    """Pairs of tracks of one MMSI at a slot, at least `min_distance_m` apart."""

    name: ClassVar[str] = "twins"
    version: ClassVar[int] = 2
    reads: ClassVar[str] = "doubles"
    writes: ClassVar[str] = "twins"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = pa.schema([])

    min_distance_m: int = 2_000
    """Further apart than two antennas and two clocks of one ship can seem. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """An instant is judged as soon as it is complete."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of SLOTS to rows of PAIRS; nothing is carried."""
        pairs = same_slot(numpy_of(rows, "mmsi"), numpy_of(rows, "t"))
        first, second = pairs[:, 0], pairs[:, 1]
        lat, lon = numpy_of(rows, "lat_e7"), numpy_of(rows, "lon_e7")
        distance_mm = np.rint(1000 * distance_m(lat[first], lon[first], lat[second], lon[second])).astype(
            np.int64
        )
        far = distance_mm >= self.min_distance_m * 1000
        return Step(state, pairs_of(rows, first[far], second[far], distance_mm[far]))

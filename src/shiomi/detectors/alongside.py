"""Alongside: which vessels lay side by side, once an hour.

First link of `raft`, over the pairs of `proximity`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.schema import LINKS
from shiomi.units import SECOND, hours

__all__ = ["Alongside"]


@dataclass(frozen=True, slots=True)
class Alongside:
    """Write the pairs of `proximity` that at a whole multiple of `raft_slot_s` lay still side by side."""

    name: ClassVar[str] = "alongside"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "proximity"
    writes: ClassVar[str] = "links"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = pa.schema([])

    max_link_m: int = 100
    """Between antennas: hulls side by side show less. Analyst-set."""
    max_link_dkn: int = 5
    """Neither of the two is faster. Analyst-set."""
    raft_slot_s: int = hours(1)
    """A multiple of `slot_s` of `proximity`. Analyst-set."""

    @property
    def slot_s(self) -> int:
        """The clock that its rows keep to."""
        return self.raft_slot_s

    @property
    def latency_s(self) -> int:
        """Rows are picked as they come."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PAIRS to rows of LINKS; nothing is carried."""
        picked = numpy_of(rows, "pace_dkn") <= self.max_link_dkn
        picked &= numpy_of(rows, "distance_mm") <= self.max_link_m * 1000
        picked &= numpy_of(rows, "t") % (self.raft_slot_s * SECOND) == 0
        # A leg between two reports may cover one such instant and no other: see `shiomi.groups`.
        found = rows.filter(pa.array(picked))
        for side in ("", "partner_"):
            leg_us = numpy_of(found, f"{side}after_t") - numpy_of(found, f"{side}before_t")
            found = found.filter(pa.array(leg_us <= self.raft_slot_s * SECOND))
        found = found.combine_chunks()
        sea = pa.array(np.zeros(found.num_rows, np.int32))
        return Step(state, pa.Table.from_arrays([sea, *found.columns], schema=LINKS))

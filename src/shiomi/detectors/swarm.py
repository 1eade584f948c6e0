"""Swarm: many vessels lie close together for days.

Every port, marina, roadstead and fishing harbour is full of them, and so is any bay in a storm or a closed
season. What is seen is how many lay there at the least: most vessels of a fleet may not transmit.
See docs/detectors/swarm.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.groups import GROUPS, MEMBERS, follow, tell
from shiomi.kernels.clusters import hang_together
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import close_pairs
from shiomi.kernels.still import still
from shiomi.schema import MUSTERS
from shiomi.units import hours, nautical_miles

__all__ = ["Swarm"]


@dataclass(frozen=True, slots=True)
class Swarm:
    """Report every cluster of `min_vessels` slow vessels that lasts for `min_duration_s`."""

    name: ClassVar[str] = "swarm"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "musters"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "sea"
    state: ClassVar[pa.Schema] = GROUPS

    max_distance_m: int = nautical_miles(0.5)
    """In reach of each other. CSIS Asia Maritime Transparency Initiative counts militia so: 0.5 nm."""
    min_vessels: int = 5
    """So many in reach of one, itself among them, make it a core. The same source."""
    min_duration_s: int = hours(24)
    """Analyst-set: longer than a tide, a night or a fish market."""
    max_break_s: int = hours(6)
    """Not seen together for no longer is part of it. Analyst-set."""
    slot_s: int = hours(3)
    """Step of the clock, as in `muster`: so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once dispersed for a break."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of MUSTERS to swarms."""
        rows = rows.sort_by([("t", "ascending"), ("track_id", "ascending")]).combine_chunks()
        first, second, distance_mm = close_pairs(
            group_edges(numpy_of(rows, "t")),
            numpy_of(rows, "lat_e7"),
            numpy_of(rows, "lon_e7"),
            numpy_of(rows, "mmsi"),
            self.max_distance_m * 1000,
        )
        cluster = hang_together(rows.num_rows, first, second, still(distance_mm), self.min_vessels)
        kept = np.flatnonzero(cluster >= 0)
        columns = {
            "seen_t": "fix_t",
            "before_id": "message_id",
            "after_id": "message_id",
            "before_t": "fix_t",
            "after_t": "fix_t",
        }
        taken = rows.select(MUSTERS.names).take(pa.array(kept))
        members = pa.Table.from_arrays([taken[columns.get(f.name, f.name)] for f in MEMBERS], schema=MEMBERS)
        return tell(self, follow(state, members, cluster[kept], self.max_break_s), watermark)

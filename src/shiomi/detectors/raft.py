"""Raft: three vessels or more lie linked side by side, without way on.

Fishing fleets raft up for the night and for weather; tugs and barges, yachts and boats at a quay lie so
for months, and bunkering among three looks like it. What is seen is who lay beside whom, at the least.
See docs/detectors/raft.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.groups import GROUPS, MEMBERS, follow, tell
from shiomi.kernels.clusters import hang_together
from shiomi.units import hours

__all__ = ["Raft"]

_I64 = npt.NDArray[np.int64]
_REPORTS = ("before_id", "after_id", "before_t", "after_t")


@dataclass(frozen=True, slots=True)
class Raft:
    """Report every `min_vessels` or more, each alongside another, for `min_duration_s`."""

    name: ClassVar[str] = "raft"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "links"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "sea"
    state: ClassVar[pa.Schema] = GROUPS

    max_link_m: int = 100
    """As in `alongside`, which finds the pairs: analyst-set."""
    max_link_dkn: int = 5
    """As in `alongside`: analyst-set."""
    min_vessels: int = 3
    """Two are an encounter. Analyst-set."""
    min_duration_s: int = hours(2)
    """As for an encounter."""
    max_break_s: int = hours(3)
    """Not seen linked for no longer is part of it. Analyst-set."""
    raft_slot_s: int = hours(1)
    """Step of the clock, as in `alongside`: so that an event names it."""

    @property
    def slot_s(self) -> int:
        """As `groups` asks for it."""
        return self.raft_slot_s

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once apart for a break."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of LINKS to rafts."""
        members, first, second = _members(rows)
        distance_mm = numpy_of(rows, "distance_mm")
        # Whoever lies beside one other hangs together with it; small clusters are no rafts.
        cluster = hang_together(members.num_rows, first, second, distance_mm, 2)
        _, which, size = np.unique(cluster, return_inverse=True, return_counts=True)
        kept = np.flatnonzero((cluster >= 0) & (size[which] >= self.min_vessels))
        members = members.take(pa.array(kept)).combine_chunks()
        return tell(self, follow(state, members, cluster[kept], self.max_break_s), watermark)


def _members(rows: pa.Table) -> tuple[pa.Table, _I64, _I64]:
    """Who is in any pair, sorted by (t, track_id), and the member numbers of both sides of each pair."""
    t, n = numpy_of(rows, "t"), rows.num_rows
    track = np.concatenate([numpy_of(rows, "track_id"), numpy_of(rows, "partner_track_id")])
    both_t = np.concatenate([t, t])
    sides = {c: np.concatenate([numpy_of(rows, c), numpy_of(rows, f"partner_{c}")]) for c in _REPORTS}
    twice = {c: np.concatenate([numpy_of(rows, c)] * 2) for c in ("distance_mm", "lat_e7", "lon_e7")}
    # Of a member's pairs the closest gives its place; among equal ones the reports of the other decide.
    other = np.concatenate([sides["before_id"][n:], sides["before_id"][:n]])
    order = np.lexsort((other, twice["distance_mm"], track, both_t))
    new = np.ones(2 * n, np.bool_)
    new[1:] = (track[order][1:] != track[order][:-1]) | (both_t[order][1:] != both_t[order][:-1])
    number = np.empty(2 * n, np.int64)
    number[order] = np.cumsum(new) - 1
    pick = order[new]
    columns = {"t": both_t, "track_id": track, "seen_t": both_t, **sides, **twice}
    members = pa.Table.from_arrays([pa.array(columns[f.name][pick]) for f in MEMBERS], schema=MEMBERS)
    return members, number[:n], number[n:]

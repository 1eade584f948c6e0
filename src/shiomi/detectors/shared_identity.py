"""Shared identity: one MMSI in two places at once, for as long as it lasts.

Two ships may transmit one MMSI because one of them hides behind it, because a unit was never
programmed or was moved between boats, because a provider merged two ships, or because one of the
two tracks was never at sea. The finding says only that both cannot be one hull.
See docs/detectors/shared_identity.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from shiomi.contracts import Step
from shiomi.pairs import pair_runs
from shiomi.runs import with_run
from shiomi.schema import PAIRS
from shiomi.units import hours, minutes

__all__ = ["SharedIdentity"]


@dataclass(frozen=True, slots=True)
class SharedIdentity:
    """Report every pair of tracks of one MMSI that were alive at once for `min_duration_s`."""

    name: ClassVar[str] = "shared_identity"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "twins"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = with_run(PAIRS)

    min_distance_m: int = 2_000
    """As in `twins`, which finds the pairs."""
    min_duration_s: int = minutes(30)
    """Longer than a stray report can be bridged at ordinary reporting. Analyst-set."""
    max_break_s: int = hours(6)
    """The two need not be heard all the time. Analyst-set."""
    keep_s: int = hours(1)
    """Evidence holds a slot at least this often, where there is one."""
    slot_s: int = minutes(2)
    """Step of the grid it rests on, as in `resample`: so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once only one is left."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PAIRS to identities shared."""
        return pair_runs(self, state, rows, watermark)

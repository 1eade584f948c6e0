"""Dual identity: two MMSIs sail as one hull.

A vessel with two transmitters can show either number as it likes, or both. But a tug with its tow, a
push boat with a barge that has its own transmitter, and two boats of one owner sail so as well: what
the two say of themselves decides which it looks like. See docs/detectors/dual_identity.md.
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

__all__ = ["DualIdentity"]


@dataclass(frozen=True, slots=True)
class DualIdentity:
    """Report pairs of MMSIs that sail no further apart than one hull is long, for `min_duration_s`."""

    name: ClassVar[str] = "dual_identity"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "abreast"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = with_run(PAIRS)

    max_distance_m: int = 60
    """Two antennas of one hull, and the errors of two receivers and of interpolation. Analyst-set."""
    min_duration_s: int = hours(2)
    """Under way all that time, but for breaks. Analyst-set: longer than a convoy keeps so close."""
    max_break_s: int = minutes(40)
    """Further apart, slow or unheard no longer than this. Analyst-set."""
    keep_s: int = minutes(30)
    """Evidence holds a slot at least this often, where there is one; no more than `max_break_s`."""
    slot_s: int = minutes(10)
    """Step of the clock it rests on, as in `wakes`."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once they part, lie still or fall silent."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PAIRS to pairs that sail as one."""
        return pair_runs(self, state, rows, watermark, max_distance_mm=self.max_distance_m * 1000)

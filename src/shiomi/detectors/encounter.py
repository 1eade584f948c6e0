"""Encounter: two vessels stay close together, both slow.

What a transfer between ships looks like from outside, and also what a bunker barge, a pilot, a tug,
a supply boat, two trawlers sorting a net, and two neighbours at anchor look like. An encounter is
evidence of proximity and of nothing else. See docs/detectors/encounter.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from shiomi.contracts import Step
from shiomi.pairs import pair_runs
from shiomi.runs import with_run
from shiomi.schema import PAIRS
from shiomi.units import hours, knots, minutes

__all__ = ["Encounter"]


@dataclass(frozen=True, slots=True)
class Encounter:
    """Report every pair that stays in proximity for `min_duration_s`, each pair of a raft by itself."""

    name: ClassVar[str] = "encounter"
    version: ClassVar[int] = 3
    reads: ClassVar[str] = "proximity"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = with_run(PAIRS)

    max_distance_m: int = 500
    """As in `proximity`, which finds the pairs: Global Fishing Watch, pipe-encounters, 500 m."""
    max_pace_dkn: int = knots(2)
    """As in `proximity`: the same source, under 2 kn."""
    min_duration_s: int = hours(2)
    """Global Fishing Watch, pipe-encounters: 2 h. Many true meetings are shorter: the median of those
    checked against observers was 132 minutes."""
    max_break_s: int = minutes(40)
    """Apart, faster or unheard for no longer than this is part of it. Analyst-set."""
    max_silence_s: int = hours(6)
    """Together again after a time no longer than this in which one was unheard, the two may have been
    together before: `t_start_earliest`. Analyst-set: four passes of a satellite."""
    keep_s: int = minutes(20)
    """Evidence holds a slot at least this often, where there is one, and every new closest approach."""
    slot_s: int = minutes(2)
    """Step of the grid it rests on, as in `resample`: so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once apart for longer than a break."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PAIRS to encounters."""
        return pair_runs(
            self,
            state,
            rows,
            watermark,
            max_distance_mm=self.max_distance_m * 1000,
            max_pace_dkn=self.max_pace_dkn,
            max_silence_s=self.max_silence_s,
        )

"""Encounter: two vessels stay close together, both slow.

What a transfer between ships looks like from outside, and also what a bunker barge, a pilot, a tug,
a supply boat, two trawlers sorting a net, and two neighbours at anchor look like. An encounter is
evidence of proximity and of nothing else. See docs/detectors/encounter.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Found, events_of, evidence_rows
from shiomi.runs import runs_in
from shiomi.schema import PAIRS
from shiomi.units import SECOND, hours, minutes

__all__ = ["Encounter"]


@dataclass(frozen=True, slots=True)
class Encounter:
    """Report every pair that stays in proximity for `min_duration_s`, each pair of a raft by itself."""

    name: ClassVar[str] = "encounter"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "proximity"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = PAIRS.append(pa.field("is_told", pa.bool_()))

    min_duration_s: int = hours(2)
    """Global Fishing Watch, pipe-encounters: 2 h. Many true meetings are shorter: the median of those
    checked against observers was 132 minutes."""
    max_break_s: int = minutes(40)
    """Apart, faster or unheard for no longer than this is part of it. Analyst-set."""
    keep_s: int = minutes(20)
    """Evidence holds a slot at least this often, where there is one, and every new closest approach."""
    slot_s: int = minutes(5)
    """Step of the slots it reads: a start or an end may lie this far from the slot that shows it."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once apart for longer than a break."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PAIRS to encounters."""
        p = Columns(state, rows, "pair_id", is_told=False)
        r = runs_in(
            p,
            "pair_id",
            watermark,
            rest_s=np.full(len(p), self.max_break_s, np.int64),
            max_break_s=self.max_break_s,
            keep_s=self.keep_s,
            min_duration_s=self.min_duration_s,
            lowest_of="distance_mm",
        )
        t, ids = p["t"], ("before_id", "after_id", "partner_before_id", "partner_after_id")
        t_start, t_end = r.times(t)
        slot = self.slot_s * SECOND
        seen_from = np.minimum(p["before_t"], p["partner_before_t"])
        seen_to = np.maximum(p["after_t"], p["partner_after_t"])
        kept = r.kept.values
        lat_e7, lon_e7 = r.mean_place(p["lat_e7"], p["lon_e7"])
        found = Found(
            is_open=r.is_open,
            subjects=[p["track_id"][r.first], p["partner_track_id"][r.first]],
            t_start=t_start,
            t_end=t_end,
            t_start_earliest=np.minimum(seen_from[r.first], t_start - slot),
            t_start_latest=seen_to[r.first],
            t_end_earliest=np.where(r.is_open, UNKNOWN, seen_from[r.last]),
            t_end_latest=np.where(r.is_open, UNKNOWN, np.maximum(seen_to[r.last], t[r.last] + slot)),
            known_t=r.known_t,
            lat_e7=lat_e7,
            lon_e7=lon_e7,
            measures={
                "duration_s": r.duration_s(t),
                "slots": np.diff(r.kept.edges),
                "distance_min_m": r.least(p["distance_mm"]) // 1000,
                "distance_max_m": r.most(p["distance_mm"]) // 1000,
                "pace_max_dkn": r.most(p["pace_dkn"]),
            },
            evidence=evidence_rows(r.kept.edges, [p[c][kept] for c in ids]),
        )
        return Step(r.state, events_of(self, found))

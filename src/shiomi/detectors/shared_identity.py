"""Shared identity: one MMSI in two places at once, for as long as it lasts.

Two ships may transmit one MMSI because one of them hides behind it, because a unit was never
programmed or was moved between boats, because a provider merged two ships, or because one of the
two tracks was never at sea. The finding says only that both cannot be one hull.
See docs/detectors/shared_identity.md.
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

__all__ = ["SharedIdentity"]


@dataclass(frozen=True, slots=True)
class SharedIdentity:
    """Report every pair of tracks of one MMSI that were alive at once for `min_duration_s`."""

    name: ClassVar[str] = "shared_identity"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "twins"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = PAIRS.append(pa.field("is_told", pa.bool_()))

    min_duration_s: int = minutes(30)
    """Longer than a stray report can be bridged at ordinary reporting. Analyst-set."""
    max_break_s: int = hours(6)
    """The two need not be heard all the time. Analyst-set."""
    keep_s: int = hours(1)
    slot_s: int = minutes(5)

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once only one is left."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PAIRS to identities shared."""
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
        t = p["t"]
        t_start, t_end = r.times(t)
        slot = self.slot_s * SECOND
        kept = r.kept.values
        ids = ("before_id", "after_id", "partner_before_id", "partner_after_id")
        seen_from = np.minimum(p["before_t"], p["partner_before_t"])
        seen_to = np.maximum(p["after_t"], p["partner_after_t"])
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
            lat_e7=p["lat_e7"][r.first].astype(np.int64),
            lon_e7=p["lon_e7"][r.first].astype(np.int64),
            measures={
                "duration_s": r.duration_s(t),
                "slots": np.diff(r.kept.edges),
                "distance_min_m": r.least(p["distance_mm"]) // 1000,
                "distance_max_m": r.most(p["distance_mm"]) // 1000,
            },
            evidence=evidence_rows(r.kept.edges, [p[c][kept] for c in ids]),
        )
        return Step(r.state, events_of(self, found))

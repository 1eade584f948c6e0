"""Rendezvous: a vessel lies slow for hours, and no other slow vessel is heard near it.

Long enough to have met one that was not heard; that is all. Waiting for a berth, for orders or for weather,
repairs and tank cleaning look the same and are far more common. See docs/detectors/rendezvous.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Found, events_of, evidence_rows
from shiomi.geo import distance_m
from shiomi.runs import NEW_ROW, runs_in, with_run
from shiomi.schema import SOLITUDES
from shiomi.units import SECOND, hours, knots, minutes, nautical_miles

__all__ = ["Rendezvous"]

_BEGINS, _STAYS, _BREAKS = 0, 1, 2
_REPORTS = ("before", "after", "near_before", "near_after")


@dataclass(frozen=True, slots=True)
class Rendezvous:
    """Report every time a vessel is slow and alone, as far as anybody is heard, for `min_duration_s`."""

    name: ClassVar[str] = "rendezvous"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "solitudes"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = with_run(SOLITUDES)

    min_duration_s: int = hours(4)
    """Global Fishing Watch, `files/loitering.md`: 4 h or more, as regional fishery bodies use it."""
    max_break_s: int = minutes(60)
    """Faster or unheard for no longer than this is part of it. Analyst-set."""
    keep_s: int = minutes(60)
    """Evidence holds an instant at least this often, where there is one."""
    every_s: int = minutes(20)
    """As in `solitude`, so that an event names it."""
    min_clear_m: int = nautical_miles(1)
    """As in `solitude`, so that an event names it."""
    max_pace_dkn: int = knots(2)
    """As in `solitude`, so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough; closed once somebody is near, or no longer slow or heard."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of SOLITUDES to times alone."""
        p = Columns(state, rows, "track_id", **NEW_ROW)
        t = p["t"]
        r = runs_in(
            p,
            "track_id",
            watermark,
            rest_s=np.full(len(p), self.max_break_s, np.int64),
            max_break_s=0,
            keep_s=self.keep_s,
            min_duration_s=self.min_duration_s,
            start_dkn=_BEGINS,
            stay_dkn=_STAYS,
            # A run begins with an instant that has a report since the one before: otherwise somebody may
            # have been near between the two reports that are cited, and what is cited would not show it.
            pace_dkn=np.where(
                p["is_near"], _BREAKS, np.where(p["before_t"] > t - self.every_s * SECOND, _BEGINS, _STAYS)
            ),
        )
        t_start, t_end = r.times(t)
        lat, lon = r.mean_place(p)
        ends = (p.at(c, end) for end in (r.first, r.last) for c in ("lat_e7", "lon_e7"))
        broke = ~r.is_open & (r.broke >= 0)
        cited, kept = r.cited.values, r.kept.values
        found = Found(
            is_open=r.is_open,
            subjects=[p.at("track_id", r.first)],
            t_start=t_start,
            t_end=t_end,
            # At the instant before it was faster, unheard or not alone; a report that showed it then was
            # made at most one more step earlier.
            t_start_earliest=np.minimum(p.at("since_t", r.first), t_start - 2 * self.every_s * SECOND),
            t_start_latest=p.at("after_t", r.first),
            t_end_earliest=np.where(r.is_open, UNKNOWN, p.at("before_t", r.last)),
            t_end_latest=np.where(broke, p.at("after_t", np.maximum(r.broke, 0)), UNKNOWN),
            known_t=r.known_t,
            lat_e7=lat,
            lon_e7=lon,
            measures={
                "duration_s": r.duration_s(t),
                "slots": np.diff(r.kept.edges),
                "distance_m": np.rint(distance_m(*ends)).astype(np.int64),
                "pace_max_dkn": r.most(p["pace_dkn"]),
                "longest_silence_s": r.most(p.at("after_t", kept) - p.at("before_t", kept), gathered=True)
                // SECOND,
            },
            evidence=evidence_rows(
                r.cited.edges,
                [p.at(f"{c}_id", cited) for c in _REPORTS],
                [p.at(f"{c}_t", cited) for c in _REPORTS],
            ),
        )
        return Step(r.state, events_of(self, found))

"""Wakes: where every track under way was at the instants of a coarse clock.

First link of `dual_identity`: what `resample` is for slow vessels, this is for those that sail, at
fewer instants, since ships that keep together for hours need not be looked at every two minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN
from shiomi.kernels.gather import gather
from shiomi.kernels.order import group_edges
from shiomi.kernels.resample import resample
from shiomi.kernels.steps import by_time
from shiomi.kernels.still import still
from shiomi.schema import SLOTS, TRACKS, columns_of
from shiomi.units import SECOND, knots, minutes

__all__ = ["Wakes"]

_ANY_PACE_DKN = (1 << 15) - 1


@dataclass(frozen=True, slots=True)
class Wakes:
    """Slots of every track that moves at least at `min_pace_dkn`."""

    name: ClassVar[str] = "wakes"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "wakes"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
    )
    """The newest report of each track."""

    slot_s: int = minutes(10)
    coarse_s: int = minutes(10)
    """As in `resample`."""
    max_leg_s: int = minutes(20)
    """Over longer legs a ship under way may have turned, and two beside each other seem apart."""
    min_pace_dkn: int = knots(3)
    """Slower vessels lie, drift or fish, many of them beside each other. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """A slot is known once the report after it is in."""
        return self.max_leg_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of SLOTS."""
        p = Columns(state, rows, "track_id")
        edges = group_edges(p["track_id"])
        t, prev_t = p["t"], p.times("prev_t")
        never = np.full(len(edges) - 1, UNKNOWN, np.int64)
        before, _, slot_t, lat_e7, lon_e7, pace_dkn, *_ = resample(
            edges,
            t,
            p["lat_e7"],
            p["lon_e7"],
            p["pace_dkn"],
            prev_t,
            p["bridge_s"].clip(max=self.max_leg_s),
            *(never.copy() for _ in range(5)),
            self.slot_s * SECOND,
            self.coarse_s * SECOND,
            _ANY_PACE_DKN,
            0,
            0,
        )
        slot_us = self.slot_s * SECOND
        sails = np.flatnonzero(pace_dkn >= self.min_pace_dkn)
        # In order of time, as those that read them want them: so they are moved once.
        order = gather(sails, by_time(gather(still(slot_t), sails), slot_us))
        before, slot_t, lat_e7, lon_e7, pace_dkn = (
            gather(still(c), order) for c in (before, slot_t, lat_e7, lon_e7, pace_dkn)
        )
        after = before + 1
        slot_before = slot_t - slot_us
        before_t, prev_t = gather(t, before), gather(prev_t, before)
        known = np.where(prev_t == UNKNOWN, before_t, prev_t)
        columns = [
            gather(p["track_id"], before),
            p.at("mmsi", before),
            slot_t,
            lat_e7,
            lon_e7,
            pace_dkn,
            p.at("message_id", before),
            p.at("message_id", after),
            before_t,
            gather(t, after),
            np.where(before_t > slot_before, np.minimum(known, slot_before), before_t),
        ]
        missing = [pa.nulls(len(before), SLOTS.field(c).type) for c in SLOTS.names[len(columns) :]]
        found = pa.Table.from_arrays([*map(pa.array, columns), *missing], schema=SLOTS)
        may_go_on = p.last_of("track_id") & (t >= watermark - self.max_leg_s * SECOND)
        return Step(p.table(may_go_on), found)

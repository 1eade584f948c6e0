"""Doubles: where the tracks behind one MMSI were at the instants of the shared clock.

First link of `shared_identity`: what `resample` is for slow vessels, this is for the few MMSIs that
have more than one track, however fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN
from shiomi.kernels.doubles import newest_of_each, of_several, others_heard
from shiomi.kernels.order import group_edges
from shiomi.kernels.resample import resample
from shiomi.schema import SLOTS, TRACKS, columns_of
from shiomi.units import SECOND, hours, minutes

__all__ = ["Doubles"]

_ANY_PACE_DKN = (1 << 15) - 1


@dataclass(frozen=True, slots=True)
class Doubles:
    """Slots of every track while another track of its MMSI is about."""

    name: ClassVar[str] = "doubles"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "doubles"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
    )
    """The newest report of each track."""

    slot_s: int = minutes(2)
    coarse_s: int = minutes(10)
    """As in `resample`."""
    max_bridge_s: int = hours(3)
    """As in `resample`. Another track is about if it was heard within twice as long: legs that overlap
    then always are."""

    @property
    def latency_s(self) -> int:
        """A slot is known once the report after it is in."""
        return self.max_bridge_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of SLOTS."""
        p = Columns(state, rows, "mmsi")
        about_us = 2 * self.max_bridge_s * SECOND
        edges = group_edges(p["mmsi"])
        newest = newest_of_each(edges, p["track_id"]) & (p["t"] >= watermark - about_us)
        return Step(p.table(newest), self._slots(p, of_several(edges, p["track_id"]), about_us))

    def _slots(self, p: Columns, some: np.ndarray, about_us: int) -> pa.Table:
        """Slots of some rows, sorted by (mmsi, t)."""
        mmsi, track, t = (p.at(c, some) for c in ("mmsi", "track_id", "t"))
        heard_t = others_heard(group_edges(mmsi), track, t)
        order = np.lexsort((np.arange(len(some)), track))
        some, track, t, heard_t = some[order], track[order], t[order], heard_t[order]
        edges = group_edges(track)
        prev_t = p.times("prev_t")[some]
        never = np.full(len(edges) - 1, UNKNOWN, np.int64)
        before, _, slot_t, lat_e7, lon_e7, pace_dkn, *_ = resample(
            edges,
            t,
            *(p.at(c, some) for c in ("lat_e7", "lon_e7", "pace_dkn")),
            prev_t,
            p.at("bridge_s", some).clip(max=self.max_bridge_s),
            *(never.copy() for _ in range(5)),
            self.slot_s * SECOND,
            self.coarse_s * SECOND,
            _ANY_PACE_DKN,
            0,
            0,
        )
        is_double = heard_t[before + 1] >= t[before + 1] - about_us
        before, slot_t, lat_e7, lon_e7, pace_dkn = (
            c[is_double] for c in (before, slot_t, lat_e7, lon_e7, pace_dkn)
        )
        ids = p.at("message_id", some)
        known = np.where(prev_t[before] == UNKNOWN, t[before], prev_t[before])
        slot_before = slot_t - self.slot_s * SECOND
        columns = [
            track[before],
            p.at("mmsi", some)[before],
            slot_t,
            lat_e7,
            lon_e7,
            pace_dkn,
            ids[before],
            ids[before + 1],
            t[before],
            t[before + 1],
            np.where(t[before] > slot_before, np.minimum(known, slot_before), t[before]),
        ]
        missing = [pa.nulls(len(before), SLOTS.field(c).type) for c in SLOTS.names[len(columns) :]]
        return pa.Table.from_arrays([*map(pa.array, columns), *missing], schema=SLOTS)

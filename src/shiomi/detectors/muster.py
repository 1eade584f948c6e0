"""Muster: where the slow vessels were, once in every few hours.

First link of `swarm`. What lies still for a day needs no more; and a report itself is taken, nothing
between reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.kernels.clusters import first_slow
from shiomi.schema import MUSTERS
from shiomi.units import SECOND, hours, knots

__all__ = ["Muster"]


@dataclass(frozen=True, slots=True)
class Muster:
    """Write the first report of every track in every `slot_s` that is no faster than `max_pace_dkn`."""

    name: ClassVar[str] = "muster"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "musters"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = pa.schema([("track_id", pa.int64()), ("slot_t", pa.int64())])
    """Tracks that were mustered in the step which the watermark is in."""

    slot_s: int = hours(3)
    """Vessels that report by satellite are heard about so often. Analyst-set."""
    max_pace_dkn: int = knots(2)
    """Slow, as in `loitering` and `encounter`: Global Fishing Watch, under 2 kn."""

    @property
    def latency_s(self) -> int:
        """The first report of a step may be its last."""
        return self.slot_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of MUSTERS."""
        slot_us = self.slot_s * SECOND
        track, t = numpy_of(rows, "track_id"), numpy_of(rows, "t")
        first = first_slow(
            track,
            t,
            numpy_of(rows, "pace_dkn"),
            self.max_pace_dkn,
            slot_us,
            numpy_of(state, "track_id"),
            numpy_of(state, "slot_t"),
        )
        picked = rows.select(["track_id", "mmsi", "t", "message_id", "lat_e7", "lon_e7"]).take(
            pa.array(first)
        )
        columns = {
            "sea": pa.array(np.zeros(len(first), np.int32)),
            "track_id": picked["track_id"],
            "mmsi": picked["mmsi"],
            "t": pa.array(t[first] // slot_us * slot_us),
            "message_id": picked["message_id"],
            "fix_t": picked["t"],
            "lat_e7": picked["lat_e7"],
            "lon_e7": picked["lon_e7"],
        }
        found = pa.Table.from_arrays([columns[f.name] for f in MUSTERS], schema=MUSTERS)
        # Of each track the newest step, as long as the watermark is within it.
        tracks = np.concatenate([numpy_of(state, "track_id"), track[first]])
        slots = np.concatenate([numpy_of(state, "slot_t"), t[first] // slot_us * slot_us])
        live = slots + slot_us > watermark
        order = np.argsort(tracks[live], kind="stable")
        carried = [pa.array(tracks[live][order]), pa.array(slots[live][order])]
        return Step(pa.Table.from_arrays(carried, schema=self.state), found)

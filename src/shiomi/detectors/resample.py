"""Resample: where every track was at the instants of one shared clock.

First link of the chains that compare vessels. Between two reports a vessel is taken to follow the
great circle at even speed, but only over silences that its own reporting interval makes ordinary:
a vessel heard hourly may be bridged over three hours, one heard every ten seconds over half an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns, numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN
from shiomi.kernels.order import group_edges
from shiomi.kernels.resample import resample
from shiomi.schema import SLOTS, TRACKS, columns_of
from shiomi.units import SECOND, hours, minutes

__all__ = ["Resample"]

_I64 = npt.NDArray[np.int64]
_PLACE = ("lat_e7", "lon_e7", "pace_dkn")
_NEWEST = columns_of(
    TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
)


@dataclass(frozen=True, slots=True)
class Resample:
    """Places on a grid of `slot_s`, with the two reports that each rests on."""

    name: ClassVar[str] = "resample"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "slots"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = pa.schema([*_NEWEST, *((f"slot_{c}", pa.int64()) for c in ("t", *_PLACE))])
    """The newest report of each track and its newest slot; `slot_t` is UNKNOWN while there is none."""

    slot_s: int = minutes(2)
    coarse_s: int = minutes(10)
    """Over legs this long the speed implied by the leg counts where it exceeds those reported at its
    ends: a ship stopped at both ends of an hour may have sailed in between."""
    max_bridge_s: int = hours(3)
    """No leg is longer, whatever the track allows; so a slot is final this long after it."""

    @property
    def latency_s(self) -> int:
        """A slot is known once the report after it is in."""
        return self.max_bridge_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of SLOTS."""
        p = Columns(state.select(_NEWEST.names), rows, "track_id")
        t, ids = p["t"], p["message_id"]
        before, slot_t, lat_e7, lon_e7, pace_dkn = resample(
            p["track_id"],
            t,
            p["lat_e7"],
            p["lon_e7"],
            p["pace_dkn"],
            p.times("prev_t"),
            p["bridge_s"].clip(max=self.max_bridge_s),
            self.slot_s * SECOND,
            self.coarse_s * SECOND,
        )
        after = before + 1
        prev_t = p.times("prev_t")[before]
        slot_before = slot_t - self.slot_s * SECOND
        is_first = t[before] > slot_before
        # Reports may come more often than slots: what was at the slot before is then the bound.
        since_t = np.where(is_first & (prev_t != UNKNOWN), np.minimum(prev_t, slot_before), t[before])
        slots = {"t": slot_t, "lat_e7": lat_e7, "lon_e7": lon_e7, "pace_dkn": pace_dkn}
        was, carried = _one_slot_before(state, p["track_id"], before, slots)
        unknown = was["t"] != slot_before
        columns = [
            p["track_id"][before],
            p["mmsi"][before],
            *slots.values(),
            ids[before],
            ids[after],
            t[before],
            t[after],
            since_t,
        ]
        places = [pa.array(was[c], SLOTS.field(f"prev_{c}").type, mask=unknown) for c in _PLACE]
        found = pa.Table.from_arrays([*(pa.array(c) for c in columns), *places], schema=SLOTS)
        newest = p.table(p.last_of("track_id"))
        return Step(pa.Table.from_arrays([*newest.columns, *carried], schema=self.state), found)


def _one_slot_before(
    state: pa.Table, track: _I64, before: _I64, slots: dict[str, _I64]
) -> tuple[dict[str, _I64], list[pa.Array]]:
    """For every slot its track's newest slot before it; for every track the newest slot, to carry."""
    edges = group_edges(track)
    of_slot = np.repeat(np.arange(len(edges) - 1), np.diff(edges))[before]
    is_first, is_last = np.ones((2, len(before)), np.bool_)
    is_first[1:] = is_last[:-1] = of_slot[1:] != of_slot[:-1]
    of_state = np.searchsorted(track[edges[:-1]], numpy_of(state, "track_id"))
    was, carried = {}, []
    for name, values in slots.items():
        newest = np.full(len(edges) - 1, UNKNOWN if name == "t" else 0, np.int64)
        newest[of_state] = numpy_of(state, f"slot_{name}")
        was[name] = np.empty(len(values), np.int64)
        was[name][1:] = values[:-1]
        was[name][is_first] = newest[of_slot[is_first]]
        newest[of_slot[is_last]] = values[is_last]
        carried.append(pa.array(newest))
    return was, carried

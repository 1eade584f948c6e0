"""Resample: where every slow track was at the instants of one shared clock.

First link of the chains that compare vessels. Between two reports a vessel is taken to follow the
great circle at even speed, but only over silences that its own reporting interval makes ordinary:
a vessel heard hourly may be bridged over three hours, one heard every ten seconds over half an hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns, numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN
from shiomi.kernels.gather import gather
from shiomi.kernels.order import group_edges
from shiomi.kernels.resample import UNKNOWN_PACE, resample
from shiomi.kernels.steps import by_time
from shiomi.kernels.still import still
from shiomi.schema import SLOTS, TRACKS, columns_of
from shiomi.units import SECOND, hours, knots, minutes

__all__ = ["Resample"]

_I64 = npt.NDArray[np.int64]
_PLACE = ("lat_e7", "lon_e7", "pace_dkn")
_AROUND = ("before_id", "after_id", "before_t", "after_t")
_NEWEST = columns_of(
    TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
)


@dataclass(frozen=True, slots=True)
class Resample:
    """Places on a grid of `slot_s`, with the two reports that each rests on."""

    name: ClassVar[str] = "resample"
    version: ClassVar[int] = 3
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "slots"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = pa.schema(
        [*_NEWEST, *((f"slot_{c}", pa.int64()) for c in ("t", *_PLACE, *_AROUND))]
    )
    """The newest report of each track and its newest slot; `slot_t` is UNKNOWN while there is none."""

    slot_s: int = minutes(2)
    coarse_s: int = minutes(10)
    """Over legs this long the speed implied by the leg counts where it exceeds those reported at its
    ends: a ship stopped at both ends of an hour may have sailed in between."""
    max_bridge_s: int = hours(3)
    """No leg is longer, whatever the track allows; so a slot is final this long after it."""
    max_pace_dkn: int = knots(2)
    """Slots at which the vessel was faster, and had been at the slot before, are left out: nobody asks."""
    still_m: int = 25
    """Two reports no further apart than this, neither faster than `still_dkn`, are those of a vessel that
    lies still; not so at the last slot before and the first after a silence of `coarse_s`. Analyst-set:
    above the scatter of fixes, below what swings or drifts."""
    still_dkn: int = 6

    @property
    def latency_s(self) -> int:
        """A slot is known once the report after it is in."""
        return self.max_bridge_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of SLOTS."""
        p = Columns(state.select(_NEWEST.names), rows, "track_id")
        edges = group_edges(p["track_id"])
        newest = _newest_slots(state, p["track_id"][edges[:-1]])
        newest_before = np.full(len(edges) - 1, -1, np.int64)
        t, ids, prev_t = p["t"], p["message_id"], p.times("prev_t")
        found = resample(
            edges,
            t,
            p["lat_e7"],
            p["lon_e7"],
            p["pace_dkn"],
            prev_t,
            p["bridge_s"].clip(max=self.max_bridge_s),
            *newest[:4],
            newest_before,
            self.slot_s * SECOND,
            self.coarse_s * SECOND,
            self.max_pace_dkn,
            self.still_dkn,
            self.still_m * 1000,
        )
        # In order of time, as those that read them want them: so they are moved once.
        order = by_time(still(found[2]), self.slot_s * SECOND)
        before, was_before, slot_t, lat_e7, lon_e7, pace_dkn, *was, is_still = (
            gather(still(c), order) for c in found
        )
        slot_before = slot_t - self.slot_s * SECOND
        before_t, heard_t = gather(t, before), gather(prev_t, before)
        # Reports may come more often than slots: what was at the slot before is then the bound.
        is_first = (before_t > slot_before) & (heard_t != UNKNOWN)
        since_t = np.where(is_first, np.minimum(heard_t, slot_before), before_t)
        around = _around(ids, t, before)
        carried = np.searchsorted(edges, before[was_before < 0], "right") - 1
        was_around = _around(ids, t, was_before)
        for column, of_track in zip(was_around, newest[4:], strict=True):
            column[was_before < 0] = of_track[carried]
        columns = [
            *(pa.array(gather(p[c], before)) for c in ("track_id", "mmsi")),
            *(pa.array(c) for c in (slot_t, lat_e7, lon_e7, pace_dkn, *around, since_t)),
            *_known((*was, *was_around), was[2] != UNKNOWN_PACE),
            pa.array(is_still),
        ]
        moved_on = newest_before >= 0
        for column, values in zip(newest[4:], _around(ids, t, newest_before), strict=True):
            column[moved_on] = values[moved_on]
        # Once a report is older than any leg may be long, nothing joins on to it.
        may_go_on = p.last_of("track_id") & (t >= watermark - self.max_bridge_s * SECOND)
        slots = [c[may_go_on[edges[1:] - 1]] for c in newest]
        kept = p.table(may_go_on)
        return Step(
            pa.Table.from_arrays([*kept.columns, *map(pa.array, slots)], schema=self.state),
            pa.Table.from_arrays(columns, schema=SLOTS),
        )


def _known(columns: Iterable[npt.NDArray[Any]], known: npt.NDArray[np.bool_]) -> list[pa.Array]:
    """Columns that are null at the same rows: the numbers are not copied for it."""
    valid, nulls = pa.py_buffer(np.packbits(known, bitorder="little")), len(known) - np.count_nonzero(known)
    return [
        pa.Array.from_buffers(pa.from_numpy_dtype(c.dtype), len(c), [valid, pa.py_buffer(c)], int(nulls))
        for c in columns
    ]


def _around(ids: _I64, t: _I64, before: _I64) -> list[_I64]:
    """Columns of the reports around slots: `before` and the row after it."""
    after = before + 1
    return [gather(ids, before), gather(ids, after), gather(t, before), gather(t, after)]


def _newest_slots(state: pa.Table, track: _I64) -> list[_I64]:
    """Time, place, pace and reports of the newest slot of each track."""
    of_state = np.searchsorted(track, numpy_of(state, "track_id"))
    newest = []
    for name in ("t", *_PLACE, *_AROUND):
        column = np.full(len(track), UNKNOWN if name == "t" else 0, np.int64)
        column[of_state] = numpy_of(state, f"slot_{name}")
        newest.append(column)
    return newest

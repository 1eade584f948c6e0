"""What judging may look at, and what each of its steps gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.events.ladder.rules import Ladder, Rule, rules
from shiomi.findings import UNKNOWN
from shiomi.places.land import shore_m
from shiomi.places.table import PLACES
from shiomi.schema import TRACK_SUMMARIES

__all__ = [
    "APART",
    "NOT_ASKED",
    "PASSED",
    "UNTOLD",
    "Context",
    "Said",
    "by_rule",
    "ends_of",
    "measure_of",
    "nothing_said",
    "off_shore_m",
    "tracks_of",
]

PASSED, APART, UNTOLD, NOT_ASKED = "passed", "apart", "unknown", ""
"""What a step says of an event: it found no ordinary reason, it found one, it could not tell, or it has
no say in events of this kind."""

_I64 = npt.NDArray[np.int64]


class Context(NamedTuple):
    """All that judging may look at beside the event itself; a table that is None is not known."""

    places: pa.Table = PLACES.empty_table()
    """Schema PLACES: learned beforehand, or imported."""
    ladder: Ladder = Ladder()
    reception: pa.Table | None = None
    """Schema RECEPTION: who was heard where, at least to the end of every event."""
    particulars: pa.Table | None = None
    """Schema PARTICULARS: what vessels say of themselves."""
    tracks: pa.Table | None = None
    """Schema TRACK_SUMMARIES, in order of track_id."""
    events: pa.Table | None = None
    """Schema EVENTS: all that stands, those being judged included."""
    cited: Callable[[pa.Table], pa.Table] | None = None
    """From some of the events to the reports that they cite: `event_id` and TRACKS, in order of the events,
    then of (track_id, t)."""
    off_m: _I64 | None = None
    """Metres from each of the events being judged to the shore, negative inland; None where nobody asked."""


class Said(NamedTuple):
    """What one step says of n events."""

    state: npt.NDArray[np.str_]
    """PASSED, APART, UNTOLD or NOT_ASKED; the step of coverage has words of its own."""
    reasons: list[tuple[_I64, list[str]]]
    """Rows that are shown apart and why, for each sort of reason in its order."""
    measures: dict[str, _I64]
    """What the step measured; UNKNOWN where it did not."""


def off_shore_m(events: pa.Table, context: Context) -> _I64:
    """Metres from each of the events being judged to the shore, negative inland."""
    if context.off_m is not None:
        return context.off_m
    return shore_m(numpy_of(events, "lat_e7"), numpy_of(events, "lon_e7"))


def nothing_said(asked: npt.NDArray[np.bool_], state: str = PASSED) -> Said:
    """A step that found nothing: `state` where it was asked."""
    return Said(np.where(asked, state, NOT_ASKED).astype("U16"), [], {})


def by_rule(events: pa.Table, ladder: Ladder) -> tuple[list[Rule], _I64]:
    """The rules of the kinds among the events, and the number of the rule of each event."""
    kinds = events["kind"].combine_chunks().dictionary_encode()
    table = rules(ladder)
    listed = [table.get(kind, Rule()) for kind in kinds.dictionary.to_pylist()]
    return listed, np.asarray(kinds.indices.to_numpy(), np.int64)


def measure_of(events: pa.Table, name: str) -> _I64:
    """A measure of each event, UNKNOWN where it has none of that name."""
    column = events["measures"].combine_chunks()
    edges = column.offsets.to_numpy()
    start, length = int(edges[0]), int(edges[-1] - edges[0])
    mine = pc.equal(column.keys.slice(start, length), name).to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    out = np.full(len(edges) - 1, UNKNOWN)
    out[owner[mine]] = column.items.slice(start, length).to_numpy(zero_copy_only=False)[mine]
    return out


def tracks_of(events: pa.Table, tracks: pa.Table | None, i: int) -> dict[str, npt.NDArray[Any]]:
    """The summary of the i-th subject of each event, column by column; `known` says whether there is one."""
    tracks = TRACK_SUMMARIES.empty_table() if tracks is None else tracks
    subjects = pl.Series(pl.from_arrow(events["subjects"]), dtype=pl.List(pl.Int64))
    track = subjects.list.get(i, null_on_oob=True).fill_null(-1).to_numpy()
    ids = numpy_of(tracks, "track_id")
    at = np.minimum(np.searchsorted(ids, track), max(len(ids) - 1, 0))
    names = ("t_first", "t_last", "lat_e7_min", "lat_e7_max", "lat_e7", "lon_e7")
    if len(ids) == 0:
        return dict.fromkeys(names, np.zeros(len(track), np.int64)) | {
            "known": np.zeros(len(track), np.bool_)
        }
    columns: dict[str, npt.NDArray[Any]] = {n: numpy_of(tracks, n)[at].astype(np.int64) for n in names}
    return columns | {"known": ids[at] == track}


def ends_of(events: pa.Table) -> _I64:
    """End of each event; of one that goes on, when it could be known. Microseconds UTC."""
    t_end = numpy_of(events, "t_end", UNKNOWN)
    return np.where(t_end == UNKNOWN, numpy_of(events, "known_t"), t_end)

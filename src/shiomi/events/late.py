"""Stages that need the table of places, which is learned from what the others find.

Once the table is known, such a stage goes over what the store holds, from the beginning. From then on it
runs with all the others, until the table changes: see docs/adr/0006.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.columns import numpy_of
from shiomi.contracts import Detector
from shiomi.engine.ahead import ahead
from shiomi.engine.local import Running, newest
from shiomi.engine.plan import EVENTS_TABLE
from shiomi.events.tables import parquet_files, read_table, table_names
from shiomi.findings import no_events
from shiomi.places.table import PLACES, hold_places
from shiomi.schema import TRACKS

__all__ = ["catch_up", "for_places", "known_places"]

_MOST_STEPS = 50
"""Rows in more pieces than this are put in order as a whole."""


def known_places(store: Path) -> int:
    """The number of the places of a store, which are held from now on; 0 where none are known."""
    if "places" not in table_names(store):
        return 0
    return hold_places(read_table(store, "places").select(PLACES.names).cast(PLACES))


def for_places(stages: Sequence[Detector], number: int) -> list[Detector]:
    """The stages, those that name a table of places with this one."""
    return [replace(s, places_hash=number) if hasattr(s, "places_hash") else s for s in stages]  # type: ignore[type-var]


class Late(NamedTuple):
    """What came of running stages late."""

    running: Running
    """The plan with the new table, where every stage stands as if it had always known it."""
    kinds: pa.Array
    """The stages that were run late: what they had found before no longer stands."""
    found: pa.Table
    """The newest of each event that they found."""


def catch_up(store: Path, running: Running, number: int) -> Late:
    """Run the stages that name another table of places again, with this one, over all that is stored.

    Args:
        store: holds every row of TRACKS before the watermark of `running`.
        running: the plan as it stands.
        number: what `hold_places` gave for the table.
    """
    stages = for_places(running.stages, number)
    late = [s for s, before in zip(stages, running.stages, strict=True) if s != before]
    again, found = Running(late), [no_events()]
    if late:
        columns = {"t", "message_id", *(c for s in late for c in s.state.names if c in TRACKS.names)}
        for rows, mark in ahead(_in_time(store, sorted(columns)), 1):
            found.append(again.advance({"tracks": rows}, mark)[EVENTS_TABLE])
        nothing = TRACKS.empty_table().select(sorted(columns))
        found.append(again.advance({"tracks": nothing}, running.watermark)[EVENTS_TABLE])
    return Late(
        Running(stages, running.states | again.states, running.held, running.watermark),
        pa.array([s.name for s in late], pa.string()),
        newest(pa.concat_tables(found)),
    )


def _in_time(store: Path, columns: list[str]) -> Iterator[tuple[pa.Table, int]]:
    """The stored rows in pieces that follow each other in time, each with the watermark after it."""
    spans = sorted((*_span(path), path) for path in parquet_files(store, "positions"))
    together: list[Any] = []
    for k, (_, last, path) in enumerate(spans):
        together.append((last, path))
        mark = max(t for t, _ in together) + 1
        if k + 1 < len(spans) and spans[k + 1][0] < mark:
            continue
        # Whoever reads a column in pieces joins it, each time anew.
        rows = pa.concat_tables(pq.read_table(p, columns=columns) for _, p in together).combine_chunks()
        yield from _as_watched(rows, mark)
        together = []


def _as_watched(rows: pa.Table, mark: int) -> Iterator[tuple[pa.Table, int]]:
    """The steps in which rows were watched, where these can be told apart: each is in order of tracks.

    Nothing need be sorted then, and a step of any size finds the same.
    """
    if "track_id" not in rows.schema.names or rows.num_rows == 0:
        yield rows, mark
        return
    track, t = numpy_of(rows, "track_id"), numpy_of(rows, "t")
    first = np.flatnonzero(np.diff(track, prepend=np.iinfo(np.int64).max) < 0)
    spans = np.stack([np.minimum.reduceat(t, first), np.maximum.reduceat(t, first)])
    order = np.argsort(spans[0])
    (begin, end), stop = spans[:, order], np.append(first[1:], len(t))[order]
    if len(first) > _MOST_STEPS or (begin[1:] <= end[:-1]).any():
        yield rows, mark
        return
    marks = [*begin[1:].tolist(), mark]
    for lo, hi, until in zip(first[order].tolist(), stop.tolist(), marks, strict=True):
        yield rows.slice(lo, hi - lo), until


def _span(path: str) -> tuple[int, int]:
    about = pq.read_metadata(path)
    column = about.schema.names.index("t")
    groups = [about.row_group(i).column(column).statistics for i in range(about.num_row_groups)]
    return min(s.min for s in groups), max(s.max for s in groups)

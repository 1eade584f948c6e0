"""Events in a store: append-only, the newest revision of an `event_id` wins.

Writing the same findings twice writes nothing. A finding that comes again with other content becomes the
next revision, and one that no longer stands is withdrawn by a revision of its own, so the trail of what
was said and when stays whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import taken
from shiomi.engine.local import sorted_by
from shiomi.errors import StoreError
from shiomi.events.canonical import canonical_rows, events_digest, sort_events
from shiomi.events.tables import (
    STORED_EVENTS,
    append_table,
    create_or_open,
    open_store,
    parquet_files,
    read_run,
    read_table,
    table_names,
    write_run,
)
from shiomi.schema import EVENTS, TRACKS

__all__ = [
    "STORED_EVENTS",
    "Changes",
    "append_events",
    "append_evidence",
    "append_table",
    "create_or_open",
    "events_digest",
    "evidence_among",
    "evidence_of",
    "history",
    "newest_events",
    "open_store",
    "parquet_files",
    "positions_of",
    "read_run",
    "read_table",
    "table_names",
    "with_changes",
    "withdraw",
    "write_run",
]

_FEW = 2000
"""Up to so many message ids are pushed into the reader as a filter; more are joined."""


class Changes(NamedTuple):
    """What an append did to a store, in numbers of events."""

    new: int
    amended: int
    unchanged: int
    withdrawn: int
    written: pa.Table
    """The revisions written, schema STORED_EVENTS."""


def append_events(folder: Path, events: pa.Table, before: pa.Table | None = None) -> Changes:
    """Write what is new or different, in one commit; of several rows with one `event_id` the last counts.

    Args:
        before: what `newest_events` gave, where it is at hand.

    Raises:
        StoreError: the store cannot be read or written.
    """
    events = events.select(EVENTS.names).cast(EVENTS)
    last = pl.DataFrame({"event_id": pl.from_arrow(events["event_id"])}).with_row_index("row")
    last = last.unique("event_id", keep="last", maintain_order=True)
    if last.height < events.num_rows:
        events = events.take(pa.array(last["row"].to_numpy()))

    if before is None:
        old = _newest_stored(folder, events["event_id"])
    else:
        old = before.filter(pc.is_in(before["event_id"], events["event_id"].combine_chunks()))
    stored = pl.DataFrame(
        {
            "event_id": pl.from_arrow(old["event_id"]),
            "revision": pl.from_arrow(old["revision"]),
            "old": pl.from_arrow(canonical_rows(old, EVENTS)),
        }
    )
    # Only what is stored already can be the same.
    again = events.filter(pc.is_in(events["event_id"], old["event_id"].combine_chunks()))
    now = pl.DataFrame(
        {
            "event_id": pl.from_arrow(again["event_id"]),
            "now": pl.from_arrow(canonical_rows(again, EVENTS)),
        }
    )
    same = now.join(stored, on="event_id").filter(pl.col("now") == pl.col("old"))
    told = pl.DataFrame({"event_id": pl.from_arrow(events["event_id"])})
    both = told.join(stored.drop("old"), on="event_id", how="left", maintain_order="left")
    revision = both["revision"].fill_null(0).cast(pl.Int32) + 1
    written = _stored(events, revision.to_arrow(), "")
    if same.height:
        written = written.filter(
            pc.invert(pc.is_in(written["event_id"], pa.array(same["event_id"].to_list())))
        )
    if written.num_rows:
        append_table(folder, "events", written)
    new = int(both["revision"].null_count())
    return Changes(new, written.num_rows - new, events.num_rows - written.num_rows, 0, written)


def withdraw(folder: Path, event_ids: Sequence[str], reason: str, known_t: int) -> Changes:
    """Say that events no longer stand, from `known_t` (microseconds UTC) and for `reason`.

    An event that is withdrawn already counts as unchanged.

    Raises:
        StoreError: an id is not in the store, or no reason is given; nothing is written.
    """
    if not reason:
        raise StoreError("an event is withdrawn for a reason; give one")
    ids = pa.chunked_array([pa.array(list(event_ids), pa.string()).unique()])
    old = _newest_stored(folder, ids)
    unknown = pc.filter(ids, pc.invert(pc.is_in(ids, old["event_id"].combine_chunks())))
    if len(unknown):
        raise StoreError(f"the store {folder} has no event {unknown[0]}; nothing was withdrawn")
    standing = old.filter(pc.not_equal(old["status"], "withdrawn"))
    n = standing.num_rows
    written = _with(standing, "status", pa.array(["withdrawn"] * n, pa.string()))
    written = _with(written, "known_t", pa.array([known_t] * n, pa.int64()))
    written = _stored(written.select(EVENTS.names), pc.add(standing["revision"], 1), reason)
    if n:
        append_table(folder, "events", written)
    return Changes(0, 0, old.num_rows - n, n, written)


def newest_events(folder: Path, *, version: int | None = None) -> pa.Table:
    """The newest revision of every event, EVENTS and `revision`, in the order of `sort_events`.

    Withdrawn events are among them. `version` is a Delta version of the table `events`: what was known
    after that commit.
    """
    stored = read_table(folder, "events", version=version)
    return sort_events(_newest(stored).drop_columns(["reason"]))


def with_changes(before: pa.Table, *changes: Changes) -> pa.Table:
    """What `newest_events` gives after changes to a store of which it gave `before`."""
    written = pa.concat_tables(c.written for c in changes).drop_columns(["reason"])
    left = pc.invert(pc.is_in(before["event_id"], written["event_id"].combine_chunks()))
    return sort_events(pa.concat_tables([before.filter(left), written]))


def history(folder: Path, event_id: str) -> pa.Table:
    """Every revision of one event, oldest first, schema STORED_EVENTS.

    Raises:
        StoreError: the store has no such event.
    """
    rows = read_table(folder, "events", pc.field("event_id") == event_id)
    if not rows.num_rows:
        raise StoreError(f"the store {folder} has no event {event_id}; `shiomi events` lists them")
    return rows.sort_by("revision")


def append_evidence(folder: Path, positions: pa.Table) -> int:
    """Add positions (TRACKS) that events cite, each message once; gives how many were written.

    A message that is stored already with other content, because late reports changed its track, is
    replaced; the state before stays readable as an earlier version of the table.
    """
    fresh = _polars(positions.select(TRACKS.names).cast(TRACKS))
    ids = np.sort(fresh["message_id"].to_numpy())
    if (ids[1:] == ids[:-1]).any():
        fresh = fresh.unique("message_id", keep="last")
    held = _evidence(folder, fresh["message_id"]).select(TRACKS.names)
    if held.height:
        fresh = fresh.join(held, on=TRACKS.names, how="anti", nulls_equal=True)
    if not fresh.height:
        return 0
    rows, replace = fresh, False
    if held["message_id"].is_in(fresh["message_id"].implode()).any():
        kept = pl.scan_parquet(parquet_files(folder, "evidence")).join(
            fresh.lazy(), on="message_id", how="anti"
        )
        rows, replace = pl.concat([kept.select(TRACKS.names).collect(), fresh]), True
    # A track is looked up whole, and lies together: less to read, and it packs better.
    in_order = sorted_by(_tracks(rows), "track_id")
    append_table(folder, "evidence", in_order, "overwrite" if replace else "append")
    return fresh.height


def positions_of(folder: Path, message_ids: npt.ArrayLike | pa.Array | pa.ChunkedArray) -> pa.Table:
    """The stored evidence with these message ids, TRACKS in order of (track_id, t, message_id).

    Ids that the store does not hold are absent: compare the counts. Millions of ids at once are well.
    """
    return _tracks(_evidence(folder, _ids(message_ids)))


def evidence_of(folder: Path, events: pa.Table) -> pa.Table:
    """The evidence of many events at once: `event_id` and TRACKS, one row for each time one is cited.

    In order of the events as given, then of (track_id, t, message_id). For very many events, give them
    in pieces.
    """
    return evidence_among(positions_of(folder, pc.list_flatten(events["evidence"])), events)


def evidence_among(rows: pa.Table, events: pa.Table) -> pa.Table:
    """What `evidence_of` gives where a store holds `rows`, of TRACKS as `positions_of` gives them."""
    evidence = events["evidence"].combine_chunks()
    ids, held = pc.list_flatten(evidence), rows["message_id"].combine_chunks()
    wanted = np.flatnonzero(pc.is_in(held, ids))
    place = pc.index_in(ids, held.take(pa.array(wanted)))
    event = pc.list_parent_indices(evidence).filter(place.is_valid()).to_numpy()
    # In order of events, and then of the rows, by one number.
    event, place = np.divmod(np.sort(event * len(wanted) + place.drop_null().to_numpy()), max(len(wanted), 1))
    found = taken(rows, wanted[place])
    return found.add_column(0, EVENTS.field("event_id"), events["event_id"].take(pa.array(event)))


def _evidence(folder: Path, ids: pl.Series) -> pl.DataFrame:
    files = parquet_files(folder, "evidence")
    if not files:
        return _polars(TRACKS.empty_table())
    rows = pl.scan_parquet(files)
    wanted = ids.unique()
    if len(wanted) <= _FEW:
        rows = rows.filter(pl.col("message_id").is_in(wanted.implode()))
    else:
        rows = rows.join(pl.LazyFrame({"message_id": wanted}), on="message_id", how="semi")
    return rows.collect().sort("track_id", "t", "message_id")


def _ids(message_ids: npt.ArrayLike | pa.Array | pa.ChunkedArray) -> pl.Series:
    if isinstance(message_ids, pa.Array | pa.ChunkedArray):
        message_ids = message_ids.to_numpy(zero_copy_only=False) if len(message_ids) else []
    return pl.Series("message_id", np.asarray(message_ids, np.int64))


def _newest_stored(folder: Path, event_ids: pa.ChunkedArray) -> pa.Table:
    known = read_table(folder, "events", columns=["event_id"])["event_id"].combine_chunks()
    wanted = pc.filter(event_ids, pc.is_in(event_ids, known)).combine_chunks()
    if not len(wanted):
        return STORED_EVENTS.empty_table()
    return _newest(read_table(folder, "events", pc.field("event_id").isin(wanted)))


def _newest(stored: pa.Table) -> pa.Table:
    rows = pl.DataFrame(
        {"event_id": pl.from_arrow(stored["event_id"]), "revision": pl.from_arrow(stored["revision"])}
    ).with_row_index("row")
    newest = rows.sort("revision").unique("event_id", keep="last")
    if newest.height == stored.num_rows:
        return stored
    return stored.take(pa.array(newest["row"].sort().to_numpy()))


def _stored(events: pa.Table, revision: pa.Array | pa.ChunkedArray, reason: str) -> pa.Table:
    columns = [*events.columns, revision, pa.array([reason] * events.num_rows, pa.string())]
    return pa.table(columns, names=STORED_EVENTS.names).cast(STORED_EVENTS)


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _polars(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _tracks(frame: pl.DataFrame) -> pa.Table:
    return frame.select(TRACKS.names).to_arrow().cast(TRACKS)

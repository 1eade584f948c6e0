"""Presence in a zone of a store: what was asked for, and the table that answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shiomi.errors import BadParameter
from shiomi.events.heard import heard_slots
from shiomi.events.presence import HEARD_SLOT_S, By, Row, Stays, presence_rows, stays_in, zone_named
from shiomi.events.query import is_suppressed
from shiomi.events.store import newest_events, read_run, read_table
from shiomi.events.zoned import zones_of_store
from shiomi.places.zones import zones_hash

__all__ = ["Counted", "count_presence"]


class Counted(NamedTuple):
    """A table of presence and what it was counted from."""

    zone: dict[str, Any]
    """A row of ZONES."""
    rows: Sequence[Row]
    stays: Stays
    tz: str
    since: int
    until: int
    apart: int
    """Stays that are shown apart for a reason, and not counted."""


def count_presence(
    store: Path, zone: str, between: tuple[int | None, int | None], tz: str, by: By
) -> Counted:
    """Who was in a zone, by the newest events of a store.

    Args:
        store: its folder.
        zone: as much of the name of a zone as only one has.
        between: microseconds UTC; None for as far as the store has watched.
        tz: the time zone whose days are counted.
        by: what a row is.

    Raises:
        BadParameter: no zone or several are named so, or the period ends before it begins.
    """
    table = zones_of_store(store)
    chosen = zone_named(table, zone)
    first = pc.min(read_table(store, "tracks", columns=["t_first"])["t_first"]).as_py()
    since = between[0] if between[0] is not None else first or 0
    until = between[1] if between[1] is not None else read_run(store).get("watermark") or 0
    if since >= until:
        raise BadParameter("the period ends before it begins; see --since and --until")
    newest = newest_events(store)
    newest = newest.filter(pc.equal(newest["kind"], "presence"))
    apart = pa.array(is_suppressed(newest))
    stays = stays_in(newest.filter(pc.invert(apart)), chosen["zone_hash"], since, until)
    hidden = stays_in(newest.filter(apart), chosen["zone_hash"], since, until)
    heard = heard_slots(store, zones_hash(table), chosen["zone_hash"], since, until, HEARD_SLOT_S)
    rows = presence_rows(stays, heard, since, until, tz=tz, by=by)
    return Counted(chosen, rows, stays, tz, since, until, len(hidden.event_id))

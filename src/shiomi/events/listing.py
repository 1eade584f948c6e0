"""Tables on a terminal: as wide as it is, and into a pipe as wide as they need to be."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shiomi.events.ladder.rarity import like_here
from shiomi.events.words import place, quantity, readable
from shiomi.schema import mmsi_of
from shiomi.units import SECOND, iso

__all__ = ["print_events", "print_rows", "print_table"]

_PIPE_WIDTH = 1000


def print_events(
    events: pa.Table, names: Mapping[int, str], *, why_apart: bool, known: pa.Table | None = None
) -> None:
    """All of `events`, one row each; with `why_apart` the reasons of those that are suppressed.

    Args:
        known: all events of the store, among which each is one of so many like it.
    """
    rows = [_row(event, names, why_apart) for event in events.to_pylist()]
    if rows and known is not None:
        for row, n in zip(rows, like_here(events, known).tolist(), strict=True):
            row["like it here"] = f"1 of {n:,}"
    if rows:
        print_table(pa.Table.from_pylist(rows))


def print_table(rows: pa.Table) -> None:
    """Any flat table, numbers to the right."""
    numbers = [f.name for f in rows.schema if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)]
    print_rows(rows.column_names, (row.values() for row in rows.to_pylist()), numbers)


def print_rows(header: Sequence[str], rows: Iterable[Iterable[Any]], numbers: Sequence[str] = ()) -> None:
    """Rows under a header; cells that are too long for the terminal are folded, never cut."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=_PIPE_WIDTH)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(header):
        table.add_column(
            name, justify="right" if name in numbers else "left", overflow="fold", no_wrap=i == 0
        )
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _row(event: dict[str, Any], names: Mapping[int, str], why_apart: bool) -> dict[str, str]:
    mmsis = dict.fromkeys(mmsi_of(track) for track in event["subjects"])
    lasted = None if event["t_end"] is None else (event["t_end"] - event["t_start"]) // SECOND
    row = {
        "event": event["event_id"],
        "kind": event["kind"],
        "start (UTC)": iso(event["t_start"])[:16].replace("T", " "),
        "lasted": "open" if lasted is None else quantity("lasted_s", lasted, "en"),
        "vessels": "\n".join(f"{m:09d} {names.get(m, '')}".rstrip() for m in mmsis),
        "place": place(event["lat_e7"], event["lon_e7"]),
        "coverage": event["coverage"],
    }
    if event["status"] == "withdrawn":
        row["lasted"] = "withdrawn"
    if why_apart:
        row["suppressed by"] = "\n".join(event["suppressed_by"])
    return row


def _cell(value: Any) -> Text:
    if isinstance(value, dt.datetime):
        value = value.strftime("%Y-%m-%d %H:%M")
    elif isinstance(value, float):
        value = f"{value:,.3f}".rstrip("0").rstrip(".")
    elif isinstance(value, int):
        value = f"{value:,}"
    # Text, not a string: square brackets in a name are no markup.
    return Text("\n".join(readable(line) for line in str("" if value is None else value).split("\n")))

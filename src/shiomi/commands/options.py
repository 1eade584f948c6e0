"""What several commands ask for and show in the same way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shiomi.errors import BadParameter

__all__ = [
    "Language",
    "Limit",
    "Mmsi",
    "Since",
    "Store",
    "Until",
    "progress",
    "shown_of",
    "the_event",
    "time_of",
]


class Language(StrEnum):
    """Languages that findings are told in."""

    en = "en"
    ja = "ja"


Store = Annotated[Path, typer.Option("--store", "-s", metavar="DIR", help="The folder of the store.")]
Mmsi = Annotated[
    list[int] | None, typer.Option("--mmsi", metavar="MMSI", help="Only this vessel; may be repeated.")
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="From this time on (ISO 8601, UTC unless it says otherwise)."),
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Before this time.")]
Limit = Annotated[int, typer.Option(min=0, metavar="N", help="Show at most so many rows; 0 shows all.")]


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error, gone when the work is done; it takes a step's name and the share done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, share: bar.update(
            task, description=step, total=None if share < 0 else 1.0, completed=max(share, 0.0)
        )


def time_of(text: str | None) -> int | None:
    """A time that a person wrote, in microseconds UTC."""
    from shiomi.units import microseconds

    try:
        return None if text is None else microseconds(text)
    except ValueError as e:
        raise BadParameter(f"{text!r} is not a time; write it like 2024-03-01T23:50:00Z") from e


def the_event(store: Path, text: str) -> str:
    """The one event id of the store that begins with `text`."""
    import pyarrow.compute as pc

    from shiomi.events.store import read_table

    ids = read_table(store, "events", columns=["event_id"])["event_id"]
    found = ids.filter(pc.starts_with(ids, text)).unique().to_pylist()
    if text in found:
        return text
    if len(found) > 1:
        raise BadParameter(f"{len(found)} events begin with {text}; give more of the id")
    return str(found[0]) if found else text


def shown_of(limit: int, found: int) -> str:
    """A word on rows that a list leaves out."""
    return f"; the first {limit:,} are shown (--limit 0 shows all)" if limit and found > limit else ""

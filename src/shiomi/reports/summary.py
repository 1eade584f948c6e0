"""What a watch found, as tables on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import polars as pl
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from shiomi.events.ladder.rules import step_of

__all__ = ["counts_table", "findings_table", "print_tables"]


def findings_table(events: pa.Table) -> Table:
    """Events by kind: how many stand, how well their sea was heard, how many are apart and by which step."""
    stands: Counter[str] = Counter()
    going: Counter[str] = Counter()
    apart: Counter[str] = Counter()
    covered: dict[str, Counter[str]] = {}
    why: dict[str, Counter[str]] = {}
    for kind, status, coverage, reason, ladder, n in _alike(events):
        if status == "withdrawn":
            continue
        if reason is not None:
            apart[kind] += n
            # The first step of the ladder that answers counts; the others are kept beside it.
            why.setdefault(kind, Counter())[step_of(ladder.split()) or reason] += n
        else:
            stands[kind] += n
            going[kind] += n if status == "open" else 0
            covered.setdefault(kind, Counter())[coverage] += n
    table = Table("finding", title="Findings", title_justify="left", title_style="bold")
    for heading in ("to look at", "of these open", "shown apart"):
        table.add_column(heading, justify="right")
    table.add_column("their coverage")
    table.add_column("apart by step")
    for kind in sorted(stands.keys() | apart.keys()):
        table.add_row(
            kind,
            f"{stands[kind]:,}",
            f"{going[kind]:,}",
            f"{apart[kind]:,}",
            ", ".join(f"{c} {n:,}" for c, n in covered.get(kind, Counter()).most_common()),
            ", ".join(f"{step} {n:,}" for step, n in sorted(why.get(kind, Counter()).items())),
        )
    return table


def _alike(events: pa.Table) -> Iterator[tuple[str, str, str, str | None, str, int]]:
    """Kind, status, coverage, first reason to be apart, trail, and how many events have these."""
    columns = {c: pl.from_arrow(events[c]) for c in ("kind", "status", "coverage", "suppressed_by", "ladder")}
    frame = pl.DataFrame(
        columns, schema_overrides=dict.fromkeys(("suppressed_by", "ladder"), pl.List(pl.String))
    )
    alike = frame.select(
        "kind",
        "status",
        "coverage",
        pl.col("suppressed_by").list.first().str.split(":").list.first(),
        pl.col("ladder").list.join(" "),
    )
    yield from alike.group_by(pl.all(), maintain_order=True).len().iter_rows()


def counts_table(rows: list[tuple[str, str, int]]) -> Table:
    """What became of every input row."""
    table = Table("input rows", "reason", title="Counts", title_justify="left", title_style="bold")
    table.add_column("rows", justify="right")
    for what, reason, n in rows:
        table.add_row(what, reason, f"{n:,}")
    return table


def print_tables(*tables: Table) -> None:
    """Print tables as wide as the terminal."""
    console = Console()
    for table in tables:
        console.print(table)

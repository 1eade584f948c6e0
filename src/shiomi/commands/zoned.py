"""Commands about zones: which there are, and who was in them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shiomi.commands.options import Language, Since, Store, Until, time_of

__all__ = ["presence", "zones"]


class Days(StrEnum):
    """Whose days are counted."""

    local = "local"
    utc = "utc"


class By(StrEnum):
    """What a row of a table of presence is."""

    total = "total"
    month = "month"
    day = "day"
    flag = "flag"
    vessel = "vessel"


def zones(
    store: Annotated[
        Path | None, typer.Option("--store", "-s", metavar="DIR", help="The zones of this store.")
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--zones", metavar="FILE", help="With those of a file; may be repeated."),
    ] = None,
) -> None:
    """List the zones: whose line it is, how sure, and from where.

    \b
    Examples:
      shiomi zones
      shiomi zones --zones eez.gpkg
    """
    from shiomi.events.listing import print_rows
    from shiomi.events.zoned import zones_of_store, zones_with
    from shiomi.places.zones import zones_hash

    table = zones_of_store(store) if store else zones_with(files or [])
    columns = ["name", "kind", "claimed_by", "administered_by", "basis", "line_m", "source"]
    print_rows(columns, (r.values() for r in table.select(columns).to_pylist()), ["line_m"])
    typer.echo(f"{table.num_rows:,} zones, hash {zones_hash(table)}.")


def presence(
    zone: Annotated[str, typer.Option(metavar="NAME", help="The zone, or as much of its name as is unique.")],
    store: Store = Path("out"),
    days: Annotated[
        Days, typer.Option(metavar="local|utc", help="Whose days are counted: those of --tz, or of UTC.")
    ] = Days.local,
    tz: Annotated[str, typer.Option(metavar="ZONE", help="The time zone of local days.")] = "Asia/Tokyo",
    by: Annotated[
        By, typer.Option(metavar="BY", help="What a row is: total, month, day, flag or vessel.")
    ] = By.month,
    since: Since = None,
    until: Until = None,
    cell: Annotated[
        str | None, typer.Option(metavar="ROW", help="List the stays behind one row, such as 2024-03.")
    ] = None,
    lang: Annotated[
        Language, typer.Option(metavar="en|ja", help="The language to tell it in.")
    ] = Language.en,
    export: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Write the table to a .csv or .json file; may be repeated."),
    ] = None,
) -> None:
    """Count who was in a zone: days, vessel-days, entries, runs, the longest stay.

    \b
    Examples:
      shiomi presence --zone "Senkaku/Diaoyu 12-24 NM"
      shiomi presence --zone "Senkaku/Diaoyu 0-12 NM" --by day --cell 2024-03-02 --lang ja
      shiomi presence --zone Scarborough --by vessel --export vessels.json
    """
    from shiomi.events.listing import print_rows
    from shiomi.reports import presence as report
    from shiomi.reports.counted import count_presence

    counted = count_presence(
        store, zone, (time_of(since), time_of(until)), tz if days is Days.local else "UTC", by.value
    )
    for line in report.head_lines(counted, lang.value):
        typer.echo(line)
    if cell:
        print_rows(report.cell_headings(counted), report.cell_lines(counted, cell))
    else:
        shown = report.table_rows(counted, lang.value)
        print_rows(report.HEADINGS[lang.value], shown, report.NUMBERS[lang.value])
    for path in export or []:
        n = report.export_presence(path, counted)
        typer.echo(f"{n:,} rows written to {path}.")

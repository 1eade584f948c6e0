"""Commands that show what a store holds."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from shiomi.commands.options import Language, Limit, Mmsi, Since, Store, Until, shown_of, the_event, time_of

__all__ = ["events", "explain", "identity", "tracks"]


class Status(StrEnum):
    """What became of an event."""

    open = "open"
    closed = "closed"
    withdrawn = "withdrawn"


def events(
    store: Store = Path("out"),
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Only this kind, such as gap; may be repeated.")
    ] = None,
    mmsi: Mmsi = None,
    since: Since = None,
    until: Until = None,
    near: Annotated[
        tuple[float, float, float] | None,
        typer.Option(metavar="LAT LON NM", help="Only within so many nautical miles of this place."),
    ] = None,
    status: Annotated[
        list[Status] | None,
        typer.Option(
            metavar="STATUS", help="open, closed or withdrawn; may be repeated; open and closed unless given."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also events that are suppressed for a reason.")
    ] = False,
    limit: Limit = 50,
    export: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Write them to a file ending in .csv, .geojson, .parquet or .kml; may be repeated.",
        ),
    ] = None,
) -> None:
    """List events, the rarest at their place first, or write them to files that other programs read.

    \b
    Examples:
      shiomi events --kind encounter --since 2024-03-01 --until 2024-03-02
      shiomi events --mmsi 431000001 --all
      shiomi events --near 31.5 124.0 20 --export near.geojson --export near.csv
    """
    from shiomi.events import query
    from shiomi.events import store as stores
    from shiomi.events.listing import print_events
    from shiomi.units import iso

    newest = stores.newest_events(store)
    matching = query.select(
        newest,
        kinds=kind,
        mmsi=mmsi,
        between=(time_of(since), time_of(until)),
        near=None if near is None else query.disc(*near),
        status=[s.value for s in status or (Status.open, Status.closed)],
    )
    chosen = matching if every else query.select(matching, include_suppressed=False, status=list(Status))
    particulars = stores.read_table(store, "particulars")
    hidden = matching.num_rows - chosen.num_rows
    apart = (
        f"; {hidden:,} more match and are suppressed{_by_step(matching)} (--all includes them)"
        if hidden
        else ""
    )
    if export:
        from shiomi.events.export import export_events, lead_somewhere

        cited = stores.positions_of(store, lead_somewhere(chosen))
        for path in export:
            n = export_events(chosen, path, particulars=particulars, positions=cited)
            typer.echo(f"{n:,} of {newest.num_rows:,} events written to {path}{apart}.")
        return
    first = query.ranked(chosen).slice(0, limit or None)
    print_events(first, query.best_names(particulars), why_apart=every, known=newest)
    typer.echo(f"{chosen.num_rows:,} of {newest.num_rows:,} events{apart}{shown_of(limit, chosen.num_rows)}.")
    if (watermark := stores.read_run(store).get("watermark")) is not None:
        moment = iso(watermark) if isinstance(watermark, int) else watermark
        typer.echo(f"What is known reaches to {moment}.")


def explain(
    event_id: Annotated[str, typer.Argument(help="The id of the event, or as much of it as is unique.")],
    store: Store = Path("out"),
    lang: Annotated[
        Language, typer.Option(metavar="en|ja", help="The language to tell it in.")
    ] = Language.en,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw it, to this .png or .svg file.")
    ] = None,
    trail: Annotated[bool, typer.Option("--trail", help="Also list its revisions.")] = False,
) -> None:
    """Tell one event in sentences: what was seen, by which rule, how surely.

    \b
    Examples:
      shiomi explain 5f2a90c1d3e4b768 --picture event.png
      shiomi explain 5f2a --lang ja --trail
    """
    from shiomi.events import query
    from shiomi.events import store as stores
    from shiomi.events.narrate import explain as tell
    from shiomi.events.zoned import zones_of_store
    from shiomi.units import iso

    zones_of_store(store)
    revisions = stores.history(store, the_event(store, event_id)).to_pylist()
    event = revisions[-1]
    cited = stores.positions_of(store, event["evidence"])
    names = query.best_names(stores.read_table(store, "particulars"))
    typer.echo(f"{event['kind']} {event['event_id']}, revision {event['revision']}")
    for sentence in tell(event, cited, names, lang.value):
        typer.echo(sentence)
    for r in revisions if trail else []:
        typer.echo(
            f"revision {r['revision']}: {r['status']}, known {iso(r['known_t'])} {r['reason']}".rstrip()
        )
    if picture:
        from shiomi.reports.picture import draw_event

        draw_event(event, cited, picture)
        typer.echo(f"drawn to {picture}")


def tracks(
    store: Store = Path("out"),
    mmsi: Mmsi = None,
    since: Since = None,
    until: Until = None,
    outliers: Annotated[
        bool, typer.Option("--outliers", help="Only reports that no other supports.")
    ] = False,
    limit: Limit = 50,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them to a .csv or .parquet file.")
    ] = None,
) -> None:
    """List tracks: each the reports of one hull between splits.

    \b
    Examples:
      shiomi tracks --mmsi 431000001
      shiomi tracks --since 2024-03-01 --export tracks.csv
    """
    from shiomi.events import query
    from shiomi.events import store as stores
    from shiomi.events.listing import print_table

    every = stores.read_table(store, "tracks")
    chosen = query.select_tracks(
        every, mmsi, (time_of(since), time_of(until)), "outlier" if outliers else None
    )
    rows = query.flat_tracks(chosen, stores.read_table(store, "particulars"))
    if export:
        from shiomi.events.export import export_table

        typer.echo(f"{export_table(rows, export):,} of {every.num_rows:,} tracks written to {export}")
        return
    columns = ["track_id", "name", "kind", "t_first", "t_last", "fixes", "distance_m"]
    print_table(rows.select(columns).slice(0, limit or None))
    typer.echo(f"{rows.num_rows:,} of {every.num_rows:,} tracks{shown_of(limit, rows.num_rows)}.")


def identity(store: Store = Path("out")) -> None:
    """List what vessels say of themselves that cannot all be true.

    \b
    Examples:
      shiomi identity --store out
    """
    from shiomi.events.identity import conflicts
    from shiomi.events.listing import print_rows
    from shiomi.events.store import read_table
    from shiomi.events.words import readable
    from shiomi.units import iso

    rows = conflicts(read_table(store, "particulars")).to_pylist()
    columns = ["rule", "MMSI", "other", "claim", "other claim", "from", "to", "reports", "differ", "slip"]
    cells = [
        [
            r["rule"],
            *(f"{r[k]:09d}" if r[k] else "" for k in ("mmsi", "other_mmsi")),
            *(readable(r[k] or "") for k in ("claim", "other_claim")),
            *(iso(r[k]) for k in ("t", "t_last")),
            *(r["reports"], r["differ"], "yes" if r["likely_clerical"] else ""),
        ]
        for r in rows
    ]
    if rows:
        print_rows(columns, cells, ["reports"])
    typer.echo(f"{len(rows):,} conflicts of claims.")


def _by_step(events: Any) -> str:
    """How many events (EVENTS) each step of the ladder shows apart: the first that does counts."""
    from collections import Counter

    from shiomi.events.ladder.rules import step_of

    steps = Counter(step_of(trail) for trail in events["ladder"].to_pylist())
    told = ", ".join(f"{step} {n:,}" for step, n in sorted(steps.items()) if step)
    return f": {told}" if told else ""

"""The command line. It reads options, calls one function, and says what came of it.

Nothing heavy is imported before a command runs: `shiomi --help` answers at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shiomi import __version__
from shiomi.errors import BadParameter, ShiomiError

if TYPE_CHECKING:
    from shiomi.watch import Engine as WatchEngine

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Shiomi: an open maritime watch, from ship positions to findings that carry their evidence.",
    epilog="Start with: shiomi simulate east-china-sea --out out/scenario",
)


class Language(StrEnum):
    """Languages that findings are told in."""

    en = "en"
    ja = "ja"


class Engine(StrEnum):
    """What reads and detects: this process, or a cluster."""

    local = "local"
    spark = "spark"
    sail = "sail"


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


class Status(StrEnum):
    """What became of an event."""

    open = "open"
    closed = "closed"
    withdrawn = "withdrawn"


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


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line: 0 is well, 1 is a check that failed, 2 is an error a person can mend."""
    try:
        app(args=argv)
    except ShiomiError as e:
        print(f"shiomi: {e}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read us has enough; without this the interpreter complains when it flushes at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"shiomi {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


@app.command()
def watch(
    inputs: Annotated[list[Path], typer.Argument(help="Files and folders of positions: CSV, NMEA, Parquet.")],
    store: Store = Path("out"),
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=N", help="A parameter of a detector; may be repeated."),
    ] = None,
    places: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A list of ports or anchorages; may be repeated."),
    ] = None,
    zones: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Zones, cables or watched ports to add; may be repeated."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Which column is which, as TOML; see docs/sources.md."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="When a log begins whose lines carry no time.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Watch on to this time though nothing more is heard.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(metavar="local|spark|sail", help="Where to work; see docs/cluster.md.")
    ] = Engine.local,
    master: Annotated[
        str,
        typer.Option(metavar="URL", help="The cluster, such as spark://host:7077; this machine if empty."),
    ] = "",
    picture: Annotated[
        bool, typer.Option("--map/--no-map", help="Draw the findings to map.png in the store.")
    ] = True,
) -> None:
    """Read positions, find events, and keep both in a store.

    A store goes on where it was left; late reports revise what was found.

    \b
    Examples:
      shiomi watch ais.csv.zst
      shiomi watch feeds/ extra.nmea --store out --set gap.min_silence_s=21600
      shiomi watch radar.csv --mapping radar.toml --places anchorages.csv
      shiomi watch /shared/ais --store /shared/out --engine spark --master spark://head:7077
    """
    import time

    from shiomi.kernels import are_compiled
    from shiomi.reports.summary import counts_table, findings_table, print_tables

    if not are_compiled():
        typer.echo("The first run compiles its loops, once; this takes half a minute more.", err=True)
    from shiomi.engine.plan import registered
    from shiomi.events.zoned import settle_zones
    from shiomi.watch import Options
    from shiomi.watch import watch as run

    began = time.monotonic()
    options = Options(
        settings=[*settle_zones(store, zones or [], registered()), *(settings or ())],
        place_lists=places or (),
        mapping=mapping,
        first_t=_time(start),
        now_t=time.time_ns() // 1000,
        until=_time(until),
    )
    with _progress() as tell:
        report = run(inputs, store, options, tell, _engine(engine, master))
        if picture:
            from shiomi.reports.store_map import draw_store

            tell("drawing", -1.0)
            draw_store(store, store / "map.png")
    print_tables(counts_table(report.tally.table()), findings_table(report.events))
    for problem in report.problems:
        typer.echo(f"shiomi: {problem}", err=True)
    typer.echo(report.sentence(store, time.monotonic() - began))
    if report.problems:
        raise typer.Exit(1)


@app.command()
def verify(
    event_ids: Annotated[list[str] | None, typer.Argument(help="Events to recompute.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Recompute every event of the store.")] = False,
    store: Store = Path("out"),
) -> None:
    """Run the detectors again on the evidence alone and compare.

    \b
    Examples:
      shiomi verify 5f2a90c1d3e4b768
      shiomi verify --all --store out
    """
    if every == bool(event_ids):
        raise BadParameter("name the events to verify, or give --all, and not both")
    from shiomi.verify import verify as run

    done, differing = 0, set()
    for step in run(store, None if every else [_event_id(store, e) for e in event_ids or []]):
        if isinstance(step, int):
            done += step
        else:
            differing.add(step.event_id)
            typer.echo(f"{step.kind} {step.event_id}: {step.why}")
    typer.echo(f"{done - len(differing):,} of {done:,} events follow from their own evidence.")
    if differing:
        raise typer.Exit(1)


@app.command()
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
        between=(_time(since), _time(until)),
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
    typer.echo(f"{chosen.num_rows:,} of {newest.num_rows:,} events{apart}{_shown(limit, chosen.num_rows)}.")
    if (watermark := stores.read_run(store).get("watermark")) is not None:
        moment = iso(watermark) if isinstance(watermark, int) else watermark
        typer.echo(f"What is known reaches to {moment}.")


@app.command()
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


@app.command()
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


@app.command()
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
        store, zone, (_time(since), _time(until)), tz if days is Days.local else "UTC", by.value
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


@app.command()
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
    revisions = stores.history(store, _event_id(store, event_id)).to_pylist()
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


@app.command()
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
    chosen = query.select_tracks(every, mmsi, (_time(since), _time(until)), "outlier" if outliers else None)
    rows = query.flat_tracks(chosen, stores.read_table(store, "particulars"))
    if export:
        from shiomi.events.export import export_table

        typer.echo(f"{export_table(rows, export):,} of {every.num_rows:,} tracks written to {export}")
        return
    columns = ["track_id", "name", "kind", "t_first", "t_last", "fixes", "distance_m"]
    print_table(rows.select(columns).slice(0, limit or None))
    typer.echo(f"{rows.num_rows:,} of {every.num_rows:,} tracks{_shown(limit, rows.num_rows)}.")


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="The name of a bundled scenario, or a .toml file.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to.")] = Path("out/scenario"),
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Draw other traffic than the scenario's own.")
    ] = None,
) -> None:
    """Make traffic with known truth: AIS files, and what a watch should find in them.

    \b
    Examples:
      shiomi simulate east-china-sea
      shiomi simulate my.toml --out trial --seed 7
    """
    from shiomi.simulate.run import simulate as run
    from shiomi.simulate.scenario import load

    with _progress() as tell:
        made = run(load(scenario), out, seed=seed, progress=tell)
    missed = f"; {len(made.unfulfilled):,} planted behaviours did not come true" if made.unfulfilled else ""
    typer.echo(
        f"{made.rows:,} rows of {made.vessels:,} vessels and {made.truths:,} truths "
        f"written to {made.out_dir}, seed {made.seed}{missed}."
    )


@app.command()
def score(
    truth: Annotated[Path | None, typer.Argument(help="The truth.csv of a simulated scenario.")] = None,
    store: Store = Path("out"),
    packs: Annotated[
        Path | None, typer.Option(help="Run the packs of the public measure in this folder instead.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="With --packs: draw everything anew, this added to their seeds.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="With --packs: write the page of the measure.")] = None,
) -> None:
    """Compare events with what is true: of one simulated scenario, or over all packs.

    "Time within bounds" is the share of the true time that the best single event covers from its earliest
    start to its latest end; "from start to end" the share between the first and the last report that show it.

    \b
    Examples:
      shiomi score out/scenario/truth.csv --store out
      shiomi score --packs out/packs
      shiomi score --packs out/packs --seed 7 --page score.md
    """
    from shiomi.events.listing import print_rows

    if packs is not None:
        from shiomi.measure import HEADER, cells, measure, totals
        from shiomi.measure import page as page_of

        with _progress() as tell:
            table = measure(packs, seed=seed, progress=tell)
        print_rows(list(HEADER), [cells(r) for r in totals(table)])
        if page is not None:
            page.write_text(page_of(table, seed), encoding="utf-8")
        return
    if truth is None:
        raise BadParameter("nothing to compare with; give the truth.csv of a scenario, or --packs FOLDER")
    from shiomi.events import store as stores
    from shiomi.events.score import read_truth, score_rows
    from shiomi.events.score import score as compare

    summaries = stores.read_table(store, "tracks")
    print_rows(*score_rows(compare(stores.newest_events(store), read_truth(truth), summaries)))


def _engine(engine: Engine, master: str) -> WatchEngine | None:
    """The engine for a watch; none for that of this process."""
    if engine is Engine.local:
        if master:
            raise BadParameter("--master is for --engine spark or sail; say which")
        return None
    from shiomi.afar import afar

    return afar(engine.value, master)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error, gone when the work is done; it takes a step's name and the share done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, share: bar.update(
            task, description=step, total=None if share < 0 else 1.0, completed=max(share, 0.0)
        )


def _time(text: str | None) -> int | None:
    from shiomi.units import microseconds

    try:
        return None if text is None else microseconds(text)
    except ValueError as e:
        raise BadParameter(f"{text!r} is not a time; write it like 2024-03-01T23:50:00Z") from e


def _event_id(store: Path, text: str) -> str:
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


def _by_step(events: Any) -> str:
    """How many events (EVENTS) each step of the ladder shows apart: the first that does counts."""
    from collections import Counter

    from shiomi.events.ladder.rules import step_of

    steps = Counter(step_of(trail) for trail in events["ladder"].to_pylist())
    told = ", ".join(f"{step} {n:,}" for step, n in sorted(steps.items()) if step)
    return f": {told}" if told else ""


def _shown(limit: int, found: int) -> str:
    return f"; the first {limit:,} are shown (--limit 0 shows all)" if limit and found > limit else ""

"""Commands that make findings and prove them."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shiomi.commands.options import Store, progress, the_event, time_of
from shiomi.errors import BadParameter

if TYPE_CHECKING:
    from shiomi.job import Engine as WatchEngine

__all__ = ["verify", "watch"]


class Engine(StrEnum):
    """What reads and detects: this process, or a cluster."""

    local = "local"
    spark = "spark"
    sail = "sail"


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
    from shiomi.engine.memory import keep_what_is_freed

    keep_what_is_freed()  # before anything takes memory
    from shiomi.kernels import are_compiled
    from shiomi.reports.summary import counts_table, findings_table, print_tables

    if not are_compiled():
        typer.echo("The first run compiles its loops, once; this takes half a minute more.", err=True)
    from shiomi.engine.plan import registered
    from shiomi.events.zoned import settle_zones
    from shiomi.job import Options
    from shiomi.watch import watch as run

    began = time.monotonic()
    options = Options(
        settings=[*settle_zones(store, zones or [], registered()), *(settings or ())],
        place_lists=places or (),
        mapping=mapping,
        first_t=time_of(start),
        now_t=time.time_ns() // 1000,
        until=time_of(until),
    )
    with progress() as tell:
        report = run(inputs, store, options, tell, _engine(engine, master))
        if picture:
            from shiomi.reports.store_map import draw_store

            tell("drawing", -1.0)
            draw_store(store, store / "map.png", report.events)
    print_tables(counts_table(report.tally.table()), findings_table(report.events))
    for problem in report.problems:
        typer.echo(f"shiomi: {problem}", err=True)
    typer.echo(report.sentence(store, time.monotonic() - began))
    if report.problems:
        raise typer.Exit(1)


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
    for step in run(store, None if every else [the_event(store, e) for e in event_ids or []]):
        if isinstance(step, int):
            done += step
        else:
            differing.add(step.event_id)
            typer.echo(f"{step.kind} {step.event_id}: {step.why}")
    typer.echo(f"{done - len(differing):,} of {done:,} events follow from their own evidence.")
    if differing:
        raise typer.Exit(1)


def _engine(engine: Engine, master: str) -> WatchEngine | None:
    """The engine for a watch; none for that of this process."""
    if engine is Engine.local:
        if master:
            raise BadParameter("--master is for --engine spark or sail; say which")
        return None
    from shiomi.afar import afar

    return afar(engine.value, master)

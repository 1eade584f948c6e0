"""Commands that put a watch to the test: traffic with known truth, and how much of it was found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shiomi.commands.options import Store, progress
from shiomi.errors import BadParameter

__all__ = ["score", "simulate"]


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

    with progress() as tell:
        made = run(load(scenario), out, seed=seed, progress=tell)
    missed = f"; {len(made.unfulfilled):,} planted behaviours did not come true" if made.unfulfilled else ""
    typer.echo(
        f"{made.rows:,} rows of {made.vessels:,} vessels and {made.truths:,} truths "
        f"written to {made.out_dir}, seed {made.seed}{missed}."
    )


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

        with progress() as tell:
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

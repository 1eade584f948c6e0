"""Shiomi itself, as a program like the others: a whole watch, the encounter chain alone, or decoding."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.found import arguments, write
from shiomi.engine.memory import keep_what_is_freed

if TYPE_CHECKING:
    import pyarrow as pa

# What a task does not use is not imported: start-up counts.


def _rows(events: pa.Table, kind: str) -> list[tuple[object, ...]]:
    """What was found of the one kind that is asked for."""
    import polars as pl

    frame = pl.DataFrame(events.select(["kind", "status", "subjects", "t_start", "t_end"]))
    who = [pl.col("subjects").list.get(i, null_on_oob=True) // (1 << 33) for i in (0, 1)]
    t_s = pl.col("t_start", "t_end") // 1_000_000
    is_asked = (pl.col("kind") == kind) & (pl.col("status") != "withdrawn")
    return frame.filter(is_asked).select("kind", who[0].alias("a"), who[1].alias("b"), t_s).rows()


def _quietly(what: str, share: float) -> None:
    """Nobody looks on."""


def _watch(data: Path, kind: str) -> list[tuple[object, ...]]:
    from shiomi.job import Options
    from shiomi.watch import watch

    store = Path(tempfile.mkdtemp())
    try:
        return _rows(watch([data], store, Options(), _quietly).events, kind)
    finally:
        shutil.rmtree(store, ignore_errors=True)


def _chain(data: Path, kind: str) -> list[tuple[object, ...]]:
    """The chain of detectors behind `encounter`, nothing kept."""
    import pyarrow as pa

    from shiomi.engine.local import newest

    found = [tables["events"] for tables in _steps(data, "segment", "resample", "proximity", "encounter")]
    return _rows(newest(pa.concat_tables(found)), kind)


def _tracks(data: Path, _: str) -> list[tuple[object, ...]]:
    """Hulls told apart, and nothing kept."""
    return [("rows", sum(tables["tracks"].num_rows for tables in _steps(data, "segment")))]


def _positions(data: Path, _: str) -> list[tuple[object, ...]]:
    """The same, and every position kept in a store, as a watch keeps them."""
    from concurrent.futures import Future, ThreadPoolExecutor

    from shiomi.events.store import append_table, create_or_open

    store = create_or_open(Path(tempfile.mkdtemp()))
    written = list[Future[None]]()
    with ThreadPoolExecutor(1) as writer:
        for tables in _steps(data, "segment"):
            written = [*written, writer.submit(append_table, store, "positions", tables["tracks"])][-2:]
            written[0].result()
    shutil.rmtree(store, ignore_errors=True)
    return []


def _steps(data: Path, *names: str) -> Iterator[dict[str, pa.Table]]:
    """The tables of each step of some stages over a file, one step begun while the last one ends.

    Of the file only what makes a position is read, as the others do: no name, no destination.
    """
    import pyarrow as pa

    from shiomi.engine.ahead import ahead
    from shiomi.engine.local import Going, Running
    from shiomi.engine.plan import GROUP, plan
    from shiomi.engine.timeline import Timeline, make_a_step
    from shiomi.sources.fields import STATICS, Mapping
    from shiomi.sources.read import read_all
    from shiomi.tracks.clean import clean

    only_positions = Mapping(columns=dict.fromkeys(STATICS, ""))
    running = Running(plan(p.load()() for p in entry_points(group=GROUP) if p.name in names))
    spill = Path(tempfile.mkdtemp())
    timeline = Timeline(spill)
    held: list[pa.Table] = []
    under_way = list[Going]()

    def begin(mark: int) -> None:
        rows, _ = clean(pa.concat_tables(held).combine_chunks())
        held.clear()
        under_way.append(running.begin({"positions": rows}, mark, wanted=("tracks", "events")))

    def windows() -> Iterator[tuple[pa.Table, int]]:
        for reading in ahead(read_all([data], problems=[], mapping=only_positions)):
            timeline.add(reading.chunk.positions)
            if reading.settled_t is not None:
                yield from timeline.until(reading.settled_t)
        yield from timeline

    mark = 0
    for rows, mark in windows():
        held.append(rows)
        if make_a_step(held):
            begin(mark)
        if len(under_way) > 1:
            yield under_way.pop(0).result()
    if held:
        begin(mark)
    yield from (step.result() for step in under_way)
    shutil.rmtree(spill, ignore_errors=True)


def _decode(data: Path, _: str) -> list[tuple[object, ...]]:
    """To Arrow tables of positions and particulars, every line counted."""
    from shiomi.sources.nmea import Nmea

    messages = 0
    with data.open("rb") as stream:
        for chunk in Nmea().read(stream, 1):
            no_message = ("not_ais", "comment", "blank_line", "part_of_message")
            messages += chunk.rows - sum(chunk.ignored.get(r, 0) for r in no_message)
    return [("messages", messages)]


if __name__ == "__main__":
    keep_what_is_freed()  # as `shiomi watch` does
    task, data, out = arguments()
    task, _, kind = task.partition(" ")
    tasks = {"watch": _watch, "chain": _chain, "tracks": _tracks, "positions": _positions, "decode": _decode}
    write(out, tasks[task](data, kind))

"""Shiomi itself, as a program like the others: a whole watch, the encounter chain alone, or decoding."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pyarrow as pa

from benchmarks.peers.found import arguments, write
from shiomi.engine.memory import keep_what_is_freed

# What a task does not use is not imported: start-up counts.

_CHAIN = ("segment", "resample", "proximity", "encounter")
_STEP_ROWS = 1_000_000


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
    from shiomi.engine.ahead import ahead
    from shiomi.engine.local import Running, newest
    from shiomi.engine.plan import plan, registered
    from shiomi.engine.timeline import Timeline
    from shiomi.sources.read import read_all
    from shiomi.tracks.clean import clean

    running = Running(plan([s for s in registered() if s.name in _CHAIN]))
    spill = Path(tempfile.mkdtemp())
    timeline = Timeline(spill, window_s=600)
    held: list[pa.Table] = []
    found: list[pa.Table] = []

    def step(mark: int) -> None:
        rows, _ = clean(pa.concat_tables(held).combine_chunks())
        found.append(running.advance({"positions": rows}, mark)["events"])
        held.clear()

    def on(rows: pa.Table, mark: int) -> None:
        held.append(rows)
        if sum(t.num_rows for t in held) >= _STEP_ROWS:
            step(mark)

    for reading in ahead(read_all([data], problems=[])):
        timeline.add(reading.chunk.positions)
        if reading.settled_t is not None:
            for rows, mark in timeline.until(reading.settled_t):
                on(rows, mark)
    end = (timeline.last_t or 0) + 1
    for rows, mark in timeline:
        on(rows, min(mark, end))
    if held:
        step(end)
    shutil.rmtree(spill, ignore_errors=True)
    return _rows(newest(pa.concat_tables(found)), kind)


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
    write(out, {"watch": _watch, "chain": _chain, "decode": _decode}[task](data, kind))

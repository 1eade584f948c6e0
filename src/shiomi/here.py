"""Here: the engine of `watch` that works on this machine, through time and in bounded memory.

files -> positions -> windows of time -> tracks -> events
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pyarrow as pa

from shiomi.engine.ahead import ahead
from shiomi.engine.local import Going, Running, newest, sorted_by
from shiomi.engine.memory import give_back_what_is_free
from shiomi.engine.plan import EVENTS_TABLE
from shiomi.engine.timeline import OutOfOrder, Timeline, make_a_step
from shiomi.errors import Unreadable
from shiomi.events.store import append_table, read_table, table_names
from shiomi.findings import no_events
from shiomi.job import NEVER, Detected, Job, Read, refuse_nothing
from shiomi.schema import POSITIONS, REJECTS
from shiomi.sources.claims import merge_claims
from shiomi.sources.fields import load_mapping
from shiomi.sources.read import SourceFile, read_all
from shiomi.sources.tally import Tally, tally_of
from shiomi.tracks.clean import clean
from shiomi.tracks.seen import Seen, nothing_seen

__all__ = ["detect_here"]

_APPEND_ROWS = 1_000_000
_MOST_CLAIMS = 1_000_000
"""Of so many new claims, and as many as are known, equal ones are made one: ships repeat themselves."""
_STEPS_KEPT = 4
"""So many steps keep what they freed for the next; what became holes meanwhile then goes back."""


def detect_here(job: Job) -> Detected:
    """The engine of one machine: through time window by window, in bounded memory.

    Into a new store, windows are watched as soon as nothing before their end seems still to come: the files
    say so, or came in order so far. Where one came after all, it begins again and reads to the end first.
    A store that holds something must know first whether what comes is late.

    Raises:
        NothingRead: no row of any input became a position.
    """
    try:
        return _detect(job, goes_ahead=job.watched_to == NEVER)
    except OutOfOrder:
        if "rejects" in table_names(job.store):
            append_table(job.store, "rejects", REJECTS.empty_table(), "overwrite")
        return _detect(job, goes_ahead=False)


def _detect(job: Job, *, goes_ahead: bool) -> Detected:
    store, watched_to = job.store, job.watched_to
    spill = store / ".spill"
    timeline = Timeline(spill)
    walk = _Walk(job, Running(job.stages), nothing_seen(), is_fresh=True)
    try:
        if goes_ahead:
            read = _read(job, timeline, lambda likely_t: walk.on(timeline.until(likely_t)))
        else:
            read = _read(job, timeline)
        refuse_nothing(job, read, timeline.first_t)
        if watched_to != NEVER:
            running = job.checkpoint()
            is_late = timeline.first_t is not None and timeline.first_t < watched_to
            if is_late or running is None:
                timeline.add(read_table(store, "positions").select(POSITIONS.names))
            else:
                walk.close()
                walk = _Walk(job, running, _seen(store), is_fresh=False)
        end = max(_after_last(timeline), job.options.until or NEVER, watched_to)
        windows = timeline.windows
        for n, window in enumerate(timeline):
            walk.on([window], end)
            job.progress("detecting", n / windows)
        found, seen = walk.finish(end)
    finally:
        walk.close()
        shutil.rmtree(spill, ignore_errors=True)
    return Detected(read, found, seen, walk.repeats, walk.running, walk.is_fresh)


def _after_last(timeline: Timeline) -> int:
    return NEVER if timeline.last_t is None else timeline.last_t + 1


def _read(job: Job, timeline: Timeline, go_on: Callable[[int], None] | None = None) -> Read:
    """All files into the timeline; claims and rejects into the store.

    Args:
        go_on: called with an instant before which nothing more is likely to come.

    Raises:
        OutOfOrder: something came nevertheless.
    """
    store, options = job.store, job.options
    tally, files = Tally(), list[SourceFile]()
    claims = [read_table(store, "particulars")] if "particulars" in table_names(store) else []
    problems: list[Unreadable] = []
    mapping = load_mapping(options.mapping) if options.mapping else None
    known = [f["source_id"] for f in job.run.get("files", [])]
    readings = read_all(
        job.inputs,
        problems=problems,
        mapping=mapping,
        now_t=options.now_t,
        first_t=options.first_t,
        known=known,
    )
    for source, chunk, _, likely_t in ahead(readings):
        if not files or files[-1] != source:
            files.append(source)
        tally += tally_of(chunk)
        timeline.add(chunk.positions)
        claims.append(chunk.particulars)
        if sum(c.num_rows for c in claims[1:]) >= max(_MOST_CLAIMS, claims[0].num_rows):
            claims = [merge_claims(claims)]
        if chunk.rejects.num_rows:
            append_table(store, "rejects", chunk.rejects)
        job.progress(f"reading, {tally.rows:,} rows", -1.0)
        if go_on and likely_t is not None:
            go_on(likely_t)
    append_table(store, "particulars", merge_claims(claims), "overwrite")
    return Read(tally.check(), files, problems)


class _Walk:
    """A plan going through time, and what it met: events, counts, repeats, positions to keep.

    Beside each step, the rows of the next are cleaned, what the last one saw is counted, and what was kept
    is written.
    """

    def __init__(self, job: Job, running: Running, seen: Seen, *, is_fresh: bool) -> None:
        self.running, self.is_fresh = running, is_fresh
        self.repeats: dict[str, int] = {}
        self._store = job.store
        self._mode: Any = "overwrite" if is_fresh else "append"
        self._cleaner, self._counter, self._writer = (ThreadPoolExecutor(1) for _ in range(3))
        self._seen: Future[Seen] = self._counter.submit(lambda: seen)
        self._found: list[pa.Table] = []
        self._steps = 0
        self._next: list[pa.Table] = []
        self._clean: tuple[Future[tuple[pa.Table, dict[str, int]]], int] | None = None
        self._going: Going | None = None
        self._keep: list[pa.Table] = []
        self._written: Future[None] | None = None

    def on(self, windows: Iterable[tuple[pa.Table, int]], end: int | None = None) -> None:
        """Go on over windows, several at a step where they are small."""
        for rows, mark in windows:
            self._next.append(rows)
            if make_a_step(self._next):
                self._prepare(mark if end is None else min(mark, end))

    def finish(self, end: int) -> tuple[pa.Table, Seen]:
        """Go on to the end; the newest of each event, and what was seen."""
        self._step()
        if self._next or self.running.watermark < end:
            self._prepare(end)
            self._step()
        self._collect(self._going)
        self._write()
        found = newest(pa.concat_tables(self._found)) if self._found else no_events()
        self._await_writing()
        give_back_what_is_free()
        return found, self._seen.result()

    def close(self) -> None:
        """Wait for what is still being done, the writing above all."""
        if self._going:
            wait(self._going.work)
        for crew in (self._cleaner, self._counter, self._writer):
            crew.shutdown()

    def _prepare(self, mark: int) -> None:
        """Have the rows up to a watermark cleaned, and meanwhile do the step before."""
        rows, self._next = pa.concat_tables(self._next or [POSITIONS.empty_table()]), []
        coming = self._cleaner.submit(lambda: clean(rows.combine_chunks()))
        self._step()
        self._clean = coming, mark

    def _step(self) -> None:
        if self._clean is None:
            return
        (coming, mark), self._clean = self._clean, None
        rows, ignored = coming.result()
        for reason, k in ignored.items():
            self.repeats[reason] = self.repeats.get(reason, 0) + k
        before = self._going
        self._going = self.running.begin({"positions": rows}, mark, wanted=("tracks", EVENTS_TABLE))
        self._collect(before)

    def _collect(self, going: Going | None) -> None:
        """Take what a step found, once the last of its stages are done."""
        if going is None:
            return
        tables = going.result()
        self._found.append(tables[EVENTS_TABLE])
        tracks = sorted_by(tables["tracks"], "track_id")
        self._seen = self._counter.submit(_after, self._seen, tracks)
        self._keep.append(tracks)
        if sum(t.num_rows for t in self._keep) >= _APPEND_ROWS:
            self._write()
        self._steps += 1
        if self._steps % _STEPS_KEPT == 0:
            give_back_what_is_free()

    def _write(self) -> None:
        """Write what was kept while the next windows are watched; one such piece at a time."""
        self._await_writing()
        if self._keep:
            kept = pa.concat_tables(self._keep)
            self._written = self._writer.submit(append_table, self._store, "positions", kept, self._mode)
            self._keep, self._mode = [], "append"

    def _await_writing(self) -> None:
        if self._written:
            self._written.result()
            self._written = None


def _after(before: Future[Seen], tracks: pa.Table) -> Seen:
    return before.result().after(tracks)


def _seen(store: Path) -> Seen:
    return Seen(read_table(store, "tracks").sort_by("track_id"), read_table(store, "reception"))

"""Watch: the main job, from files to findings in a store.

    files -> positions -> windows of time -> tracks -> events -> judged by place -> store

A store goes on where it was left. Where a file brings reports older than what was already judged, the
whole store is replayed and only the difference is written: unchanged, amended, withdrawn, new.
run.json is written last and names the checkpoint that belongs to the tables: a run that was cut short
never was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi import __version__
from shiomi.contracts import Detector
from shiomi.engine import checkpoint
from shiomi.engine.ahead import ahead
from shiomi.engine.local import Running, newest, sorted_by
from shiomi.engine.memory import give_back_what_is_freed
from shiomi.engine.plan import EVENTS_TABLE, parameters, plan, registered
from shiomi.engine.timeline import Timeline
from shiomi.errors import NothingRead, StoreError, Unreadable
from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge
from shiomi.events.ladder.rules import Ladder
from shiomi.events.late import catch_up, for_places, known_places
from shiomi.events.store import (
    Changes,
    append_events,
    append_evidence,
    append_table,
    create_or_open,
    events_digest,
    newest_events,
    read_table,
    table_names,
    withdraw,
    write_run,
)
from shiomi.events.tables import parquet_files
from shiomi.events.underway import begin
from shiomi.findings import no_events
from shiomi.places.imports import import_places
from shiomi.places.learn import Learn, learn
from shiomi.places.table import PLACES, hold_places, places_hash
from shiomi.schema import POSITIONS, TRACKS
from shiomi.settings import with_settings
from shiomi.sources.claims import merge_claims
from shiomi.sources.fields import load_mapping
from shiomi.sources.read import SourceFile, read_all
from shiomi.sources.tally import Tally, tally_of
from shiomi.tracks.clean import clean
from shiomi.tracks.reception import merge_heard, reception_hash
from shiomi.tracks.seen import Seen, nothing_seen
from shiomi.units import iso

__all__ = [
    "NEVER",
    "Detected",
    "Engine",
    "Job",
    "Options",
    "Read",
    "Report",
    "detect_here",
    "refuse_nothing",
    "watch",
]

_WINDOW_S = 600
_STEP_ROWS = 500_000
"""Windows are joined until a step has this many rows: fewer steps, the same result."""
_APPEND_ROWS = 2_000_000
NEVER = np.iinfo(np.int64).min
"""The watermark of a store into which nothing was watched."""

Progress = Callable[[str, float], None]
"""Called with what is being done and how far it is, 0 to 1, or less than 0 where nobody knows."""


@dataclass(frozen=True)
class Options:
    """What a person may set."""

    settings: Sequence[str] = ()
    """Parameters that differ from the defaults: `gap.min_silence_s=21600`."""
    place_lists: Sequence[Path] = ()
    """Lists of ports and anchorages to import beside those learned."""
    mapping: Path | None = None
    """Which column is which, for tables that do not say it themselves."""
    first_t: int | None = None
    """Time of the first line of a log that carries none; microseconds UTC."""
    now_t: int | None = None
    """The present: reports from more than a day after it are rejected; microseconds UTC."""
    until: int | None = None
    """Watch on to this instant though nothing more is heard; microseconds UTC."""
    learning: Learn = field(default_factory=Learn)
    ladder: Ladder = field(default_factory=Ladder)


class Report(NamedTuple):
    """What a watch did."""

    tally: Tally
    files: list[SourceFile]
    problems: list[Unreadable]
    first_t: int
    watermark: int
    replayed: bool
    changes: Changes
    withdrawn: int
    tracks: pa.Table
    events: pa.Table
    """The newest revision of every event in the store."""
    digest: str

    @property
    def is_nothing_new(self) -> bool:
        """Whether every file was in the store already."""
        return not self.files

    def sentence(self, store: Path, seconds: float) -> str:
        """What came of it, for a person."""
        what = (
            f"{self.changes.new:,} new events, {self.changes.amended:,} amended, {self.withdrawn:,} withdrawn"
        )
        how = "; late reports had the store replayed" if self.replayed else ""
        known = "Nothing new to read: every file is in the store already. " if self.is_nothing_new else ""
        return (
            f"{known}{what} in {store}{how}. From {iso(self.first_t)} to {iso(self.watermark)}, "
            f"{self.tracks.num_rows:,} tracks, {seconds:.1f} s. Digest of the events: {self.digest}"
        )


class Job(NamedTuple):
    """What is asked of an engine: to bring a store from what it holds to what these files add."""

    inputs: Sequence[Path]
    store: Path
    run: dict[str, Any]
    """What run.json says of the store."""
    stages: list[Detector]
    options: Options
    progress: Progress

    @property
    def watched_to(self) -> int:
        """Up to which instant the store was watched; `NEVER` where it is new."""
        return int(self.run.get("watermark", NEVER))

    def checkpoint(self) -> Running | None:
        """Where the last run stood, or None where that is not known."""
        return checkpoint.load(self.stages, _checkpoint(self.store, self.run.get("runs", 0)))


class Read(NamedTuple):
    """What came of reading."""

    tally: Tally
    files: list[SourceFile]
    problems: list[Unreadable]


class Detected(NamedTuple):
    """What an engine made of the files, before anything is judged."""

    read: Read
    found: pa.Table
    """The newest of each event that was found or went on in this run."""
    seen: Seen
    repeats: dict[str, int]
    """Reason to number of positions ignored as repeats."""
    running: Running
    """Where every stage stands at the end."""
    is_fresh: bool
    """Whether it began at the beginning, so that what it did not find no longer stands."""


Engine = Callable[[Job], Detected]
"""Reads, detects, and writes positions, particulars and rejects to the store: here, or on many machines."""


def watch(
    inputs: Sequence[Path], store: Path, options: Options, progress: Progress, engine: Engine | None = None
) -> Report:
    """Read files, find events, keep both in the store.

    Raises:
        NothingRead: no row of any input became a position.
        StoreError: the store was made with other detectors or parameters.
    """
    stages = plan(with_settings(registered(), options.settings))
    lists = [import_places(path).places for path in options.place_lists]
    create_or_open(store)
    run = begin(store)
    stages = for_places(stages, known_places(store))
    _refuse_other_stages(store, run, stages)
    job = Job(inputs, store, run, stages, options, progress)
    read, found, (summaries, reception), repeats, running, is_fresh = (engine or detect_here)(job)
    reception = merge_heard([reception])
    number, end = run.get("runs", 0), running.watermark
    replayed = is_fresh and job.watched_to != NEVER
    tally = _with_repeats(read.tally, repeats, replayed)

    progress("judging", 0.0)
    places = _places(store, found, lists, options.learning)
    running, late, found_late = catch_up(store, running, hold_places(places))
    found = pa.concat_tables([found.filter(pc.invert(pc.is_in(found["kind"], late))), found_late])
    gone = _no_longer_found(store, found, None if is_fresh else late)
    # What was found now may bear on what was found before: all that stands is judged, and only what
    # comes out otherwise is written.
    standing = _with_standing(store, found, gone)
    judged = judge(standing, _context(store, places, options.ladder, reception, summaries, standing))
    append_evidence(store, _cited(store, found))
    changes = append_events(store, judged)
    if gone:
        withdraw(store, gone, "reports that arrived late" if is_fresh else "other places", end)
    append_table(store, "tracks", summaries, "overwrite")
    append_table(store, "reception", reception, "overwrite")
    checkpoint.save(running, _checkpoint(store, number + 1))
    events = newest_events(store)
    report = Report(
        tally=tally,
        files=read.files,
        problems=read.problems,
        first_t=pc.min(summaries["t_first"]).as_py(),
        watermark=end,
        replayed=replayed,
        changes=changes,
        withdrawn=len(gone),
        tracks=summaries,
        events=events,
        digest=events_digest(events),
    )
    learned = {"places_id": places_hash(places), "reception_id": reception_hash(reception)}
    _write_run(store, run, report, running.stages, options, learned)
    shutil.rmtree(_checkpoint(store, number), ignore_errors=True)
    return report


def _checkpoint(store: Path, number: int) -> Path:
    """Every run has its own, so that the one named by run.json is never half replaced."""
    return store / f"checkpoint-{number}"


def _refuse_other_stages(store: Path, run: dict[str, Any], stages: Sequence[Detector]) -> None:
    """A store holds what one set of detectors found: events of two could not be told apart later."""
    made_with, now = run.get("stages"), _stages(stages)
    if made_with is None or made_with == now:
        return
    for name in sorted(made_with.keys() | now.keys()):
        there, here = made_with.get(name), now.get(name)
        if there is None or here is None or there["version"] != here["version"]:
            versions = [f"version {x['version']}" if x else "none" for x in (there, here)]
            raise StoreError(
                f"{store} was made with {name} {versions[0]} and here is {versions[1]}; give another --store"
            )
        for parameter, value in sorted(here["parameters"].items()):
            if there["parameters"].get(parameter) != value:
                raise StoreError(
                    f"{store} was made with {name}.{parameter}={there['parameters'].get(parameter)}, not "
                    f"{value}; keep to it with --set, or give another --store"
                )


def _stages(stages: Iterable[Detector]) -> dict[str, Any]:
    return {s.name: {"version": s.version, "parameters": parameters(s)} for s in stages}


def detect_here(job: Job) -> Detected:
    """The engine of one machine: through time window by window, in bounded memory.

    Into a new store, windows are watched as soon as the files say that nothing before their end is still
    to come. A store that holds something must know first whether what comes is late.

    Raises:
        NothingRead: no row of any input became a position.
    """
    store, watched_to = job.store, job.watched_to
    spill = store / ".spill"
    timeline = Timeline(spill, window_s=_WINDOW_S)
    try:
        if watched_to == NEVER:
            walk = _Walk(job, Running(job.stages), nothing_seen(), is_fresh=True)
            read = _read(job, timeline, lambda settled_t: walk.on(timeline.until(settled_t)))
            refuse_nothing(job, read, timeline.first_t)
        else:
            running = job.checkpoint()
            read = _read(job, timeline)
            refuse_nothing(job, read, timeline.first_t)
            is_late = timeline.first_t is not None and timeline.first_t < watched_to
            if is_late or running is None:
                timeline.add(read_table(store, "positions").select(POSITIONS.names))
                running = None
            is_fresh = running is None
            seen = nothing_seen() if is_fresh else _seen(store)
            walk = _Walk(job, running or Running(job.stages), seen, is_fresh=is_fresh)
        end = max(_after_last(timeline), job.options.until or NEVER, watched_to)
        windows = timeline.windows
        for n, window in enumerate(timeline):
            walk.on([window], end)
            job.progress("detecting", n / windows)
        found, seen = walk.finish(end)
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    return Detected(read, found, seen, walk.repeats, walk.running, walk.is_fresh)


def _after_last(timeline: Timeline) -> int:
    return NEVER if timeline.last_t is None else timeline.last_t + 1


def _read(job: Job, timeline: Timeline, settled: Callable[[int], None] | None = None) -> Read:
    """All files into the timeline; claims and rejects into the store.

    Args:
        settled: called with an instant before which nothing more comes, when the files say so.
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
    for source, chunk, settled_t in ahead(readings):
        if not files or files[-1] != source:
            files.append(source)
        tally += tally_of(chunk)
        timeline.add(chunk.positions)
        claims.append(chunk.particulars)
        if chunk.rejects.num_rows:
            append_table(store, "rejects", chunk.rejects)
        job.progress(f"reading, {tally.rows:,} rows", -1.0)
        if settled and settled_t is not None:
            settled(settled_t)
    append_table(store, "particulars", merge_claims(claims), "overwrite")
    return Read(tally.check(), files, problems)


def refuse_nothing(job: Job, read: Read, first_t: int | None) -> None:
    """Nothing read is no empty sea, unless every file was read before.

    Raises:
        NothingRead: no row of any input became a position.
    """
    if first_t is None and (job.watched_to == NEVER or read.files or read.problems):
        raise NothingRead(_why_nothing(read))


def _why_nothing(read: Read) -> str:
    if read.problems:
        return "; ".join(str(p) for p in read.problems)
    reasons = ", ".join(f"{what} {reason} {n:,}" for what, reason, n in read.tally.table() if reason)
    return f"no row of {read.tally.rows:,} is a vessel's position ({reasons or 'the files are empty'})"


class _Walk:
    """A plan going through time, and what it met: events, counts, repeats, positions to keep."""

    def __init__(self, job: Job, running: Running, seen: Seen, *, is_fresh: bool) -> None:
        self.running, self.is_fresh = running, is_fresh
        self.repeats: dict[str, int] = {}
        self._store = job.store
        self._mode: Any = "overwrite" if is_fresh else "append"
        self._seen = seen
        self._found: list[pa.Table] = []
        self._next: list[pa.Table] = []
        self._keep: list[pa.Table] = []

    def on(self, windows: Iterable[tuple[pa.Table, int]], end: int | None = None) -> None:
        """Go on over windows, several at a step where they are small."""
        for rows, mark in windows:
            self._next.append(rows)
            if sum(p.num_rows for p in self._next) >= _STEP_ROWS:
                self._step(mark if end is None else min(mark, end))

    def finish(self, end: int) -> tuple[pa.Table, Seen]:
        """Go on to the end; the newest of each event, and what was seen."""
        if self._next or self.running.watermark < end:
            self._step(end)
        self._write()
        found = newest(pa.concat_tables(self._found)) if self._found else no_events()
        return found, self._seen

    def _step(self, mark: int) -> None:
        rows, ignored = clean(pa.concat_tables(self._next or [POSITIONS.empty_table()]).combine_chunks())
        self._next = []
        for reason, k in ignored.items():
            self.repeats[reason] = self.repeats.get(reason, 0) + k
        tables = self.running.advance({"positions": rows}, mark)
        self._found.append(tables[EVENTS_TABLE])
        tracks = sorted_by(tables["tracks"], "track_id")
        self._seen = self._seen.after(tracks)
        self._keep.append(tracks)
        if sum(t.num_rows for t in self._keep) >= _APPEND_ROWS:
            self._write()
        give_back_what_is_freed()

    def _write(self) -> None:
        if self._keep:
            append_table(self._store, "positions", pa.concat_tables(self._keep), self._mode)
            self._keep, self._mode = [], "append"


def _seen(store: Path) -> Seen:
    return Seen(read_table(store, "tracks").sort_by("track_id"), read_table(store, "reception"))


def _with_repeats(tally: Tally, repeats: dict[str, int], replayed: bool) -> Tally:
    """Repeats leave the count of positions; in a replay they cannot be told from those stored before."""
    if replayed:
        return tally
    n = sum(repeats.values())
    more = Tally(positions=-n, ignored={r: k for r, k in repeats.items() if k})
    return (tally + more).check()


def _places(store: Path, events: pa.Table, lists: Sequence[pa.Table], learning: Learn) -> pa.Table:
    """The places of the store.

    At the first run those learned from its stops; lists are added to what is there.
    """
    is_first = "places" not in table_names(store)
    if is_first:
        known = learn(_stops(events), learning)
    else:
        known = read_table(store, "places").select(PLACES.names).cast(PLACES)
    listed = pa.concat_tables([PLACES.empty_table(), *lists])
    more = listed.filter(pc.invert(pc.is_in(listed["place_id"], known["place_id"].combine_chunks())))
    frame = pl.from_arrow(more)
    assert isinstance(frame, pl.DataFrame)
    places = pa.concat_tables(
        [known, frame.unique("place_id", keep="first", maintain_order=True).to_arrow().cast(PLACES)]
    ).sort_by("place_id")
    if is_first or more.num_rows:
        append_table(store, "places", places, "overwrite")
    return places


def _stops(events: pa.Table) -> pa.Table:
    stops = events.filter(pc.equal(events["kind"], "stop"))
    mmsi = pc.shift_right(pc.list_element(stops["subjects"], 0), 33)
    return pa.table({"mmsi": mmsi, "lat_e7": stops["lat_e7"], "lon_e7": stops["lon_e7"]})


def _with_standing(store: Path, found: pa.Table, gone: Sequence[str]) -> pa.Table:
    """What was found, and the standing events of the store that were not found again in this run."""
    standing = newest_events(store).select(found.schema.names)
    standing = standing.filter(pc.not_equal(standing["status"], "withdrawn"))
    left = pa.array([*gone], pa.string())
    seen = pa.concat_arrays([found["event_id"].combine_chunks(), left])
    return pa.concat_tables([standing.filter(pc.invert(pc.is_in(standing["event_id"], seen))), found])


def _context(
    store: Path, places: pa.Table, ladder: Ladder, reception: pa.Table, tracks: pa.Table, events: pa.Table
) -> Context:
    """What this run judges with."""
    return Context(places, ladder, reception, read_table(store, "particulars"), tracks, events)


def _cited(store: Path, events: pa.Table) -> pa.Table:
    """Rows of the positions table that events cite."""
    ids = pc.list_flatten(events["evidence"]).combine_chunks()
    wanted = pl.LazyFrame({"message_id": pl.from_arrow(ids)}).unique()
    files = parquet_files(store, "positions")
    rows = pl.scan_parquet(files).join(wanted, on="message_id", how="semi").collect()
    return rows.to_arrow().select(TRACKS.names).cast(TRACKS)


def _no_longer_found(store: Path, found: pa.Table, kinds: pa.Array | None) -> list[str]:
    """Standing events, of all kinds or of some, that were not found again."""
    if "events" not in table_names(store):
        return []
    standing = newest_events(store)
    standing = standing.filter(pc.not_equal(standing["status"], "withdrawn"))
    if kinds is not None:
        standing = standing.filter(pc.is_in(standing["kind"], kinds))
    gone = standing["event_id"].filter(
        pc.invert(pc.is_in(standing["event_id"], found["event_id"].combine_chunks()))
    )
    return list(gone.to_pylist())


def _write_run(
    store: Path,
    run: dict[str, Any],
    report: Report,
    stages: Iterable[Detector],
    options: Options,
    learned: dict[str, str],
) -> None:
    run = run | {
        "shiomi_version": __version__,
        "runs": run.get("runs", 0) + 1,
        "files": [*run.get("files", []), *(asdict(f) for f in report.files)],
        "tally": {k: (dict(v) if isinstance(v, dict) else v) for k, v in asdict(report.tally).items()},
        "stages": _stages(stages),
        "ladder": asdict(options.ladder),
        "learning": asdict(options.learning),
        **learned,
        "watermark": report.watermark,
        "events_digest": report.digest,
    }
    write_run(store, run)

"""Watch: the main job, from files to findings in a store.

    files -> positions -> windows of time -> tracks -> events -> judged by place -> store

A store goes on where it was left. Where a file brings reports older than what was already judged, the
whole store is replayed and only the difference is written: unchanged, amended, withdrawn, new.
run.json is written last and names the checkpoint that belongs to the tables: a run that was cut short
never was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi import __version__
from shiomi.contracts import Detector
from shiomi.engine import checkpoint
from shiomi.engine.local import Running, sorted_by
from shiomi.engine.plan import parameters, plan, registered
from shiomi.errors import StoreError, Unreadable
from shiomi.events.canonical import sort_events
from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge
from shiomi.events.late import catch_up, for_places, known_places
from shiomi.events.store import (
    Changes,
    append_events,
    append_evidence,
    append_table,
    create_or_open,
    events_digest,
    evidence_among,
    evidence_of,
    newest_events,
    read_table,
    table_names,
    with_changes,
    withdraw,
    write_run,
)
from shiomi.events.tables import parquet_files
from shiomi.events.underway import begin
from shiomi.here import detect_here
from shiomi.job import NEVER, Engine, Job, Options, Progress, checkpoint_of
from shiomi.places.imports import import_places
from shiomi.places.learn import Learn, learn
from shiomi.places.table import PLACES, hold_places, places_hash
from shiomi.schema import TRACKS
from shiomi.settings import with_settings
from shiomi.sources.read import SourceFile
from shiomi.sources.tally import Tally
from shiomi.tracks.reception import merge_heard, reception_hash
from shiomi.units import iso

__all__ = ["Report", "watch"]


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
    before = newest_events(store)
    gone = _no_longer_found(before, found, None if is_fresh else late)
    # What was found now may bear on what was found before: all that stands is judged, and only what
    # comes out otherwise is written.
    standing = _with_standing(before, found, gone)
    # Judging leaves a core idle half of the time, so what it does not ask for is written meanwhile.
    with ThreadPoolExecutor(2) as crew:
        rows = crew.submit(_cited, store, found)
        rest = crew.submit(_write_rest, store, summaries, reception, running, number + 1)
        evidence = crew.submit(lambda: append_evidence(store, rows.result()))

        def cited(events: pa.Table) -> pa.Table:
            if before.num_rows == 0:
                return evidence_among(rows.result(), events)
            evidence.result()
            return evidence_of(store, events)

        claims = read_table(store, "particulars")
        context = Context(places, options.ladder, reception, claims, summaries, standing, cited)
        judged = judge(standing, context)
        digest = crew.submit(events_digest, judged)
        # No event is written before what it cites.
        evidence.result()
        changes = append_events(store, judged, before)
        withdrawn = []
        if gone:
            why = "reports that arrived late" if is_fresh else "other places"
            withdrawn.append(withdraw(store, gone, why, end))
        events = with_changes(before, changes, *withdrawn)
        rest.result()
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
        digest=digest.result(),
    )
    learned = {"places_id": places_hash(places), "reception_id": reception_hash(reception)}
    _write_run(store, run, report, running.stages, options, learned)
    shutil.rmtree(checkpoint_of(store, number), ignore_errors=True)
    return report


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


def _with_standing(before: pa.Table, found: pa.Table, gone: Sequence[str]) -> pa.Table:
    """What was found, and the standing events of the store that were not found again in this run."""
    standing = before.select(found.schema.names)
    standing = standing.filter(pc.not_equal(standing["status"], "withdrawn"))
    left = pa.array([*gone], pa.string())
    seen = pa.concat_arrays([found["event_id"].combine_chunks(), left])
    both = pa.concat_tables([standing.filter(pc.invert(pc.is_in(standing["event_id"], seen))), found])
    # In the order in which they are told, so that nothing that follows need move them.
    return sort_events(both)


def _write_rest(store: Path, summaries: pa.Table, reception: pa.Table, running: Running, number: int) -> None:
    """What a run leaves behind beside its events and their evidence."""
    append_table(store, "tracks", summaries, "overwrite")
    append_table(store, "reception", reception, "overwrite")
    checkpoint.save(running, checkpoint_of(store, number))


def _cited(store: Path, events: pa.Table) -> pa.Table:
    """Rows of the positions table that events cite."""
    ids = pl.Series("message_id", pl.from_arrow(pc.list_flatten(events["evidence"])), pl.Int64).unique()
    # Only where an id is among them is the rest of the row unpacked; each half of the files on a core.
    files = parquet_files(store, "positions")
    parts = [pl.scan_parquet(some, parallel="prefiltered") for k in (0, 1) if (some := files[k::2])]
    rows = pl.collect_all([p.filter(pl.col("message_id").is_in(ids.implode())) for p in parts])
    return sorted_by(pl.concat(rows).to_arrow().select(TRACKS.names).cast(TRACKS), "track_id")


def _no_longer_found(before: pa.Table, found: pa.Table, kinds: pa.Array | None) -> list[str]:
    """Standing events, of all kinds or of some, that were not found again."""
    standing = before.filter(pc.not_equal(before["status"], "withdrawn"))
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

"""Verify: every event from its own evidence, alone, again.

The positions an event cites, and nothing else, go through the detectors that found it, up to the
instant from which it could be known. What comes out must be the event, in every column. And every
report must still be the one its content id was given to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.contracts import Detector
from shiomi.engine.local import Running, newest
from shiomi.engine.plan import plan, registered, upstream
from shiomi.errors import StoreError
from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge
from shiomi.events.ladder.rules import Ladder
from shiomi.events.late import known_places
from shiomi.events.store import evidence_of, newest_events, read_run, read_table
from shiomi.ids import message_ids
from shiomi.places.table import PLACES
from shiomi.places.zones import recall_zones
from shiomi.schema import EVENTS
from shiomi.settings import with_settings
from shiomi.units import iso

__all__ = ["Disagreement", "recompute", "stages_of", "verify"]

_AT_ONCE = 500
"""Events of one piece of work: enough to spend little on hand-over."""


class Disagreement(NamedTuple):
    """An event that its evidence does not give back."""

    event_id: str
    kind: str
    why: str


def recompute(stages: Sequence[Detector], event: dict[str, Any], positions: pa.Table) -> pa.Table:
    """What the detectors behind `event` find in `positions` alone, not yet judged.

    Args:
        stages: the plan.
        event: one row of EVENTS.
        positions: rows of TRACKS that the event cites.
    """
    detector = next(s for s in stages if s.name == event["kind"])
    chain = [s for s in upstream(stages, detector) if s.reads != "positions"]
    running = Running(chain)
    found = running.advance({"tracks": positions}, event["known_t"] + 1)["events"]
    return newest(found).filter(pc.equal(newest(found)["event_id"], event["event_id"]))


def stages_of(folder: Path) -> list[Detector]:
    """The plan that a store was made with.

    Raises:
        StoreError: a detector of the store is missing here, or of another version.
    """
    made_with = read_run(folder).get("stages", {})
    here = {s.name: s for s in registered()}
    settings = []
    for name, how in made_with.items():
        if name not in here or here[name].version != how["version"]:
            have = here[name].version if name in here else "none"
            raise StoreError(
                f"{folder} was made with {name} version {how['version']}, here is {have}; "
                "verify it with the version that made it"
            )
        settings += [f"{name}.{k}={v}" for k, v in how["parameters"].items()]
    return plan(with_settings([here[n] for n in made_with], settings))


def verify(folder: Path, event_ids: Sequence[str] | None, *, workers: int | None = None) -> Iterator[Any]:
    """Recompute events, those named or all that are not withdrawn.

    Yields:
        An int for so many more events done, or a Disagreement.
    """
    stages = stages_of(folder)
    events = newest_events(folder)
    events = events.filter(pc.not_equal(events["status"], "withdrawn"))
    if event_ids is not None:
        events = events.filter(pc.is_in(events["event_id"], pa.array(list(event_ids), pa.string())))
        for missing in set(event_ids) - set(events["event_id"].to_pylist()):
            raise StoreError(
                f"the store {folder} has no standing event {missing}; `shiomi events` lists them"
            )
    events = events.select(EVENTS.names)
    pieces = ((stages, events.slice(i, _AT_ONCE), folder) for i in range(0, events.num_rows, _AT_ONCE))
    if events.num_rows <= _AT_ONCE:
        for piece in pieces:
            yield from _verify_piece(*piece)
        return
    with ProcessPoolExecutor(workers or cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        for done in pool.map(_verify_task, pieces):
            yield from done


@lru_cache(maxsize=1)
def _context(folder: Path, _digest: str) -> Context:
    """What the events of a store are judged with: read once, and again when their digest is another."""
    standing = newest_events(folder)
    known_places(folder)
    return Context(
        places=read_table(folder, "places").select(PLACES.names).cast(PLACES),
        ladder=Ladder(**read_run(folder).get("ladder", {})),
        reception=read_table(folder, "reception"),
        particulars=read_table(folder, "particulars"),
        tracks=read_table(folder, "tracks").sort_by("track_id"),
        events=standing.filter(pc.not_equal(standing["status"], "withdrawn")).select(EVENTS.names),
        cited=partial(evidence_of, folder),
    )


def _verify_task(piece: tuple[list[Detector], pa.Table, Path]) -> list[Any]:
    return list(_verify_piece(*piece))


def _verify_piece(stages: list[Detector], events: pa.Table, folder: Path) -> Iterator[int | Disagreement]:
    recall_zones(folder)
    context = _context(folder, str(read_run(folder).get("events_digest")))
    rows = evidence_of(folder, events)
    owner = np.asarray(pc.index_in(rows["event_id"], events["event_id"].combine_chunks()).to_numpy())
    edges = np.searchsorted(owner, np.arange(events.num_rows + 1))
    positions = rows.drop_columns("event_id")
    yield from _not_as_received(events, positions, owner, edges)
    again: list[pa.Table] = []
    wanted: list[int] = []
    light = [c for c in EVENTS.names if c != "evidence"]
    names = {s.name for s in stages}
    for i, event in enumerate(events.select(light).to_pylist()):
        if event["kind"] not in names:
            yield Disagreement(event["event_id"], event["kind"], "no detector of this store is named so")
            continue
        found = recompute(stages, event, positions.slice(edges[i], edges[i + 1] - edges[i]))
        if found.num_rows == 1:
            again.append(found)
            wanted.append(i)
        else:
            yield Disagreement(event["event_id"], event["kind"], "its evidence alone does not give it")
    if again:
        stored = events.take(pa.array(wanted))
        fresh = judge(pa.concat_tables(again), context)
        for name in EVENTS.names:
            for j in np.flatnonzero(_differs(stored[name], fresh[name])).tolist():
                why = f"{name} is {stored[name][j].as_py()!r}, recomputed {fresh[name][j].as_py()!r}"
                yield Disagreement(stored["event_id"][j].as_py(), stored["kind"][j].as_py(), why)
    yield events.num_rows


def _not_as_received(
    events: pa.Table, positions: pa.Table, owner: npt.NDArray[Any], edges: npt.NDArray[Any]
) -> Iterator[Disagreement]:
    """Events whose evidence is not all there, or not what its content ids were given to."""
    altered = np.flatnonzero(message_ids(positions) != positions["message_id"].to_numpy())
    first_altered = dict(zip(owner[altered][::-1].tolist(), altered[::-1].tolist(), strict=True))
    cited = pc.list_value_length(events["evidence"]).to_numpy()
    held = np.diff(edges)
    for i in sorted({*first_altered, *np.flatnonzero(held != cited).tolist()}):
        why = f"{held[i]:,} of the {cited[i]:,} reports it cites are held"
        if i in first_altered:
            row = positions.slice(first_altered[i], 1).to_pylist()[0]
            why = f"report {row['message_id']} of {iso(row['t'])} has other content than when it was read"
        yield Disagreement(events["event_id"][i].as_py(), events["kind"][i].as_py(), why)


def _differs(a: pa.ChunkedArray, b: pa.ChunkedArray) -> Any:
    if not pa.types.is_nested(a.type):
        both_null = pc.and_(pc.is_null(a), pc.is_null(b))
        same = pc.or_(pc.fill_null(pc.equal(a, b), False), both_null)
        return ~np.asarray(same.to_numpy(zero_copy_only=False), np.bool_)
    if a.combine_chunks().equals(b.combine_chunks()):
        return np.zeros(len(a), np.bool_)
    return np.array([x != y for x, y in zip(a.to_pylist(), b.to_pylist(), strict=True)], np.bool_)

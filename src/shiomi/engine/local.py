"""Local: a plan in motion on one machine.

Batch and live are the same loop with larger and smaller steps. The engine sorts, hands out, holds
back and adds up; it knows nothing about ships.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import arranged, numpy_of
from shiomi.contracts import Detector, Step
from shiomi.engine.crew import CORES, Crew
from shiomi.engine.plan import EVENTS_TABLE
from shiomi.engine.release import release
from shiomi.errors import PlanError
from shiomi.kernels.order import group_order
from shiomi.kernels.still import fixed
from shiomi.units import SECOND

__all__ = ["Going", "Running", "newest", "sorted_by"]

_ROWS_TO_SHARE = 50_000
"""A stage with fewer rows in a step is not worth dealing out."""
_STAGES, _PIECES = Crew(), ThreadPoolExecutor(CORES)
_TIES = ("message_id", "track_id", "pair_id")
"""The column that orders rows equal in (by, t): the first of these that the table has."""


@dataclass
class Running:
    """A plan, the state of each stage, and what is held between stages."""

    stages: list[Detector]
    states: dict[str, pa.Table] = field(default_factory=dict)
    held: dict[str, pa.Table] = field(default_factory=dict)
    """By stage: what it wrote that is not final yet."""
    watermark: int = np.iinfo(np.int64).min

    def __post_init__(self) -> None:
        for s in self.stages:
            self.states.setdefault(s.name, s.state.empty_table())
        self._steps = 0
        self._last: dict[str, Sequence[Future[None]]] = {}

    def advance(
        self, given: Mapping[str, pa.Table], watermark: int, final: Mapping[str, int] | None = None
    ) -> dict[str, pa.Table]:
        """Go on to `watermark`, with all rows of the given tables in [last watermark, watermark).

        Args:
            final: up to where the rows of each given table are final, where that is not the watermark.

        Returns:
            Every table: those given, the intermediate ones as far as they became final, and "events".

        Raises:
            PlanError: the watermark goes back.
        """
        return self.begin(given, watermark, final).result()

    def begin(
        self,
        given: Mapping[str, pa.Table],
        watermark: int,
        final: Mapping[str, int] | None = None,
        *,
        wanted: Collection[str] | None = None,
    ) -> Going:
        """Begin to `advance`, and return while the stages run.

        The next step may begin before this one is done: each stage takes its steps in turn, so while few
        stages are left of one step others are at the next.

        Args:
            wanted: the tables to give in the end; the others are let go once they are read. All where None.
        """
        if watermark < self.watermark:
            raise PlanError(
                f"watermark goes back from {self.watermark} to {watermark}; replay the late rows instead"
            )
        self.watermark = watermark
        self._steps += 1
        readers = Counter(stage.reads for stage in self.stages)
        let_go = () if wanted is None else readers.keys() - set(wanted)
        going = Going(given, {name: readers[name] for name in let_go})
        marks = {name: (final or {}).get(name, watermark) for name in given}
        for stage in self.stages:
            if stage.writes != EVENTS_TABLE:
                until = marks[stage.reads] - stage.latency_s * SECOND
                marks[stage.writes] = min(until, marks.get(stage.writes, until))

        def run(place: int, stage: Detector) -> None:
            mark = marks[stage.reads]
            rows = going.sorted_by(stage.reads, stage.by)
            self.states[stage.name], found = _advance(stage, self.states[stage.name], rows, mark)
            if stage.writes == EVENTS_TABLE:
                found = _known_later(found, watermark - mark)
            else:
                held = self.held[stage.name] if stage.name in self.held else found.schema.empty_table()
                found, self.held[stage.name] = release(held, found, mark - stage.latency_s * SECOND)
            going.add(stage.writes, place, found)
            going.has_read(stage.reads)

        work: dict[str, list[Future[None]]] = {}
        for place, stage in enumerate(self.stages):
            after = [*work.get(stage.reads, ()), *self._last.get(stage.name, ())]
            # Others wait for an intermediate table; nobody waits for events.
            rank = (self._steps, int(stage.writes == EVENTS_TABLE), place)
            done = _STAGES.follow(after, rank, partial(run, place, stage))
            work.setdefault(stage.writes, []).append(done)
            self._last[stage.name] = [done]
        going.work = [*itertools.chain.from_iterable(work.values())]
        return going


def _advance(stage: Detector, state: pa.Table, rows: pa.Table, mark: int) -> Step:
    """One stage one step on; where there are many rows each core takes some of the keys.

    Equal keys always meet the same state, so the keys may be dealt out in any way.
    """
    pieces = _dealt_out(state, rows, stage.by) if rows.num_rows >= _ROWS_TO_SHARE else [(state, rows)]
    if len(pieces) == 1:
        return stage.advance(state, rows, mark)
    steps = list(_PIECES.map(lambda piece: stage.advance(piece[0], piece[1], mark), pieces))
    states, found = (pa.concat_tables(tables) for tables in zip(*steps, strict=True))
    return Step(states.combine_chunks(), found)


def _dealt_out(state: pa.Table, rows: pa.Table, by: str) -> list[tuple[pa.Table, pa.Table]]:
    """State and rows cut at the same keys, a piece a core; in one piece where they cannot be cut."""
    key = rows[by]
    old = numpy_of(state, by) if by in state.schema.names else np.empty(0, np.int64)
    if len(old) != state.num_rows or (old[1:] < old[:-1]).any():
        return [(state, rows)]
    firsts = np.unique([key[len(key) * k // CORES].as_py() for k in range(1, CORES)])
    # Chunk by chunk: where rows lie as another stage left them, piece by piece, nothing is copied.
    cuts = old.searchsorted(firsts), sum(c.to_numpy().searchsorted(firsts) for c in key.chunks)
    edges = [[0, *at.tolist(), n] for at, n in zip(cuts, (len(old), len(key)), strict=True)]
    pieces = [
        (state.slice(a, b - a), rows.slice(c, d - c))
        for (a, b), (c, d) in zip(*(itertools.pairwise(e) for e in edges), strict=True)
    ]
    return [p for p in pieces if p[0].num_rows or p[1].num_rows]


class Going:
    """A step under way: its tables, each sorted once for all stages of the same `by`."""

    def __init__(self, given: Mapping[str, pa.Table], readers: dict[str, int]) -> None:
        """A step with these tables given; those in `readers` are let go after so many have read them."""
        self._readers = readers
        self.work: Sequence[Future[None]] = []
        self._parts = {name: {-1: table} for name, table in given.items()}
        """By table and place in the plan: what the stage there wrote."""
        self._sorted: dict[str, dict[str, pa.Table]] = {}
        """By table and column."""
        self._locks: dict[tuple[str, str], Lock] = {}
        self._lock = Lock()

    def add(self, name: str, place: int, table: pa.Table) -> None:
        """Take what the stage at a place in the plan has written of a table."""
        with self._lock:
            self._parts.setdefault(name, {})[place] = table

    def sorted_by(self, name: str, by: str) -> pa.Table:
        """A table of which all is written, in the order of (by, t, its own id)."""
        with self._lock:
            lock = self._locks.setdefault((name, by), Lock())
            in_order = self._sorted.setdefault(name, {})
        with lock:
            if by not in in_order:
                in_order[by] = sorted_by(self._whole(name), by)
            return in_order[by]

    def has_read(self, name: str) -> None:
        """Note that a stage is done with a table that it read."""
        with self._lock:
            if name not in self._readers:
                return
            self._readers[name] -= 1
            if self._readers[name] == 0:
                del self._parts[name], self._sorted[name]

    def result(self) -> dict[str, pa.Table]:
        """Every table that is left once all is done, in an order that some stage asked for where one did."""
        for done in self.work:
            done.result()
        in_order = {name: tables[max(tables)] for name, tables in self._sorted.items()}
        return {name: self._whole(name) for name in self._parts} | in_order

    def _whole(self, name: str) -> pa.Table:
        # Put together in the order of the plan, so that it does not matter which stage was faster.
        return pa.concat_tables(table for _, table in sorted(self._parts[name].items()))


def sorted_by(table: pa.Table, by: str) -> pa.Table:
    """Rows sorted by (by, t, the table's own id)."""
    if table.num_rows == 0:
        return table
    tie = next((c for c in _TIES if c in table.schema.names and c != by), by)
    order = group_order(*(fixed(numpy_of(table, c), np.int64) for c in (by, "t", tie)))
    return table if order is None else arranged(table, order)


def newest(events: pa.Table) -> pa.Table:
    """The last row of each event_id: what comes later in the table replaces what came before."""
    if events.num_rows == 0:
        return events
    ids = events["event_id"].combine_chunks()
    rows = pa.table({"event_id": ids, "row": pa.array(np.arange(events.num_rows))})
    last = rows.group_by("event_id").aggregate([("row", "max")])["row_max"]
    return events.take(pa.array(np.sort(last.to_numpy())))


def _known_later(events: pa.Table, delay_us: int) -> pa.Table:
    """A stage that reads held rows sees the watermark late; what it finds is known that much later."""
    if delay_us == 0 or events.num_rows == 0:
        return events
    i = events.schema.get_field_index("known_t")
    return events.set_column(i, events.schema.field(i), pc.add(events["known_t"], delay_us))

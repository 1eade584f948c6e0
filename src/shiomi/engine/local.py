"""Local: a plan in motion on one machine.

Batch and live are the same loop with larger and smaller steps. The engine sorts, hands out, holds
back and adds up; it knows nothing about ships.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.contracts import Detector
from shiomi.engine.plan import EVENTS_TABLE
from shiomi.engine.release import release
from shiomi.errors import PlanError
from shiomi.kernels.order import group_order
from shiomi.units import SECOND

__all__ = ["Running", "newest", "sorted_by"]

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

    def advance(self, given: Mapping[str, pa.Table], watermark: int) -> dict[str, pa.Table]:
        """Go on to `watermark`, with all rows of the given tables in [last watermark, watermark).

        Returns:
            Every table: those given, the intermediate ones as far as they became final, and "events".

        Raises:
            PlanError: the watermark goes back.
        """
        if watermark < self.watermark:
            raise PlanError(
                f"watermark goes back from {self.watermark} to {watermark}; replay the late rows instead"
            )
        self.watermark = watermark
        tables: dict[str, list[pa.Table]] = {name: [t] for name, t in given.items()}
        marks = dict.fromkeys(given, watermark)
        sorts: dict[tuple[str, str], pa.Table] = {}
        for stage in self.stages:
            mark = marks[stage.reads]
            key = (stage.reads, stage.by)
            if key not in sorts:
                sorts[key] = sorted_by(pa.concat_tables(tables[stage.reads]), stage.by)
            self.states[stage.name], found = stage.advance(self.states[stage.name], sorts[key], mark)
            if stage.writes == EVENTS_TABLE:
                tables.setdefault(EVENTS_TABLE, []).append(_known_later(found, watermark - mark))
                continue
            until = mark - stage.latency_s * SECOND
            held = self.held.get(stage.name, found.schema.empty_table())
            final, self.held[stage.name] = release(held, found, until)
            tables.setdefault(stage.writes, []).append(final)
            marks[stage.writes] = min(until, marks.get(stage.writes, until))
        return {name: pa.concat_tables(parts) for name, parts in tables.items()}


def sorted_by(table: pa.Table, by: str) -> pa.Table:
    """Rows sorted by (by, t, the table's own id)."""
    if table.num_rows == 0:
        return table
    tie = next((c for c in _TIES if c in table.schema.names and c != by), by)
    t = numpy_of(table, "t")
    key = t if by == "t" else numpy_of(table, by).astype(np.int64)
    order = group_order(key, t, numpy_of(table, tie).astype(np.int64))
    return table.combine_chunks() if order is None else table.take(pa.array(order)).combine_chunks()


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

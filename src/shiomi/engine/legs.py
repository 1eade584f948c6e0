"""Legs: a plan cut where rows must change shards.

Stages whose key is the same run one after the other where the rows already are; only what crosses to
another key travels. With the stages that come with Shiomi these are four levels: all that looks at one
MMSI, then who was near whom by instant and cell, then how long each pair stayed together, then which
pairs lay in one raft.

    level 1  mmsi     segment, gap, stop, ..., resample
    level 2  t, near  proximity
    level 3  pair_id  encounter, alongside
    level 4  sea      raft
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from shiomi.contracts import Detector
from shiomi.engine.local import Running
from shiomi.engine.plan import EVENTS_TABLE
from shiomi.engine.shards import Key, key_of
from shiomi.units import SECOND

__all__ = ["FIRST", "Leg", "Outcome", "legs_of", "marks_of", "run_leg"]

FIRST = Key("mmsi")
"""The key by which positions are spread: repeats of a report are reports of one MMSI."""


@dataclass(frozen=True)
class Leg:
    """Stages that run on the same shards."""

    level: int
    """1 for those that need nothing but positions; a leg reads what lower levels write."""
    key: Key
    stages: list[Detector] = field(default_factory=list)

    @property
    def reads(self) -> set[str]:
        """Tables that come to it from other legs."""
        return {s.reads for s in self.stages} - {s.writes for s in self.stages} | self._given

    @property
    def _given(self) -> set[str]:
        return {"positions"} if self.level == 1 else set()

    @property
    def writes(self) -> set[str]:
        """Tables that go from it to other legs; positions leave the first without their repeats."""
        written = {s.writes for s in self.stages} - {EVENTS_TABLE}
        return written | {"positions"} if self.level == 1 else written

    def wants(self, name: str) -> bool:
        """Whether a piece of this name is for it: `rows/positions`, `state/gap`, `held/resample`."""
        kind, _, of = name.partition("/")
        if kind in ("state", "held"):
            return of in {s.name for s in self.stages}
        return self.level == 1

    @property
    def name(self) -> str:
        """Short, and its own."""
        return f"{self.level}-{self.key.by}-{self.key.reach_m}"


def legs_of(stages: Sequence[Detector]) -> list[Leg]:
    """The plan as legs, in order of level; the first is keyed by MMSI, even if nothing runs there."""
    legs = {(1, FIRST): Leg(1, FIRST)}
    written: dict[str, list[tuple[int, Key]]] = {"positions": [(1, FIRST)]}
    for stage in stages:
        key, sources = key_of(stage), written[stage.reads]
        stays = all(s == sources[0] for s in sources) and sources[0][1] == key
        level = sources[0][0] if stays else 1 + max(s[0] for s in sources)
        legs.setdefault((level, key), Leg(level, key)).stages.append(stage)
        if stage.writes != EVENTS_TABLE:
            written.setdefault(stage.writes, []).append((level, key))
    return sorted(legs.values(), key=lambda leg: (leg.level, leg.key))


def marks_of(stages: Sequence[Detector], watermark: int) -> dict[str, int]:
    """Up to which instant each table is final when positions are given up to `watermark`."""
    marks = {"positions": watermark}
    for stage in stages:
        if stage.writes != EVENTS_TABLE:
            until = marks[stage.reads] - stage.latency_s * SECOND
            marks[stage.writes] = min(until, marks.get(stage.writes, until))
    return marks


class Outcome(NamedTuple):
    """What a leg did with a shard."""

    tables: dict[str, pa.Table]
    """Every table, those given and those written, as far as final; and "events"."""
    states: dict[str, pa.Table]
    held: dict[str, pa.Table]


def run_leg(
    leg: Leg,
    given: Mapping[str, pa.Table],
    marks: Mapping[str, int],
    states: Mapping[str, pa.Table],
    held: Mapping[str, pa.Table],
) -> Outcome:
    """One step of the local engine over one shard, from the states and held rows of that shard.

    Args:
        given: the rows of every table the leg reads.
        marks: see `marks_of`.
    """
    running = Running(list(leg.stages), dict(states), dict(held))
    found = running.advance(given, marks["positions"], marks)
    return Outcome(found, running.states, running.held)

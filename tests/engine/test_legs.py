"""The plan is cut where rows must change shards, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from made_stages import Stage, stage

from shiomi.engine.legs import legs_of, marks_of
from shiomi.engine.plan import plan, registered
from shiomi.engine.shards import Key
from shiomi.units import SECOND


def keyed(made: Stage, by: str) -> Stage:
    """The stage with other rows meeting."""
    return dataclass(frozen=True)(type(made.name, (type(made),), {"by": by}))()


def test_the_stages_that_come_with_shiomi_make_four_levels() -> None:
    legs = legs_of(plan(registered()))
    where = {s.name: (leg.level, leg.key.by) for leg in legs for s in leg.stages}

    assert {where[name] for name in ("segment", "gap", "stop", "resample")} == {(1, "mmsi")}
    assert where["proximity"] == (2, "t")
    assert where["encounter"] == (3, "pair_id")
    assert where["raft"] == (4, "sea")
    assert max(level for level, _ in where.values()) == 4
    assert all(leg.key == Key("mmsi") for leg in legs if leg.level == 1)


def test_every_stage_runs_in_one_leg_after_all_that_write_what_it_reads() -> None:
    stages = plan(registered())
    legs = legs_of(stages)
    level = {s.name: leg.level for leg in legs for s in leg.stages}

    assert sorted(level) == sorted(s.name for s in stages)
    for reader in stages:
        for writer in (s for s in stages if s.writes == reader.reads):
            assert level[writer.name] <= level[reader.name]


def test_a_table_written_under_two_keys_is_read_after_both() -> None:
    one = keyed(stage("one", "positions", "hits"), "mmsi")
    first = keyed(stage("first", "positions", "rows"), "mmsi")
    two = keyed(stage("two", "rows", "hits"), "key")
    reader = keyed(stage("reader", "hits", "events"), "mmsi")

    legs = legs_of(plan([one, first, two, reader]))

    assert [(leg.level, leg.key.by, [s.name for s in leg.stages]) for leg in legs] == [
        (1, "mmsi", ["first", "one"]),
        (2, "key", ["two"]),
        (3, "mmsi", ["reader"]),
    ]


def test_a_table_is_final_as_late_as_the_slowest_of_its_writers() -> None:
    fast = stage("fast", "positions", "hits", latency_s=10)
    slow = stage("slow", "positions", "hits", latency_s=60)
    later = stage("later", "hits", "more", latency_s=5)

    marks = marks_of(plan([fast, slow, later]), 100 * SECOND)

    assert marks == {"positions": 100 * SECOND, "hits": 40 * SECOND, "more": 35 * SECOND}


def test_what_leaves_the_first_leg_are_positions_without_repeats() -> None:
    first = legs_of([])[0]

    assert first.writes == {"positions"}
    assert first.wants("rows/positions")
    assert not first.wants("state/gap")

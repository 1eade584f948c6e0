from __future__ import annotations

import pytest
from made_stages import stage

from shiomi.engine.plan import EVENTS_TABLE, parameters, plan, registered, upstream
from shiomi.errors import BadParameter, PlanError
from shiomi.settings import with_settings


def test_stages_run_after_those_that_write_what_they_read() -> None:
    stages = [
        stage("a", "pairs", EVENTS_TABLE),
        stage("b", "slots", "pairs"),
        stage("c", "tracks", "slots"),
        stage("d", "positions", "tracks"),
    ]
    assert [s.name for s in plan(stages)] == ["d", "c", "b", "a"]
    assert [s.name for s in plan(reversed(stages))] == ["d", "c", "b", "a"]


def test_stages_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(PlanError, match="detectors a, b wait for each other"):
        plan([stage("a", "y", "x"), stage("b", "x", "y"), stage("c", "positions", "z")])


def test_a_stage_that_reads_what_nothing_writes_is_refused() -> None:
    with pytest.raises(PlanError, match="detector a reads radar, which nothing writes"):
        plan([stage("a", "radar", EVENTS_TABLE)])
    assert plan([stage("a", "radar", EVENTS_TABLE)], given=("radar",))


def test_two_stages_of_one_name_are_refused() -> None:
    with pytest.raises(PlanError, match="two detectors are named a"):
        plan([stage("a", "positions", "x"), stage("a", "positions", "y")])


def test_a_parameter_that_stages_of_a_chain_share_must_be_the_same() -> None:
    first, last = stage("first", "positions", "x", radius_m=5), stage("last", "x", EVENTS_TABLE, radius_m=6)
    assert parameters(first) == {"radius_m": 5}
    with pytest.raises(PlanError, match=r"last.radius_m is 6 but first.radius_m is 5; set both to the same"):
        plan([first, last])
    with pytest.raises(
        PlanError, match=r"encounter.max_distance_m is 700 but proximity.max_distance_m is 500"
    ):
        plan(with_settings(registered(), ["encounter.max_distance_m=700"]))
    both = ["encounter.max_distance_m=700", "proximity.max_distance_m=700"]
    assert plan(with_settings(registered(), both))


def test_stages_side_by_side_may_differ_in_a_parameter_of_one_name() -> None:
    assert (
        len(plan([stage("a", "positions", "x", radius_m=5), stage("b", "positions", "y", radius_m=7)])) == 2
    )


def test_every_registered_stage_takes_part_and_events_rest_on_positions() -> None:
    stages = plan(registered())
    assert sorted(s.name for s in stages) == sorted(s.name for s in registered())
    for last in stages:
        assert upstream(stages, last)[0].reads == "positions"
        assert upstream(stages, last)[-1] is last


def test_a_setting_of_no_stage_is_refused_and_one_of_a_stage_is_kept() -> None:
    with pytest.raises(BadParameter, match="there is no detector 'ghost'"):
        with_settings(registered(), ["ghost.x=1"])
    (gap,) = [s for s in with_settings(registered(), ["gap.min_silence_s=60"]) if s.name == "gap"]
    assert parameters(gap)["min_silence_s"] == 60

"""Laws of the stream: how rows arrive changes nothing. Cut, shard, restart, latency."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st
from law_holding import each_chain, each_event_chain, each_intermediate, hold
from law_running import assert_same, between, in_steps, outcome, sharded, times_of, whole
from law_stages import Chain
from law_worlds import World

from shiomi.columns import numpy_of
from shiomi.engine import checkpoint
from shiomi.engine.local import Running
from shiomi.errors import PlanError
from shiomi.findings import parameters_of
from shiomi.units import SECOND

TEN_MINUTES = 600 * SECOND
"""A step of every clock that stages share: of two, five and ten minutes."""


def cuts(world: World, data: Any, most: int = 9) -> list[int]:
    """Watermarks that rise to the end of the world: between any rows, on rows, and close together."""
    times = numpy_of(world.positions, "t").tolist()
    low = min(times, default=world.end - 1)
    anywhere = st.integers(low, world.end)
    on_a_row = st.builds(lambda t, d: t + d, st.sampled_from(times or [low]), st.sampled_from([0, 1, SECOND]))
    # Where slots lie, and so where what is held becomes final.
    on_the_minute = on_a_row.map(lambda t: -(-t // TEN_MINUTES) * TEN_MINUTES)
    drawn = data.draw(st.lists(anywhere | on_a_row | on_the_minute, max_size=most), label="cuts")
    return [*sorted(c for c in drawn if c < world.end), world.end]


def row_by_row(world: World, data: Any, found: pa.Table | None = None) -> list[int]:
    """A watermark after each of some dozens of instants that follow each other, or as nothing is heard.

    Args:
        found: what the whole gives; some of the instants then lie where something begins or ends.
    """
    times = np.unique(numpy_of(world.positions, "t")) + 1
    silence = np.linspace(int(times.max(initial=0)), world.end, 9).astype(np.int64) if len(times) else times
    every = np.unique(np.concatenate([times, silence, [world.end]])).astype(np.int64).tolist()
    anywhere = st.integers(0, max(len(every) - 30, 0))
    times_found = [found[c] for c in times_of(found)] if found is not None else []
    told = {t for c in times_found if not pa.types.is_list(c.type) for t in c.drop_null().to_pylist()}
    before = [max(bisect_left(every, t) - 10, 0) for t in sorted(told)]
    first = data.draw(anywhere | st.sampled_from(before) if before else anywhere, label="row by row from")
    return sorted({*every[first : first + 30], world.end})


@each_chain
def test_cut_law_how_the_stream_is_cut_changes_nothing(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        expected = whole(chain, rows, world.end)
        assert_same(outcome(chain, rows, cuts(world, data)), expected, "cut")
        marks = row_by_row(world, data, expected)
        assert_same(outcome(chain, rows, marks), expected, "row by row")
        return expected.num_rows

    hold(chain, law, hostile=True)


@each_chain
def test_shard_law_how_the_keys_are_spread_changes_nothing(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        shards = data.draw(st.integers(1, 5), label="shards")
        marks = cuts(world, data, most=4)
        assert_same(sharded(chain, rows, marks, shards), whole(chain, rows, world.end), f"{shards} shards")
        return rows.num_rows

    hold(chain, law, hostile=True)


@each_chain
def test_restart_law_a_restart_from_disk_changes_nothing(chain: Chain, tmp_path: Path) -> None:
    def restart(running: Running) -> Running:
        checkpoint.save(running, tmp_path / "checkpoint")
        again = checkpoint.load(list(chain.stages), tmp_path / "checkpoint")
        assert again is not None
        return again

    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        marks = cuts(world, data, most=4)
        assert_same(outcome(chain, rows, marks, restart), whole(chain, rows, world.end), "restarted")
        return rows.num_rows

    hold(chain, law, hostile=True)


@each_intermediate
def test_latency_law_rows_are_final_when_the_stage_says_so(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        running, low = Running(list(chain.stages)), int(np.iinfo(np.int64).min)
        late_us = (chain.latency_s + chain.last.latency_s) * SECOND
        out = []
        # The very moment at which a row becomes final is still too early to give it out.
        final = numpy_of(whole(chain, rows, world.end), "t") + late_us
        moments = [t for t in np.unique(final).tolist() if t < world.end]
        drawn = data.draw(st.lists(st.sampled_from(moments), max_size=4)) if moments else []
        for mark in sorted({*drawn, *cuts(world, data)}):
            found = running.advance({chain.given: between(rows, low, mark)}, mark)[chain.last.writes]
            t = numpy_of(found, "t")
            assert (t < mark - late_us).all(), "a row was given out before it was final"
            assert (t >= low - late_us).all(), "a row came after the time at which it was said to be final"
            out.append(found)
            low = mark
        return sum(t.num_rows for t in out)

    hold(chain, law, hostile=True)


@each_event_chain
def test_latency_law_events_are_known_when_they_say_so(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        seen: dict[str, int] = {}
        closed: dict[str, dict[str, Any]] = {}
        n, low = 0, int(np.iinfo(np.int64).min)
        for mark, found in in_steps(chain, chain.rows(world), row_by_row(world, data)):
            for event in found.to_pylist():
                assert event["known_t"] < mark, f"told at {mark}, before it could be known: {event}"
                assert event["known_t"] >= low, f"told only at {mark}, though known before: {event}"
                assert event["event_id"] not in closed, f"told again after it was closed: {event}"
                if event["status"] == "closed":
                    closed[event["event_id"]] = event
                seen[event["event_id"]] = seen.get(event["event_id"], 0) + 1
                n += 1
            low = mark
        assert all(k <= 2 for k in seen.values()), "an event was told more than once open"
        return n

    hold(chain, law)


@each_event_chain
def test_latency_law_nothing_looks_ahead(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        mark = data.draw(st.sampled_from(row_by_row(world, data)), label="present")
        known = whole(chain, between(rows, -(1 << 62), mark), mark)
        later_on = {e["event_id"]: e for e in whole(chain, rows, world.end).to_pylist()}
        for event in known.to_pylist():
            assert event["event_id"] in later_on, f"gone once more was heard: {event}"
            if event["status"] == "closed":
                assert later_on[event["event_id"]] == event, "changed after it was closed"
        return len(later_on)

    hold(chain, law)


@each_chain
def test_the_engine_refuses_a_watermark_that_goes_back(chain: Chain) -> None:
    running = Running(list(chain.stages))
    nothing = {chain.given: chain.rows(World(*_empty())).slice(0, 0)}
    running.advance(nothing, 10)
    running.advance(nothing, 10)
    with pytest.raises(PlanError, match="goes back from 10 to 9"):
        running.advance(nothing, 9)


def _empty() -> tuple[pa.Table, pa.Table, int]:
    from shiomi.schema import POSITIONS, TRACKS

    return POSITIONS.empty_table(), TRACKS.empty_table(), 1


def test_a_checkpoint_of_other_parameters_is_refused(tmp_path: Path) -> None:
    from shiomi.detectors.gap import Gap
    from shiomi.errors import StoreError

    checkpoint.save(Running([Gap()]), tmp_path / "checkpoint")
    with pytest.raises(StoreError, match="other detectors or parameters"):
        checkpoint.load([Gap(min_silence_s=7)], tmp_path / "checkpoint")
    assert "43200" in parameters_of(Gap())

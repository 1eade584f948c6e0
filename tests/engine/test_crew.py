"""Work that waits for other work, and steps of a plan that overlap."""

from __future__ import annotations

from concurrent.futures import Future
from itertools import pairwise
from threading import Event

import pyarrow as pa
import pytest
from made_stages import HITS, numbers, stage

from shiomi.engine.crew import Crew
from shiomi.engine.local import Running
from shiomi.units import SECOND


def test_work_is_done_after_what_it_waits_for_and_the_least_rank_first() -> None:
    crew, may_go, done = Crew(1), Event(), list[str]()

    def wait() -> None:
        may_go.wait(10)

    gate = crew.follow([], (0,), wait)
    last = crew.follow([gate], (3,), lambda: done.append("last"))
    first = crew.follow([gate], (1,), lambda: done.append("first"))
    after = crew.follow([first], (2,), lambda: done.append("after the first"))
    assert not done
    may_go.set()
    for work in (last, after):
        work.result(10)
    assert done == ["first", "after the first", "last"]


def test_what_went_wrong_goes_wrong_in_all_that_waits_for_it() -> None:
    crew, done = Crew(2), list[str]()

    def fails() -> None:
        raise ValueError("no")

    first = crew.follow([], (0,), fails)
    second = crew.follow([first, _done()], (1,), lambda: done.append("second"))
    third = crew.follow([second], (2,), lambda: done.append("third"))
    with pytest.raises(ValueError, match="no"):
        third.result(10)
    assert not done


def _done() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


def test_steps_begun_before_the_last_one_ended_find_the_same() -> None:
    rows, edges = numbers(4_000), [10_000 * SECOND * k // 40 for k in range(41)]
    t = rows["t"].to_numpy()
    steps = [rows.filter(pa.array((t >= a) & (t < b))) for a, b in pairwise(edges)]
    chain = [stage("near", "numbers", "hits", latency_s=300), stage("far", "hits", "more", latency_s=700)]
    turn, ahead = Running(list(chain)), Running(list(chain))
    marked = [*zip(steps, edges[1:], strict=True)]
    in_turn = [turn.advance({"numbers": given}, mark)["more"] for given, mark in marked]
    going = [ahead.begin({"numbers": given}, mark) for given, mark in marked]
    assert sum(t.num_rows for t in in_turn)
    assert all(a.equals(g.result()["more"]) for a, g in zip(in_turn, going, strict=True))


def test_a_table_that_is_not_wanted_is_let_go_once_it_is_read() -> None:
    rows = numbers(50)
    chain = [stage("near", "numbers", "hits"), stage("far", "hits", "more")]
    end = int(rows["t"].to_numpy().max()) + 1
    whole = Running(list(chain)).begin({"numbers": rows}, end).result()
    wanted = Running(list(chain)).begin({"numbers": rows}, end, wanted=("more",)).result()
    assert set(whole) == {"numbers", "hits", "more"}
    assert set(wanted) == {"more"}
    assert wanted["more"].equals(whole["more"])
    assert wanted["more"].schema.equals(HITS)

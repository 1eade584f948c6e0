from __future__ import annotations

import pyarrow as pa
import pytest
from made_stages import NUMBERS, numbers, stage

from shiomi.engine.local import Running, newest
from shiomi.engine.release import release
from shiomi.errors import PlanError
from shiomi.units import SECOND


def rows_at(*seconds: int) -> pa.Table:
    t = [s * SECOND for s in seconds]
    return pa.table({"key": [0] * len(t), "t": t, "message_id": list(seconds)}, schema=NUMBERS)


def times(table: pa.Table) -> list[int]:
    return sorted(t // SECOND for t in table["t"].to_pylist())


@pytest.mark.parametrize(
    ("until", "final", "held"),
    [(0, [], [1, 5, 9, 20]), (5, [1], [5, 9, 20]), (6, [1, 5], [9, 20]), (99, [1, 5, 9, 20], [])],
)
def test_only_rows_before_the_mark_are_final(until: int, final: list[int], held: list[int]) -> None:
    given, kept = release(rows_at(9, 1), rows_at(20, 5), until * SECOND)
    assert (times(given), times(kept)) == (final, held)


def test_nothing_held_and_nothing_found_is_nothing() -> None:
    given, kept = release(rows_at(), rows_at(), 7)
    assert (given.num_rows, kept.num_rows) == (0, 0)
    assert given.schema.equals(NUMBERS)


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
def test_a_chain_gives_each_row_once_in_order_however_often_it_steps(steps: int) -> None:
    """The second stage checks that rows come once, sorted and before the watermark; see Stage.advance."""
    chain = [stage("first", "numbers", "hits", latency_s=700), stage("second", "hits", "more", latency_s=50)]
    rows = numbers(2_000)
    end = 12_000 * SECOND
    running, out = Running(list(chain)), []
    low = 0
    for i in range(1, steps + 1):
        mark = end * i // steps
        t = rows["t"].to_numpy()
        given = rows.filter(pa.array((t >= low) & (t < mark)))
        out.append(running.advance({"numbers": given}, mark)["more"])
        assert all(t < (mark // SECOND - 700) * SECOND for t in out[-1]["t"].to_pylist())
        low = mark
    order = [(c, "ascending") for c in ("key", "t", "message_id")]
    whole = Running(list(chain)).advance({"numbers": rows}, end)["more"]
    assert whole.num_rows == 2_000
    assert pa.concat_tables(out).sort_by(order).equals(whole.sort_by(order))


def test_the_watermark_never_goes_back() -> None:
    running = Running([stage("only", "numbers", "hits")])
    running.advance({"numbers": rows_at(1)}, 5 * SECOND)
    with pytest.raises(PlanError, match="watermark goes back"):
        running.advance({"numbers": rows_at(2)}, 4 * SECOND)


def test_the_last_row_of_an_event_is_the_newest() -> None:
    events = pa.table({"event_id": ["a", "b", "a", "c", "b"], "n": [1, 2, 3, 4, 5]})
    assert newest(events).to_pylist() == [
        {"event_id": "a", "n": 3},
        {"event_id": "c", "n": 4},
        {"event_id": "b", "n": 5},
    ]

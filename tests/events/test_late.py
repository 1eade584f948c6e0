"""Stored rows are given to late stages in the steps in which they were watched, where these can be told."""

from __future__ import annotations

import pyarrow as pa
import pytest

from shiomi.events.late import _as_watched

MARK = 200


def rows(*of: tuple[int, int]) -> pa.Table:
    return pa.table({"track_id": [k for k, _ in of], "t": [t for _, t in of]})


def test_steps_stored_in_any_order_come_in_order_of_time() -> None:
    earlier, later = [(1, 10), (1, 12), (3, 11)], [(1, 20), (2, 20), (3, 29)]
    steps = [(r.to_pylist(), mark) for r, mark in _as_watched(rows(*later, *earlier), MARK)]
    assert steps == [(rows(*earlier).to_pylist(), 20), (rows(*later).to_pylist(), MARK)]


@pytest.mark.parametrize(
    "stored",
    [
        [(1, 10), (3, 20), (1, 15), (2, 30)],  # the second begins before the first has ended
        [(k % 2, k) for k in range(1, 139)],  # pieces too many and too small
        [],
    ],
)
def test_rows_that_do_not_follow_in_steps_come_whole(stored: list[tuple[int, int]]) -> None:
    table = rows(*stored)
    (only,) = _as_watched(table, MARK)
    assert only == (table, MARK)

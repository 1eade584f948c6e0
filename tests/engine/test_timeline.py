from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from made_stages import NUMBERS, numbers

from shiomi.engine.timeline import OutOfOrder, Timeline
from shiomi.units import SECOND

HOUR = 3600 * SECOND


def in_pieces(table: pa.Table, size: int) -> list[pa.Table]:
    return [table.slice(i, size) for i in range(0, table.num_rows, size)]


def windows_of(timeline: Timeline) -> list[tuple[list[int], int]]:
    return [(sorted(rows["message_id"].to_pylist()), mark) for rows, mark in timeline]


@pytest.mark.parametrize("max_rows", [10_000, 150, 1], ids=["in memory", "partly on disk", "all on disk"])
def test_rows_leave_in_windows_in_order_of_time_and_once_each(tmp_path: Path, max_rows: int) -> None:
    rows = numbers(1_000, span_s=50_000)
    timeline = Timeline(tmp_path / "spill", window_s=3600, max_rows=max_rows)
    for piece in in_pieces(rows, 90):
        timeline.add(piece)
    assert timeline.rows == 1_000
    assert timeline.windows == 14
    before, seen = 0, []
    for given, mark in timeline:
        t = given["t"].to_numpy()
        assert mark % HOUR == 0
        assert before <= t.min()
        assert mark - HOUR <= t.min()
        assert t.max() < mark
        before = mark
        seen += given["message_id"].to_pylist()
    assert sorted(seen) == list(range(1_000))
    assert (tmp_path / "spill").exists() == (max_rows < 1_000)


def test_windows_do_not_depend_on_the_order_of_rows_pieces_or_memory(tmp_path: Path) -> None:
    rows = numbers(800, span_s=40_000)
    mixed = rows.take(pa.array(np.random.default_rng(3).permutation(800)))
    given = []
    for name, table, size, max_rows in (
        ("a", rows, 800, 10_000),
        ("b", mixed, 7, 100),
        ("c", rows.sort_by("t"), 100, 50),
    ):
        timeline = Timeline(tmp_path / name, window_s=3600, max_rows=max_rows)
        for piece in in_pieces(table, size):
            timeline.add(piece)
        given.append(windows_of(timeline))
    assert given[0] == given[1] == given[2]


@pytest.mark.parametrize("window_s", [600, pytest.param(60, marks=pytest.mark.slow)])
def test_no_more_rows_than_allowed_and_one_piece_stay_in_memory(tmp_path: Path, window_s: int) -> None:
    timeline = Timeline(tmp_path / "spill", window_s=window_s, max_rows=500)
    before = pa.total_allocated_bytes()
    for seed in range(40):
        timeline.add(numbers(1_000, seed=seed))
    row = NUMBERS.field("t").type.bit_width // 8 * len(NUMBERS)
    assert pa.total_allocated_bytes() - before < 4 * 1_000 * row
    assert sum(rows.num_rows for rows, _ in timeline) == 40_000


def test_windows_without_rows_are_left_out_and_the_clock_cuts_them(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, window_s=3600)
    t = [5 * HOUR, 5 * HOUR - 1, 9 * HOUR + 1, -1]
    timeline.add(pa.table({"key": [0] * 4, "t": t, "message_id": range(4)}, schema=NUMBERS))
    timeline.add(NUMBERS.empty_table())
    assert (timeline.first_t, timeline.last_t, timeline.windows) == (-1, 9 * HOUR + 1, 4)
    assert windows_of(timeline) == [([3], 0), ([1], 5 * HOUR), ([0], 6 * HOUR), ([2], 10 * HOUR)]


def test_an_empty_timeline_has_no_time_and_no_window(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, window_s=3600)
    assert (timeline.first_t, timeline.last_t, timeline.rows, timeline.windows) == (None, None, 0, 0)
    assert list(timeline) == []


def test_a_row_of_a_window_that_was_given_is_refused(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, window_s=3600)
    timeline.add(pa.table({"key": [0] * 2, "t": [0, 3 * HOUR], "message_id": range(2)}, schema=NUMBERS))
    assert [mark for _, mark in timeline.until(2 * HOUR)] == [HOUR]
    timeline.add(pa.table({"key": [0], "t": [HOUR], "message_id": [2]}, schema=NUMBERS))
    with pytest.raises(OutOfOrder):
        timeline.add(pa.table({"key": [0], "t": [HOUR - 1], "message_id": [3]}, schema=NUMBERS))


def test_rows_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    rows = numbers(300, span_s=3_000)
    timeline = Timeline(tmp_path, window_s=3600, max_rows=1)
    timeline.add(rows)
    ((given, _),) = list(timeline)
    assert given.schema.equals(rows.schema)
    assert given.sort_by("message_id").equals(rows.sort_by("message_id"))
    assert pc.sum(given["t"]).as_py() == pc.sum(rows["t"]).as_py()

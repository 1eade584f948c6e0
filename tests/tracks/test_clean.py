"""Repeats leave before anything counts them twice, whatever order they came in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from plain_segment import table_of

from shiomi.tracks.clean import SAME_PLACE_M, clean

SHIP = 431_000_001
metre = 1 / 111_195


def one(lat: float, kind: int | None = None, minute: float = 0.0) -> pa.Table:
    return table_of([(SHIP, minute, lat, 10.0, 5.0, kind)])


def of_row(table: pa.Table, n: int) -> pa.Table:
    i = table.schema.get_field_index("source_row")
    return table.set_column(i, table.schema.field(i), pa.array([n], pa.int64()))


def cleaned(*tables: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    return clean(pa.concat_tables(tables))


def test_the_same_report_twice_is_one() -> None:
    kept, ignored = cleaned(one(50.0), one(50.0))
    assert kept.num_rows == 1
    assert ignored == {"repeat": 1, "same_instant": 0}


def test_one_instant_heard_at_two_near_places_is_one_report() -> None:
    kept, ignored = cleaned(one(50.0), one(50.0 + 900 * metre))
    assert kept.num_rows == 1
    assert ignored == {"repeat": 0, "same_instant": 1}


def test_one_instant_at_two_far_places_is_two_hulls() -> None:
    assert SAME_PLACE_M == 1_000
    kept, ignored = cleaned(one(50.0), one(50.0 + 1_100 * metre))
    assert kept.num_rows == 2
    assert not any(ignored.values())


def test_a_second_later_is_another_report() -> None:
    assert cleaned(one(50.0), one(50.0, minute=1 / 60))[0].num_rows == 2


def test_of_two_repeats_the_one_that_names_its_message_type_stays() -> None:
    for order in ((one(50.0), one(50.0, 18)), (one(50.0, 18), one(50.0))):
        assert cleaned(*order)[0]["message_type"].to_pylist() == [18]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 3)), max_size=20), st.randoms()
)
def test_what_stays_does_not_depend_on_the_order_of_arrival(
    reports: list[tuple[int, int, int]], random: np.random.Generator
) -> None:
    rows = [
        of_row(one(50.0 + where * 700 * metre, minute=float(minute)), n)
        for n, (_, minute, where) in enumerate(reports)
    ]
    if not rows:
        return
    kept, ignored = cleaned(*rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    again, ignored_again = cleaned(*shuffled)
    assert again.equals(kept), "another of two repeats stayed"
    assert ignored_again == ignored
    assert kept.num_rows + sum(ignored.values()) == len(rows), "a row was lost"
    assert cleaned(kept)[0].equals(kept), "cleaning what is clean takes something out"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_order_is_by_mmsi_time_and_id(rows: list[tuple[int, int]]) -> None:
    table = pa.concat_tables(
        [table_of([(SHIP + m, float(t), 50.0, 1.0 * k, 5.0, None)]) for k, (m, t) in enumerate(rows)]
    )
    got = clean(table)[0]
    keys = list(zip(*(got[c].to_pylist() for c in ("mmsi", "t", "message_id")), strict=True))
    assert keys == sorted(keys)
    assert set(got["message_id"].to_pylist()) <= set(table["message_id"].to_pylist())

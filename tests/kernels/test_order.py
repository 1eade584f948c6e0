"""The shared sort, beside Python's own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.order import group_edges, group_order, merge_order

FAR = 2**62
keys = st.integers(0, 3) | st.integers(-FAR, FAR)
rows = st.lists(st.tuples(keys, st.integers(0, 3) | st.integers(-FAR, FAR), keys), max_size=40)


def columns(table: list[tuple[int, ...]]) -> list[np.ndarray]:
    return [np.array(c, np.int64) for c in zip(*table, strict=True)] or [np.empty(0, np.int64)] * 3


@given(rows)
def test_rows_are_sorted_by_key_then_time_then_tie(table: list[tuple[int, int, int]]) -> None:
    order = group_order(*columns(table))
    got = table if order is None else [table[i] for i in order]
    assert got == sorted(table)
    if order is not None:
        assert sorted(order.tolist()) == list(range(len(table)))


@given(rows)
def test_sorted_rows_are_left_alone(table: list[tuple[int, int, int]]) -> None:
    assert group_order(*columns(sorted(table))) is None


def test_more_groups_than_the_first_table_of_keys_holds() -> None:
    by = np.random.default_rng(0).permutation(9_000).astype(np.int64) * 7_919
    zeros = np.zeros(len(by), np.int64)
    order = group_order(by, zeros, zeros)
    assert order is not None
    assert (by[order] == np.sort(by)).all()


@given(st.lists(st.integers(0, 5), max_size=30))
def test_edges_enclose_equal_values(values: list[int]) -> None:
    by = sorted(values)
    edges = group_edges(np.array(by, np.int64)).tolist()
    groups = [by[a:b] for a, b in pairwise(edges)]
    assert groups == [[v] * by.count(v) for v in sorted(set(by))]


@given(st.lists(st.integers(0, 5), max_size=20), st.lists(st.integers(0, 5), max_size=20))
def test_old_rows_of_a_key_come_before_its_new_ones(old: list[int], new: list[int]) -> None:
    old, new = sorted(old), sorted(new)
    order = merge_order(np.array(old, np.int64), np.array(new, np.int64)).tolist()
    both = [(k, 0, i) for i, k in enumerate(old)] + [(k, 1, len(old) + j) for j, k in enumerate(new)]
    assert order == [i for _, _, i in sorted(both)]


@given(st.lists(st.tuples(st.integers(0, 4), keys), max_size=40))
def test_rows_of_one_clock_are_sorted_by_time_then_tie(table: list[tuple[int, int]]) -> None:
    t, tie = columns(table) if table else columns([])[:2]
    order = group_order(t, t, tie)
    assert [table[i] for i in (range(len(t)) if order is None else order)] == sorted(table)


@given(st.lists(st.tuples(st.integers(2 * 10**8, 8 * 10**8), st.integers(0, 3), keys), max_size=40))
def test_keys_of_nine_digits_are_sorted(table: list[tuple[int, int, int]]) -> None:
    order = group_order(*columns(table))
    assert [table[i] for i in (range(len(table)) if order is None else order)] == sorted(table)


@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(0, 3), st.integers(0, 3)), max_size=40),
    st.integers(0, 50),
    st.integers(2, 50),
)
def test_keys_that_share_most_of_their_bits_are_sorted(
    table: list[tuple[int, int, int]], low: int, shift: int
) -> None:
    wide = [
        ((high << shift | n % (1 << min(shift, 2))) << max(0, min(low, 50 - shift)), n, n)
        for high, n, _ in table
    ]
    order = group_order(*columns(wide))
    assert [wide[i] for i in (range(len(wide)) if order is None else order)] == sorted(wide)

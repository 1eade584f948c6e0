"""Rows of a table by number, beside Arrow's own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from shiomi.columns import Columns, arranged, list_array, lists_of, taken

values = st.lists(st.none() | st.integers(-100, 100), max_size=40)
lists = st.lists(st.lists(st.integers(-100, 100), max_size=4), max_size=20)


@given(values, st.integers(0, 5), st.data())
def test_rows_taken_are_those_that_arrow_takes(
    cells: list[int | None], skip: int, data: st.DataObject
) -> None:
    table = pa.table(
        {
            "wide": pa.array(cells, pa.int64()),
            "narrow": pa.array(cells, pa.int8()),
            "full": pa.array([c or 0 for c in cells], pa.int32()),
            "empty": pa.nulls(len(cells), pa.int16()),
            "word": pa.array([None if c is None else str(c) for c in cells], pa.string()),
        }
    ).slice(skip)  # a table may begin inside its buffers
    rows = data.draw(st.lists(st.integers(0, table.num_rows - 1), max_size=30)) if table.num_rows else []
    got = taken(table, np.array(rows, np.int64))
    got.validate(full=True)
    assert got.equals(table.take(pa.array(rows, pa.int64())))
    assert [c.null_count for c in got.columns] == [got[n].to_pylist().count(None) for n in got.schema.names]


@given(st.lists(values, max_size=4), st.integers(0, 2**32 - 1))
def test_chunks_arranged_are_the_rows_that_arrow_takes(chunks: list[list[int | None]], seed: int) -> None:
    def table(cells: list[int | None]) -> pa.Table:
        return pa.table(
            {
                "wide": pa.array(cells, pa.int64()),
                "full": pa.array([c or 0 for c in cells], pa.int16()),
                "word": pa.array([str(c) for c in cells], pa.string()),
            }
        ).slice(1)

    whole = pa.concat_tables([table([]), *map(table, chunks)])
    order = np.random.default_rng(seed).permutation(whole.num_rows)
    got = arranged(whole, order)
    got.validate(full=True)
    assert got.equals(whole.take(pa.array(order)))


def table_of(lists: list[list[int]], skip: int = 0) -> pa.Table:
    """Lists of two widths, of equal lengths; a table may begin inside its buffers."""
    narrow = pa.array(lists, pa.list_(pa.int32()))
    return pa.table({"wide": pa.array(lists, pa.list_(pa.int64())), "narrow": narrow}).slice(skip)


@given(lists, st.integers(0, 5), st.data())
def test_lists_taken_are_those_that_arrow_takes(
    cells: list[list[int]], skip: int, data: st.DataObject
) -> None:
    table = table_of(cells, skip)
    rows = data.draw(st.lists(st.integers(0, table.num_rows - 1), max_size=30)) if table.num_rows else []
    got = taken(table, np.array(rows, np.int64))
    got.validate(full=True)
    assert got.equals(table.take(pa.array(rows, pa.int64())))


@given(st.lists(lists, max_size=4), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_chunks_of_lists_arranged_are_the_rows_that_arrow_takes(
    chunks: list[list[list[int]]], skip: int, seed: int
) -> None:
    whole = pa.concat_tables([table_of([]), *(table_of(c, skip) for c in chunks)])
    order = np.random.default_rng(seed).permutation(whole.num_rows)
    got = arranged(whole, order)
    got.validate(full=True)
    assert got.equals(whole.take(pa.array(order)))


def test_lists_that_hold_nulls_are_left_to_arrow() -> None:
    table = pa.table({"a": pa.array([[1], None, [2, None]]), "b": pa.array([["x"], [], ["y", "z"]])})
    rows = np.array([2, 0, 1, 2])
    assert taken(table, rows).equals(table.take(pa.array(rows)))


@given(lists, st.integers(0, 3))
def test_lists_laid_end_to_end_are_the_same_lists(cells: list[list[int]], skip: int) -> None:
    column = table_of(cells, skip)["wide"]
    edges, items = lists_of(column)
    assert list_array(edges.astype(np.int64) - edges[0], items[edges[0] : edges[-1]]).equals(
        column.combine_chunks()
    )


@given(lists, lists, st.integers(0, 2**32 - 1), st.booleans())
def test_rows_left_out_are_as_if_they_had_never_been_there(
    old: list[list[int]], new: list[list[int]], seed: int, is_first: bool
) -> None:
    rng = np.random.default_rng(seed)

    def keyed(lists: list[list[int]]) -> pa.Table:
        keys = np.sort(rng.integers(0, 4, len(lists)))
        return table_of(lists).append_column("key", pa.array(keys)).append_column("x", pa.array(keys * 7))

    rows = keyed(new)
    state = keyed([] if is_first else old).append_column(
        "is_old", pa.array([True] * (not is_first) * len(old))
    )
    state = state.cast(rows.schema.append(pa.field("is_old", pa.bool_())))
    among = np.flatnonzero(rng.random(len(new)) < 0.6)
    p = Columns(state, rows, "key", among=among, is_old=False)
    few = Columns(state, rows.take(pa.array(among)), "key", is_old=False)
    every = np.ones(len(p), np.bool_)
    assert len(p) == len(few)
    assert p.table(every).equals(few.table(every))
    assert p["x"].tolist() == few["x"].tolist()
    at = rng.permutation(len(p))
    assert p.at("x", at).tolist() == few["x"][at].tolist()
    assert p.rows(at, "narrow", "key").equals(few.table(every).select(["narrow", "key"]).take(pa.array(at)))

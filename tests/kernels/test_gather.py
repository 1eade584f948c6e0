"""Rows of a table by number, beside Arrow's own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from shiomi.columns import arranged, taken

values = st.lists(st.none() | st.integers(-100, 100), max_size=40)


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

"""What a detector sees: its state and the new rows as one sorted table, column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.kernels.gather import gather, gather_bits, gather_two, places_of, scatter, scatter_bits
from shiomi.kernels.order import merge_order
from shiomi.kernels.still import still

__all__ = ["NULL", "Columns", "arranged", "numpy_of", "taken"]

NULL = -(1 << 15)
"""Stands for null in integer columns handed to kernels: below every value any of them can hold."""

_Array = npt.NDArray[Any]


def numpy_of(table: pa.Table, name: str, null: int = NULL) -> _Array:
    """A column as a contiguous numpy array, not to be written to; nulls become `null`."""
    c = table[name]
    if c.null_count:
        c = pc.fill_null(c, pa.scalar(null, c.type))
    if pa.types.is_boolean(c.type):
        return still(np.asarray(c.to_numpy(zero_copy_only=False), np.bool_))
    return still(np.ascontiguousarray(c.to_numpy()))


def taken(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Rows of a table by number, in that order: `table.take`, made for wide tables of integers."""
    table = table.combine_chunks()
    columns = [_taken(c.chunk(0) if c.num_chunks else pa.array([], c.type), rows) for c in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema)


def arranged(table: pa.Table, order: npt.NDArray[np.int64]) -> pa.Table:
    """All rows of a table in another order, as `taken` gives them; the chunks are not joined for it."""
    places = places_of(order)
    columns = [_arranged(c, order, places) for c in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _arranged(
    column: pa.ChunkedArray, order: npt.NDArray[np.int64], places: npt.NDArray[np.int64]
) -> pa.Array:
    if column.null_count == len(column):
        return pa.nulls(len(column), column.type)
    if column.num_chunks == 1 or not pa.types.is_integer(column.type):
        return _taken(column.combine_chunks(), order)
    values = np.empty(len(column), column.type.to_pandas_dtype())
    valid = np.zeros(-(-len(column) // 8), np.uint8) if column.null_count else None
    done = 0
    for chunk in column.chunks:
        bits, data = chunk.buffers()
        there = places[done : done + len(chunk)]
        whole = np.frombuffer(data, values.dtype)
        scatter(whole[chunk.offset : chunk.offset + len(chunk)], there, values)
        if valid is not None and bits is None:
            scatter_bits(np.full(-(-len(chunk) // 8), 255, np.uint8), 0, there, valid)
        elif valid is not None:
            scatter_bits(np.frombuffer(bits, np.uint8), chunk.offset, there, valid)
        done += len(chunk)
    mask = None if valid is None else pa.py_buffer(valid)
    return pa.Array.from_buffers(column.type, len(column), [mask, pa.py_buffer(values)], column.null_count)


def _taken(column: pa.Array, rows: npt.NDArray[np.int64]) -> pa.Array:
    if column.null_count == len(column):
        return pa.nulls(len(rows), column.type)
    if not pa.types.is_integer(column.type):
        return column.take(pa.array(rows))
    bits, data = column.buffers()
    whole = still(np.frombuffer(data, column.type.to_pandas_dtype()))
    values = gather(whole[column.offset : column.offset + len(column)], rows)
    if not column.null_count:
        return pa.Array.from_buffers(column.type, len(rows), [None, pa.py_buffer(values)], 0)
    valid, nulls = gather_bits(still(np.frombuffer(bits, np.uint8)), column.offset, rows)
    return pa.Array.from_buffers(column.type, len(rows), [pa.py_buffer(valid), pa.py_buffer(values)], nulls)


class Columns:
    """State and new rows merged by (`by`, time), each column made when it is first asked for.

    Both tables are sorted by (`by`, t) and all state of a key is older than its new rows: what the
    engine promises and what `table` gives back.

    Args:
        state: rows carried from the last step.
        rows: new rows; they lack the columns that only the state has.
        by: the column whose equal values stand together.
        **new: value of each state-only column on a new row.
    """

    def __init__(self, state: pa.Table, rows: pa.Table, by: str, **new: Any) -> None:
        self._schema = state.schema
        for name, value in new.items():
            field = state.schema.field(name)
            filled = pa.chunked_array([pa.repeat(pa.scalar(value, field.type), rows.num_rows)])
            rows = rows.append_column(field, filled)
        self._rows = rows.select(state.schema.names)
        self._state = state
        self._order = merge_order(numpy_of(state, by), numpy_of(rows, by)) if state.num_rows else None
        self._made: dict[str, _Array] = {}

    def __len__(self) -> int:
        return int(self._state.num_rows + self._rows.num_rows)

    def __getitem__(self, name: str) -> _Array:
        if name not in self._made:
            new = numpy_of(self._rows, name)
            if self._order is None:
                self._made[name] = new
            else:
                self._made[name] = still(gather_two(numpy_of(self._state, name), new, self._order))
        return self._made[name]

    def at(self, name: str, rows: npt.NDArray[np.int64]) -> _Array:
        """A column at some rows only: cheaper than all of it where few are wanted."""
        if name in self._made or self._order is None:
            return self[name][rows]
        at = self._order[rows]
        is_old = at < self._state.num_rows
        new = numpy_of(self._rows, name)
        out = np.empty(len(rows), new.dtype)
        out[is_old] = numpy_of(self._state, name)[at[is_old]]
        out[~is_old] = new[at[~is_old] - self._state.num_rows]
        return out

    def times(self, name: str) -> npt.NDArray[np.int64]:
        """A column of times, unknown ones as the least int64."""
        least = np.iinfo(np.int64).min
        new = numpy_of(self._rows, name, least)
        if self._order is None:
            return new
        return still(gather_two(numpy_of(self._state, name, least), new, self._order))

    def last_of(self, key: str) -> npt.NDArray[np.bool_]:
        """True on the newest row of each `key`."""
        k = self[key]
        last = np.ones(len(k), np.bool_)
        last[:-1] = k[1:] != k[:-1]
        return last

    def since_previous(self, name: str, within: str) -> _Array:
        """Difference to the row before of the same key; 0 on a key's first row."""
        k, v = self[within], self[name]
        d = np.zeros_like(v)
        d[1:] = np.where(k[1:] == k[:-1], np.diff(v), 0)
        return d

    def table(self, keep: npt.NDArray[np.bool_], **replace: _Array) -> pa.Table:
        """The rows to keep, with the state's schema, some columns replaced."""
        picked = np.flatnonzero(keep)
        out = self._taken(picked)
        for name, values in replace.items():
            i = out.schema.get_field_index(name)
            out = out.set_column(i, out.schema.field(i), pa.array(values[picked], out.schema.field(i).type))
        return out.cast(self._schema).combine_chunks()

    def _taken(self, picked: npt.NDArray[np.intp]) -> pa.Table:
        if self._order is None:
            return taken(self._rows, picked)
        at = self._order[picked]
        columns = []
        for name in self._schema.names:
            old, new = self._state[name], self._rows[name]
            if pa.types.is_integer(old.type) and not old.null_count and not new.null_count:
                values = gather_two(numpy_of(self._state, name), numpy_of(self._rows, name), at)
                columns.append(pa.array(values, old.type))
            else:
                both = pa.table({name: pa.chunked_array([*old.chunks, *new.chunks], old.type)})
                columns.append(taken(both, at)[name])
        return pa.Table.from_arrays(columns, schema=self._rows.schema)

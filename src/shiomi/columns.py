"""What a detector sees: its state and the new rows as one sorted table, column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.kernels.gather import (
    among_new,
    gather,
    gather_bits,
    gather_lists,
    gather_two,
    places_of,
    scatter,
    scatter_bits,
    scatter_lengths,
    scatter_lists,
)
from shiomi.kernels.order import merge_order
from shiomi.kernels.still import still
from shiomi.schema import columns_of

__all__ = ["NULL", "Columns", "arranged", "list_array", "lists_of", "numpy_of", "taken"]

NULL = -(1 << 15)
"""Stands for null in integer columns handed to kernels: below every value any of them can hold."""

_MOST_ITEMS = (1 << 31) - 1
"""Of the lists of one column together: Arrow counts them in 32 bits."""

_Array = npt.NDArray[Any]


def numpy_of(table: pa.Table, name: str, null: int = NULL) -> _Array:
    """A column as a contiguous numpy array, not to be written to; nulls become `null`."""
    c = table[name]
    if c.null_count:
        c = pc.fill_null(c, pa.scalar(null, c.type))
    if pa.types.is_boolean(c.type):
        return still(np.asarray(c.to_numpy(zero_copy_only=False), np.bool_))
    return still(np.ascontiguousarray(c.to_numpy()))


def lists_of(column: pa.Array | pa.ChunkedArray) -> tuple[_Array, _Array]:
    """A column of lists of integers, none null, not copied: list i is `values[edges[i]:edges[i + 1]]`."""
    whole = _joined(column) if isinstance(column, pa.ChunkedArray) else column
    if len(whole) == 0:
        return still(np.zeros(1, np.int32)), still(np.empty(0, whole.type.value_type.to_pandas_dtype()))
    return still(whole.offsets.to_numpy()), still(whole.values.to_numpy())


def list_array(edges: npt.NDArray[np.int64], values: _Array) -> pa.Array:
    """A column of lists of integers, list i being `values[edges[i]:edges[i + 1]]`.

    Raises:
        OverflowError: more items than Arrow can count in 32 bits.
    """
    if edges[-1] > _MOST_ITEMS:
        raise OverflowError(f"{edges[-1]} items in the lists of one column; give fewer rows at a time")
    return pa.ListArray.from_arrays(pa.array(edges.astype(np.int32)), pa.array(values))


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
    if column.num_chunks > 1 and _are_lists(column):
        return _lists_arranged(column, places)
    if column.num_chunks == 1 or not pa.types.is_integer(column.type):
        return _taken(_joined(column), order)
    values = np.empty(len(column), column.type.to_pandas_dtype())
    valid = np.full(-(-len(column) // 8), 255, np.uint8) if column.null_count else None
    done = 0
    for chunk in column.chunks:
        bits, data = chunk.buffers()
        there = places[done : done + len(chunk)]
        whole = np.frombuffer(data, values.dtype)
        scatter(whole[chunk.offset : chunk.offset + len(chunk)], there, values)
        if valid is not None and bits is not None:
            scatter_bits(np.frombuffer(bits, np.uint8), chunk.offset, there, valid)
        done += len(chunk)
    mask = None if valid is None else pa.py_buffer(valid)
    return pa.Array.from_buffers(column.type, len(column), [mask, pa.py_buffer(values)], column.null_count)


def _taken(column: pa.Array, rows: npt.NDArray[np.int64]) -> pa.Array:
    if column.null_count == len(column):
        return pa.nulls(len(rows), column.type)
    if _are_lists(column):
        none = column.slice(0, 0)
        return list_array(*gather_lists(*lists_of(none), *lists_of(column), still(rows)))
    if not pa.types.is_integer(column.type):
        return column.take(pa.array(rows))
    bits, data = column.buffers()
    whole = still(np.frombuffer(data, column.type.to_pandas_dtype()))
    values = gather(whole[column.offset : column.offset + len(column)], rows)
    if not column.null_count:
        return pa.Array.from_buffers(column.type, len(rows), [None, pa.py_buffer(values)], 0)
    valid, nulls = gather_bits(still(np.frombuffer(bits, np.uint8)), column.offset, rows)
    return pa.Array.from_buffers(column.type, len(rows), [pa.py_buffer(valid), pa.py_buffer(values)], nulls)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece: Arrow copies it even where it is."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _are_lists(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether it is one of lists of integers, none of them null."""
    if not pa.types.is_list(column.type) or not pa.types.is_integer(column.type.value_type):
        return False
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return column.null_count == 0 and all(c.values.null_count == 0 for c in chunks)


def _lists_arranged(column: pa.ChunkedArray, places: npt.NDArray[np.int64]) -> pa.Array:
    chunks = [(lists_of(c), len(c)) for c in column.chunks]
    ends = np.cumsum([n for _, n in chunks])
    edges = np.zeros(len(column) + 1, np.int64)
    for ((at, _), n), end in zip(chunks, ends, strict=True):
        scatter_lengths(at, places[end - n : end], edges)
    np.cumsum(edges, out=edges)
    values = np.empty(edges[-1], column.type.value_type.to_pandas_dtype())
    for ((at, items), n), end in zip(chunks, ends, strict=True):
        scatter_lists(at, items, places[end - n : end], edges, values)
    return list_array(edges, values)


class Columns:
    """State and new rows merged by (`by`, time), each column made when it is first asked for.

    Both tables are sorted by (`by`, t) and all state of a key is older than its new rows: what the
    engine promises and what `table` gives back.

    Args:
        state: rows carried from the last step.
        rows: new rows; they lack the columns that only the state has.
        by: the column whose equal values stand together.
        among: numbers of the new rows to see, ascending; all where None. The others are never moved.
        **new: value of each state-only column on a new row.
    """

    def __init__(
        self,
        state: pa.Table,
        rows: pa.Table,
        by: str,
        *,
        among: npt.NDArray[np.int64] | None = None,
        **new: Any,
    ) -> None:
        self._schema = state.schema
        for name, value in new.items():
            field = state.schema.field(name)
            filled = pa.chunked_array([pa.repeat(pa.scalar(value, field.type), rows.num_rows)])
            rows = rows.append_column(field, filled)
        self._rows = rows.select(state.schema.names)
        self._state = state
        self._order: npt.NDArray[np.uint32] | None = None if among is None else among.astype(np.uint32)
        if state.num_rows:
            key = numpy_of(rows, by)
            if among is not None:
                key = gather(key, still(among))
            self._order = merge_order(numpy_of(state, by), still(key))
            if among is not None:
                self._order = among_new(self._order, state.num_rows, still(among))
        self._made: dict[str, _Array] = {}

    def __len__(self) -> int:
        return int(self._rows.num_rows) if self._order is None else len(self._order)

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
        old, new = numpy_of(self._state, name), numpy_of(self._rows, name)
        picked: _Array = gather_two(old, new, self._order[rows])
        return picked

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
        out = self.rows(picked, *self._schema.names)
        for name, values in replace.items():
            i = out.schema.get_field_index(name)
            out = out.set_column(i, out.schema.field(i), pa.array(values[picked], out.schema.field(i).type))
        return out.cast(self._schema).combine_chunks()

    def rows(self, at: npt.NDArray[np.int64], *names: str) -> pa.Table:
        """The columns of these names at some rows."""
        if self._order is None:
            return taken(self._rows.select(names), at)
        among = self._order[at]
        numbers = among.astype(np.int64)
        columns = []
        for name in names:
            old, new = self._state[name], self._rows[name]
            if pa.types.is_integer(old.type) and not old.null_count and not new.null_count:
                values = gather_two(numpy_of(self._state, name), numpy_of(self._rows, name), among)
                columns.append(pa.array(values, old.type))
            elif _are_lists(old) and _are_lists(new):
                columns.append(list_array(*gather_lists(*lists_of(old), *lists_of(new), still(numbers))))
            else:
                both = pa.table({name: pa.chunked_array([*old.chunks, *new.chunks], old.type)})
                columns.append(taken(both, numbers)[name])
        return pa.Table.from_arrays(columns, schema=columns_of(self._rows.schema, *names))

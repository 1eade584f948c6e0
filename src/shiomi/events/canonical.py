"""Canonical bytes of events: one text for one content, whatever the machine, chunks or row order.

Each field is written as a netstring, `length:text,` (D. J. Bernstein, Netstrings, 1997), which no content
can imitate; null is `-`. A list is the netstring of its elements, a map the netstring of its entries in
order of their keys. A row is its fields in the order of the schema.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.kernels.still import fixed, still
from shiomi.kernels.text import (
    add_framed_lengths,
    add_framed_number_lengths,
    lay_framed,
    lay_framed_numbers,
)
from shiomi.schema import EVENTS

__all__ = ["canonical_rows", "events_digest", "sort_events"]

_ROWS_AT_ONCE = 4096
"""Rows made into text at once: bounds memory, and keeps a piece under the 2 GiB of a string array."""

_Ints = npt.NDArray[np.int64]


def canonical_rows(table: pa.Table, schema: pa.Schema) -> pa.ChunkedArray:
    """One canonical text a row over the columns of `schema`; equal texts mean equal content."""
    return pa.chunked_array(_pieces(table, schema), pa.large_string())


def _pieces(table: pa.Table, schema: pa.Schema) -> Iterator[pa.Array]:
    table = table.select(schema.names).cast(schema)
    for at in range(0, table.num_rows, _ROWS_AT_ONCE):
        yield _rows(table.slice(at, _ROWS_AT_ONCE))


def events_digest(events: pa.Table) -> str:
    """SHA-256, in hex, over the canonical rows of the events that stand, in the order of `sort_events`.

    Withdrawn events and revision numbers do not count: a live run that corrected itself and a batch run
    over the same messages have the same digest.
    """
    stands = pc.not_equal(events["status"], "withdrawn")
    standing = sort_events(events if pc.all(stands).as_py() else events.filter(stands))
    digest = hashlib.sha256()
    for piece in _pieces(standing, EVENTS):
        digest.update(piece.buffers()[2])
    return digest.hexdigest()


def sort_events(events: pa.Table) -> pa.Table:
    """Events in order of (t_start, kind, subjects, event_id)."""
    subjects = _flat(events["subjects"].cast(EVENTS.field("subjects").type))
    keys = {"t_start": events["t_start"], "kind": events["kind"].cast(pa.string())}
    lengths = np.diff(subjects[0])
    for i in range(int(lengths.max(initial=0))):
        # A shorter list comes before a longer one that begins with it; track ids are never negative.
        column = np.full(events.num_rows, -1, np.int64)
        has = lengths > i
        column[has] = subjects[1].to_numpy()[subjects[0][:-1][has] + i]
        keys[f"subject_{i}"] = pa.chunked_array([column])
    keys["event_id"] = events["event_id"].cast(pa.string())
    order = pc.sort_indices(pa.table(keys), [(k, "ascending") for k in keys]).to_numpy()
    # To put lists and maps in another order costs more than all else, and often they stand so already.
    return events if (order[1:] > order[:-1]).all() else events.take(pa.array(order))


def _flat(column: pa.ChunkedArray) -> tuple[_Ints, pa.Array]:
    """Offsets from zero, and values, of a column of lists however it is cut and sliced."""
    a = column.combine_chunks()
    a = a if isinstance(a, pa.Array) else pa.concat_arrays(a.chunks)
    offsets = a.offsets.to_numpy().astype(np.int64)
    return offsets - offsets[0], a.values.slice(offsets[0], offsets[-1] - offsets[0])


class _Texts(NamedTuple):
    """Texts end to end: text i is data[offsets[i]:offsets[i + 1]] in UTF-8."""

    offsets: _Ints
    data: npt.NDArray[np.uint8]
    valid: npt.NDArray[np.bool_]

    def add_framed_lengths(self, lengths: _Ints) -> None:
        add_framed_lengths(lengths, still(self.offsets), self.valid)

    def lay_framed(self, out: npt.NDArray[np.uint8], at: _Ints) -> None:
        lay_framed(out, at, still(self.offsets), still(self.data), self.valid)


class _Numbers(NamedTuple):
    """Numbers that are written in decimals."""

    values: _Ints
    valid: npt.NDArray[np.bool_]

    def add_framed_lengths(self, lengths: _Ints) -> None:
        add_framed_number_lengths(lengths, self.values, self.valid)

    def lay_framed(self, out: npt.NDArray[np.uint8], at: _Ints) -> None:
        lay_framed_numbers(out, at, self.values, self.valid)


def _rows(table: pa.Table) -> pa.Array:
    n = table.num_rows
    offsets, data = _framed(
        n, *(_field(table[name], table.schema.field(name).type) for name in table.column_names)
    )
    return pa.Array.from_buffers(pa.large_string(), n, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _framed(n: int, *columns: _Texts | _Numbers) -> tuple[_Ints, npt.NDArray[np.uint8]]:
    """The netstrings of each of n rows of these columns one after the other: where each begins, and all."""
    offsets = np.zeros(n + 1, np.int64)
    lengths = offsets[1:]
    for c in columns:
        c.add_framed_lengths(lengths)
    np.cumsum(lengths, out=lengths)
    data = np.empty(offsets[-1], np.uint8)
    at = offsets[:-1].copy()
    for c in columns:
        c.lay_framed(data, at)
    return offsets, data


def _field(column: pa.ChunkedArray, type_: pa.DataType) -> _Texts | _Numbers:
    if pa.types.is_map(type_):
        return _map_text(column)
    if pa.types.is_list(type_):
        offsets, values = _flat(column)
        return _joined(offsets, _plain(values))
    return _plain(pa.concat_arrays(column.chunks))


def _plain(values: pa.Array) -> _Texts | _Numbers:
    """Numbers and strings as they are written."""
    valid = np.ones(len(values), np.bool_)
    if values.null_count:
        valid = values.is_valid().to_numpy(zero_copy_only=False)
    valid = still(valid)
    if pa.types.is_integer(values.type):
        numbers = pc.fill_null(values, 0) if values.null_count else values
        return _Numbers(fixed(numbers.to_numpy(), np.int64), valid)
    if len(values) == 0:
        return _Texts(np.zeros(1, np.int64), np.zeros(0, np.uint8), valid)
    text = values.cast(pa.large_string())
    _, offsets, data = text.buffers()
    whole = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    return _Texts(np.frombuffer(offsets, np.int64, len(text) + 1, 8 * text.offset), whole, valid)


def _map_text(column: pa.ChunkedArray) -> _Texts:
    offsets, entries = _flat(column)
    names = entries.field("key").dictionary_encode()
    in_order = sorted(range(len(names.dictionary)), key=names.dictionary.to_pylist().__getitem__)
    rank = np.empty(len(in_order), np.int64)
    rank[in_order] = np.arange(len(in_order))
    row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    key = row * len(rank) + rank[names.indices.to_numpy()]
    if (key[1:] < key[:-1]).any():
        entries = entries.take(pa.array(np.argsort(key)))
    return _joined(offsets, _plain(entries.field("key")), _plain(entries.field("value")))


def _joined(offsets: _Ints, *parts: _Texts | _Numbers) -> _Texts:
    """The netstrings of the elements of each list as one text."""
    at, data = _framed(int(offsets[-1]), *parts)
    return _Texts(at[offsets], data, still(np.ones(len(offsets) - 1, np.bool_)))

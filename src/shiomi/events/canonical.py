"""Canonical bytes of events: one text for one content, whatever the machine, chunks or row order.

Each field is written as a netstring, `length:text,` (D. J. Bernstein, Netstrings, 1997), which no content
can imitate; null is `-`. A list is the netstring of its elements, a map the netstring of its entries in
order of their keys. A row is its fields in the order of the schema.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.kernels.text import add_framed_lengths, decimals, lay_framed
from shiomi.schema import EVENTS

__all__ = ["canonical_rows", "events_digest", "sort_events"]

_ROWS_AT_ONCE = 4096
"""Rows made into text at once: bounds memory, and keeps a piece under the 2 GiB of a string array."""

_Ints = npt.NDArray[np.int64]


def canonical_rows(table: pa.Table, schema: pa.Schema) -> pa.ChunkedArray:
    """One canonical text a row over the columns of `schema`; equal texts mean equal content."""
    table = table.select(schema.names).cast(schema)
    pieces = [_rows(table.slice(at, _ROWS_AT_ONCE)) for at in range(0, table.num_rows, _ROWS_AT_ONCE)]
    return pa.chunked_array(pieces, pa.large_string())


def events_digest(events: pa.Table) -> str:
    """SHA-256, in hex, over the canonical rows of the events that stand, in the order of `sort_events`.

    Withdrawn events and revision numbers do not count: a live run that corrected itself and a batch run
    over the same messages have the same digest.
    """
    stands = pc.not_equal(events["status"], "withdrawn")
    standing = sort_events(events if pc.all(stands).as_py() else events.filter(stands))
    digest = hashlib.sha256()
    for piece in canonical_rows(standing, EVENTS).chunks:
        offsets = np.frombuffer(piece.buffers()[1], np.int64, len(piece) + 1, 8 * piece.offset)
        digest.update(memoryview(piece.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
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


def _texts(offsets: Any, data: Any, valid: Any = None) -> _Texts:
    texts = _Texts(offsets, data, np.ones(len(offsets) - 1, np.bool_) if valid is None else valid)
    for part in texts:
        part.flags.writeable = False  # what lies in a table is, and no loop need be compiled for both
    return texts


def _rows(table: pa.Table) -> pa.Array:
    offsets, data, _ = _framed(
        *(_field(table[name], table.schema.field(name).type) for name in table.column_names)
    )
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), table.num_rows, buffers, 0)


def _framed(*columns: _Texts) -> _Texts:
    """The netstrings of each row of these columns, one after the other."""
    offsets = np.zeros(len(columns[0].offsets), np.int64)
    lengths = offsets[1:]
    for c in columns:
        add_framed_lengths(lengths, c.offsets, c.valid)
    np.cumsum(lengths, out=lengths)
    data = np.empty(offsets[-1], np.uint8)
    at = offsets[:-1].copy()
    for c in columns:
        lay_framed(data, at, c.offsets, c.data, c.valid)
    return _texts(offsets, data)


def _field(column: pa.ChunkedArray, type_: pa.DataType) -> _Texts:
    if pa.types.is_map(type_):
        return _map_text(column)
    if pa.types.is_list(type_):
        offsets, values = _flat(column)
        return _joined(offsets, _framed(_plain(values)))
    return _plain(pa.concat_arrays(column.chunks))


def _plain(values: pa.Array) -> _Texts:
    """Numbers and strings as they are written."""
    valid = np.ones(len(values), np.bool_)
    if values.null_count:
        valid = values.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_integer(values.type):
        numbers = pc.fill_null(values.cast(pa.int64()), 0).to_numpy()
        numbers.flags.writeable = False
        offsets, digits = decimals(numbers)
        return _texts(offsets, digits, valid)
    if len(values) == 0:
        return _texts(np.zeros(1, np.int64), np.zeros(0, np.uint8), valid)
    text = values.cast(pa.large_string())
    _, offsets, data = text.buffers()
    whole = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    return _texts(np.frombuffer(offsets, np.int64, len(text) + 1, 8 * text.offset), whole, valid)


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
    return _joined(offsets, _framed(_plain(entries.field("key")), _plain(entries.field("value"))))


def _joined(offsets: _Ints, texts: _Texts) -> _Texts:
    """The texts of each list as one."""
    return _texts(texts.offsets[offsets], texts.data)

"""Canonical bytes of events: one text for one content, whatever the machine, chunks or row order.

Each field is written as a netstring, `length:text,` (D. J. Bernstein, Netstrings, 1997), which no content
can imitate; null is `-`. A list is the netstring of its elements, a map the netstring of its entries in
order of their keys. A row is its fields in the order of the schema.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
    standing = sort_events(events.filter(pc.not_equal(events["status"], "withdrawn")))
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
    return events.take(pc.sort_indices(pa.table(keys), [(k, "ascending") for k in keys]))


def _flat(column: pa.ChunkedArray) -> tuple[_Ints, pa.Array]:
    """Offsets from zero, and values, of a column of lists however it is cut and sliced."""
    a = column.combine_chunks()
    a = a if isinstance(a, pa.Array) else pa.concat_arrays(a.chunks)
    offsets = a.offsets.to_numpy().astype(np.int64)
    return offsets - offsets[0], a.values.slice(offsets[0], offsets[-1] - offsets[0])


def _rows(table: pa.Table) -> pa.Array:
    fields = [_field(table[name], table.schema.field(name).type) for name in table.column_names]
    return pc.binary_join_element_wise(*fields, "").cast(pa.large_string())


def _field(column: pa.ChunkedArray, type_: pa.DataType) -> pa.Array:
    if pa.types.is_map(type_):
        text = _map_text(column)
    elif pa.types.is_list(type_):
        offsets, values = _flat(column)
        text = _join(offsets, _netstring(values.cast(pa.string())))
    else:
        text = pa.concat_arrays(column.cast(pa.string()).chunks)
    return _netstring(text)


def _map_text(column: pa.ChunkedArray) -> pa.Array:
    offsets, entries = _flat(column)
    keys, values = entries.field("key"), entries.field("value")
    names = keys.dictionary_encode()
    in_order = sorted(range(len(names.dictionary)), key=names.dictionary.to_pylist().__getitem__)
    rank = np.empty(len(in_order), np.int64)
    rank[in_order] = np.arange(len(in_order))
    row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.lexsort((rank[names.indices.to_numpy()], row))
    entry = pc.binary_join_element_wise(_netstring(keys), _netstring(values.cast(pa.string())), "")
    return _join(offsets, entry.take(pa.array(order)))


def _join(offsets: _Ints, texts: pa.Array) -> pa.Array:
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts), "")


def _netstring(text: pa.Array) -> pa.Array:
    length = pc.binary_length(text).cast(pa.string())
    framed = pc.binary_join_element_wise(pc.binary_join_element_wise(length, text, ":"), ",", "")
    return pc.fill_null(framed, "-")

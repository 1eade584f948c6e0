"""Shards: which rows must meet, and how they travel to where they do.

Rows of one key go to one shard, by a hash of the key. Rows that meet by being near at one instant go
by cell: a cube grid over the globe, which has no seam and no poles, with copies of the rows near an
edge for the cells beyond it, so that every pair within reach is whole in at least one shard. A table
travels as one Arrow stream: no engine between here and there sees its columns, so none can change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Detector
from shiomi.errors import PlanError
from shiomi.schema import TRACK_SHIFT

__all__ = ["Key", "key_of", "pack", "shards_of", "split", "unpack", "without_copies"]

_I64 = npt.NDArray[np.int64]
_U64 = npt.NDArray[np.uint64]

_REFINED = {"track_id": "mmsi"}
"""Rows of one track are rows of one MMSI: whoever has all of the second has all of the first."""

_CELL_M = 100_000
"""Side of a cell. Analyst-set: at a reach of 500 m some two rows in a hundred are copied."""
_R_M = 6_371_008.8
_RAD = np.pi / 180e7
_NOWHERE = -(1 << 31)
_PRIMES = np.array([73_856_093, 19_349_663, 83_492_791], np.uint64)
"""Of Teschner and others, Optimized Spatial Hashing, 2003."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4)."""
_PIECE_ROWS = 500_000
"""Largest table that travels as one: some 40 MB of positions."""


class Key(NamedTuple):
    """What rows must share to meet."""

    by: str
    reach_m: int = 0
    """Rows equal in `by` that are further apart than this need not meet; 0 where all of them must."""


def key_of(stage: Detector) -> Key:
    """The key that brings together what this stage must see together.

    A stage with a property `reach_m` says that its rows meet only within that distance, at every place
    that a row names.
    """
    return Key(_REFINED.get(stage.by, stage.by), int(getattr(stage, "reach_m", 0)))


def shards_of(table: pa.Table, key: Key, n: int) -> tuple[_I64 | None, _I64]:
    """Row numbers, or None for each row once and in order; and the shard of each, 0 to n - 1.

    Raises:
        PlanError: the table lacks the column of the key.
    """
    values = _values(table, key.by).view(np.uint64) * _GOLDEN
    if not key.reach_m:
        return None, _folded(values, n)
    home, rows, cells = _cells(table, key.reach_m)
    first = _folded((values ^ home) * _GOLDEN, n)
    others = _folded((values[rows] ^ cells) * _GOLDEN, n)
    is_other = others != first[rows]
    rows, others = np.unique(np.stack([rows[is_other], others[is_other]]), axis=1)
    return np.concatenate([np.arange(len(first)), rows]), np.concatenate([first, others])


def _folded(hashes: _U64, n: int) -> _I64:
    return ((hashes >> np.uint64(32)) % np.uint64(n)).astype(np.int64)


def _values(table: pa.Table, by: str) -> _I64:
    if by not in table.column_names and by == "mmsi" and "track_id" in table.column_names:
        return numpy_of(table, "track_id") >> TRACK_SHIFT
    if by not in table.column_names:
        raise PlanError(
            f"a table of {', '.join(table.column_names)} cannot be spread by {by}, which it lacks"
        )
    return numpy_of(table, by).astype(np.int64)


def _cells(table: pa.Table, reach_m: int) -> tuple[_U64, _I64, _U64]:
    """The cell of every row; and rows, with the cells beyond it that lie within reach of a place they name.

    A chord is no longer than its arc, so two places within reach differ by no more in any axis.
    """
    side = max(_CELL_M, 4 * reach_m)
    home = np.zeros(table.num_rows, np.uint64)
    more = [np.empty((2, 0), np.uint64)]
    for prefix in [c.removesuffix("lat_e7") for c in table.column_names if c.endswith("lat_e7")]:
        lat, lon = (numpy_of(table, f"{prefix}{c}", _NOWHERE) for c in ("lat_e7", "lon_e7"))
        known = np.flatnonzero(lat != _NOWHERE)
        a, o = lat[known] * _RAD, lon[known] * _RAD
        xyz = _R_M * np.stack([np.cos(a) * np.cos(o), np.cos(a) * np.sin(o), np.sin(a)])
        # A metre more than the reach, so that rounding never loses a pair.
        low, high = (np.floor((xyz + d) / side).astype(np.int64) for d in (-reach_m - 1, reach_m + 1))
        for corner in range(8):
            is_high = np.array([corner & 1, corner & 2, corner & 4], bool)[:, None]
            here = np.flatnonzero((~is_high | (high != low)).all(axis=0))
            x, y, z = np.where(is_high, high[:, here], low[:, here]).astype(np.uint64)
            cell = x * _PRIMES[0] ^ y * _PRIMES[1] ^ z * _PRIMES[2]
            if corner == 0:
                fresh = known[home[known] == 0]
                home[fresh] = cell[home[known] == 0]
            rows = known[here]
            beyond = cell != home[rows]
            more.append(np.stack([rows[beyond].astype(np.uint64), cell[beyond]]))
    extra = np.concatenate(more, axis=1)
    return home, extra[0].astype(np.int64), extra[1]


def split(table: pa.Table, key: Key, n: int) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each shard that has any, in pieces of bounded size; a row may be in several shards."""
    if not table.num_rows:
        return
    rows, shards = shards_of(table, key, n)
    order = np.argsort(shards, kind="stable")
    ordered = table.take(pa.array(order if rows is None else rows[order])).combine_chunks()
    edges = np.searchsorted(shards[order], np.arange(n + 1))
    for shard in np.flatnonzero(np.diff(edges)).tolist():
        for a in range(int(edges[shard]), int(edges[shard + 1]), _PIECE_ROWS):
            yield shard, ordered.slice(a, min(_PIECE_ROWS, int(edges[shard + 1]) - a))


def without_copies(table: pa.Table, order: Sequence[str] = ()) -> pa.Table:
    """Each row once, where equal rows came from neighbouring cells.

    Args:
        order: columns of whole numbers by which the rows are sorted, if they are: it is sooner done then.
    """
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    if order and len(frame):
        values = [numpy_of(table, name) for name in order]
        alike = 1 + np.flatnonzero(np.logical_and.reduce([v[1:] == v[:-1] for v in values]))
        if not len(alike):
            return table
        if frame[alike].equals(frame[alike - 1]):
            single = np.ones(len(frame), bool)
            single[alike] = False
            return table.filter(pa.array(single)).combine_chunks()
    # Few rows are copies: a hash finds them, and only those are compared whole.
    may_be = frame.hash_rows().is_duplicated()
    if not may_be.any():
        return table
    few = frame.filter(may_be).with_columns(row=pl.Series(np.flatnonzero(may_be.to_numpy())))
    first = few.unique(frame.columns, keep="first")["row"].to_numpy()
    keep = ~may_be.to_numpy()
    keep[first] = True
    return table.filter(pa.array(keep)).combine_chunks()


def pack(table: pa.Table) -> bytes:
    """A table as bytes."""
    sink = pa.BufferOutputStream()
    # A quarter more bytes than zstd would leave, for half its time.
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unpack(data: bytes | memoryview | pa.Buffer) -> pa.Table:
    """The table that was packed."""
    return pa.ipc.open_stream(data).read_all()

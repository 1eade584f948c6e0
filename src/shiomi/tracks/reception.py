"""Reception: how much was heard in each cell of the sea in each hour, learned from the reports themselves.

Nobody publishes what a feed can hear where. But who is heard shows that somebody listens, and a vessel
that comes back shows that it was missed meanwhile. Both are counted, in whole numbers, by cell, hour and
class of transmitter (class B sends with a sixth of the power and goes first). What follows from the
counts is for `events/ladder/coverage.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.kernels.hearing import count_heard
from shiomi.tracks.cells import BAND_E7, bands
from shiomi.tracks.feed import FEED

__all__ = [
    "CLASS_A",
    "CLASS_B",
    "RECEPTION",
    "UNSTATED",
    "feed_of",
    "heard_in",
    "merge_heard",
    "reception_hash",
]

UNSTATED, CLASS_A, CLASS_B = 0, 1, 2
"""Transmitters: by message types 18 and 19 of class B (ITU-R M.1371-5, table 43), or not known."""

_KIND_BITS, _HOUR_BITS = 2, 40
"""Cell, transmitter and hour lie in one number, so that one sort orders all."""

_MAX_MISSED_HOURS = 48
"""Who comes back after longer may have been laid up: nothing is said of reception. Analyst-set."""


def _column(name: str, type_: pa.DataType, meaning: str) -> pa.Field:
    return pa.field(name, type_, nullable=False, metadata={"meaning": meaning})


RECEPTION = pa.schema(
    [
        _column("cell", pa.int32(), "cell of about 15 by 15 nautical miles; see tracks/cells.py"),
        _column("transmitter", pa.int8(), "0 not known, 1 class A, 2 class B"),
        _column("hour", pa.int64(), "hours since 1970-01-01 UTC"),
        _column("vessels", pa.int64(), "tracks whose first report of the hour was made here"),
        _column("reports", pa.int64(), "reports made here"),
        _column("missed", pa.int64(), "hours without a report, here, of tracks heard again in this hour"),
    ]
)
"""One row for each cell, transmitter and hour in which anything was heard or known to be missed."""


def heard_in(rows: pa.Table, known: pa.Table) -> pa.Table:
    """What these rows show of reception; parts of whatever cut are added up by `merge_heard`.

    Args:
        rows: schema TRACKS, sorted by (track_id, t).
        known: TRACK_SUMMARIES before these rows, sorted by track_id: where each track was heard last.
    """
    grid = bands()
    keys, counts = count_heard(
        numpy_of(rows, "track_id"),
        numpy_of(rows, "t"),
        numpy_of(rows, "prev_t", int(np.iinfo(np.int64).min)),
        numpy_of(rows, "lat_e7"),
        numpy_of(rows, "lon_e7"),
        numpy_of(rows, "message_type", 0),
        numpy_of(known, "track_id"),
        numpy_of(known, "t_last"),
        numpy_of(known, "lat_e7").astype(np.int64),
        numpy_of(known, "lon_e7").astype(np.int64),
        grid.first,
        grid.cells,
        BAND_E7,
        _MAX_MISSED_HOURS,
    )
    columns = [keys & ((1 << 20) - 1), keys >> 20 & 3, keys >> 22, *counts.T]
    return pa.Table.from_arrays(
        [pa.array(c).cast(f.type) for c, f in zip(columns, RECEPTION, strict=True)], schema=RECEPTION
    )


def merge_heard(parts: Sequence[pa.Table]) -> pa.Table:
    """Parts added up: one row for each cell, transmitter and hour, in that order."""
    table = pa.concat_tables([RECEPTION.empty_table(), *parts])
    cell, kind, hour = (numpy_of(table, c).astype(np.int64) for c in ("cell", "transmitter", "hour"))
    if len(cell) == 0:
        return table
    key = (cell << _KIND_BITS | kind) << _HOUR_BITS | hour
    if (key[1:] > key[:-1]).all():
        return table
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    of = order[first]
    sums = [np.add.reduceat(numpy_of(table, c)[order], first) for c in ("vessels", "reports", "missed")]
    columns = [cell[of], kind[of], hour[of], *sums]
    return pa.Table.from_arrays(
        [pa.array(c).cast(f.type) for c, f in zip(columns, RECEPTION, strict=True)], schema=RECEPTION
    )


def feed_of(reception: pa.Table) -> pa.Table:
    """The feed as a whole: FEED, reports of all vessels by hour, in order of time."""
    hour, at = np.unique(numpy_of(reception, "hour"), return_inverse=True)
    reports = np.zeros(len(hour), np.int64)
    np.add.at(reports, at, numpy_of(reception, "reports"))
    heard = reports > 0
    return pa.Table.from_arrays([pa.array(hour[heard]), pa.array(reports[heard])], schema=FEED)


def reception_hash(reception: pa.Table) -> str:
    """SHA-256 (hex) over a table of reception, whatever the order of its rows."""
    rows = merge_heard([reception])
    digest = hashlib.sha256(",".join(RECEPTION.names).encode())
    for name in RECEPTION.names:
        digest.update(numpy_of(rows, name).astype("<i8").tobytes())
    return digest.hexdigest()

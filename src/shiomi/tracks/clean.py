"""Repeats of a report, taken out before anything counts them twice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.kernels.order import group_order
from shiomi.kernels.repeats import EXACT, KEEP, SAME_INSTANT, repeats

__all__ = ["SAME_PLACE_M", "drop_repeats", "in_order"]

SAME_PLACE_M = 1_000
"""Two reports of one MMSI at one instant, no further apart than this, are one report heard twice or
re-timed on its way; further apart they are two hulls, and both stay. Analyst-set."""


def in_order(positions: pa.Table) -> pa.Table:
    """Positions sorted by (mmsi, t, message_id); of repeats, the one that names its message type first."""
    order = group_order(
        numpy_of(positions, "mmsi").astype(np.int64),
        numpy_of(positions, "t"),
        numpy_of(positions, "message_id"),
    )
    rows = positions if order is None else positions.take(pa.array(order))
    message_id, kind = numpy_of(rows, "message_id"), numpy_of(rows, "message_type", 0)
    if not ((message_id[1:] == message_id[:-1]) & (kind[1:] != kind[:-1])).any():
        return rows
    # The type is no part of the id, yet tracks depend on it: which repeat stays must not be left to chance.
    order = np.lexsort((-kind.astype(np.int64), message_id, numpy_of(rows, "t"), numpy_of(rows, "mmsi")))
    return rows.take(pa.array(order))


def drop_repeats(positions: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """Positions without repeats, and how many were ignored for which reason.

    `repeat`: the same report again, to the last field. `same_instant`: the same MMSI and time within
    `SAME_PLACE_M`; the one with the lowest message_id stays, whatever the order of arrival.

    Args:
        positions: schema POSITIONS, sorted by (mmsi, t, message_id), all reports of an instant present.
    """
    verdict = repeats(
        numpy_of(positions, "mmsi"),
        numpy_of(positions, "t"),
        numpy_of(positions, "message_id"),
        numpy_of(positions, "lat_e7"),
        numpy_of(positions, "lon_e7"),
        SAME_PLACE_M * 1000,
    )
    counts = np.bincount(verdict, minlength=3)
    ignored = {"repeat": int(counts[EXACT]), "same_instant": int(counts[SAME_INSTANT])}
    if counts[KEEP] == len(verdict):
        return positions, ignored
    return positions.filter(pa.array(verdict == KEEP)), ignored

"""Repeats of a report, taken out before anything counts them twice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of, taken
from shiomi.kernels.order import group_order
from shiomi.kernels.repeats import without_repeats

__all__ = ["SAME_PLACE_M", "clean"]

SAME_PLACE_M = 1_000
"""Two reports of one MMSI at one instant, no further apart than this, are one report heard twice or
re-timed on its way; further apart they are two hulls, and both stay. Analyst-set."""


def clean(positions: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """Positions sorted by (mmsi, t, message_id) without repeats, and how many were ignored for which reason.

    `repeat`: the same report again, to the last field. `same_instant`: the same MMSI and time within
    `SAME_PLACE_M`; the one with the lowest message_id stays, whatever the order of arrival.

    Args:
        positions: schema POSITIONS, all reports of an instant present.
    """
    mmsi, t = numpy_of(positions, "mmsi").astype(np.int64), numpy_of(positions, "t")
    message_id = numpy_of(positions, "message_id")
    order = group_order(mmsi, t, message_id)
    if order is None:
        order = np.arange(positions.num_rows)
    kept, exact = without_repeats(
        order,
        mmsi,
        t,
        message_id,
        numpy_of(positions, "lat_e7"),
        numpy_of(positions, "lon_e7"),
        numpy_of(positions, "message_type", 0),
        numpy_of(positions, "source_id"),
        numpy_of(positions, "source_row"),
        SAME_PLACE_M * 1000,
    )
    ignored = {"repeat": exact, "same_instant": positions.num_rows - kept - exact}
    return taken(positions, order[:kept]), ignored

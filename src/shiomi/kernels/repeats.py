"""Repeats of one report, told from two hulls that speak at once."""

from __future__ import annotations

from typing import Any

from shiomi.kernels.compiled import njit
from shiomi.kernels.gather import gather
from shiomi.kernels.sphere import distance_mm

__all__ = ["without_repeats"]


@njit(cache=True, nogil=True)
def without_repeats(
    order: Any,
    mmsi: Any,
    t: Any,
    message_id: Any,
    lat: Any,
    lon: Any,
    kind: Any,
    source: Any,
    row: Any,
    same_mm: int,
) -> tuple[int, int]:
    """Leave in `order` only the rows that are no repeats, at its front.

    Of equal ids the row of the highest `kind` stays: it is no part of the id, yet tracks depend on it. Of
    these the first by source and row stays, so that no order of arrival shows.

    Args:
        order: row numbers sorted by (mmsi, t, message_id); changed in place.

    Returns:
        how many stay; how many of those that go had the id of another row.
    """
    kept = 0
    exact = 0
    instant = 0  # first place in `order` of what was kept of this instant
    before = -1  # the row before this one, and whether it stayed
    stayed = False
    # Times are brought side by side first: a loop that does nothing else waits for many of them at once.
    in_turn = gather(t, order)
    for at in range(len(order)):
        i = order[at]
        if at == 0 or in_turn[at] != in_turn[at - 1] or mmsi[before] != mmsi[i]:
            instant = kept
        elif message_id[before] == message_id[i]:
            exact += 1
            j = order[kept - 1]
            if stayed and (
                kind[i] > kind[j] or (kind[i] == kind[j] and (source[i], row[i]) < (source[j], row[j]))
            ):
                order[kept - 1] = i
            continue
        stayed = True
        for k in range(instant, kept):
            j = order[k]
            if distance_mm(lat[i], lon[i], lat[j], lon[j]) <= same_mm:
                stayed = False
                break
        before = i
        if stayed:
            order[kept] = i
            kept += 1
    return kept, exact

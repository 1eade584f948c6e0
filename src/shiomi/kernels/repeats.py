"""Repeats of one report, told from two hulls that speak at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from shiomi.kernels.sphere import distance_mm

__all__ = ["EXACT", "KEEP", "SAME_INSTANT", "repeats"]

KEEP, EXACT, SAME_INSTANT = 0, 1, 2


@njit(cache=True)
def repeats(mmsi: Any, t: Any, message_id: Any, lat: Any, lon: Any, same_mm: int) -> Any:
    """KEEP, EXACT or SAME_INSTANT for each row; rows sorted by (mmsi, t, message_id)."""
    verdict = np.zeros(len(t), np.int8)
    for i in range(1, len(t)):
        j = i - 1
        while j >= 0 and mmsi[j] == mmsi[i] and t[j] == t[i]:
            if message_id[j] == message_id[i]:
                verdict[i] = EXACT
                break
            if verdict[j] == KEEP and distance_mm(lat[i], lon[i], lat[j], lon[j]) <= same_mm:
                verdict[i] = SAME_INSTANT
                break
            j -= 1
    return verdict

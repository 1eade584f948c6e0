"""Tracks onto a shared clock."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from shiomi.kernels.sphere import between_e7, distance_mm

__all__ = ["resample"]

_DKN_MM_PER_S = 1852.0 * 1000.0 / 36_000.0


@njit(cache=True, nogil=True)
def resample(
    track: Any,
    t: Any,
    lat: Any,
    lon: Any,
    pace: Any,
    prev_t: Any,
    bridge_s: Any,
    step_us: int,
    coarse_us: int,
) -> Any:
    """Where each track was at every multiple of `step_us` that a bridged leg spans.

    A leg joins two reports that follow each other in their track (the later one's `prev_t` says so)
    and lie no further apart than the earlier one's `bridge_s`. It covers [before, after).

    Returns:
        before: row number of the report before each slot; the one after is the next row.
        slot_t, lat_e7, lon_e7, pace_dkn of each slot.
    """
    n = 0
    for i in range(1, len(t)):
        if (
            track[i] == track[i - 1]
            and prev_t[i] == t[i - 1]
            and t[i] - t[i - 1] <= bridge_s[i - 1] * 1_000_000
        ):
            n += -(-t[i] // step_us) - -(-t[i - 1] // step_us)
    before = np.empty(n, np.int64)
    slot_t = np.empty(n, np.int64)
    slot_lat = np.empty(n, np.int32)
    slot_lon = np.empty(n, np.int32)
    slot_pace = np.empty(n, np.int16)
    n = 0
    for i in range(1, len(t)):
        a = i - 1
        if not (track[i] == track[a] and prev_t[i] == t[a] and t[i] - t[a] <= bridge_s[a] * 1_000_000):
            continue
        s = -(-t[a] // step_us) * step_us
        whole = t[i] - t[a]
        implied = 0.0
        if whole >= coarse_us:
            d = distance_mm(lat[a], lon[a], lat[i], lon[i])
            implied = d / _DKN_MM_PER_S / (whole / 1_000_000)
        while s < t[i]:
            part = s - t[a]
            if part == 0 or (lat[a] == lat[i] and lon[a] == lon[i]):
                slot_lat[n] = lat[a]
                slot_lon[n] = lon[a]
            else:
                x, y = between_e7(lat[a], lon[a], lat[i], lon[i], part, whole)
                slot_lat[n] = x
                slot_lon[n] = y
            p = max(pace[a], 0) + (max(pace[i], 0) - max(pace[a], 0)) * part / whole
            slot_pace[n] = min(32767.0, max(p, implied))
            before[n] = a
            slot_t[n] = s
            n += 1
            s += step_us
    return before, slot_t, slot_lat, slot_lon, slot_pace

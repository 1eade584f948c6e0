"""Tracks onto a shared clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import at_most_mm, between_e7, distance_mm, wrap

__all__ = ["UNKNOWN_PACE", "resample"]

UNKNOWN_PACE = -(1 << 15)
"""Pace of a slot before that is not known, or at which the vessel was too fast."""

_DKN_MM_PER_S = 1852.0 * 1000.0 / 36_000.0
_STRAIGHT_E7 = 20_000
"""Legs this short, 220 m, are straight on the chart too: within a centimetre of the great circle, at 85
degrees of latitude as elsewhere."""


@njit(cache=True, nogil=True)
def _most_slots(edges: Any, t: Any, prev_t: Any, bridge_s: Any, step_us: int) -> int:
    """How many slots there are at whatever speed: a loop that knows its room beforehand is far faster."""
    n = 0
    for g in range(len(edges) - 1):
        for i in range(edges[g] + 1, edges[g + 1]):
            a = i - 1
            if prev_t[i] == t[a] and t[i] - t[a] <= bridge_s[a] * 1_000_000:
                n += -(-t[i] // step_us) + t[a] // -step_us
    return n


@njit(cache=True, nogil=True)
def resample(
    edges: Any, t: Any, lat: Any, lon: Any, pace: Any, prev_t: Any, bridge_s: Any,
    newest_t: Any, newest_lat: Any, newest_lon: Any, newest_pace: Any, newest_before: Any,
    step_us: int, coarse_us: int, max_pace: int, still_pace: int, still_mm: int,
) -> Any:  # fmt: skip
    """Where each track was at every multiple of `step_us` that a bridged leg spans, while it was slow.

    A leg joins two reports that follow each other in their track (the later one's `prev_t` says so)
    and lie no further apart than the earlier one's `bridge_s`. It covers [before, after). A slot is
    given where the pace is at most `max_pace`, at the slot or at the one before it. A leg is still
    where neither end is faster than `still_pace` and they lie no further apart than `still_mm`; its first
    slot is not where nothing was heard for `coarse_us` before it, nor its last where it is as long itself:
    there something may begin or end.

    Args:
        edges: group edges of the tracks.
        newest_t, newest_lat, newest_lon, newest_pace: of each track the newest slot of the last step
            (t as the least int64 where there is none); brought up to date in place.
        newest_before: row number of the report before that slot; -1 where it is none of these rows.

    Returns:
        before: row number of the report before each slot; the one after is the next row.
        was_before: the same for one slot before it, or -1 where that is none of these rows.
        slot_t, lat_e7, lon_e7, pace_dkn of each slot; lat, lon and pace one slot before it, the pace
        UNKNOWN_PACE where the track was not known there or was faster than `max_pace`; whether its leg
        is still.
    """
    room = _most_slots(edges, t, prev_t, bridge_s, step_us)
    before = np.empty((2, room), np.int64)
    slot_t = np.empty(room, np.int64)
    place = np.empty((4, room), np.int32)
    paces = np.empty((2, room), np.int16)
    stills = np.empty(room, np.bool_)
    n = 0
    for g in range(len(edges) - 1):
        was_t = newest_t[g]
        was_lat = newest_lat[g]
        was_lon = newest_lon[g]
        was_pace = newest_pace[g]
        was_before = newest_before[g]
        for i in range(edges[g] + 1, edges[g + 1]):
            a = i - 1
            s = -(-t[a] // step_us) * step_us
            if s >= t[i] or prev_t[i] != t[a] or t[i] - t[a] > bridge_s[a] * 1_000_000:
                continue
            whole = t[i] - t[a]
            implied = 0.0
            if whole >= coarse_us:
                d = distance_mm(lat[a], lon[a], lat[i], lon[i])
                implied = d / _DKN_MM_PER_S / (whole / 1_000_000)
            from_pace = max(pace[a], 0)
            to_pace = max(pace[i], 0)
            dlon = wrap(lon[i] - lon[a])
            straight = abs(lat[i] - lat[a]) + abs(dlon) <= _STRAIGHT_E7
            still = from_pace <= still_pace and to_pace <= still_pace
            if still and at_most_mm(lat[a], lon[a], lat[i], lon[i]) > still_mm:
                still = distance_mm(lat[a], lon[a], lat[i], lon[i]) <= still_mm
            begins = prev_t[a] <= t[a] - coarse_us
            while s < t[i]:
                part = s - t[a]
                p = np.int64(min(32767.0, max(from_pace + (to_pace - from_pace) * part / whole, implied)))
                slow = p <= max_pace
                was_slow = was_t == s - step_us and was_pace <= max_pace
                if slow or was_slow:
                    if part == 0 or (lat[a] == lat[i] and dlon == 0):
                        x = np.int64(lat[a])
                        y = np.int64(lon[a])
                    elif straight:
                        x = np.int64(lat[a] + round((lat[i] - lat[a]) * (part / whole)))
                        y = wrap(lon[a] + round(dlon * (part / whole)))
                    else:
                        x, y = between_e7(lat[a], lon[a], lat[i], lon[i], part, whole)
                    before[0, n] = a
                    before[1, n] = was_before
                    slot_t[n] = s
                    place[0, n] = x
                    place[1, n] = y
                    place[2, n] = was_lat
                    place[3, n] = was_lon
                    paces[0, n] = p
                    paces[1, n] = was_pace if was_slow else UNKNOWN_PACE
                    stills[n] = still and not begins and (whole < coarse_us or s + step_us < t[i])
                    n += 1
                    was_lat = x
                    was_lon = y
                was_t = s
                was_pace = p
                was_before = a
                begins = False
                s += step_us
        newest_t[g] = was_t
        newest_lat[g] = was_lat
        newest_lon[g] = was_lon
        newest_pace[g] = was_pace
        newest_before[g] = was_before
    return (
        before[0, :n], before[1, :n], slot_t[:n], place[0, :n], place[1, :n], paces[0, :n],
        place[2, :n], place[3, :n], paces[1, :n], stills[:n],
    )  # fmt: skip

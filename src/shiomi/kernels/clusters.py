"""Which points hang together, and the first slow report of every step of a clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["first_slow", "hang_together"]

_NONE = -(1 << 62)


@njit(cache=True, nogil=True)
def _root(parent: Any, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)
def hang_together(n: int, first: Any, second: Any, distance: Any, min_core: int) -> Any:
    """Clusters by density, as DBSCAN has them (Ester et al. 1996).

    A point with `min_core` points in reach, itself among them, is a core; cores in reach of each other
    hang together; any other point goes with the nearest core in reach, or alone.

    Args:
        n: how many points there are.
        first, second, distance: pairs in reach of each other.

    Returns:
        per point a number that all of its cluster share, or -1.
    """
    near = np.ones(n, np.int64)
    for k in range(len(first)):
        near[first[k]] += 1
        near[second[k]] += 1
    parent = np.arange(n)
    for k in range(len(first)):
        if near[first[k]] >= min_core and near[second[k]] >= min_core:
            a = _root(parent, first[k])
            b = _root(parent, second[k])
            parent[max(a, b)] = min(a, b)
    label = np.full(n, -1, np.int64)
    for i in range(n):
        if near[i] >= min_core:
            label[i] = _root(parent, i)
    nearest = np.full(n, 1 << 62, np.int64)
    joined = label.copy()
    for k in range(len(first)):
        for way in range(2):
            i = first[k] if way == 0 else second[k]
            core = second[k] if way == 0 else first[k]
            if label[i] < 0 and label[core] >= 0 and distance[k] < nearest[i]:
                nearest[i] = distance[k]
                joined[i] = label[core]
    return joined


@njit(cache=True, nogil=True)
def first_slow(
    track: Any, t: Any, pace: Any, max_pace: int, slot_us: int, done_track: Any, done_slot: Any
) -> Any:
    """Row numbers of the first report of each track in each step that is no faster than `max_pace`.

    Args:
        track, t, pace: rows sorted by (track, t); a negative pace is not known.
        done_track, done_slot: tracks in order, and the last step in which each had such a report.
    """
    rows = np.empty(len(track), np.int64)
    n = 0
    d = 0
    of = np.int64(_NONE)
    slot_end = np.int64(_NONE)
    for i in range(len(track)):
        if track[i] != of:
            of = track[i]
            while d < len(done_track) and done_track[d] < of:
                d += 1
            slot_end = np.int64(_NONE)
            if d < len(done_track) and done_track[d] == of:
                slot_end = done_slot[d] + slot_us
        if t[i] >= slot_end and pace[i] >= 0 and pace[i] <= max_pace:
            slot_end = t[i] // slot_us * slot_us + slot_us
            rows[n] = i
            n += 1
    return rows[:n].copy()

"""Sorting rows into groups: the one sort that all stages with the same `by` share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["group_edges", "group_order", "merge_order"]

_I64 = npt.NDArray[np.int64]


@njit(cache=True)
def _is_sorted(by: Any, t: Any, tie: Any) -> bool:
    for i in range(1, len(by)):
        if by[i] < by[i - 1]:
            return False
        if by[i] == by[i - 1] and (t[i] < t[i - 1] or (t[i] == t[i - 1] and tie[i] < tie[i - 1])):
            return False
    return True


@njit(cache=True)
def _is_rising(t: Any) -> bool:
    for i in range(1, len(t)):
        if t[i] < t[i - 1]:
            return False
    return True


@njit(cache=True)
def _slot_of(key: int, mask: np.uint64) -> np.uint64:
    return ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask


@njit(cache=True)
def _dense_ids(by: Any) -> tuple[Any, Any]:
    """Number of each row's group in order of first appearance, and the groups' keys."""
    capacity = 1 << 12
    slots = np.full(capacity, -1, np.int64)
    keys = np.empty(capacity >> 1, np.int64)
    ids = np.empty(len(by), np.int64)
    n = 0
    last_key = np.int64(0)
    last_id = np.int64(-1)
    for i in range(len(by)):
        k = by[i]
        if last_id >= 0 and k == last_key:
            ids[i] = last_id
            continue
        mask = np.uint64(capacity - 1)
        h = _slot_of(k, mask)
        while slots[h] >= 0 and keys[slots[h]] != k:
            h = (h + np.uint64(1)) & mask
        if slots[h] < 0:
            if n == capacity >> 1:
                capacity *= 4
                mask = np.uint64(capacity - 1)
                slots = np.full(capacity, -1, np.int64)
                grown = np.empty(capacity >> 1, np.int64)
                grown[:n] = keys[:n]
                keys = grown
                for j in range(n):
                    g = _slot_of(keys[j], mask)
                    while slots[g] >= 0:
                        g = (g + np.uint64(1)) & mask
                    slots[g] = j
                h = _slot_of(k, mask)
                while slots[h] >= 0:
                    h = (h + np.uint64(1)) & mask
            slots[h] = n
            keys[n] = k
            n += 1
        last_key = k
        last_id = slots[h]
        ids[i] = last_id
    return ids, keys[:n].copy()


@njit(cache=True)
def _counting_order(ids: Any, rank: Any, first: Any, t: Any, tie: Any) -> Any:
    """Stable counting sort of the rows `first` (in time order) by group; then ties by `tie`."""
    n = len(ids)
    start = np.zeros(len(rank) + 1, np.int64)
    for i in range(n):
        start[rank[ids[i]] + 1] += 1
    for g in range(1, len(start)):
        start[g] += start[g - 1]
    at = start[:-1].copy()
    out = np.empty(n, np.int64)
    for j in range(n):
        i = first[j]
        g = rank[ids[i]]
        out[at[g]] = i
        at[g] += 1
    for g in range(len(rank)):
        for j in range(start[g] + 1, start[g + 1]):
            i = out[j]
            k = j - 1
            while k >= start[g] and t[out[k]] == t[i] and tie[out[k]] > tie[i]:
                out[k + 1] = out[k]
                k -= 1
            out[k + 1] = i
    return out


def group_order(by: _I64, t: _I64, tie: _I64) -> _I64 | None:
    """Row numbers sorted by (by, t, tie), or None where the rows stand so already.

    Linear in the rows where they come in order of time, whatever the number of groups.
    """
    if _is_sorted(by, t, tie):
        return None
    ids, keys = _dense_ids(by)
    rank = np.empty(len(keys), np.int64)
    rank[np.argsort(keys)] = np.arange(len(keys))
    first = np.arange(len(by)) if _is_rising(t) else np.argsort(t, kind="stable")
    order: _I64 = _counting_order(ids, rank, first, t, tie)
    return order


@njit(cache=True)
def group_edges(by: Any) -> Any:
    """Edges of the runs of equal values in a sorted column: group g is rows edges[g] to edges[g + 1]."""
    n = 0
    for i in range(len(by)):
        if i == 0 or by[i] != by[i - 1]:
            n += 1
    edges = np.empty(n + 1, np.int64)
    n = 0
    for i in range(len(by)):
        if i == 0 or by[i] != by[i - 1]:
            edges[n] = i
            n += 1
    edges[n] = len(by)
    return edges


@njit(cache=True)
def merge_order(old: Any, new: Any) -> Any:
    """Gather order that merges two columns sorted by key, old rows of a key before its new ones.

    Indices count through `old` and then on through `new`.
    """
    out = np.empty(len(old) + len(new), np.int64)
    i = 0
    j = 0
    for k in range(len(out)):
        if j == len(new) or (i < len(old) and old[i] <= new[j]):
            out[k] = i
            i += 1
        else:
            out[k] = len(old) + j
            j += 1
    return out

"""Sorting rows into groups: the one sort that all stages with the same `by` share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["group_edges", "group_order", "merge_order", "time_order"]

_I64 = npt.NDArray[np.int64]

_NARROW_BITS = 32
"""Keys whose range takes no more bits than this are sorted digit by digit: MMSIs are."""


@njit(cache=True, nogil=True)
def _is_sorted(by: Any, t: Any, tie: Any) -> bool:
    for i in range(1, len(by)):
        if by[i] < by[i - 1]:
            return False
        if by[i] == by[i - 1] and (t[i] < t[i - 1] or (t[i] == t[i - 1] and tie[i] < tie[i - 1])):
            return False
    return True


@njit(cache=True, nogil=True)
def _is_rising(t: Any) -> bool:
    for i in range(1, len(t)):
        if t[i] < t[i - 1]:
            return False
    return True


@njit(cache=True, nogil=True)
def _slot_of(key: int, mask: np.uint64) -> np.uint64:
    return ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _counting_order(ids: Any, rank: Any, first: Any) -> Any:
    """The rows `first`, stably sorted by the rank of their group."""
    start = np.zeros(len(rank) + 1, np.int64)
    for i in range(len(ids)):
        start[rank[ids[i]] + 1] += 1
    for g in range(1, len(start)):
        start[g] += start[g - 1]
    out = np.empty(len(ids), np.int64)
    for j in range(len(first)):
        g = rank[ids[first[j]]]
        out[start[g]] = first[j]
        start[g] += 1
    return out


@njit(cache=True, nogil=True)
def _radix_order(first: Any, by: Any, least: int, bits: int) -> Any:
    """The rows `first`, stably sorted by a key of at most 32 bits: ten of them a pass.

    Key and row travel as one number, so that every pass reads straight on.
    """
    n = len(first)
    low = np.uint64(0xFFFFFFFF)
    digit = np.uint64(1023)
    packed = np.empty(n, np.uint64)
    packed_to = np.empty(n, np.uint64)
    for j in range(n):
        packed[j] = (np.uint64(by[first[j]] - least) << np.uint64(32)) | np.uint64(first[j])
    start = np.empty(1025, np.int64)
    for done in range(0, bits, 10):
        shift = np.uint64(32 + done)
        start[:] = 0
        for j in range(n):
            start[((packed[j] >> shift) & digit) + np.uint64(1)] += 1
        for d in range(1024):
            start[d + 1] += start[d]
        for j in range(n):
            d = (packed[j] >> shift) & digit
            packed_to[start[d]] = packed[j]
            start[d] += 1
        packed, packed_to = packed_to, packed
    rows = np.empty(n, np.int64)
    for j in range(n):
        rows[j] = packed[j] & low
    return rows


@njit(cache=True, nogil=True)
def _settle_ties(order: Any, by: Any, t: Any, tie: Any) -> None:
    """Put the few rows equal in (by, t) in order of `tie`, in place."""
    for j in range(1, len(order)):
        i = order[j]
        k = j - 1
        while k >= 0 and by[order[k]] == by[i] and t[order[k]] == t[i] and tie[order[k]] > tie[i]:
            order[k + 1] = order[k]
            k -= 1
        order[k + 1] = i


@njit(cache=True, nogil=True)
def time_order(t: Any, tie: Any) -> Any:
    """Row numbers sorted by (t, tie): a merge of the runs that already stand in order.

    Rows held back between steps come as a few sorted stretches, one a step, so few passes are needed.
    """
    n = len(t)
    rows = np.arange(n)
    edges = np.empty(n + 1, np.int64)
    runs = 0
    for i in range(n):
        if i == 0 or t[i] < t[i - 1] or (t[i] == t[i - 1] and tie[i] < tie[i - 1]):
            edges[runs] = i
            runs += 1
    edges[runs] = n
    rows_to = np.empty_like(rows)
    while runs > 1:
        left = 0
        for r in range(0, runs, 2):
            a = edges[r]
            middle = edges[r + 1]
            end = edges[min(r + 2, runs)]
            b = middle
            for k in range(edges[r], end):
                i = rows[a] if a < middle else 0
                j = rows[b] if b < end else 0
                take_b = b < end and (a == middle or t[j] < t[i] or (t[j] == t[i] and tie[j] < tie[i]))
                rows_to[k] = j if take_b else i
                b += take_b
                a += not take_b
            edges[left] = edges[r]
            left += 1
        edges[left] = n
        runs = left
        rows, rows_to = rows_to, rows
    return rows


def group_order(by: _I64, t: _I64, tie: _I64) -> _I64 | None:
    """Row numbers sorted by (by, t, tie), or None where the rows stand so already.

    Linear in the rows where they come in order of time, whatever the number of groups.
    """
    if len(by) == 0 or _is_sorted(by, t, tie):
        return None
    order: _I64
    if by is t:
        order = time_order(t, tie)
        return order
    first = np.arange(len(by)) if _is_rising(t) else time_order(t, tie)
    least = int(by.min())
    bits = (int(by.max()) - least).bit_length()
    if bits <= _NARROW_BITS:
        order = _radix_order(first, by, least, bits)
    else:
        ids, keys = _dense_ids(by)
        rank = np.empty(len(keys), np.int64)
        rank[np.argsort(keys)] = np.arange(len(keys))
        order = _counting_order(ids, rank, first)
    _settle_ties(order, by, t, tie)
    return order


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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

"""Sorting rows into groups: the one sort that all stages with the same `by` share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit
from shiomi.kernels.gather import gather
from shiomi.kernels.still import still

__all__ = ["group_edges", "group_order", "merge_order"]

_I64 = npt.NDArray[np.int64]

_NARROW_BITS = 32
"""Keys whose range takes no more bits than this are sorted digit by digit: MMSIs are, and track ids and whole
minutes once the bits that are alike in all of them are left out."""


@njit(cache=True, nogil=True)
def _is_sorted(by: Any, t: Any, tie: Any) -> bool:
    for i in range(1, len(by)):
        if by[i] < by[i - 1]:
            return False
        if by[i] == by[i - 1] and (t[i] < t[i - 1] or (t[i] == t[i - 1] and tie[i] < tie[i - 1])):
            return False
    return True


@njit(cache=True, nogil=True)
def _is_rising(by: Any) -> bool:
    for i in range(1, len(by)):
        if by[i] < by[i - 1]:
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
def _counting_order(ids: Any, rank: Any) -> Any:
    """Row numbers stably sorted by the rank of their group, and the edges of the groups among them."""
    start = np.zeros(len(rank) + 1, np.int64)
    for i in range(len(ids)):
        start[rank[ids[i]] + 1] += 1
    for g in range(1, len(start)):
        start[g] += start[g - 1]
    edges = start.copy()
    out = np.empty(len(ids), np.int64)
    for i in range(len(ids)):
        g = rank[ids[i]]
        out[start[g]] = i
        start[g] += 1
    return out, edges


@njit(cache=True, nogil=True)
def _widest_gap(by: Any) -> tuple[int, int]:
    """The widest run of bits in which no two keys differ, below the highest in which some do: the first of
    them, and how many."""
    differ = np.int64(0)
    for i in range(len(by)):
        differ |= by[i] ^ by[0]
    begin, widest, run = 0, 0, 0
    for bit in range(63):
        if differ >> bit == 0:
            break
        run = 0 if (differ >> bit) & 1 else run + 1
        if run > widest:
            begin, widest = bit + 1 - run, run
    return begin, widest


@njit(cache=True, nogil=True)
def _radix_order(by: Any, gap: int, gap_bits: int, least: int, bits: int) -> Any:
    """Row numbers stably sorted by a key of at most 32 bits, ten of them a pass, and the edges of the groups.

    The key is `by` without `gap_bits` of its bits from bit `gap` on, less `least`.

    Key and row travel as one number, so that every pass reads straight on.
    """
    n = len(by)
    low = np.uint64(0xFFFFFFFF)
    digit = np.uint64(1023)
    packed = np.empty(n, np.uint64)
    packed_to = np.empty(n, np.uint64)
    below = (np.int64(1) << gap) - 1
    for i in range(n):
        key = ((by[i] >> (gap + gap_bits)) << gap) | (by[i] & below)
        packed[i] = (np.uint64(key - least) << np.uint64(32)) | np.uint64(i)
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
    groups = 0
    for j in range(n):
        rows[j] = packed[j] & low
        groups += j == 0 or packed[j] >> np.uint64(32) != packed[j - 1] >> np.uint64(32)
    edges = np.empty(groups + 1, np.int64)
    groups = 0
    for j in range(n):
        if j == 0 or packed[j] >> np.uint64(32) != packed[j - 1] >> np.uint64(32):
            edges[groups] = j
            groups += 1
    edges[groups] = n
    return rows, edges


@njit(cache=True, nogil=True)
def _merge_runs(rows: Any, lo: int, hi: int, t: Any, tie: Any, rows_to: Any, edges: Any) -> None:
    """Sort rows[lo:hi] by (t, tie), in place: a merge of the runs that already stand in order.

    Args:
        rows_to, edges: room for as many rows, and one more edge.
    """
    runs = 0
    for k in range(lo, hi):
        i = rows[k]
        h = rows[k - 1]
        if k == lo or t[i] < t[h] or (t[i] == t[h] and tie[i] < tie[h]):
            edges[runs] = k
            runs += 1
    edges[runs] = hi
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
        edges[left] = hi
        runs = left
        rows[lo:hi] = rows_to[lo:hi]


@njit(cache=True, nogil=True)
def _order_groups(rows: Any, groups: Any, t: Any, tie: Any) -> None:
    """Sort the rows of each group by (t, tie), in place; most groups stand so already."""
    rows_to = np.empty(0, np.int64)
    edges = np.empty(0, np.int64)
    # Times are brought side by side first: a loop that does nothing else waits for many of them at once.
    in_turn = gather(t, rows)
    for g in range(len(groups) - 1):
        lo = groups[g]
        hi = groups[g + 1]
        rises = True
        for k in range(lo + 1, hi):
            rises &= in_turn[k - 1] < in_turn[k]
        if not rises:
            if len(rows_to) == 0:
                rows_to = np.empty(len(rows), np.int64)
                edges = np.empty(len(rows) + 1, np.int64)
            _merge_runs(rows, lo, hi, t, tie, rows_to, edges)


def group_order(by: _I64, t: _I64, tie: _I64) -> _I64 | None:
    """Row numbers sorted by (by, t, tie), or None where the rows stand so already.

    Linear in the rows where those of a group come in order of time, whatever the number of groups.
    """
    by, t, tie = still(by), still(t), still(tie)
    if len(by) == 0 or _is_sorted(by, t, tie):
        return None
    gap, gap_bits = _widest_gap(by)
    least, most = (
        key >> gap + gap_bits << gap | key & (1 << gap) - 1 for key in (int(by.min()), int(by.max()))
    )
    bits = (most - least).bit_length()
    order: _I64
    if _is_rising(by):
        order, edges = np.arange(len(by)), _edges(by)
    elif bits <= _NARROW_BITS:
        order, edges = _radix_order(by, gap, gap_bits, least, bits)
    else:
        ids, keys = _dense_ids(by)
        rank = np.empty(len(keys), np.int64)
        rank[np.argsort(keys)] = np.arange(len(keys))
        order, edges = _counting_order(ids, rank)
    _order_groups(order, edges, t, tie)
    return order


def group_edges(by: npt.NDArray[Any]) -> _I64:
    """Edges of the runs of equal values in a sorted column: group g is rows edges[g] to edges[g + 1]."""
    edges: _I64 = _edges(still(by))
    return edges


@njit(cache=True, nogil=True)
def _edges(by: Any) -> Any:
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

    Indices count through `old` and then on through `new`; uint32, for as many columns are gathered by them.
    """
    out = np.empty(len(old) + len(new), np.uint32)
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

"""Which rows are among some."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["are_among", "held"]


@njit(cache=True, nogil=True)
def _place(key: int, mask: int) -> int:
    return int((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask


@njit(cache=True, nogil=True)
def held(keys: Any) -> tuple[Any, Any]:
    """A table to ask by `are_among`: keys where their hash says or after, and which places hold one."""
    size = 1024
    while size < 2 * len(keys):
        size *= 2
    table = np.zeros(size, np.int64)
    is_held = np.zeros(size, np.bool_)
    for key in keys:
        at = _place(key, size - 1)
        while is_held[at] and table[at] != key:
            at = (at + 1) & (size - 1)
        table[at] = key
        is_held[at] = True
    return table, is_held


@njit(cache=True, nogil=True)
def are_among(keys: Any, table: Any, is_held: Any) -> Any:
    """Row numbers of the keys that the table holds."""
    mask = len(table) - 1
    rows = np.empty(len(keys), np.int64)
    n = 0
    for i in range(len(keys)):
        at = _place(keys[i], mask)
        while is_held[at] and table[at] != keys[i]:
            at = (at + 1) & mask
        if is_held[at]:
            rows[n] = i
            n += 1
    return rows[:n]

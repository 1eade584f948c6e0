"""Equal rows found in one pass: most of what vessels say of themselves they said before."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit

__all__ = ["equal_rows"]

_I64 = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def equal_rows(keys: _I64, nothing: int, first_t: _I64, last_t: _I64, reports: _I64) -> tuple[_I64, _I64]:
    """Of each kind of row: the first of it; its least `first_t`, greatest `last_t` and sum of `reports`.

    Args:
        keys: a line per column; rows are equal where all of them are.
        nothing: rows that have this in the first column are left out.
        reports: of each row; if there are none, each is one.
    """
    n = keys.shape[1]
    size = 16
    while size < 2 * n:
        size *= 2
    slots, first = np.empty(size, np.int32), np.empty(n, np.int64)
    of, kinds = np.empty(n, np.int32), np.empty((n, 4), np.int64)
    seed = np.uint64(0x9E3779B97F4A7C15)
    while True:
        hashes = _hashes(keys, seed)
        slots[:] = -1
        count = 0
        for i in range(n):
            if keys[0, i] == nothing:
                of[i] = -1
                continue
            h = np.int64(hashes[i])
            many = reports[i] if len(reports) else 1
            at = h & (size - 1)
            while slots[at] >= 0 and kinds[slots[at], 3] != h:
                at = (at + 1) & (size - 1)
            k = slots[at]
            if k < 0:
                slots[at] = of[i] = count
                first[count] = i
                kinds[count, 0], kinds[count, 1], kinds[count, 2] = first_t[i], last_t[i], many
                kinds[count, 3] = h
                count += 1
                continue
            of[i] = k
            kinds[k, 0], kinds[k, 1] = min(kinds[k, 0], first_t[i]), max(kinds[k, 1], last_t[i])
            kinds[k, 2] += many
        if _are_equal(keys, of, first):
            return first[:count], kinds[:count, :3]
        seed += np.uint64(2)


@njit(cache=True, nogil=True)
def _hashes(keys: _I64, seed: Any) -> Any:
    """A round of SplitMix64 (Steele, Lea and Flood 2014) for each column."""
    out = np.full(keys.shape[1], seed, np.uint64)
    for j in range(len(keys)):
        for i in range(len(out)):
            h = (out[i] ^ np.uint64(keys[j, i])) * np.uint64(0xBF58476D1CE4E5B9)
            out[i] = h ^ (h >> np.uint64(31))
    return out


@njit(cache=True, nogil=True)
def _are_equal(keys: _I64, of: npt.NDArray[np.int32], first: _I64) -> bool:
    """Whether each row is as the first of its kind."""
    for j in range(len(keys)):
        for i in range(len(of)):
            if of[i] >= 0 and keys[j, i] != keys[j, first[of[i]]]:
                return False
    return True

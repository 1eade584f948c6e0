"""Taking rows of a column: what a sort costs is mostly this."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["gather", "gather_bits", "gather_two", "places_of", "scatter", "scatter_bits"]


@njit(cache=True, nogil=True)
def gather(values: Any, rows: Any) -> Any:
    """`values[rows]`, without the lock of the interpreter."""
    out = np.empty(len(rows), values.dtype)
    for i in range(len(rows)):
        out[i] = values[rows[i]]
    return out


@njit(cache=True, nogil=True)
def gather_two(old: Any, new: Any, rows: Any) -> Any:
    """The same of two columns laid end to end, which are not copied for it."""
    out = np.empty(len(rows), old.dtype)
    n = len(old)
    for i in range(len(rows)):
        k = rows[i]
        out[i] = old[k] if k < n else new[k - n]
    return out


@njit(cache=True, nogil=True)
def gather_bits(bits: Any, offset: int, rows: Any) -> tuple[Any, int]:
    """The same for a bitmap of eight rows a byte that begins at bit `offset`, and how many bits are off."""
    n = len(rows)
    out = np.empty((n + 7) // 8, np.uint8)
    off = 0
    for i in range(len(out)):
        byte = 0
        for k in range(min(8, n - 8 * i)):
            at = rows[8 * i + k] + offset
            bit = (bits[at >> 3] >> (at & 7)) & 1
            byte |= bit << k
            off += 1 - bit
        out[i] = byte
    return out, off


@njit(cache=True, nogil=True)
def places_of(order: Any) -> Any:
    """Where each row goes when rows are put in this order: the order of the order."""
    out = np.empty_like(order)
    for i in range(len(order)):
        out[order[i]] = i
    return out


@njit(cache=True, nogil=True)
def scatter(values: Any, places: Any, out: Any) -> None:
    """`out[places] = values`."""
    for i in range(len(values)):
        out[places[i]] = values[i]


@njit(cache=True, nogil=True)
def scatter_bits(bits: Any, offset: int, places: Any, out: Any) -> None:
    """The bits that are on of a bitmap that begins at bit `offset`, set at their places in another."""
    for i in range(len(places)):
        at = i + offset
        if (bits[at >> 3] >> (at & 7)) & 1:
            out[places[i] >> 3] |= np.uint8(1 << (places[i] & 7))

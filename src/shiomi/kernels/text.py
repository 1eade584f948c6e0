"""Numbers as text and texts as netstrings, laid end to end in one array of bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["add_framed_lengths", "decimals", "lay_framed"]

_ZERO, _COLON, _COMMA, _MINUS = 48, 58, 44, 45


@njit(cache=True, nogil=True)
def _digits(value: Any) -> int:
    """Decimal digits of a number from 0 to 2**63."""
    n = 1
    power = np.uint64(10)
    while np.uint64(value) >= power:
        power *= np.uint64(10)
        n += 1
    return n


@njit(cache=True, nogil=True)
def _magnitude(value: int) -> Any:
    # The least int64 has no positive of its own kind.
    return np.uint64(value) if value >= 0 else np.uint64(-(value + 1)) + np.uint64(1)


@njit(cache=True, nogil=True)
def decimals(values: Any) -> tuple[Any, Any]:
    """Numbers (int64) as decimal text: where each begins and ends, and the bytes of all."""
    offsets = np.empty(len(values) + 1, np.int64)
    offsets[0] = 0
    for i in range(len(values)):
        offsets[i + 1] = offsets[i] + _digits(_magnitude(values[i])) + (values[i] < 0)
    out = np.empty(offsets[-1], np.uint8)
    hundred = np.uint64(100)
    for i in range(len(values)):
        rest = _magnitude(values[i])
        at = offsets[i + 1]
        while rest >= hundred:  # two digits at a time: to divide is what takes the time
            two = np.int64(rest % hundred)
            rest //= hundred
            out[at - 1] = _ZERO + two % 10
            out[at - 2] = _ZERO + two // 10
            at -= 2
        two = np.int64(rest)
        out[at - 1] = _ZERO + two % 10
        if two >= 10:
            out[at - 2] = _ZERO + two // 10
        if values[i] < 0:
            out[offsets[i]] = _MINUS
    return offsets, out


@njit(cache=True, nogil=True)
def add_framed_lengths(lengths: Any, offsets: Any, valid: Any) -> None:
    """Add to each of `lengths` how long the netstring of its text is; that of a null is one byte."""
    for i in range(len(lengths)):
        if valid[i]:
            length = offsets[i + 1] - offsets[i]
            lengths[i] += _digits(length) + length + 2
        else:
            lengths[i] += 1


@njit(cache=True, nogil=True)
def lay_framed(out: Any, at: Any, offsets: Any, data: Any, valid: Any) -> None:
    """Write the netstring of text i, or `-` where it is null, to out[at[i]:], and move at[i] behind it."""
    for i in range(len(at)):
        k = at[i]
        if not valid[i]:
            out[k] = _MINUS
            at[i] = k + 1
            continue
        rest = offsets[i + 1] - offsets[i]
        digits = _digits(rest)
        for d in range(k + digits - 1, k - 1, -1):
            out[d] = _ZERO + rest % 10
            rest //= 10
        k += digits
        out[k] = _COLON
        k += 1
        for j in range(offsets[i], offsets[i + 1]):
            out[k] = data[j]
            k += 1
        out[k] = _COMMA
        at[i] = k + 1

"""Texts and numbers as netstrings, laid end to end in one array of bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["add_framed_lengths", "add_framed_number_lengths", "lay_framed", "lay_framed_numbers"]

_ZERO, _COLON, _COMMA, _MINUS = 48, 58, 44, 45
_EIGHT_DIGITS = np.uint64(10**8)
_FOUR_DIGITS = np.uint64(10**4)
_ZEROS = np.uint64(0x3030303030303030)
_U8 = np.uint64(8)


@njit(cache=True, nogil=True)
def _digits(value: Any) -> int:
    """Decimal digits of a number from 0 to 2**63."""
    n = 1
    rest = np.uint64(value)
    while rest >= _EIGHT_DIGITS:
        rest //= _EIGHT_DIGITS
        n += 8
    if rest >= _FOUR_DIGITS:
        rest //= _FOUR_DIGITS
        n += 4
    return n + int(rest >= 10) + int(rest >= 100) + int(rest >= 1000)


@njit(cache=True, nogil=True)
def _magnitude(value: int) -> Any:
    # The least int64 has no positive of its own kind.
    return np.uint64(value) if value >= 0 else np.uint64(-(value + 1)) + np.uint64(1)


@njit(cache=True, nogil=True)
def _eight_digits(value: Any) -> Any:
    """A number below 10**8 as eight characters, the first of them lowest.

    Halves side by side in one word are halved again, to four digits, two and one: a division is then a
    product and a shift, exact for numbers as small, and of all parts at once.
    """
    x = value // _FOUR_DIGITS
    x |= (value - x * _FOUR_DIGITS) << np.uint64(32)
    hundreds = ((x * np.uint64(10486)) >> np.uint64(20)) & np.uint64(0x7F0000007F)
    x = hundreds | ((x - hundreds * np.uint64(100)) << np.uint64(16))
    tens = ((x * np.uint64(103)) >> np.uint64(10)) & np.uint64(0x000F000F000F000F)
    return (tens | ((x - tens * np.uint64(10)) << _U8)) | _ZEROS


@njit(cache=True, nogil=True)
def add_framed_number_lengths(lengths: Any, values: Any, valid: Any) -> None:
    """Add to each of `lengths` how long the netstring of its number (int64) is; one byte for a null."""
    for i in range(len(lengths)):
        if valid[i]:
            length = _digits(_magnitude(values[i])) + (values[i] < 0)
            lengths[i] += length + (4 if length >= 10 else 3)
        else:
            lengths[i] += 1


@njit(cache=True, nogil=True)
def lay_framed_numbers(out: Any, at: Any, values: Any, valid: Any) -> None:
    """Write the netstring of number i, or `-` where it is null, to out[at[i]:], and move at[i] behind it."""
    for i in range(len(at)):
        k = at[i]
        if not valid[i]:
            out[k] = _MINUS
            at[i] = k + 1
            continue
        is_negative = values[i] < 0
        rest = _magnitude(values[i])
        digits = _digits(rest)
        length = digits + is_negative
        if length >= 10:
            out[k] = _ZERO + length // 10
            k += 1
        out[k] = _ZERO + length % 10
        out[k + 1] = _COLON
        k += 2
        if is_negative:
            out[k] = _MINUS
            k += 1
        end = k + digits
        first = end
        while rest >= _EIGHT_DIGITS:
            above = rest // _EIGHT_DIGITS
            word = _eight_digits(rest - above * _EIGHT_DIGITS)
            rest = above
            first -= 8
            for b in range(8):
                out[first + b] = word & np.uint64(255)
                word >>= _U8
        word = _eight_digits(rest) >> (_U8 * np.uint64(8 - (first - k)))
        for j in range(k, first):
            out[j] = word & np.uint64(255)
            word >>= _U8
        out[end] = _COMMA
        at[i] = end + 1


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

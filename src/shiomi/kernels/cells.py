"""Cells of delimited text: plain numbers and texts of many rows, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit
from shiomi.kernels.eights import EIGHT, across, each, lowest, marks, up_to, words_of

__all__ = ["NUMBER", "TEXT", "UNUSED", "cells_of"]

UNUSED, NUMBER, TEXT = 0, 1, 2
"""What a column is to become."""

_MOST_DIGITS = 15
"""So many are exact in a float, as is the power of ten they are divided by: the nearest float comes out."""
_TENS = 10.0 ** np.arange(_MOST_DIGITS + 1)
_SHORT, _BEGINNING = 12, 4
"""A text of so many bytes lies in its view, of a longer one so many (Arrow columnar format, variable-size
binary view layout)."""
_MINUS, _POINT, _RETURN, _ZERO = 45, 46, 13, 48

_I64 = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]


def cells_of(
    data: bytes, starts: _I64, ends: _I64, delimiter: str, becomes: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint64], _Flags, _Flags]:
    """A line of numbers, or of views of texts, for each column that becomes such; which texts are not empty;
    which rows are plain.

    An empty cell is NaN, or no text. A number is plain if it is a minus at most, digits, and digits behind
    a point at most; a text, if it does not end with a carriage return. A row in which one is not is not
    plain, and nothing is told of it.

    Args:
        data: holds no quotes.
        starts, ends: of each row, which has as many cells as `becomes` is long.
    """
    text = np.frombuffer(data, np.uint8)
    whole = len(text) // EIGHT * EIGHT
    rest = np.zeros(4 * EIGHT, np.uint8)
    rest[: len(text) - whole] = text[whole:]
    words = words_of(text[:whole]), words_of(rest)
    return _cells_of(text, *words, starts, ends, each(delimiter), becomes)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _cells_of(text: Any, words: Any, rest: Any, starts: Any, ends: Any, cut: Any, becomes: Any) -> Any:
    n, whole, delimiter = len(starts), len(words), np.uint8(cut & np.uint64(0xFF))
    numbers = np.empty((np.sum(becomes == NUMBER), n), np.float64)
    views = np.empty((np.sum(becomes == TEXT), n, 2), np.uint64)
    is_there, is_plain = np.empty((len(views), n), np.bool_), np.ones(n, np.bool_)
    for i in range(n):
        at, end = starts[i], ends[i]
        if end > at and text[end - 1] == _RETURN:
            end -= 1
        number = written = 0
        for becoming in becomes:
            if becoming != NUMBER:
                first, some, more = at, np.uint64(0), np.uint64(0)
                while at < end:
                    w = at >> 3
                    word = words[w] if w < whole else rest[w - whole]
                    following = words[w + 1] if w + 1 < whole else rest[w + 1 - whole]
                    eight = across(word, following, at & 7)
                    if at == first:
                        some = eight
                    elif at == first + EIGHT:
                        more = eight
                    found = marks(eight, cut)
                    if found:
                        at += lowest(found)
                        break
                    at += EIGHT
                at = min(at, end)
                if at > first and text[at - 1] == _RETURN:
                    is_plain[i] = False
                    break
                if becoming == TEXT:
                    views[written, i, 0], views[written, i, 1] = _view(first, at - first, some, more)
                    is_there[written, i] = at > first
                    written += 1
                at += 1
                continue
            first, value, behind = at, 0, 0
            at += at < end and text[at] == _MINUS
            digits = at
            while at < end and np.uint8(text[at] - _ZERO) < 10:
                value = 10 * value + (text[at] - _ZERO)
                at += 1
            is_number = at > digits
            digits = at - digits
            if is_number and at < end and text[at] == _POINT:
                at += 1
                behind = at
                while at < end and np.uint8(text[at] - _ZERO) < 10:
                    value = 10 * value + (text[at] - _ZERO)
                    at += 1
                behind = at - behind
                is_number = behind > 0
            is_whole = at == end or text[at] == delimiter
            if is_whole and is_number and digits + behind <= _MOST_DIGITS:
                size = value / _TENS[behind]
                numbers[number, i] = -size if text[first] == _MINUS else size
            elif is_whole and at == first:
                numbers[number, i] = np.nan
            else:
                is_plain[i] = False
                break
            number += 1
            at += 1
        if not is_plain[i]:
            for k in range(len(views)):
                views[k, i, 0] = views[k, i, 1] = 0
    return numbers, views, is_there, is_plain


@njit(cache=True)
def _view(first: int, length: int, some: Any, more: Any) -> Any:
    """Of a text that begins with these eight bytes and goes on with those."""
    low = (some & up_to(min(length, _BEGINNING))) << np.uint64(32) | np.uint64(length)
    if length <= _BEGINNING:
        return low, np.uint64(0)
    if length > _SHORT:
        return low, np.uint64(first) << np.uint64(32)
    beyond = np.uint64(8 * (_SHORT - length))
    return low, (some >> np.uint64(32) | more << np.uint64(32)) << beyond >> beyond

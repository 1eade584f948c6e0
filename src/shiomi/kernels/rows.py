"""Rows of delimited text: where its lines end, and how many delimiters each holds, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit
from shiomi.kernels.eights import EIGHT, all_marks, each, how_many, lowest, words_of

__all__ = ["lines_of"]

_LINE_END = each("\n")
_I64 = npt.NDArray[np.int64]


def lines_of(data: bytes, delimiter: str) -> tuple[_I64, _I64]:
    """Where the line ends stand, and the number of delimiters between each and the one before."""
    text = np.frombuffer(data, np.uint8)
    words = words_of(text[: len(text) // EIGHT * EIGHT])
    ends, delimiters = _lines_of(text, words, each(delimiter))
    return ends, delimiters


@njit(cache=True, nogil=True)
def _lines_of(text: Any, words: Any, delimiter: Any) -> tuple[_I64, _I64]:
    rest = EIGHT * len(words)
    lines = np.int64(0)
    for w in range(len(words)):
        lines += how_many(all_marks(words[w], _LINE_END))
    for i in range(rest, len(text)):
        lines += text[i] == 10
    ends, delimiters = np.empty(lines, np.int64), np.empty(lines, np.int64)
    k = 0
    so_far = np.int64(0)
    for w in range(len(words)):
        x = words[w]
        cut, line_end = all_marks(x, delimiter), all_marks(x, _LINE_END)
        while line_end:
            before = (line_end & (~line_end + np.uint64(1))) - np.uint64(1)
            ends[k] = EIGHT * w + lowest(line_end)
            delimiters[k] = so_far + how_many(cut & before)
            so_far = np.int64(0)
            k += 1
            cut &= ~before
            line_end &= line_end - np.uint64(1)
        so_far += how_many(cut)
    for i in range(rest, len(text)):
        if text[i] == 10:
            ends[k] = i
            delimiters[k] = so_far
            so_far = np.int64(0)
            k += 1
        elif text[i] == delimiter & np.uint64(0xFF):
            so_far += 1
    return ends, delimiters

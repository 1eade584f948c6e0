"""Parts of one AIS message, on lines near each other, put together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["WINDOW_LINES", "assemble"]

WINDOW_LINES = 2000
"""Parts further apart belong to different messages: sequence numbers have one digit and come round again."""

_Ints = npt.NDArray[np.int64]


def assemble(row: _Ints, key: _Ints, number: _Ints, total: _Ints) -> _Ints:
    """Message of each part: the place of its first part, -1 if parts are missing.

    A new message begins when a part number does not rise under the same key. What is left over is tried once
    more against the order, for logs in which parts overtook each other.

    Args:
        row: line of each part, ascending.
        key: equal for parts that may belong together.
        number: which part it is, counted from 1.
        total: of how many.
    """
    head = _heads(row, key, number, number, total)
    left = np.flatnonzero(head < 0)
    late = _heads(row[left], key[left], number[left], -number[left], total[left])
    head[left] = np.where(late < 0, -1, left[late])
    return head


def _heads(row: _Ints, key: _Ints, number: _Ints, step: _Ints, total: _Ints) -> _Ints:
    order = np.argsort(key, kind="stable")
    rows, keys, steps = row[order], key[order], step[order]
    starts = np.ones(len(row), np.bool_)
    starts[1:] = (np.diff(keys) != 0) | (np.diff(steps) <= 0) | (np.diff(rows) > WINDOW_LINES)
    run = np.cumsum(starts) - 1
    is_whole = np.bincount(run, minlength=1)[run] == total[order]
    is_first = is_whole & (number[order] == 1)
    first_of = np.full(len(row), -1, np.int64)
    first_of[run[is_first]] = order[is_first]
    head = np.empty(len(row), np.int64)
    head[order] = np.where(is_whole, first_of[run], -1)
    return head

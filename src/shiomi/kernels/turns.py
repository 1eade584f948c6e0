"""How often a course has changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["count_turns"]


@njit(cache=True, nogil=True)
def count_turns(edges: Any, course_ddeg: Any, min_turn_ddeg: int) -> Any:
    """Per row, how many times the course of its group has turned by `min_turn_ddeg` or more so far.

    A turn is counted at the row that shows it, against the course of the turn before; so what was
    counted stays counted, whatever follows.
    """
    turns = np.zeros(len(course_ddeg), np.int64)
    for g in range(len(edges) - 1):
        held = 0
        n = 0
        for i in range(edges[g], edges[g + 1]):
            if i == edges[g]:
                held = course_ddeg[i]
            elif abs((course_ddeg[i] - held + 1800) % 3600 - 1800) >= min_turn_ddeg:
                held = course_ddeg[i]
                n += 1
            turns[i] = n
    return turns

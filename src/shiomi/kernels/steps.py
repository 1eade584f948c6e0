"""Rows at whole steps of a clock, by time: as few times as there are, they are counted, not compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit

__all__ = ["by_time"]

_ROOM_A_ROW = 16
"""Steps that may lie between the first and the last for each row, where rows are counted step by step."""


def by_time(t: npt.NDArray[np.int64], step_us: int) -> npt.NDArray[np.int64]:
    """Row numbers in order of time, of rows whole steps apart; those of one time as they stand."""
    if len(t) == 0:
        return np.empty(0, np.int64)
    least = int(t.min())
    steps = (int(t.max()) - least) // step_us + 1
    if steps > _ROOM_A_ROW * len(t):
        return np.argsort(t, kind="stable")
    order: npt.NDArray[np.int64] = _by_step(t, least, step_us, steps)
    return order


@njit(cache=True, nogil=True)
def _by_step(t: Any, least: int, step_us: int, steps: int) -> Any:
    n = len(t)
    of = np.empty(n, np.int64)
    start = np.zeros(steps + 1, np.int64)
    for row in range(n):
        of[row] = round((t[row] - least) / step_us)
        start[of[row] + 1] += 1
    for k in range(steps):
        start[k + 1] += start[k]
    order = np.empty(n, np.int64)
    for row in range(n):
        order[start[of[row]]] = row
        start[of[row]] += 1
    return order

"""Arrays that a loop fills without knowing how much it will find."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["room"]


@njit(cache=True, nogil=True)
def room(a: Any, need: int) -> Any:
    """The array, or a copy at least twice as long, with room for `need` rows."""
    if need <= len(a):
        return a
    bigger = np.empty((max(need, 2 * len(a)),) + a.shape[1:], a.dtype)  # noqa: RUF005 - Numba has no star
    bigger[: len(a)] = a
    return bigger

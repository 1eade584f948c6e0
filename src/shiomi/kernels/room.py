"""Arrays that loops read, and those that they fill without knowing how much they will find."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["fixed", "room"]


def fixed(a: Any, dtype: Any) -> Any:
    """Of one type, and not to be written to: so a loop is compiled once, whatever a column comes from."""
    out = np.ascontiguousarray(a, dtype).view()
    out.flags.writeable = False
    return out


@njit(cache=True, nogil=True)
def room(a: Any, need: int) -> Any:
    """The array, or a copy at least twice as long, with room for `need` rows."""
    if need <= len(a):
        return a
    bigger = np.empty((max(need, 2 * len(a)),) + a.shape[1:], a.dtype)  # noqa: RUF005 - Numba has no star
    bigger[: len(a)] = a
    return bigger

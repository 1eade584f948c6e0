"""Arrays that no loop writes to, all told so in the same way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["fixed", "still"]


def still(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same numbers, not to be written to.

    Some columns lie in a table and cannot be written to: were others able to be, every loop over them would
    be compiled, kept and loaded for both.
    """
    view = column.view()
    view.flags.writeable = False
    return view


def fixed(column: Any, dtype: Any) -> npt.NDArray[Any]:
    """The same of one type: so a loop is compiled once, whatever a column comes from."""
    return still(np.ascontiguousarray(column, dtype))

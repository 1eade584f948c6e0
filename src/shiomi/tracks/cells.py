"""Cells of the sea of about equal area, by which reception and base rates are counted.

Bands of a quarter of a degree of latitude, each cut into as many cells as keep their width at about the
height of the band: 15 nautical miles either way, at 60 degrees as on the equator. No cell straddles 180
degrees, and next to it they are neighbours like any others.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.geo import FULL_E7, wrap_e7

__all__ = ["BAND_E7", "CELLS", "Bands", "around", "bands", "cell_of"]

BAND_E7 = 2_500_000
"""Height of a band. Analyst-set: below the range of a shore station (some 40 nm), above what a ship
sails in an hour."""
_BANDS = 2 * 900_000_000 // BAND_E7
_SOUTH_E7 = -900_000_000

CELLS = 1 << 20
"""No cell has this number or a higher one."""

_Ints = npt.NDArray[Any]
_I64 = npt.NDArray[np.int64]


class Bands(NamedTuple):
    """The bands from south to north."""

    first: _I64
    """Number of the westernmost cell of each."""
    cells: _I64
    """How many cells each has."""


@cache
def bands() -> Bands:
    """The grid; made once."""
    middle = np.radians((np.arange(_BANDS) + 0.5) * BAND_E7 / 1e7 - 90)
    cells = np.maximum(np.rint(FULL_E7 / BAND_E7 * np.cos(middle)), 1).astype(np.int64)
    return Bands(np.concatenate([[0], np.cumsum(cells)[:-1]]).astype(np.int64), cells)


def cell_of(lat_e7: _Ints, lon_e7: _Ints) -> _I64:
    """The cell of each point."""
    grid = bands()
    band = np.clip((np.asarray(lat_e7, np.int64) - _SOUTH_E7) // BAND_E7, 0, _BANDS - 1)
    east = wrap_e7(lon_e7) + FULL_E7 // 2
    return np.asarray(grid.first[band] + east * grid.cells[band] // FULL_E7, np.int64)


def around(cell: _I64) -> _I64:
    """Each cell and those that adjoin its middle, shape (n, 9); repeats are -1.

    At a pole the bands beyond it are none, and a cell may be its own neighbour.
    """
    grid = bands()
    mine = np.searchsorted(grid.first, cell, "right") - 1
    # The middle of the cell in halves of cells of its band, so that all stays whole.
    middle = 2 * (np.asarray(cell, np.int64) - grid.first[mine]) + 1
    out = np.full((len(cell), 9), -1, np.int64)
    for i, up in enumerate((0, 1, -1)):
        there = (mine + up >= 0) & (mine + up < _BANDS)
        band = np.clip(mine + up, 0, _BANDS - 1)
        column = middle * grid.cells[band] // (2 * grid.cells[mine])
        for j, side in enumerate((0, 1, -1)):
            beside = grid.first[band] + (column + side) % grid.cells[band]
            out[:, 3 * i + j] = np.where(there, beside, -1)
    out.sort(axis=1)
    out[:, 1:][out[:, 1:] == out[:, :-1]] = -1
    return out

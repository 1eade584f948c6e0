"""What could be heard where: the counts of `tracks/reception.py`, asked by cell and hour.

Of a class of transmitter only its own counts are asked, where reports say what sent them; of one that is
not known, all. Nothing is asked of hours that come after the event, so what was said stays said.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.tracks.cells import around, cell_of
from shiomi.tracks.reception import UNSTATED

__all__ = ["Ear", "Listening"]

_HOUR_BITS = 24
_HOURS = 1 << _HOUR_BITS
_I64 = npt.NDArray[np.int64]
_F64 = npt.NDArray[np.float64]

_ENOUGH = 12
"""Vessel-hours in a cell from which its share of hours heard is a habit; with fewer, its neighbours count
too. Analyst-set: an hour more or less is then 8 %."""
_BUSY = 60
"""Vessel-hours around a cell from which it means something that nobody was ever heard in it. Analyst-set."""


class Ear(NamedTuple):
    """How well vessels at some places are heard, as far as was known by some hour."""

    share: _F64
    """Share of the hours in which a vessel that is there is heard: heard / (heard + missed)."""
    reports: _F64
    """Reports an hour of a vessel that is there."""
    others: _F64
    """Vessels heard there and in the cells around, in an hour of the feed on average."""
    densest: _F64
    """Most reports an hour of a vessel in any cell around that is known well enough."""
    present: _F64
    """Vessel-hours, heard or missed, there and in the cells around."""
    open_share: _F64
    """Share of the hours of the feed in which anyone was heard there or around."""


class Listening:
    """The counts of one class of transmitter, in order of (cell, hour), and their running sums."""

    def __init__(self, reception: pa.Table, transmitter: int) -> None:
        if transmitter != UNSTATED:
            reception = reception.filter(pc.equal(reception["transmitter"], transmitter))
        hour = numpy_of(reception, "hour")
        self.first_hour = int(hour.min()) if len(hour) else 0
        since = hour - self.first_hour
        key = numpy_of(reception, "cell").astype(np.int64) << _HOUR_BITS | since
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        self._key = key[first]
        counts = [numpy_of(reception, c)[order] for c in ("vessels", "reports", "missed")]
        summed = [np.add.reduceat(c, first) if len(c) else c for c in counts]
        self._vessels = summed[0]
        heard = np.zeros(since.max(initial=-1) + 2, np.int64)
        np.add.at(heard, since + 1, numpy_of(reception, "vessels"))
        self._heard = np.cumsum(heard)
        anyone = (summed[0] > 0).astype(np.int64)
        self._sums = [np.concatenate([[0], np.cumsum(c)]) for c in (*summed, anyone)]

    def ear(self, lat_e7: _I64, lon_e7: _I64, by_hour: _I64) -> Ear:
        """Reception at some places, learned from the hours before `by_hour`."""
        # Many ask of one cell: who lies at anchor asks of it for every hour.
        keys, at = np.unique(self._keys(cell_of(lat_e7, lon_e7), by_hour), return_inverse=True)
        ear = self._ear(keys >> _HOUR_BITS, (keys & (_HOURS - 1)) + self.first_hour)
        return Ear(*(c[at] for c in ear))

    def _ear(self, cell: _I64, by_hour: _I64) -> Ear:
        vessels, reports, missed, _ = self._until(cell, by_hour)
        cells = around(cell)
        counts = [c.reshape(cells.shape) for c in self._until(cells.ravel(), np.repeat(by_hour, 9))]
        block = [c.sum(axis=1) for c in counts]
        # Of the cell around that was heard in most hours: a bound from below, and cheap.
        open_hours = counts[3].max(axis=1)
        present = counts[0] + counts[2]
        dense = np.where(present >= _ENOUGH, counts[1] / np.maximum(present, 1), 0.0)
        few = vessels + missed < _ENOUGH
        # Where everybody around is heard and nobody here, nobody can be: land, or beyond the last ear.
        never = (vessels == 0) & (block[0] >= _BUSY)
        v, r, m = (np.where(few, b, c) for b, c in zip(block, (vessels, reports, missed), strict=False))
        there = np.maximum(v + m, 1)
        hours = np.maximum(by_hour - self.first_hour, 1)
        return Ear(
            share=np.where(never, 0.0, v / there),
            reports=np.where(never, 0.0, r / there),
            others=block[0] / hours,
            densest=dense.max(axis=1),
            present=(block[0] + block[2]).astype(np.float64),
            open_share=np.minimum(open_hours / hours, 1.0),
        )

    def heard_around(self, lat_e7: _I64, lon_e7: _I64, hour: _I64) -> _I64:
        """Vessels heard in this hour in the cell of each place and in those around."""
        keys, at = np.unique(self._keys(cell_of(lat_e7, lon_e7), hour), return_inverse=True)
        cells = around(keys >> _HOUR_BITS)
        hours = np.repeat((keys & (_HOURS - 1)) + self.first_hour, 9)
        vessels = self._at(cells.ravel(), hours).reshape(cells.shape)
        return np.asarray(vessels.sum(axis=1)[at], np.int64)

    def hours_heard(self, cell: _I64, from_hour: _I64, to_hour: _I64) -> _I64:
        """Hours of [from_hour, to_hour) in which anyone was heard in the cell."""
        lo, hi = (np.searchsorted(self._key, self._keys(cell, h)) for h in (from_hour, to_hour))
        return np.asarray(self._sums[3][np.maximum(lo, hi)] - self._sums[3][lo], np.int64)

    def vessel_hours(self, by_hour: _I64) -> _I64:
        """Hours of vessels heard anywhere before `by_hour`."""
        hours = np.clip(by_hour - self.first_hour, 0, len(self._heard) - 1)
        return np.asarray(self._heard[hours], np.int64)

    def _keys(self, cell: _I64, hour: _I64) -> _I64:
        return cell << _HOUR_BITS | np.clip(hour - self.first_hour, 0, _HOURS - 1)

    def _until(self, cell: _I64, by_hour: _I64) -> list[_I64]:
        lo = np.searchsorted(self._key, cell << _HOUR_BITS)
        hi = np.searchsorted(self._key, self._keys(cell, by_hour))
        return [c[hi] - c[lo] for c in self._sums]

    def _at(self, cell: _I64, hour: _I64) -> _I64:
        key = self._keys(cell, hour)
        at = np.searchsorted(self._key, key)
        inside = np.minimum(at, max(len(self._key) - 1, 0))
        if len(self._key) == 0:
            return np.zeros(len(cell), np.int64)
        there = (self._key[inside] == key) & (hour >= self.first_hour)
        return np.where(there, self._vessels[inside], 0)

"""Proximity: which slow vessels were near each other at an instant, and at which instant they had parted.

Second link of the encounter chain. Distance and speed are judged at each slot, not over the whole
run: ships that sail together and then drift are found in their drift, which a limit on the run's
median speed would hide. The slot after, where two that were near are no longer, says by when they
had parted; where one of them is not heard there, nobody can say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.geo import distance_m
from shiomi.ids import pair_ids
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import close_pairs
from shiomi.pairs import pairs_of
from shiomi.schema import PAIRS, columns_of
from shiomi.units import SECOND, knots, minutes

__all__ = ["Proximity"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Proximity:
    """Pairs of tracks of different MMSIs: near and slow at a slot, or just parted."""

    name: ClassVar[str] = "proximity"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "slots"
    writes: ClassVar[str] = "proximity"
    by: ClassVar[str] = "t"
    state: ClassVar[pa.Schema] = columns_of(PAIRS, "track_id", "partner_track_id", "t")
    """Pairs near at their newest slot: whether they have parted shows at the next."""

    max_distance_m: int = 500
    """Global Fishing Watch, pipe-encounters: 500 m."""
    max_pace_dkn: int = knots(2)
    """The same source: under 2 kn; here at every slot, for both vessels."""
    slot_s: int = minutes(2)
    """Step of the slots it reads."""

    @property
    def latency_s(self) -> int:
        """An instant is judged as soon as it is complete."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of SLOTS to rows of PAIRS."""
        t = numpy_of(rows, "t")
        slow = numpy_of(rows, "pace_dkn") <= self.max_pace_dkn
        slow_rows = np.flatnonzero(slow)
        first, second, distance_mm = close_pairs(
            group_edges(t[slow_rows]),
            numpy_of(rows, "lat_e7")[slow_rows],
            numpy_of(rows, "lon_e7")[slow_rows],
            numpy_of(rows, "mmsi")[slow_rows],
            self.max_distance_m * 1000,
        )
        near = pairs_of(rows, slow_rows[first], slow_rows[second], distance_mm)
        seen = pa.concat_tables([state, near.select(self.state.names)])
        a, b, when = (numpy_of(seen, c) for c in self.state.names)
        due = when + self.slot_s * SECOND < watermark
        parted = self._parted(rows, near, a[due], b[due], when[due] + self.slot_s * SECOND)
        return Step(seen.filter(pa.array(~due)).combine_chunks(), pa.concat_tables([near, parted]))

    def _parted(self, rows: pa.Table, near: pa.Table, a: _I64, b: _I64, t: _I64) -> pa.Table:
        """Pairs that were near one slot before `t` and are not at `t`, where both are known then."""
        still = pair_ids(numpy_of(near, "pair_id"), numpy_of(near, "t"))
        apart = ~np.isin(pair_ids(pair_ids(a, b), t), still)
        a, b, t = a[apart], b[apart], t[apart]
        here = pair_ids(numpy_of(rows, "track_id"), numpy_of(rows, "t"))
        order = np.argsort(here)
        i, i_known = _find(here, order, pair_ids(a, t))
        j, j_known = _find(here, order, pair_ids(b, t))
        known = i_known & j_known
        i, j = i[known], j[known]
        lat, lon = numpy_of(rows, "lat_e7"), numpy_of(rows, "lon_e7")
        distance_mm = np.rint(1000 * distance_m(lat[i], lon[i], lat[j], lon[j])).astype(np.int64)
        return pairs_of(rows, i, j, distance_mm)


def _find(keys: _I64, order: _I64, wanted: _I64) -> tuple[_I64, npt.NDArray[np.bool_]]:
    """Row of each wanted key, and whether there is one; `order` sorts the keys."""
    if len(keys) == 0:
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    row = order[at]
    return row, keys[row] == wanted

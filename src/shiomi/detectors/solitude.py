"""Solitude: which slow vessels had no other slow vessel near them at an instant, and which had.

Link of the chain to `rendezvous`. Who sails past is not asked for: whom one meets lies still as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, numpy_of
from shiomi.contracts import Step
from shiomi.kernels.order import group_edges
from shiomi.kernels.solitude import nearest_other
from shiomi.schema import SOLITUDES
from shiomi.units import SECOND, knots, minutes, nautical_miles

__all__ = ["Solitude"]

_I64 = npt.NDArray[np.int64]
_OWN = ("lat_e7", "lon_e7", "pace_dkn", "before_id", "after_id", "before_t", "after_t", "since_t")


@dataclass(frozen=True, slots=True)
class Solitude:
    """Slow vessels at every instant that is a multiple of `every_s`, with the nearest other one."""

    name: ClassVar[str] = "solitude"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "slots"
    writes: ClassVar[str] = "solitudes"
    by: ClassVar[str] = "t"
    state: ClassVar[pa.Schema] = pa.schema([])

    every_s: int = minutes(20)
    """Step of this clock, a multiple of the slots': a meeting of hours is seen in it. Analyst-set."""
    min_clear_m: int = nautical_miles(1)
    """No other slow vessel nearer than this is solitude. Analyst-set: two that lie alongside report well
    within it, neighbours at anchor often do not."""
    max_pace_dkn: int = knots(2)
    """Slow is as in `loitering`: Global Fishing Watch, under 2 kn."""

    @property
    def latency_s(self) -> int:
        """An instant is judged as soon as it is complete."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of SLOTS to rows of SOLITUDES; nothing is carried."""
        t = numpy_of(rows, "t")
        edges = group_edges(t)
        asked = np.flatnonzero(t[edges[:-1]] % (self.every_s * SECOND) == 0)
        instants = [rows.slice(edges[k], edges[k + 1] - edges[k]) for k in asked.tolist()]
        some = pa.concat_tables([rows.slice(0, 0), *instants]).combine_chunks()
        pace = numpy_of(some, "pace_dkn")
        slow = some.take(pa.array(np.flatnonzero((pace != NULL) & (pace <= self.max_pace_dkn))))
        other, _ = nearest_other(
            group_edges(numpy_of(slow, "t")),
            numpy_of(slow, "lat_e7").astype(np.int64),
            numpy_of(slow, "lon_e7").astype(np.int64),
            numpy_of(slow, "mmsi"),
            self.min_clear_m * 1000 - 1,
        )
        near = other >= 0
        # Where nobody is near the vessel's own reports stand in: they are cited anyway.
        cited = np.where(near, other, np.arange(len(other)))
        columns = [
            numpy_of(slow, "track_id"),
            numpy_of(slow, "t"),
            *(numpy_of(slow, c) for c in _OWN),
            near,
            *(numpy_of(slow, c)[cited] for c in ("before_id", "after_id", "before_t", "after_t")),
        ]
        return Step(state, pa.Table.from_arrays([pa.array(c) for c in columns], schema=SOLITUDES))

"""Unheard: stretches of a track that could hold a meeting nobody heard.

First link of the chain to `mirror_gap`. A silence far from shore is one; a slow time far from shore, in sight
of receivers, is the other: whoever a silent vessel met may have been heard all the while.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.kernels.order import group_edges
from shiomi.kernels.unheard import NEW, find_unheard
from shiomi.places.land import shore_m
from shiomi.schema import TRACKS, UNHEARD, columns_of
from shiomi.units import SECOND, hours, knots

__all__ = ["Unheard"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Unheard:
    """Silences and slow times whose two ends lie far from shore."""

    name: ClassVar[str] = "unheard"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "unheard"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS,
        "track_id",
        "mmsi",
        "t",
        "message_id",
        "lat_e7",
        "lon_e7",
        "pace_dkn",
        "prev_t",
        "interval_s",
    ).append(pa.field("carried", pa.int8()))

    min_silence_s: int = hours(12)
    """As in `gap`: Global Fishing Watch, `files/gaps.md`."""
    min_missing_reports: int = 14
    """As in `gap`: the silence would have held so many reports at the vessel's own interval."""
    max_silence_s: int = hours(72)
    """In more than three days a vessel reaches most of an ocean, and a fit says nothing. Analyst-set."""
    max_slow_dkn: int = knots(2)
    """Slow is as in `loitering`: Global Fishing Watch, under 2 kn."""
    min_slow_s: int = hours(4)
    """The same source: 4 h or more."""
    rest_s: int = hours(1)
    """A slow time has ended at its last report when nothing more is heard for longer. Analyst-set."""
    min_shore_m: int = 10_000
    """Both ends lie at least this far from shore; 0 for anywhere. Analyst-set, as for meetings: a vessel
    switched off in its marina could have met half the town."""
    least_speed_dkn: int = knots(5)
    """A vessel could have made this speed, however slow it was seen. Analyst-set."""
    most_speed_dkn: int = knots(25)
    """It could not have made more, whatever single reports claim. Analyst-set: few merchant ships can."""
    keep_s: int = hours(6)
    """Evidence of a slow time holds a report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """A row bears the time at which it was known."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of UNHEARD."""
        p = Columns(state, rows, "track_id", carried=NEW)
        t, pace = p["t"], p["pace_dkn"]
        found, edges, cited, keep, why = find_unheard(
            group_edges(p["track_id"]),
            t,
            pace,
            p.times("prev_t"),
            p["interval_s"],
            p["carried"],
            watermark,
            self.max_silence_s * SECOND,
            self.max_slow_dkn,
            self.min_slow_s * SECOND,
            self.rest_s * SECOND,
            self.keep_s * SECOND,
            self.min_silence_s * SECOND,
            self.min_missing_reports,
        )
        is_slow, lost, again, fastest, known_t = found.T
        evidence = [
            pa.ListArray.from_arrays(pa.array(edges.astype(np.int32)), pa.array(p.at(c, cited)))
            for c in ("message_id", "t")
        ]
        fastest_pace = np.where(fastest >= 0, pace[fastest], 0).astype(np.int64)
        could = np.clip(fastest_pace, self.least_speed_dkn, self.most_speed_dkn)
        columns = [
            np.zeros(len(found), np.int32),
            known_t,
            p["track_id"][lost],
            p.at("mmsi", lost),
            is_slow == 1,
            t[lost],
            t[again],
            *(p.at(c, end) for end in (lost, again) for c in ("lat_e7", "lon_e7")),
            np.where(is_slow == 1, self.max_slow_dkn, could).astype(np.int16),
            p.at("message_id", again),
            *evidence,
        ]
        table = pa.Table.from_arrays([pa.array(c) for c in columns], schema=UNHEARD)
        return Step(p.table(keep, carried=why), self._at_sea(table))

    def _at_sea(self, table: pa.Table) -> pa.Table:
        if self.min_shore_m == 0 or table.num_rows == 0:
            return table
        far = np.ones(table.num_rows, np.bool_)
        for end in ("lost", "again"):
            off_m = shore_m(table[f"{end}_lat_e7"].to_numpy(), table[f"{end}_lon_e7"].to_numpy())
            far &= off_m >= self.min_shore_m
        return table.filter(pa.array(far)).combine_chunks()

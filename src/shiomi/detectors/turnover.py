"""Turnover: where the reports of an MMSI end, and where they begin, under way.

First link of `identity_switch`. By itself it says nothing: vessels leave and enter the reach of
receivers all day long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, Columns
from shiomi.contracts import Step
from shiomi.schema import TRACKS, TURNOVERS, columns_of
from shiomi.units import SECOND, hours, knots

__all__ = ["Turnover"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Turnover:
    """The last report before, and the first after, every silence of an MMSI of `min_unheard_s`."""

    name: ClassVar[str] = "turnover"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "turnovers"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "cog_ddeg", "fix_no"
    ).append(pa.field("is_old", pa.bool_()))
    """The newest report of each MMSI, and reports that may yet prove to be its beginning (`is_old` false)."""

    min_unheard_s: int = hours(6)
    """Analyst-set: longer than a vessel is out of reach between two shore stations of one coast."""
    min_fixes: int = 4
    """Reports that establish a vessel, before an end and after a beginning. Analyst-set."""
    confirm_s: int = hours(1)
    """They come within this long of a beginning. Analyst-set; no more than `min_unheard_s`."""
    min_pace_dkn: int = knots(3)
    """Vessels that lie or drift are switched on and off in every port. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """An end is known when the silence after it was long enough."""
        return self.min_unheard_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of TURNOVERS."""
        p = Columns(state, rows, "mmsi", is_old=False)
        n, m = len(p), self.min_fixes
        silence_us = self.min_unheard_s * SECOND
        mmsi, t, track, is_old = p["mmsi"], p["t"], p["track_id"], p["is_old"]
        first = np.ones(n, np.bool_)
        first[1:] = mmsi[1:] != mmsi[:-1]
        after_silence = np.zeros(n, np.bool_)
        after_silence[1:] = ~first[1:] & (t[1:] - t[:-1] > silence_us)
        begins = np.flatnonzero(after_silence | (first & ~is_old))
        last = p.last_of("mmsi")
        ends = np.zeros(n, np.bool_)
        ends[:-1] = after_silence[1:]
        ends |= last & (watermark - t > silence_us)
        ended = np.flatnonzero(ends)
        # Where those reports stand that would establish a beginning, or the end of its MMSI or of the rows.
        upto = np.minimum(begins + m - 1, n - 1)
        starts = np.flatnonzero(first)
        group_end = np.append(starts[1:], n)[starts.searchsorted(begins, "right") - 1]
        whole = (begins + m - 1 < group_end) & (t[upto] - t[begins] <= self.confirm_s * SECOND)
        one_track = np.array([np.all(track[i : i + m] == track[i]) for i in begins[whole].tolist()], np.bool_)
        established = begins[whole][one_track]
        pending = begins[~whole & (begins + m - 1 >= group_end)]
        pending = pending[watermark - t[pending] <= self.confirm_s * SECOND]
        keep, undecided = last & ~ends, np.zeros(n, np.bool_)
        for i in pending.tolist():  # a few reports each, of the few vessels that just appeared
            undecided[i : min(i + m, n)] = mmsi[i : min(i + m, n)] == mmsi[i]
        found = pa.concat_tables(
            [
                self._rows(p, ended[p.at("fix_no", ended) >= m - 1], 1, is_end=True),
                self._rows(p, established, m, is_end=False),
            ]
        )
        return Step(p.table(keep | undecided, is_old=~undecided), found)

    def _rows(self, p: Columns, at: _I64, cited: int, *, is_end: bool) -> pa.Table:
        at = at[p.at("pace_dkn", at) >= self.min_pace_dkn]
        held = (at[:, None] + np.arange(cited)).reshape(-1)
        edges = pa.array(np.arange(len(at) + 1, dtype=np.int32) * cited)
        cog: npt.NDArray[Any] = p.at("cog_ddeg", at)
        columns = {
            "sea": pa.array(np.zeros(len(at), np.int32)),
            "is_end": pa.array(np.full(len(at), is_end)),
            "cog_ddeg": pa.array(cog, mask=cog == NULL),
            "evidence": pa.ListArray.from_arrays(edges, pa.array(p.at("message_id", held), pa.int64())),
            "evidence_t": pa.ListArray.from_arrays(edges, pa.array(p.at("t", held), pa.int64())),
        }
        columns |= {f.name: pa.array(p.at(f.name, at)) for f in TURNOVERS if f.name not in columns}
        return pa.Table.from_arrays([columns[f.name].cast(f.type) for f in TURNOVERS], schema=TURNOVERS)

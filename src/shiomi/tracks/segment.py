"""Segment: an MMSI is a claim, a track is a hull.

Two transmitters may share one MMSI, a report may be damaged on its way, and a receiver may be fed
places that no ship was at. Whatever follows would mistake each for a jump, a silence or a meeting.
So every report first joins the hull that could have made it; docs/tracks.md tells how, and where
this errs. A hull that only one report supports is an outlier: it stays in the table, and no
detector builds on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN
from shiomi.kernels.order import group_edges
from shiomi.kernels.segment import HEAD_COLUMNS, INTERVALS, segment
from shiomi.schema import TRACKS
from shiomi.units import hours, knots, minutes

__all__ = ["Segment"]

_INTERVAL_COLUMNS = [f"interval_{k}_s" for k in range(INTERVALS)]
_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """Give every report the track it belongs to, and what that track knew when it was made."""

    name: ClassVar[str] = "segment"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "positions"
    writes: ClassVar[str] = "tracks"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = pa.schema(
        [("mmsi", pa.int64()), *((c, pa.int64()) for c in (*HEAD_COLUMNS, *_INTERVAL_COLUMNS))]
    )

    slack_m: int = 500
    """Error of places and clocks that no speed explains. Analyst-set: message 27 is coarse to 185 m,
    and feeds stamp reports seconds late."""
    burst_dkn: int = knots(60)
    """Fastest a hull is believed to go for an hour, unless it reports more. Analyst-set: above
    fast ferries."""
    cruise_dkn: int = knots(30)
    """Fastest it is believed to go on after that hour. Analyst-set; gpsdio-segment uses 25 to 30 kn."""
    short_s: int = minutes(10)
    """Over this long the speeds reported at both ends bound the distance between."""
    lonely_s: int = hours(1)
    """A report that nothing supported for this long, while the hull was heard elsewhere, stays a stray
    one. Analyst-set: a second hull heard less often than this is not told from stray reports."""
    bridge_intervals: int = 3
    """A silence may be interpolated up to this many times the second longest of the vessel's newest
    intervals. Analyst-set: a missed pass of a satellite or two."""
    min_bridge_s: int = minutes(30)
    max_bridge_s: int = hours(3)
    first_bridge_s: int = hours(1)
    """What may be interpolated while the vessel's interval is not yet known."""

    @property
    def latency_s(self) -> int:
        """A report's track is final at once."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of POSITIONS to rows of TRACKS."""
        if rows.num_rows == 0:
            return Step(state, TRACKS.empty_table())
        mmsi = numpy_of(rows, "mmsi")
        edges = group_edges(mmsi)
        head_mmsi, heads, intervals = _heads_of(state)
        head_edges = np.stack(
            [np.searchsorted(head_mmsi, mmsi[edges[:-1]], side) for side in ("left", "right")], axis=1
        )
        track_id, fix_no, prev_t, interval_s, bridge_s, pace_dkn, new_heads, new_intervals, new_mmsi = (
            segment(
                edges,
                numpy_of(rows, "t"),
                numpy_of(rows, "lat_e7"),
                numpy_of(rows, "lon_e7"),
                numpy_of(rows, "sog_dkn"),
                numpy_of(rows, "message_type", 0),
                mmsi,
                head_edges.astype(np.int64),
                heads,
                intervals,
                np.array(
                    [self.slack_m, self.burst_dkn, self.cruise_dkn, self.short_s, self.lonely_s], np.float64
                ),
                np.array(
                    [self.bridge_intervals, self.min_bridge_s, self.max_bridge_s, self.first_bridge_s],
                    np.int64,
                ),
            )
        )
        untouched = np.ones(len(head_mmsi), np.bool_)
        untouched[_spans(head_edges)] = False
        carried = _state_of(
            np.concatenate([head_mmsi[untouched], new_mmsi]),
            np.concatenate([heads[untouched], new_heads]),
            np.concatenate([intervals[untouched], new_intervals]),
        )
        found = [
            *rows.columns,
            pa.array(track_id),
            pa.array(fix_no),
            pa.array(prev_t, mask=prev_t == UNKNOWN),
            pa.array(interval_s, mask=interval_s == NULL),
            pa.array(bridge_s),
            pa.array(pace_dkn, mask=pace_dkn == NULL),
        ]
        return Step(carried, pa.Table.from_arrays(found, schema=TRACKS))


def _heads_of(state: pa.Table) -> tuple[_I64, _I64, _I64]:
    if state.num_rows == 0:
        return (
            np.empty(0, np.int64),
            np.empty((0, len(HEAD_COLUMNS)), np.int64),
            np.empty((0, INTERVALS), np.int64),
        )
    heads = np.stack([numpy_of(state, c) for c in HEAD_COLUMNS], axis=1)
    return numpy_of(state, "mmsi"), heads, np.stack([numpy_of(state, c) for c in _INTERVAL_COLUMNS], axis=1)


def _state_of(mmsi: _I64, heads: _I64, intervals: _I64) -> pa.Table:
    order = np.lexsort((heads[:, 0], mmsi))
    columns = [mmsi, *heads.T, *intervals.T]
    return pa.Table.from_arrays([pa.array(c[order]) for c in columns], schema=Segment.state)


def _spans(edges: _I64) -> _I64:
    """All indices within [edges[g, 0], edges[g, 1]) of every g."""
    lengths = edges[:, 1] - edges[:, 0]
    starts = np.repeat(edges[:, 0] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return np.asarray(starts + np.arange(lengths.sum()), np.int64)

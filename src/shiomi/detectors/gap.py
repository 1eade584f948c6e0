"""Gap: a vessel that was reporting falls silent.

A vessel that is not heard for a day may have been anywhere it could reach. But silence is not intent:
beyond a shore station's range, or under a satellite in a crowded sea, every vessel falls silent. See
docs/detectors/gap.md for the known false alarms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import NULL, Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of
from shiomi.geo import distance_m, wrap_e7
from shiomi.kernels.order import group_edges
from shiomi.kernels.silences import find_silences
from shiomi.schema import TRACKS, columns_of
from shiomi.units import SECOND, hours

__all__ = ["Gap"]

_NO_TYPE = 0
_CLASS_B = (18, 19)
"""Message types of class B transmitters (ITU-R M.1371-5, table 43)."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Report every silence long against the clock and against the vessel's own habit."""

    name: ClassVar[str] = "gap"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = pa.schema(
        [
            *columns_of(
                TRACKS,
                "mmsi",
                "track_id",
                "t",
                "message_id",
                "lat_e7",
                "lon_e7",
                "fix_no",
                "interval_s",
                "pace_dkn",
                "cog_ddeg",
                "message_type",
            ),
            pa.field("is_told", pa.bool_()),
            pa.field("is_elsewhere", pa.bool_()),
        ]
    )

    min_silence_s: int = hours(12)
    """Global Fishing Watch, `files/gaps.md`: shorter ones are called unreliable, because satellite
    passes have a strong 12 h period below 60 degrees of latitude."""
    min_missing_reports: int = 14
    """The silence would have held at least this many reports at the vessel's own interval. From the
    same source: at least 14 positions in the 12 h before."""

    min_fixes_elsewhere: int = 4
    """A silence is not told while the same MMSI is heard from another track of this many reports: see
    `shared_identity` and `position_jump`. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """A silence is told as soon as it is long enough."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to silences: first open, then closed."""
        i = rows.schema.get_field_index("message_type")
        rows = rows.set_column(i, rows.schema.field(i), pc.fill_null(rows["message_type"], _NO_TYPE))
        p = Columns(state, rows, "mmsi", is_told=False, is_elsewhere=False)
        interval_s = p["interval_s"].astype(np.int64)
        limit = np.maximum(self.min_silence_s, self.min_missing_reports * interval_s) * SECOND
        limit[interval_s == NULL] = -1  # without a habit no silence is long
        closed, opened, newest, told, elsewhere = find_silences(
            group_edges(p["mmsi"]),
            p["t"],
            p["track_id"],
            p["fix_no"],
            limit,
            p["is_told"],
            p["is_elsewhere"],
            watermark,
            self.min_fixes_elsewhere,
        )
        found = self._found(p, closed[:, 0], opened, closed[:, 1], limit)
        # Only the newest report of each track can begin a silence, so it is all we carry.
        return Step(p.table(newest, is_told=told, is_elsewhere=elsewhere), events_of(self, found))

    def _found(
        self,
        p: Columns,
        closed: npt.NDArray[np.int64],
        opened: npt.NDArray[np.int64],
        ended_by: npt.NDArray[np.int64],
        limit: npt.NDArray[np.int64],
    ) -> Found:
        before = np.concatenate([closed, opened])
        is_open = np.arange(len(before)) >= len(closed)
        after = np.concatenate([ended_by, opened])
        t = p["t"]
        lat, end_lat, lon, end_lon = (p.at(c, r) for c in ("lat_e7", "lon_e7") for r in (before, after))
        t_end = np.where(is_open, UNKNOWN, t[after])
        moved_m = np.rint(distance_m(lat, lon, end_lat, end_lon)).astype(np.int64)
        silence = np.where(is_open, limit[before], t[after] - t[before])
        types = np.stack([p.at("message_type", r) for r in (before, after)])
        types[1, is_open] = _NO_TYPE
        is_b = np.isin(types, _CLASS_B)
        counts = np.where(is_open, 1, 2)

        def at_end(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            return np.where(is_open, UNKNOWN, values)

        def said(name: str, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            values = p.at(name, rows).astype(np.int64)
            return np.where(values == NULL, UNKNOWN, values)

        edges = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        ids = np.empty(edges[-1], np.int64)
        ids[edges[:-1]] = p.at("message_id", before)
        ids[edges[1:] - 1] = p.at("message_id", after)
        return Found(
            is_open=is_open,
            subjects=[p["track_id"][before]],
            t_start=t[before],
            t_end=t_end,
            t_start_earliest=t[before],
            t_start_latest=t[before],
            t_end_earliest=t_end,
            t_end_latest=t_end,
            known_t=np.where(is_open, t[before] + limit[before], t[after]),
            lat_e7=lat,
            lon_e7=lon,
            measures={
                "silence_s": silence // SECOND,
                "distance_m": moved_m,
                "interval_s": p["interval_s"][before].astype(np.int64),
                # How it moved and where it came back, for who asks what reception it sailed through.
                "pace_dkn": said("pace_dkn", before),
                "cog_ddeg": said("cog_ddeg", before),
                "end_pace_dkn": at_end(said("pace_dkn", after)),
                "end_cog_ddeg": at_end(said("cog_ddeg", after)),
                "end_north_e7": at_end(end_lat.astype(np.int64) - lat),
                "end_east_e7": at_end(wrap_e7(end_lon.astype(np.int64) - lon)),
                "class_a_reports": ((types != _NO_TYPE) & ~is_b).sum(axis=0),
                "class_b_reports": is_b.sum(axis=0),
            },
            evidence=Evidence(edges, ids),
        )

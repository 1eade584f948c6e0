"""Cable area: a vessel slows down, or drifts with its bow off its course, over a submarine cable.

A track alone cannot show intent, nor that anything was touched: weather, engine trouble, fishing and
anchoring look the same, and ships cross cables unharmed all day. Cables are those that you give; none
come with Shiomi. See docs/detectors/cable_area.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of, evidence_rows, no_events
from shiomi.geo import distance_m
from shiomi.kernels.runs import OPEN, find_runs
from shiomi.places.near_rows import FAR_M, first_rows, kept_rows, near_rows
from shiomi.places.zone_grid import cables_of
from shiomi.places.zones import BUNDLED
from shiomi.schema import TRACKS, columns_of
from shiomi.units import SECOND, hours, knots, minutes

__all__ = ["CableArea"]

_ANCHORED, _NOT_UNDER_COMMAND, _MOORED = 1, 2, 5
"""Navigational status, ITU-R M.1371-5 table 48."""
_ODD, _PLAIN = 0, 2
_I64 = npt.NDArray[np.int64]
_Rows = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class CableArea:
    """Report every time a vessel goes slower than it came, or drifts, within the zone of a cable."""

    name: ClassVar[str] = "cable_area"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = pa.schema(
        [
            *columns_of(TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "prev_t"),
            *columns_of(TRACKS, "pace_dkn", "cog_ddeg", "heading_deg", "nav_status"),
            pa.field("zone_hash", pa.int64(), nullable=False),
            pa.field("outside_m", pa.int64(), nullable=False),
            pa.field("is_told", pa.bool_(), nullable=False),
        ]
    )

    zones_hash: int = BUNDLED
    """The table of zones that holds the cables; `shiomi watch --zones FILE` sets it."""
    min_slowing_dkn: int = knots(3)
    """Slower by this than when it last sailed beside the zone. Analyst-set: Yi Peng 3 was reported to make
    7 knots where it usually made 9 to 10."""
    min_sailing_dkn: int = knots(5)
    """The speed from which a vessel beside the zone sails. Analyst-set."""
    min_drift_dkn: int = knots(1)
    max_drift_dkn: int = knots(5)
    """Drift: between these speeds; DMA AisAbnormal, `analyzer.properties`."""
    min_drift_deg: int = 45
    """Drift: the bow is farther than this off the course; the same source, and AMSA's detector."""
    min_duration_s: int = minutes(20)
    """Twice the 10 minutes of the same source; at a knot it makes the 500 m that it asks as well."""
    max_break_s: int = minutes(5)
    """Reports in the zone that are neither, for no longer than this, are part of it. Analyst-set."""
    max_silence_s: int = hours(1)
    """Not heard for longer, it is not said to have gone on. Analyst-set."""
    keep_s: int = minutes(10)
    """Evidence holds a report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once over."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to slow and drifting passages over cables."""
        cables = cables_of(self.zones_hash)
        if len(cables.zone_hash) == 0:
            return Step(state, no_events())
        p = near_rows(cables, state, rows, is_told=False)
        n = len(p["t"])
        if n == 0:
            return Step(state, no_events())
        outside = p["outside_m"] > 0
        before = self._sailing_before(p, outside)
        slow, drift = self._odd(p, before, outside)
        # Whatever is outside ends what was going on: until then the vessel beside the zone is one report.
        begins = np.zeros(n, np.bool_)
        begins[first_rows(p["track_id"], p["zone"])] = True
        begins[1:] |= outside[:-1]
        zeros = np.zeros(n, np.int64)
        runs, edges, cited, keep, told, _ = find_runs(
            np.append(np.flatnonzero(begins), n).astype(np.int64),
            p["t"],
            zeros,
            zeros,
            np.where(slow | drift, _ODD, _PLAIN).astype(np.int64),
            np.full(n, self.max_silence_s, np.int64),
            zeros,
            p["is_told"],
            np.zeros(n, np.int8),
            watermark,
            _ODD,
            _ODD,
            0,
            self.max_break_s * SECOND,
            self.keep_s * SECOND,
            self.min_duration_s * SECOND,
            0,
        )
        found = self._found(p, before, slow, drift, runs, edges, cited)
        keep |= _newest_before(p, before, outside, self.min_sailing_dkn)
        keep[before[keep & (before >= 0)]] = True
        p["is_told"] = told
        return Step(kept_rows(p, keep, self.state), events_of(self, found, p["zone_hash"][runs[:, 1]]))

    def _sailing_before(self, p: _Rows, outside: npt.NDArray[np.bool_]) -> _I64:
        """Per report the newest one before it that sailed beside the zone, or -1."""
        row = np.arange(len(outside))
        newest = np.maximum.accumulate(np.where(_sails(p, outside, self.min_sailing_dkn), row, -1))
        floor = np.zeros(len(row), np.int64)
        floor[first_rows(p["track_id"], p["zone"])] = 1
        floor[np.flatnonzero(p["outside_m"] >= FAR_M)] = 1
        since = np.maximum.accumulate(np.where(floor == 1, row, 0))
        earlier = np.concatenate([[-1], newest[:-1]])
        return np.where(earlier >= since, earlier, -1)

    def _odd(
        self, p: _Rows, before: _I64, outside: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        pace = p["pace_dkn"].astype(np.int64)
        known = ~outside & (pace >= 0)
        slow = known & (before >= 0) & (pace <= pace[np.maximum(before, 0)] - self.min_slowing_dkn)
        off = np.abs((p["cog_ddeg"] - 10 * p["heading_deg"].astype(np.int64) + 1800) % 3600 - 1800)
        is_directed = (p["cog_ddeg"] != NULL) & (p["heading_deg"] != NULL)
        is_held = (p["nav_status"] == _ANCHORED) | (p["nav_status"] == _MOORED)
        drift = known & is_directed & ~is_held & (off > 10 * self.min_drift_deg)
        return slow, drift & (pace >= self.min_drift_dkn) & (pace <= self.max_drift_dkn)

    def _found(
        self,
        p: _Rows,
        before: _I64,
        slow: npt.NDArray[np.bool_],
        drift: npt.NDArray[np.bool_],
        runs: _I64,
        edges: _I64,
        cited: _I64,
    ) -> Found:
        t, n = p["t"], len(runs)
        is_open, first, last, broke = runs[:, 0] == OPEN, runs[:, 1], runs[:, 2], runs[:, 3]
        lat, lon = (p[c].astype(np.int64) for c in ("lat_e7", "lon_e7"))
        owner = np.repeat(np.arange(n), np.diff(edges))
        held = cited <= last[owner]
        t_end = np.where(is_open, UNKNOWN, t[last])
        prev_t = p["prev_t"][first]

        def count(which: npt.NDArray[np.bool_]) -> _I64:
            return np.bincount(owner[held & which[cited]], minlength=n).astype(np.int64)

        pace = p["pace_dkn"].astype(np.int64)
        least = np.full(n, np.iinfo(np.int64).max)
        known = held & (pace[cited] >= 0)
        np.minimum.at(least, owner[known], pace[cited][known])
        came = before[first]
        moved_m = distance_m(lat[first], lon[first], lat[last], lon[last])
        return Found(
            is_open=is_open,
            subjects=[p["track_id"][first]],
            t_start=t[first],
            t_end=t_end,
            t_start_earliest=np.where(prev_t == UNKNOWN, t[first], np.minimum(prev_t, t[first])),
            t_start_latest=t[first],
            t_end_earliest=t_end,
            t_end_latest=np.where(is_open | (broke < 0), UNKNOWN, t[np.maximum(broke, 0)]),
            known_t=runs[:, 4],
            lat_e7=lat[first],
            lon_e7=lon[first],
            measures={
                "zone_hash": p["zone_hash"][first],
                "duration_s": (t[last] - t[first]) // SECOND,
                "distance_m": np.rint(moved_m).astype(np.int64),
                "slowest_dkn": least,
                "came_dkn": np.where(came >= 0, pace[np.maximum(came, 0)], 0),
                "slow_reports": count(slow),
                "drift_reports": count(drift),
                "heading_reports": count(p["heading_deg"] != NULL),
                "not_under_command_reports": count(p["nav_status"] == _NOT_UNDER_COMMAND),
            },
            evidence=_with_sailing(p, came, edges, cited),
        )


def _sails(p: _Rows, outside: npt.NDArray[np.bool_], min_dkn: int) -> npt.NDArray[np.bool_]:
    return outside & (p["outside_m"] < FAR_M) & (p["pace_dkn"] >= min_dkn)


def _newest_before(
    p: _Rows, before: _I64, outside: npt.NDArray[np.bool_], min_dkn: int
) -> npt.NDArray[np.bool_]:
    """The report beside the zone that the next report of each track would be compared with."""
    n = len(before)
    last = np.append(first_rows(p["track_id"], p["zone"])[1:], n) - 1
    own = _sails(p, outside, min_dkn)[last]
    is_far = p["outside_m"][last] >= FAR_M
    newest = np.where(own, last, np.where(is_far, -1, before[last]))
    keep = np.zeros(n, np.bool_)
    keep[newest[newest >= 0]] = True
    return keep


def _with_sailing(p: _Rows, came: _I64, edges: _I64, cited: _I64) -> Evidence:
    """Message ids of the reports of each run and of the one that it is compared with."""
    own = np.where(came >= 0, came, cited[edges[:-1]] if len(came) else came)
    rows = np.insert(cited, edges[:-1], own)
    return evidence_rows(edges + np.arange(len(edges)), [p["message_id"][rows]], [p["t"][rows]])

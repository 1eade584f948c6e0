"""Port approach: a vessel that steers for a watched port falls silent.

It approached; whether it called there nobody has seen. Beyond the reach of shore stations, and in waters
where hundreds of fishing vessels crowd the channel, ships fall silent without a reason. See
docs/detectors/port_approach.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, Columns, numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of, no_events
from shiomi.geo import bearing_deg, distance_m
from shiomi.kernels.order import group_edges
from shiomi.kernels.silences import find_silences
from shiomi.places.zone_grid import Waters, ports_of
from shiomi.places.zones import BUNDLED
from shiomi.schema import TRACKS, columns_of
from shiomi.units import KNOT_MM_PER_S, SECOND, hours, knots, nautical_miles

__all__ = ["PortApproach"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PortApproach:
    """Report every silence that begins on a course for a watched port, within reach of it."""

    name: ClassVar[str] = "port_approach"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = pa.schema(
        [
            *columns_of(TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "fix_no"),
            *columns_of(TRACKS, "interval_s", "cog_ddeg", "pace_dkn"),
            pa.field("is_told", pa.bool_()),
            pa.field("is_elsewhere", pa.bool_()),
        ]
    )

    zones_hash: int = BUNDLED
    """The table of zones that holds the ports; `shiomi watch --zones FILE` sets it."""
    max_port_m: int = nautical_miles(150)
    """Farther off no course is a course for a port. Analyst-set."""
    max_course_off_deg: int = 30
    """Between the last course and the bearing of the port. Analyst-set."""
    max_seaward_off_deg: int = 90
    """The vessel lies no farther than this from the bearing on which the port's open water lies, so that a
    port on the other coast of a peninsula is none. Analyst-set."""
    min_pace_dkn: int = knots(3)
    """Slower vessels steer for nothing. Analyst-set."""
    min_silence_s: int = hours(12)
    """As for `gap`; at 25 knots it is enough to reach a port at `max_port_m` and be back."""
    min_missing_reports: int = 14
    """As for `gap`."""
    min_fixes_elsewhere: int = 4
    """As for `gap`."""

    @property
    def latency_s(self) -> int:
        """A silence is told as soon as it is long enough."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to silences on a course for a port: first open, then closed."""
        ports = ports_of(self.zones_hash, self.max_port_m)
        rows = ports.rows_of_keys(rows, "mmsi", np.unique(numpy_of(state, "mmsi")).astype(np.int64))
        if rows.num_rows == 0 and state.num_rows == 0:
            return Step(state, no_events())
        p = Columns(state, rows, "mmsi", is_told=False, is_elsewhere=False)
        interval_s = p["interval_s"].astype(np.int64)
        limit = np.maximum(self.min_silence_s, self.min_missing_reports * interval_s) * SECOND
        limit[(interval_s == NULL) | (p["pace_dkn"] < self.min_pace_dkn) | (p["cog_ddeg"] == NULL)] = -1
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
        found = [
            self._events(ports, p, closed[:, 0], closed[:, 1], limit),
            self._events(ports, p, opened, None, limit),
        ]
        return Step(
            p.table(newest, is_told=told, is_elsewhere=elsewhere), pa.concat_tables(found).combine_chunks()
        )

    def _events(
        self, ports: Waters, p: Columns, before: _I64, after: _I64 | None, limit: npt.NDArray[Any]
    ) -> pa.Table:
        port, port_m, off_deg = self._port_ahead(ports, p, before)
        ahead = port >= 0
        before, port, port_m, off_deg = before[ahead], port[ahead], port_m[ahead], off_deg[ahead]
        t, lat, lon, message_id = p["t"], p["lat_e7"], p["lon_e7"], p["message_id"]
        n = len(before)
        measures = {"zone_hash": ports.zone_hash[port], "port_m": port_m, "course_off_deg": off_deg}
        if after is None:
            t_end, known_t = np.full(n, UNKNOWN), t[before] + limit[before]
            measures["silence_s"] = limit[before] // SECOND
            evidence = Evidence(np.arange(n + 1, dtype=np.int64), message_id[before])
        else:
            after = after[ahead]
            t_end = known_t = t[after]
            back_m = distance_m(lat[after], lon[after], *ports.places(port))
            silence_us = t[after] - t[before]
            measures["silence_s"] = silence_us // SECOND
            measures["again_m"] = np.rint(back_m).astype(np.int64)
            needed = (port_m + back_m) * 1000 / (silence_us / SECOND) / KNOT_MM_PER_S * 10
            measures["needed_dkn"] = np.ceil(needed).astype(np.int64)
            cited = np.stack([before, after], axis=1).reshape(-1)
            evidence = Evidence(2 * np.arange(n + 1, dtype=np.int64), message_id[cited])
        found = Found(
            is_open=np.full(n, after is None),
            subjects=[p["track_id"][before]],
            t_start=t[before],
            t_end=t_end,
            t_start_earliest=t[before],
            t_start_latest=t[before],
            t_end_earliest=t_end,
            t_end_latest=t_end,
            known_t=known_t,
            lat_e7=lat[before].astype(np.int64),
            lon_e7=lon[before].astype(np.int64),
            measures=measures,
            evidence=evidence,
        )
        return events_of(self, found)

    def _port_ahead(self, ports: Waters, p: Columns, before: _I64) -> tuple[_I64, _I64, _I64]:
        """For each report the nearest port on its course, or -1; metres to it; degrees off its bearing."""
        lat, lon = (p.at(c, before).astype(np.int64) for c in ("lat_e7", "lon_e7"))
        course_deg = p.at("cog_ddeg", before) / 10
        best = np.full(len(before), -1, np.int64)
        best_m, best_off = np.zeros(len(before), np.int64), np.zeros(len(before), np.int64)
        for k in range(len(ports.zone_hash)):
            port_lat, port_lon = ports.places(np.full(len(before), k, np.int64))
            away_m = np.rint(distance_m(lat, lon, port_lat, port_lon)).astype(np.int64)
            off_deg = np.rint(_between_deg(bearing_deg(lat, lon, port_lat, port_lon), course_deg))
            fits = (away_m <= self.max_port_m) & (off_deg <= self.max_course_off_deg)
            if ports.seaward_deg[k] >= 0:
                seen = bearing_deg(port_lat, port_lon, lat, lon)
                fits &= _between_deg(seen, ports.seaward_deg[k]) <= self.max_seaward_off_deg
            fits &= (best < 0) | (away_m < best_m)
            best[fits], best_m[fits], best_off[fits] = k, away_m[fits], off_deg[fits].astype(np.int64)
        return best, best_m, best_off


def _between_deg(a: npt.NDArray[Any], b: Any) -> npt.NDArray[np.float64]:
    """The angle between two directions, 0 to 180 degrees."""
    return np.asarray(np.abs((a - b + 180) % 360 - 180), np.float64)

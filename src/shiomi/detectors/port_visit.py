"""Port visit: a vessel comes to a known place, rests or falls silent there, and leaves.

A visit does not say that the vessel called, loaded or reported to anybody: it was near a place where ships
rest. What was seen of it is its confidence, from 1 to 4. See docs/detectors/port_visit.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of, no_events
from shiomi.geo import EARTH_RADIUS_M, FULL_E7, unit_vectors
from shiomi.kernels.nearest import morton_order, tree_boxes
from shiomi.kernels.order import group_edges
from shiomi.kernels.visits import CELL_E7, find_visits
from shiomi.places.table import held_places
from shiomi.schema import TRACKS, columns_of
from shiomi.units import SECOND, hours

__all__ = ["PortVisit"]

_RAD = np.pi / 180e7
_MARGIN = 1e-6
"""Radians, 6 m: more than rounding takes from the reach of a place."""
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PortVisit:
    """Report every stay of a track near the places of one table, once it rested or fell silent there."""

    name: ClassVar[str] = "port_visit"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "prev_t"
    ).append(pa.field("is_told", pa.bool_()))

    places_hash: int = 0
    """The table of places, as `hold_places` numbers it; 0 for none. `shiomi watch` sets it to what it has
    learned: see docs/adr/0006."""
    enter_m: int = 3_000
    """A visit begins at a report this near to the edge of a place. Global Fishing Watch, port visits:
    3 km."""
    leave_m: int = 4_000
    """It ends at a report farther than this from every place. The same source: 4 km."""
    max_rest_dkn: int = 1
    """A report no faster is one at rest. The same source: a port stop begins under 0.2 kn."""
    min_gap_s: int = hours(4)
    """Two reports of a visit this far apart are a gap in port. The same source: 4 h."""
    max_silence_s: int = hours(30 * 24)
    """After a longer silence the visit has ended with its last report. Analyst-set: craft that are laid up
    switch off for weeks."""
    keep_s: int = hours(10 * 24)
    """Evidence holds a report at least this often, where there is one."""
    min_confidence: int = 2
    """Visits of less are not told: a vessel that only passed by. Analyst-set; 1 tells them as well."""

    @property
    def latency_s(self) -> int:
        """Told with the report that makes it sure enough, closed with the one that shows it left."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to visits."""
        if self.places_hash == 0:
            return Step(state, no_events())
        p = Columns(state, rows, "track_id", is_told=False)
        visits, edges, cited, keep, told = find_visits(
            group_edges(p["track_id"]),
            p["t"],
            p["lat_e7"],
            p["lon_e7"],
            p["pace_dkn"],
            p.times("prev_t"),
            p["is_told"],
            watermark,
            *_tree(self.places_hash, self.enter_m),
            self.enter_m * 1000,
            self.leave_m * 1000,
            self.max_rest_dkn,
            self.min_gap_s * SECOND,
            self.max_silence_s * SECOND,
            self.keep_s * SECOND,
            self.min_confidence,
        )
        found = _found(p, visits, Evidence(edges, p["message_id"][cited]))
        return Step(p.table(keep, is_told=told), events_of(self, found))


class _Tree(NamedTuple):
    """Places as `find_visits` takes them."""

    centres: _Floats
    radius: _Floats
    row: npt.NDArray[np.int64]
    boxes: _Floats
    reached: npt.NDArray[np.bool_]


@lru_cache(maxsize=4)
def _tree(number: int, enter_m: int) -> _Tree:
    places = held_places(number)
    centres = unit_vectors(places["lat_e7"].to_numpy(), places["lon_e7"].to_numpy())
    widths = places["radius_m"].to_numpy() / EARTH_RADIUS_M
    order = morton_order(centres)
    centres = np.ascontiguousarray(centres[order])
    lat, lon = (places[c].to_numpy() * _RAD for c in ("lat_e7", "lon_e7"))
    reached = _reached(lat, lon, widths + enter_m / EARTH_RADIUS_M)
    return _Tree(centres, widths[order], order, tree_boxes(centres, centres), reached)


def _reached(lat: _Floats, lon: _Floats, arc: _Floats) -> npt.NDArray[np.bool_]:
    """By row and column of cells, whether a disc may reach into the cell; all in radians."""
    n, cell = FULL_E7 // CELL_E7, CELL_E7 * _RAD
    out = np.zeros((n // 2, n), np.bool_)
    arc = arc + _MARGIN
    south, north = lat - arc, lat + arc
    with np.errstate(invalid="ignore", divide="ignore"):
        east = np.arcsin(np.sin(arc) / np.cos(lat))
    # Over a pole lie all longitudes.
    east[np.isnan(east) | (north >= np.pi / 2) | (south <= -np.pi / 2)] = np.pi
    rows = np.floor((np.stack([south, north]) + np.pi / 2) / cell).astype(np.int64).clip(0, n // 2 - 1)
    columns = np.floor((np.stack([lon - east, lon + east]) + np.pi) / cell).astype(np.int64)
    for a, b, c, d in zip(*rows.tolist(), *columns.tolist(), strict=True):
        out[a : b + 1, np.arange(c, min(d, c + n - 1) + 1) % n] = True
    return out


def _found(p: Columns, visits: npt.NDArray[Any], evidence: Evidence) -> Found:
    sure, entry, outside, rest_first, rest_last, last, left, known_t, ended, gap_us, silent = visits.T
    t = p["t"]
    is_open = ended == 0
    t_start, t_end = t[entry], np.where(is_open, UNKNOWN, t[last])
    # Where it lay: at its first rest, else where it fell silent, else where it came in.
    lay = np.where(rest_first >= 0, rest_first, np.where(silent >= 0, silent, entry))
    rested_us = np.where(rest_first >= 0, t[rest_last] - t[rest_first], 0)
    return Found(
        is_open=is_open,
        subjects=[p["track_id"][entry]],
        t_start=t_start,
        t_end=t_end,
        t_start_earliest=np.where(outside >= 0, t[outside], t_start),
        t_start_latest=t_start,
        t_end_earliest=t_end,
        t_end_latest=np.where(left >= 0, t[left], UNKNOWN),
        known_t=known_t,
        lat_e7=p["lat_e7"][lay].astype(np.int64),
        lon_e7=p["lon_e7"][lay].astype(np.int64),
        measures={
            "confidence": sure,
            "duration_s": (t[last] - t_start) // SECOND,
            "at_rest_s": rested_us // SECOND,
            "gap_s": gap_us // SECOND,
        },
        evidence=evidence,
    )

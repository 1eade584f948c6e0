"""Segmentation as one would tell it: a list of hulls behind each MMSI, report by report.

Slow and plain; docs/tracks.md in code. `test_segment.py` holds the compiled one to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from shiomi.kernels.sphere import distance_mm
from shiomi.tracks.segment import Segment
from shiomi.units import SECOND

CLASS_A, CLASS_B = {1, 2, 3}, {18, 19}
MM_PER_S = 1852 * 1000 / 36_000
"""Of one 0.1 knot."""


@dataclass
class Hull:
    """What is remembered of a hull: its newest report, and its newest twelve intervals."""

    track_id: int
    t: int = 0
    place: tuple[int, int] = (0, 0)
    pace_dkn: int | None = None
    message_type: int | None = None
    reports: int = 0
    intervals_s: list[int] = field(default_factory=list)
    known_intervals: int = 0


def reach_mm(s: Segment, dt_s: float, pace_a: int | None, pace_b: int | None) -> float:
    """How far a hull may have come."""
    fast_s = min(dt_s, 3600)
    reach = (s.burst_dkn * fast_s + s.cruise_dkn * (dt_s - fast_s)) * MM_PER_S
    known = [p for p in (pace_a, pace_b) if p is not None]
    if known and max(known) > 0:
        reach = max(reach, 1.5 * max(known) * dt_s * MM_PER_S)
    if len(known) == 2:
        forgotten = min(max((dt_s - s.short_s) / 3600, 0), 1)
        margin_dkn = 100 + forgotten * (s.burst_dkn - 100)
        reach = min(reach, (2 * max(known) + margin_dkn) * dt_s * MM_PER_S)
    return reach + s.slack_m * 1000


def classes_differ(a: int | None, b: int | None) -> bool:
    return (a in CLASS_A and b in CLASS_B) or (a in CLASS_B and b in CLASS_A)


def choose(s: Segment, hulls: list[Hull], row: dict[str, Any]) -> Hull | None:
    """The hull from which this report could best have come."""
    established_t = max((h.t for h in hulls if h.reports > 3), default=None)
    best, best_score = None, float("inf")
    for h in hulls:
        dt_s = (row["t"] - h.t) / SECOND
        is_single = h.reports == 1
        if is_single and dt_s > s.lonely_s and established_t is not None and established_t > h.t:
            continue
        d = distance_mm(*h.place, row["lat_e7"], row["lon_e7"])
        reach = reach_mm(s, dt_s, h.pace_dkn, row["sog_dkn"])
        if d > reach:
            continue
        score = d / reach + dt_s / 43_200
        score += 1 if is_single else 0
        score += 2 if classes_differ(h.message_type, row["message_type"]) else 0
        if score < best_score:
            best, best_score = h, score
    return best


def begin(hulls: list[Hull], row: dict[str, Any]) -> Hull:
    """A new hull; where eight are remembered, in the place of the most stale, single reports first."""
    if len(hulls) == 8:
        gone = min(hulls, key=lambda h: (h.reports != 1, h.t))
        at = hulls.index(gone)
        del hulls[at]
    else:
        at = len(hulls)
    track_id = row["mmsi"] << 33 | row["t"] // SECOND
    while track_id in {h.track_id for h in hulls}:
        track_id += 1
    hulls.insert(at, Hull(track_id))
    return hulls[at]


def segment(s: Segment, positions: pa.Table) -> list[dict[str, Any]]:
    """What TRACKS adds to each row of POSITIONS, in the order (mmsi, t, message_id)."""
    seen: dict[int, list[Hull]] = {}
    out = []
    for row in positions.to_pylist():
        hulls = seen.setdefault(row["mmsi"], [])
        place = (row["lat_e7"], row["lon_e7"])
        hull = choose(s, hulls, row)
        is_new = hull is None
        if hull is None:
            hull = begin(hulls, row)
        prev_t, pace = (None if is_new else hull.t), row["sog_dkn"]
        if not is_new:
            dt_us = row["t"] - hull.t
            if pace is None and dt_us > 0:
                pace = min(32_767, round(distance_mm(*hull.place, *place) / MM_PER_S / (dt_us / SECOND)))
            hull.intervals_s = [*hull.intervals_s, dt_us // SECOND][-12:]
            hull.known_intervals += 1
        hull.t, hull.place, hull.pace_dkn, hull.message_type = row["t"], place, pace, row["message_type"]
        hull.reports += 1
        interval_s, bridge_s = None, s.first_bridge_s
        if hull.known_intervals >= 3:
            in_order = sorted(hull.intervals_s)
            interval_s = sum(in_order[:-1]) // (len(in_order) - 1)
            bridge_s = min(max(s.bridge_intervals * in_order[-2], s.min_bridge_s), s.max_bridge_s)
        added = {
            "track_id": hull.track_id,
            "fix_no": hull.reports - 1,
            "prev_t": prev_t,
            "interval_s": interval_s,
            "bridge_s": bridge_s,
            "pace_dkn": pace,
        }
        out.append(added)
    return out


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows as columns, for comparing."""
    names = ("track_id", "fix_no", "prev_t", "interval_s", "bridge_s", "pace_dkn")
    return {n: [r[n] for r in rows] for n in names}


def table_of(rows: list[tuple[int, float, float, float, float | None, int | None]]) -> pa.Table:
    """POSITIONS from (mmsi, minute, lat, lon, sog_kn, message_type), sorted, repeats taken out."""
    from shiomi.ids import message_ids
    from shiomi.schema import POSITIONS
    from shiomi.tracks.clean import clean

    values: dict[str, list[Any]] = {
        "mmsi": [r[0] for r in rows],
        "t": [1_709_251_200 * SECOND + round(r[1] * 60 * SECOND) for r in rows],
        "lat_e7": [round(r[2] * 1e7) for r in rows],
        "lon_e7": [round((r[3] + 180) % 360 * 1e7) - 1_800_000_000 for r in rows],
        "sog_dkn": [None if r[4] is None else round(r[4] * 10) for r in rows],
        "message_type": [r[5] for r in rows],
        "source_row": list(range(1, len(rows) + 1)),
    }
    n = len(rows)
    arrays = [pa.array(values.get(f.name, [None if f.nullable else 0] * n), f.type) for f in POSITIONS]
    table = pa.Table.from_arrays(arrays, schema=POSITIONS)
    table = table.set_column(0, POSITIONS.field(0), pa.array(np.asarray(message_ids(table))))
    return clean(table)[0]

"""Made tracks and events for the tests of the pictures."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from shiomi.geo import wrap_e7
from shiomi.schema import EVENTS, TRACKS
from shiomi.units import SECOND, microseconds

START = microseconds("2024-03-01 22:00")
MERIT = (431_000_001 << 33) + 1_709_000_000
CEDAR = (440_000_002 << 33) + 1_709_000_100


def track(track_id: int, t_s: np.ndarray, lat: np.ndarray, lon: np.ndarray, pace_kn: np.ndarray) -> pa.Table:
    n = len(t_s)
    columns = {f.name: pa.nulls(n, f.type) for f in TRACKS}
    columns |= {
        "message_id": pa.array(range(n), pa.int64()),
        "mmsi": pa.array([track_id >> 33] * n, pa.int32()),
        "track_id": pa.array([track_id] * n, pa.int64()),
        "t": pa.array(START + (np.asarray(t_s) * SECOND).astype(np.int64)),
        "lat_e7": pa.array(np.rint(np.asarray(lat) * 1e7).astype(np.int32)),
        "lon_e7": pa.array(wrap_e7(np.rint(np.asarray(lon) * 1e7).astype(np.int64)).astype(np.int32)),
        "bridge_s": pa.array([900] * n, pa.int32()),
        "pace_dkn": pa.array(np.rint(np.asarray(pace_kn) * 10).astype(np.int16)),
    }
    return pa.table([columns[f.name] for f in TRACKS], names=TRACKS.names)


def meeting(lat: float, lon: float) -> pa.Table:
    """Two vessels come from south and east, lie 90 m apart for two hours and a half, and leave."""
    t_s = np.arange(0, 6 * 3600, 120)
    hour = t_s / 3600
    off = np.where(hour < 1.8, (1.8 - hour) * 9, np.where(hour > 4.3, (hour - 4.3) * 11, 0)) / 60
    pace = np.where(off > 0, 9.0, 0.4)
    one = track(MERIT, t_s, lat - off, lon + 0 * off, pace)
    other = track(CEDAR, t_s, lat + 0.0008 + 0 * off, lon + off, pace)
    return pa.concat_tables([one, other])


def event(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "event_id": "0" * 16,
        "kind": "encounter",
        "version": 1,
        "parameters": json.dumps({"max_distance_m": 500, "max_pace_dkn": 20}),
        "status": "closed",
        "subjects": [MERIT, CEDAR],
        "t_start": START + 6480 * SECOND,
        "t_end": START + 15480 * SECOND,
        "known_t": START + 15480 * SECOND,
        "lat_e7": 302_000_000,
        "lon_e7": 1_265_000_000,
        "measures": [("duration_s", 9000)],
        "coverage": "unknown",
        "suppressed_by": [],
        "ladder": [],
        "places_id": "",
        "evidence": [1],
    }
    row["t_start_earliest"] = row["t_start_latest"] = row["t_start"]
    return row | changes


def events(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=EVENTS)

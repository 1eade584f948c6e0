"""Made events and positions for the tests of `shiomi.events`."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from shiomi.schema import EVENTS, TRACKS
from shiomi.units import SECOND, microseconds

MERIT = (431_000_001 << 33) + 1_709_000_000
CEDAR = (440_000_002 << 33) + 1_709_000_100
START = microseconds("2024-03-01 23:50")
END = START + (18 * 3600 + 600) * SECOND

GAP_PARAMETERS = json.dumps({"min_silence_s": 43_200}, separators=(",", ":"))
STOP_PARAMETERS = json.dumps({"max_radius_m": 200, "min_duration_s": 3600}, separators=(",", ":"))
ENCOUNTER_PARAMETERS = json.dumps(
    {"max_distance_m": 500, "max_pace_dkn": 20, "min_duration_s": 7200}, separators=(",", ":")
)


def event(event_id: str, **changes: Any) -> dict[str, Any]:
    """A closed gap of 18 h 10 min, or what `changes` make of it."""
    end = END
    row: dict[str, Any] = {
        "event_id": event_id,
        "kind": "gap",
        "version": 1,
        "parameters": GAP_PARAMETERS,
        "status": "closed",
        "subjects": [MERIT],
        "t_start": START,
        "t_end": end,
        "t_start_earliest": START,
        "t_start_latest": START + 600 * SECOND,
        "t_end_earliest": end - 60 * SECOND,
        "t_end_latest": end,
        "known_t": end,
        "lat_e7": 241_000_000,
        "lon_e7": 582_000_000,
        "measures": [("silence_s", 65_400), ("distance_m", 370_400), ("interval_s", 180)],
        "coverage": "unknown",
        "suppressed_by": [],
        "ladder": [],
        "places_id": "",
        "evidence": [11, 12],
    }
    return row | changes


def encounter(event_id: str, **changes: Any) -> dict[str, Any]:
    """Two vessels at most 120 m apart for 2 h 30 min across midnight."""
    row = event(
        event_id,
        kind="encounter",
        parameters=ENCOUNTER_PARAMETERS,
        subjects=[MERIT, CEDAR],
        t_end=START + 9000 * SECOND,
        measures=[
            ("duration_s", 9000),
            ("slots", 16),
            ("distance_min_m", 40),
            ("distance_median_m", 120),
            ("pace_max_dkn", 11),
        ],
        evidence=[11, 12, 21, 22],
    )
    return row | changes


def table(*rows: dict[str, Any]) -> pa.Table:
    """Rows as a table of EVENTS."""
    return pa.Table.from_pylist(list(rows), EVENTS)


def position(message_id: int, track_id: int, t: int, lat: float, lon: float) -> dict[str, Any]:
    """A row of TRACKS."""
    return {
        "message_id": message_id,
        "mmsi": track_id >> 33,
        "t": t,
        "lat_e7": round(lat * 1e7),
        "lon_e7": round(lon * 1e7),
        "source_id": 1,
        "source_row": message_id,
        "track_id": track_id,
        "fix_no": 0,
        "bridge_s": 3600,
    }


def positions() -> pa.Table:
    """What the gap and the encounter cite."""
    end = END
    rows = [
        position(11, MERIT, START, 24.1, 58.2),
        position(12, MERIT, end, 26.0, 56.0),
        position(21, CEDAR, START, 24.1005, 58.2005),
        position(22, CEDAR, START + 9000 * SECOND, 24.1006, 58.2006),
    ]
    return pa.Table.from_pylist(rows, TRACKS)

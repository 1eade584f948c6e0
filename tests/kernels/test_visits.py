"""The visits of the kernel beside a plain walk that works out every distance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from shiomi.detectors.port_visit import PortVisit
from shiomi.places.table import PLACES, hold_places, nearest_place
from shiomi.schema import TRACKS
from shiomi.units import SECOND

_E7_PER_M = 1 / 0.011131949


def places_along(lat_e7: int, lon_e7: int, rng: np.random.Generator) -> pa.Table:
    n = int(rng.integers(1, 12))
    east = rng.uniform(-40_000, 40_000, n) * _E7_PER_M / max(np.cos(np.radians(lat_e7 / 1e7)), 0.05)
    lon = (lon_e7 + east.astype(np.int64) + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    lat = lat_e7 + (rng.uniform(-20_000, 20_000, n) * _E7_PER_M).astype(np.int64)
    rows = [
        {"place_id": str(i), "kind": "port", "lat_e7": a, "lon_e7": o, "radius_m": r, "source": "drawn"}
        for i, (a, o, r) in enumerate(
            zip(lat.tolist(), lon.tolist(), rng.integers(500, 6_000, n).tolist(), strict=True)
        )
    ]
    return pa.Table.from_pylist(rows, PLACES)


def track_of(t: np.ndarray, lat: np.ndarray, lon: np.ndarray, pace: np.ndarray) -> pa.Table:
    n = len(t)
    given = {
        "message_id": pa.array(np.arange(n) + 1),
        "track_id": pa.array(np.full(n, 431_000_001 << 33)),
        "t": pa.array(t),
        "prev_t": pa.array(np.append(0, t[:-1]), pa.int64(), mask=np.arange(n) == 0),
        "lat_e7": pa.array(lat, pa.int32()),
        "lon_e7": pa.array(lon, pa.int32()),
        "pace_dkn": pa.array(pace, pa.int16()),
    }
    columns = [given.get(f.name, pa.array(np.zeros(n), f.type)) for f in TRACKS]
    return pa.Table.from_arrays([c.cast(f.type) for c, f in zip(columns, TRACKS, strict=True)], schema=TRACKS)


def plainly(detector: PortVisit, places: pa.Table, rows: pa.Table) -> list[tuple[int, ...]]:
    """(confidence, entry, last row, first rest, seconds of the longest gap) of every visit that ended."""
    _, edge_m = nearest_place(places, rows["lat_e7"].to_numpy(), rows["lon_e7"].to_numpy())
    t, pace = rows["t"].to_pylist(), rows["pace_dkn"].to_pylist()
    out, entry = [], None
    for i in range(len(t)):
        if entry is None:
            if edge_m[i] > detector.enter_m:
                continue
            entry, rest, gap_us = i, None, 0
        elif edge_m[i] > detector.leave_m:
            has = rest is not None or gap_us > 0
            sure = 2 + (entry > 0) + 1 if has else 1
            if sure >= detector.min_confidence:
                out.append((sure, entry, i - 1, rest, gap_us // SECOND))
            entry = None
            continue
        elif t[i] - t[i - 1] >= detector.min_gap_s * SECOND:
            gap_us = max(gap_us, t[i] - t[i - 1])
        if pace[i] <= detector.max_rest_dkn and rest is None:
            rest = i
    return out


@given(
    seed=st.integers(0, 2**32 - 1),
    lat_e7=st.sampled_from([0, 351_000_000, -600_000_000, 850_000_000]),
    lon_e7=st.sampled_from([0, 1_799_900_000, -1_234_567_890]),
)
def test_visits_are_those_of_a_plain_walk(seed: int, lat_e7: int, lon_e7: int) -> None:
    rng = np.random.default_rng(seed)
    places = places_along(lat_e7, lon_e7, rng)
    n = 3_000
    turns = rng.normal(0, 0.2, n).cumsum()
    step_m = rng.choice([5.0, 150.0, 600.0], n, p=[0.3, 0.4, 0.3])
    north, east = (step_m * np.cos(turns)).cumsum(), (step_m * np.sin(turns)).cumsum()
    lat = lat_e7 + (north * _E7_PER_M).astype(np.int64)
    lon = lon_e7 + (east * _E7_PER_M / np.cos(np.radians(lat_e7 / 1e7))).astype(np.int64)
    lon = (lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    gaps_s = rng.choice([60, 600, 20_000], n, p=[0.9, 0.09, 0.01])
    rows = track_of(gaps_s.cumsum() * SECOND, lat, lon, np.where(rng.random(n) < 0.02, 1, 80))
    detector = PortVisit(places_hash=hold_places(places), min_confidence=1)
    events = detector.advance(detector.state.empty_table(), rows, int(rows["t"][-1].as_py()) + 1).found
    when = rows["t"].to_pylist()
    got = []
    for e in events.to_pylist():
        if e["status"] == "closed":
            m = dict(e["measures"])
            at = when.index(e["t_start"]), when.index(e["t_end"])
            got.append((m["confidence"], *at, m["gap_s"]))
    expected = [(sure, entry, last, gap) for sure, entry, last, _, gap in plainly(detector, places, rows)]
    assert got == expected

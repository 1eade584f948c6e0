from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from shiomi.geo import distance_m
from shiomi.schema import TRACK_SUMMARIES, TRACKS
from shiomi.tracks.summary import summarise
from shiomi.units import SECOND

NONE_YET = TRACK_SUMMARIES.empty_table()


def rows_of(tracks: int, reports: int, *, seed: int = 4) -> pa.Table:
    """Reports of several tracks that wander, some across 180 degrees, sorted by (track_id, t)."""
    draw = np.random.default_rng(seed)
    rows = []
    for k in range(tracks):
        mmsi = 431_000_000 + k // 2
        track_id = (mmsi << 33) + k
        lat = 300_000_000 + np.cumsum(draw.integers(-90_000, 90_000, reports))
        lon = 1_799_500_000 * (k % 2) + np.cumsum(draw.integers(-90_000, 90_000, reports))
        lon = (lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
        t = np.sort(draw.choice(80_000, reports, replace=False)) * SECOND
        for i in range(reports):
            row = {
                "message_id": k * reports + i,
                "mmsi": mmsi,
                "t": int(t[i]),
                "track_id": track_id,
                "fix_no": i,
            }
            row |= {
                "lat_e7": int(lat[i]),
                "lon_e7": int(lon[i]),
                "source_id": 1,
                "source_row": i,
                "bridge_s": 60,
            }
            rows.append(row)
    return pa.Table.from_pylist(rows, TRACKS)


def by_hand(rows: pa.Table) -> list[dict[str, object]]:
    """The same, track by track and report by report."""
    out = []
    reports = rows.to_pylist()
    for track_id in sorted({r["track_id"] for r in reports}):
        own = [r for r in reports if r["track_id"] == track_id]
        legs = [
            round(float(distance_m(*(np.array([r[c]]) for r in (a, b) for c in ("lat_e7", "lon_e7")))[0]))
            for a, b in pairwise(own)
        ]
        out.append(
            {
                "track_id": track_id,
                "mmsi": own[0]["mmsi"],
                "kind": "track" if len(own) > 1 else "outlier",
                "t_first": own[0]["t"],
                "t_last": own[-1]["t"],
                "fixes": len(own),
                "distance_m": sum(legs),
                "lat_e7_min": min(r["lat_e7"] for r in own),
                "lat_e7_max": max(r["lat_e7"] for r in own),
                "lat_e7": own[-1]["lat_e7"],
                "lon_e7": own[-1]["lon_e7"],
            }
        )
    return out


def test_a_summary_says_what_counting_by_hand_says() -> None:
    rows = rows_of(7, 40)
    made = summarise(NONE_YET, rows)
    assert made.schema.equals(TRACK_SUMMARIES)
    assert made.to_pylist() == by_hand(rows)


@pytest.mark.parametrize("steps", [2, 5, 33])
def test_steps_of_any_size_give_the_same_summary(steps: int) -> None:
    rows = rows_of(6, 50)
    t = rows["t"].to_numpy()
    known = NONE_YET
    for low, high in pairwise(np.linspace(0, 80_000 * SECOND, steps + 1)):
        known = summarise(known, rows.filter(pa.array((t >= low) & (t < high))))
    assert known.to_pylist() == by_hand(rows)


def test_a_lone_report_is_an_outlier_until_another_supports_it() -> None:
    rows = rows_of(1, 2)
    first = summarise(NONE_YET, rows.slice(0, 1))
    assert (first["kind"][0].as_py(), first["distance_m"][0].as_py()) == ("outlier", 0)
    assert summarise(first, rows.slice(1))["kind"].to_pylist() == ["track"]


def test_no_reports_change_nothing() -> None:
    known = summarise(NONE_YET, rows_of(3, 5))
    assert summarise(known, TRACKS.empty_table()) is known

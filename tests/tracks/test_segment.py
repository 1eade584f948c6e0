"""From an MMSI to hulls: the method of docs/tracks.md, case by case and beside its plain telling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_segment import columns, segment, table_of

from shiomi.schema import TRACKS
from shiomi.tracks.segment import Segment

SHIP = 431_000_001
Row = tuple[int, float, float, float, float | None, int | None]


def tracks_of(positions: pa.Table) -> pa.Table:
    s = Segment()
    return s.advance(s.state.empty_table(), positions, 1 << 62).found


def series(
    minutes: range, lat: float, lon: float, kn: float | None = 0.2, kind: int | None = None, mmsi: int = SHIP
) -> list[Row]:
    """A ship that lies still."""
    return [(mmsi, float(m), lat, lon, kn, kind) for m in minutes]


def sizes(tracks: pa.Table) -> list[int]:
    """Reports of each track, most first."""
    counts = np.unique(tracks["track_id"].to_numpy(), return_counts=True)[1]
    return sorted(counts.tolist(), reverse=True)


def test_a_ship_under_way_is_one_track() -> None:
    rows = [(SHIP, m, 30 + m / 300, 126.0, 12.0, None) for m in range(0, 600, 10)]
    assert sizes(tracks_of(table_of(rows))) == [60]


def test_two_hulls_interleaved_are_two_tracks() -> None:
    rows = series(range(0, 600, 10), 25.1, 121.5) + series(range(5, 600, 10), 38.9, 135.0)
    tracks = tracks_of(table_of(rows))
    assert sizes(tracks) == [60, 60]
    lats = {}
    for track, lat in zip(tracks["track_id"].to_pylist(), tracks["lat_e7"].to_pylist(), strict=True):
        lats.setdefault(track, set()).add(lat)
    assert sorted(map(len, lats.values())) == [1, 1], "a track holds both hulls"


def test_two_hulls_fifteen_kilometres_apart_are_two_tracks() -> None:
    rows = series(range(0, 300, 5), 25.1, 121.5) + series(range(2, 300, 5), 25.235, 121.5)
    assert sizes(tracks_of(table_of(rows))) == [60, 60]


def test_a_wild_report_is_a_track_of_its_own_and_the_ship_goes_on() -> None:
    rows = [*series(range(0, 300, 10), 25.1, 121.5), (SHIP, 101.0, -40.0, 10.0, 9.0, None)]
    tracks = tracks_of(table_of(rows))
    assert sizes(tracks) == [30, 1]
    own = tracks.filter(pa.array(tracks["lat_e7"].to_numpy() > 0))
    assert own["fix_no"].to_pylist() == list(range(30))
    assert own["prev_t"].to_pylist()[1:] == own["t"].to_pylist()[:-1]


def test_swapped_latitude_and_longitude_join_no_track() -> None:
    rows = [*series(range(0, 300, 10), 35.1, 60.5), (SHIP, 101.0, 60.5, 35.1, 0.2, None)]
    assert sizes(tracks_of(table_of(rows))) == [30, 1]


def test_many_wild_reports_over_a_day_never_make_a_hull() -> None:
    wild = [(SHIP, 47.0 + 120 * k, -40.0 + 0.2 * k, 10.0, 9.0, None) for k in range(10)]
    assert sizes(tracks_of(table_of([*series(range(0, 1440, 10), 25.1, 121.5), *wild]))) == [144] + [1] * 10


def test_a_ship_crosses_180_degrees_as_one_track() -> None:
    rows = [(SHIP, m, -17.0, 179.9 + m / 3000, 4.0, None) for m in range(0, 600, 10)]
    assert sizes(tracks_of(table_of(rows))) == [60]


def test_a_ship_passes_the_pole_as_one_track() -> None:
    rows = [(SHIP, m, 89.9 + m / 3000, 10.0, 1.0, None) for m in range(0, 300, 10)]
    rows += [(SHIP, m, 90.1 - m / 3000, -170.0, 1.0, None) for m in range(300, 600, 10)]
    assert sizes(tracks_of(table_of(rows))) == [60]


def test_class_a_and_class_b_on_one_mmsi_are_told_apart_where_they_meet() -> None:
    rows = series(range(0, 300, 10), 25.10, 121.5, kind=1) + series(range(5, 300, 10), 25.14, 121.5, kind=18)
    tracks = tracks_of(table_of(rows))
    kinds = {}
    for track, kind in zip(tracks["track_id"].to_pylist(), tracks["message_type"].to_pylist(), strict=True):
        kinds.setdefault(track, set()).add(kind)
    assert all(len(k) == 1 for k in kinds.values())


def test_a_coarse_long_range_report_is_no_second_ship() -> None:
    """Message 27 is rounded to 0.1 minute: up to 93 m north and east."""
    rows = series(range(0, 300, 10), 25.1008, 121.5008, kind=1) + series(
        range(5, 300, 30), 25.1000, 121.5000, kind=27
    )
    assert sizes(tracks_of(table_of(rows))) == [40]


def test_a_fast_craft_that_says_so_is_one_track() -> None:
    rows = [(SHIP, m, 25 + m * 1.2 / 60, 121.5, 72.0, None) for m in range(0, 120, 2)]
    assert sizes(tracks_of(table_of(rows))) == [60]


def test_two_reports_of_one_second_at_two_places_are_two_tracks_of_two_names() -> None:
    rows = [(SHIP, 0.0, 25.0, 121.0, 0.1, None), (SHIP, 0.0, 38.0, 135.0, 0.1, None)]
    tracks = tracks_of(table_of(rows))
    assert len(set(tracks["track_id"].to_pylist())) == 2


def test_a_track_is_named_for_its_mmsi_and_first_second() -> None:
    (track,) = set(tracks_of(table_of(series(range(0, 30, 10), 25.0, 121.0)))["track_id"].to_pylist())
    assert track >> 33 == SHIP
    assert track & ((1 << 33) - 1) == 1_709_251_200


def test_a_ninth_hull_forgets_the_most_stale_stray_report() -> None:
    rows = [(SHIP, float(m), -80.0 + 15 * m, 10.0, 0.1, None) for m in range(9)]
    rows += [(SHIP, 9.0 + k, -80.0, 10.0, 0.1, None) for k in range(3)]
    rows += [(SHIP, 20.0 + k, -65.0, 10.0, 0.1, None) for k in range(3)]
    tracks = tracks_of(table_of(rows))
    # The first was forgotten when the ninth came, the second when the first came again.
    assert sizes(tracks) == [3, 3] + [1] * 9


@pytest.mark.parametrize(
    ("kn", "minutes", "joins"),
    [(None, 60, True), (None, 30, False), (15.0, 30, False), (15.0, 150, True)],
)
def test_reach_grows_with_time_and_with_the_speeds_that_are_reported(
    kn: float | None, minutes: int, joins: bool
) -> None:
    rows = [(SHIP, float(m), 25.0, 121.5, kn, None) for m in (0, 1, 2)]
    rows.append((SHIP, 2.0 + minutes, 26.0, 121.5, kn, None))  # 60 miles north
    assert sizes(tracks_of(table_of(rows))) == ([4] if joins else [3, 1])


@st.composite
def claims(draw: st.DrawFn) -> pa.Table:
    """Reports of two MMSIs from a few places, some near enough to doubt, with all kinds of speed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 80))
    places = [
        (0.0, 179.99),
        (0.1, -179.99),
        (0.0, -179.7),
        (40.0, 10.0),
        (89.99, 0.0),
        (89.98, 180.0),
        (-60.0, 5.0),
    ]
    steps = rng.choice([0.0, 0.1, 1.0, 10.0, 61.0, 700.0], n, p=[0.05, 0.2, 0.3, 0.3, 0.1, 0.05])
    rows = []
    for minute in np.cumsum(steps).tolist():
        lat, lon = places[int(rng.integers(0, 7))]
        kn = None if rng.random() < 0.3 else float(rng.choice([0.0, 9.0, 35.0, 102.2]))
        kind = None if rng.random() < 0.5 else int(rng.choice([1, 3, 18, 19, 27]))
        lat, lon = min(lat + rng.normal(0, 0.01), 90.0), lon + rng.normal(0, 0.01)
        rows.append((SHIP + int(rng.integers(0, 2)), minute, lat, lon, kn, kind))
    return table_of(rows)


@given(claims())
def test_the_compiled_segmentation_is_the_plain_one(positions: pa.Table) -> None:
    tracks = tracks_of(positions)
    assert tracks.schema.equals(TRACKS)
    got = columns(tracks.to_pylist())
    expected = columns(segment(Segment(), positions))
    for name, values in expected.items():
        assert got[name] == values, name


@given(claims(), st.integers(0, 2**32 - 1))
def test_the_order_of_arrival_changes_no_track(positions: pa.Table, seed: int) -> None:
    from shiomi.tracks.clean import clean

    shuffled = positions.take(pa.array(np.random.default_rng(seed).permutation(positions.num_rows)))
    again, ignored = clean(shuffled)
    assert tracks_of(again).equals(tracks_of(positions))
    assert not any(ignored.values())


@given(claims())
def test_what_a_row_says_of_its_track_is_so(positions: pa.Table) -> None:
    rows = tracks_of(positions).to_pylist()
    seen: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        before = seen.setdefault(row["track_id"], [])
        assert row["fix_no"] == len(before)
        assert row["prev_t"] == (before[-1]["t"] if before else None)
        assert row["track_id"] >> 33 == row["mmsi"]
        assert Segment().min_bridge_s <= row["bridge_s"] <= Segment().max_bridge_s
        assert (row["interval_s"] is None) == (len(before) < 3)
        if before:
            assert row["t"] >= before[-1]["t"]
        before.append(row)

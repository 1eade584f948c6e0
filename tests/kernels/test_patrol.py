"""Legs of a coarse clock, beside one step computed at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import distance_m, wrap_e7
from shiomi.kernels.patrol import cut_legs, legs_written
from shiomi.kernels.still import fixed, still

STEP = 300_000_000
MAX_SILENCE_US = 400_000_000
LONG_AGO = -(1 << 62)
E7 = 2
"""Rounding of an interpolated place, 1e-7 degree: 2 cm."""


@st.composite
def tracks(draw: st.DrawFn) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(0, 40))
    t = np.cumsum(rng.choice([1, 999_999, 60_000_000, 150_000_000, 300_000_000, 700_000_001], n))
    prev_t = np.roll(t, 1)
    prev_t[rng.random(n) < 0.1] -= 5
    columns = {
        "track": np.sort(rng.integers(0, 3, n)),
        "t": t - 2_000_000_000,
        "lat": (rng.choice([0, 600_000_000]) + np.cumsum(rng.integers(-40_000, 60_000, n))).astype(np.int32),
        "lon": wrap_e7(1_799_990_000 + np.cumsum(rng.integers(-40_000, 90_000, n))).astype(np.int32),
        "prev_t": prev_t - 2_000_000_000,
        "bridge_s": rng.choice([0, 200, 900], n).astype(np.int32),
    }
    return {name: still(column) for name, column in columns.items()}


def whole_steps(p: dict[str, np.ndarray]) -> list[tuple[int, int, int]]:
    """For every step of the clock and every stretch of a track: is the step within, and whose reports?"""
    out = []
    n = len(p["t"])
    joined = np.zeros(n, np.bool_)
    for i in range(1, n):
        is_next = p["track"][i] == p["track"][i - 1] and p["prev_t"][i] == p["t"][i - 1]
        bridge_us = min(int(p["bridge_s"][i - 1]) * 1_000_000, MAX_SILENCE_US)
        joined[i] = is_next and p["t"][i] - p["t"][i - 1] <= bridge_us
    for a in range(n):
        b = a
        while b + 1 < n and joined[b + 1]:
            b += 1
        # Every stretch once, from its first row.
        if joined[a]:
            continue
        t = p["t"][a : b + 1]
        end = -(-int(t[0]) // STEP) * STEP + STEP
        while end <= t[-1]:
            first = int(np.flatnonzero(t <= end - STEP)[-1])
            last = int(np.flatnonzero(t >= end)[0])
            out.append((a + first, a + last, end))
            end += STEP
    return sorted(out)


def assert_on_the_way(p: dict[str, np.ndarray], row: int, t: int, lat: int, lon: int) -> None:
    """The place at t lies straight between a row and the next."""
    part = (t - int(p["t"][row])) / int(p["t"][row + 1] - p["t"][row])
    north = int(p["lat"][row + 1]) - int(p["lat"][row])
    assert abs(lat - int(p["lat"][row]) - part * north) <= E7
    east = wrap_e7(np.array([int(p["lon"][row + 1]), lon]) - int(p["lon"][row]))
    assert abs(east[1] - part * east[0]) <= E7


@given(tracks())
def test_every_whole_step_is_written_with_the_reports_around_it(p: dict[str, np.ndarray]) -> None:
    seen = still(np.zeros(len(p["t"]), np.bool_))
    first, last, end, place, way_mm, keep = cut_legs(*p.values(), seen, STEP, 0, MAX_SILENCE_US, LONG_AGO)
    assert [*zip(first.tolist(), last.tolist(), end.tolist(), strict=True)] == whole_steps(p)
    for a, b, until, lat, lon in zip(
        *(c.tolist() for c in (first, last, end, place[:, 0], place[:, 1])), strict=True
    ):
        assert a < b
        assert_on_the_way(p, b - 1, until, lat, lon)
    for a, start, lat, lon in zip(
        *(c.tolist() for c in (first, end - STEP, place[:, 2], place[:, 3])), strict=True
    ):
        assert_on_the_way(p, a, start, lat, lon)
    true_mm = 1000 * distance_m(place[:, 2], place[:, 3], place[:, 0], place[:, 1])
    assert (way_mm >= 0).all()
    assert (np.abs(way_mm - true_mm) <= 2 + 0.001 * true_mm).all()
    # What is carried lets the next step be cut as if all were there.
    newest = np.append(p["track"][1:] != p["track"][:-1], True)[: len(keep)]
    assert keep[newest].all()


@given(tracks(), st.integers(0, 2**32 - 1))
def test_a_leg_is_written_with_the_reports_of_its_rows(p: dict[str, np.ndarray], seed: int) -> None:
    seen = still(np.zeros(len(p["t"]), np.bool_))
    *legs, _ = cut_legs(*p.values(), seen, STEP, 0, MAX_SILENCE_US, LONG_AGO)
    ids, mmsi = fixed(np.arange(len(seen)) * 11, np.int64), fixed(p["track"] * 7, np.int32)
    order = np.random.default_rng(seed).permutation(len(legs[0]))
    track, of, end, place, way, edges, fix_ids, us, north, east = legs_written(
        order, *map(still, legs), p["track"], mmsi, ids, p["t"], p["lat"], p["lon"]
    )
    first, last = legs[0][order], legs[1][order]
    assert track.tolist() == p["track"][last].tolist()
    assert of.tolist() == mmsi[last].tolist()
    assert end.tolist() == legs[2][order].tolist()
    assert place.T.tolist() == legs[3][order].tolist()
    assert way.tolist() == legs[4][order].tolist()
    assert len(edges) == len(order) + 1
    for leg, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        lists, rows = slice(edges[leg], edges[leg + 1]), slice(a, b + 1)
        assert fix_ids[lists].tolist() == ids[rows].tolist()
        assert us[lists].tolist() == (p["t"][rows] - end[leg]).tolist()
        assert north[lists].tolist() == (p["lat"][rows].astype(np.int64) - place[0, leg]).tolist()
        assert east[lists].tolist() == wrap_e7(p["lon"][rows].astype(np.int64) - int(place[1, leg])).tolist()


@given(tracks())
def test_nothing_is_carried_of_a_track_not_heard_for_long(p: dict[str, np.ndarray]) -> None:
    seen = still(np.zeros(len(p["t"]), np.bool_))
    since = int(np.median(p["t"])) if len(seen) else 0
    *_, all_kept = cut_legs(*p.values(), seen, STEP, 0, MAX_SILENCE_US, LONG_AGO)
    *_, kept = cut_legs(*p.values(), seen, STEP, 0, MAX_SILENCE_US, since)
    last_t = np.array([p["t"][p["track"] == track].max() for track in p["track"]], np.int64)
    assert kept.tolist() == (all_kept & (last_t >= since)).tolist()

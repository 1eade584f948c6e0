"""The closest approach of two vessels, beside a slow plain reference."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import wrap_e7
from shiomi.kernels.passing import closest_approach, middles
from shiomi.kernels.turns import count_turns

YARD_MM = 914.4
"""International yard (1959 agreement)."""
ONE_MM = 1.0
metres = st.floats(-20_000, 20_000)


def plain_closest(x: float, y: float, dx: float, dy: float) -> float:
    """Least distance over ten thousand points of the way."""
    part = np.linspace(0, 1, 10_001)
    return float(np.hypot(x + part * dx, y + part * dy).min())


@given(metres, metres, metres, metres)
def test_the_closest_approach_is_the_least_of_many_points(x: float, y: float, dx: float, dy: float) -> None:
    part, d2 = closest_approach(x, y, dx, dy)
    assert 0 <= part <= 1
    assert math.isclose(math.hypot(x + part * dx, y + part * dy), math.sqrt(d2), abs_tol=1e-6)
    step = math.hypot(dx, dy) / 10_000
    assert math.sqrt(d2) - 1e-6 <= plain_closest(x, y, dx, dy) <= math.sqrt(d2) + step + 1e-6


def test_twenty_one_yards_are_nineteen_metres_and_two_tenths() -> None:
    abeam_mm = 21 * YARD_MM
    part, d2 = closest_approach(abeam_mm, -500_000.0, 0.0, 1_000_000.0)
    assert part == 0.5
    assert abs(math.sqrt(d2) - 19_200) < 3 * ONE_MM


def test_two_that_lie_still_to_each_other_are_closest_at_once() -> None:
    assert closest_approach(300.0, 400.0, 0.0, 0.0) == (0.0, 250_000.0)
    part, d2 = closest_approach(300.0, 400.0, 1e-200, 0.0)
    assert 0 <= part <= 1
    assert math.isclose(d2, 250_000.0)


def test_two_that_have_passed_were_closest_at_the_beginning() -> None:
    assert closest_approach(300.0, 0.0, 500.0, 0.0) == (0.0, 90_000.0)


def test_two_that_still_draw_together_are_closest_at_the_end() -> None:
    assert closest_approach(-500.0, 0.0, 200.0, 0.0) == (1.0, 90_000.0)


def test_a_turn_counts_once_and_only_against_the_course_before_it() -> None:
    course = np.array([3500, 3580, 50, 60, 250, 40, 900], np.int64)
    edges = np.array([0, 6, 7])
    assert count_turns(edges, course, 200).tolist() == [0, 0, 0, 0, 1, 2, 0]


@given(st.integers(0, 2**32 - 1))
def test_half_way_across_the_antimeridian_is_on_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lat, prev_lat = (rng.integers(-900_000_000, 900_000_000, 20) for _ in range(2))
    lon, prev_lon = (wrap_e7(1_799_990_000 + rng.integers(-9_000_000, 9_000_000, 20)) for _ in range(2))
    rows = np.flatnonzero(rng.random(20) < 0.5)
    got = middles(*(c.astype(np.int32) for c in (lat, lon, prev_lat, prev_lon)), rows)
    assert got[0].tolist() == (lat - (lat - prev_lat) // 2)[rows].tolist()
    assert got[1].tolist() == wrap_e7(lon - wrap_e7(lon - prev_lon) // 2)[rows].tolist()

"""Where two prisms let two vessels lie together longest, beside a search over a fine grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import distance_m
from shiomi.kernels.prisms import longest_together
from shiomi.units import KNOT_MM_PER_S, SECOND

HALF_A_PER_CENT = 0.005
HOUR_US = 3600 * SECOND


def on_a_grid(lat: np.ndarray, lon: np.ndarray, t: np.ndarray, speed_mm: np.ndarray) -> float:
    """Longest time together over the points of a grid across the four ends, microseconds."""
    y, x = np.meshgrid(np.linspace(lat.min(), lat.max(), 121), np.linspace(lon.min(), lon.max(), 121))
    y, x = y.astype(np.int64).ravel(), x.astype(np.int64).ravel()
    way_us = [distance_m(y, x, lat[k], lon[k]) / (speed_mm[k // 2] / 1000) * SECOND for k in range(4)]
    arrive = np.maximum(t[0] + way_us[0], t[2] + way_us[2])
    leave = np.minimum(t[1] - way_us[1], t[3] - way_us[3])
    return float((leave - arrive).max())


@given(seed=st.integers(0, 2**32 - 1), lat_deg=st.sampled_from([0, 35, -60]))
def test_the_longest_time_together_is_that_of_a_search_over_a_grid(seed: int, lat_deg: int) -> None:
    rng = np.random.default_rng(seed)
    lat = (lat_deg * 1e7 + rng.uniform(-1.5e7, 1.5e7, 4)).astype(np.int64)
    lon = (1_300_000_000 + rng.uniform(-2e7, 2e7, 4)).astype(np.int64)
    t = (np.array([0, 24, 3, 30]) * HOUR_US + rng.uniform(0, 3 * HOUR_US, 4)).astype(np.int64)
    speed_mm = rng.integers(50, 250, 2) * KNOT_MM_PER_S / 10
    together_us, lat_e7, lon_e7 = longest_together(lat, lon, t, speed_mm, 40)
    expected = on_a_grid(lat, lon, t, speed_mm)
    # The grid misses the best point by up to half a cell; the plane is off by less than half a per cent.
    cell_m = 4e7 * 0.011132 / 120
    slack = 2 * cell_m / (speed_mm.min() / 1000) * SECOND + HALF_A_PER_CENT * 24 * HOUR_US
    assert together_us == pytest.approx(expected, abs=slack)
    here = np.array([lat_e7]), np.array([lon_e7])
    assert float(distance_m(*here, lat, lon).min()) < 1_000_000


def test_two_that_wait_at_one_place_have_all_the_time_that_both_are_unheard() -> None:
    lat, lon = np.full(4, 300_000_000), np.full(4, 1_799_999_999)
    t = np.array([0, 20, 5, 30]) * HOUR_US
    together_us, lat_e7, lon_e7 = longest_together(lat, lon, t, np.array([5_000.0, 5_000.0]), 40)
    one_second = SECOND
    assert together_us == pytest.approx(15 * HOUR_US, abs=one_second)
    assert (lat_e7, lon_e7) == (300_000_000, 1_799_999_999)


def test_two_that_are_too_far_apart_have_less_than_no_time() -> None:
    lat, lon = np.zeros(4, np.int64), np.array([0, 0, 100_000_000, 100_000_000])
    t = np.array([0, 20, 0, 20]) * HOUR_US
    together_us, _, _ = longest_together(lat, lon, t, np.array([5_000.0, 5_000.0]), 40)
    assert together_us < 0

"""When a ship transmits: the tables of M.1371-5, and a walk that keeps to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.transmissions import SATELLITE, SHORE, reporting_interval_s, transmissions, walk_noise

TABLE = [  # speed in knots, turning, at rest, class B, seconds: M.1371-5 Annex 1, tables 1 and 2
    (0.0, 0.0, True, False, 180.0),
    (3.1, 0.0, True, False, 10.0),
    (5.0, 0.0, False, False, 10.0),
    (14.0, 20.0, False, False, 10 / 3),
    (15.0, 0.0, False, False, 6.0),
    (23.0, 20.0, False, False, 2.0),
    (24.0, 0.0, False, False, 2.0),
    (2.0, 0.0, False, True, 180.0),
    (2.1, 90.0, False, True, 30.0),
]


@pytest.mark.parametrize(("sog_kn", "turn", "resting", "class_b", "expected_s"), TABLE)
def test_intervals_are_those_of_the_tables(
    sog_kn: float, turn: float, resting: bool, class_b: bool, expected_s: float
) -> None:
    assert reporting_interval_s(sog_kn, turn, resting, class_b) == expected_s


def walk(p_shore: float, p_satellite: float, shore_s: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    n = 61
    column = np.ones(n, np.float32)
    return transmissions(
        8 * column, 0 * column, np.zeros(n, np.bool_), False, p_shore * column, p_satellite * column,
        60.0, shore_s, 0.0, seed,
    )  # fmt: skip


@given(st.integers(0, 2**63 - 1))
def test_every_transmission_is_heard_where_reception_is_perfect(seed: int) -> None:
    when, via = walk(1.0, 0.0, 0.0, seed)
    assert (via == SHORE).all()
    assert when[0] < 180
    assert set(np.diff(when).tolist()) <= {9, 10, 11}
    assert when[-1] > 3_600 - 12


@given(st.integers(0, 2**63 - 1))
def test_nothing_is_heard_where_there_is_no_reception(seed: int) -> None:
    assert len(walk(0.0, 0.0, 0.0, seed)[0]) == 0


@given(st.integers(0, 2**63 - 1))
def test_a_feed_keeps_at_most_one_report_of_its_interval(seed: int) -> None:
    when, via = walk(1.0, 0.5, 300.0, seed)
    shore = when[(via & SHORE) > 0]
    assert 11 <= len(shore) <= 14
    # The first of each slot, so two may be close where a slot ends, but never three.
    assert (shore[2:] - shore[:-2] >= 300).all()
    assert 0 < ((via & SATELLITE) > 0).sum() < 361


@given(st.integers(0, 2**32 - 1))
def test_noise_forgets_as_it_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 30
    hull, t_s = np.sort(rng.integers(0, 3, n)).astype(np.int32), np.cumsum(rng.integers(1, 900, n))
    normals = rng.normal(size=n)
    got = walk_noise(hull, t_s, normals, 5.0, 300.0)
    expected: list[float] = []
    for i in range(n):
        keep = 0.0 if i == 0 or hull[i] != hull[i - 1] else np.exp(-(t_s[i] - t_s[i - 1]) / 300.0)
        expected.append(keep * (expected[-1] if expected else 0.0) + 5.0 * np.sqrt(1 - keep**2) * normals[i])
    assert np.allclose(got, expected, rtol=1e-12)

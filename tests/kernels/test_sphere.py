"""Scalar geometry beside the WGS 84 geodesic and beside vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import assume, given
from hypothesis import strategies as st

from shiomi.geo import distance_m, wrap_e7
from shiomi.kernels.sphere import between_e7, distance_mm, wrap

SPHERE_ERROR = 0.0057
"""How far the sphere of the mean radius may be from the WGS 84 geodesic, relative."""
one_millimetre = 1
grid_mm = 12
"""Half the diagonal of a step of 1e-7 degree, and a little."""

latitudes = st.integers(-900_000_000, 900_000_000) | st.sampled_from(
    [0, 850_000_000, 900_000_000, -899_999_999]
)
longitudes = st.integers(-1_800_000_000, 1_799_999_999) | st.sampled_from([-1_800_000_000, 1_799_999_999, 0])
places = st.tuples(latitudes, longitudes)


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[tuple[int, int], tuple[int, int]]:
    lat, lon = draw(places)
    near = st.integers(-3_000_000, 3_000_000)
    other = min(max(lat + draw(near), -900_000_000), 900_000_000)
    return (lat, lon), (other, int(wrap_e7(np.array(lon + draw(near)))))


def geodesic_mm(a: tuple[int, int], b: tuple[int, int]) -> float:
    return 1000 * float(Geodesic.WGS84.Inverse(a[0] / 1e7, a[1] / 1e7, b[0] / 1e7, b[1] / 1e7)["s12"])


@given(places, places)
def test_distance_is_within_the_error_of_the_sphere(a: tuple[int, int], b: tuple[int, int]) -> None:
    exact = geodesic_mm(a, b)
    assert abs(distance_mm(*a, *b) - exact) <= SPHERE_ERROR * exact + 2 * one_millimetre


@given(neighbours())
def test_short_distances_too(pair: tuple[tuple[int, int], tuple[int, int]]) -> None:
    a, b = pair
    exact = geodesic_mm(a, b)
    assert abs(distance_mm(*a, *b) - exact) <= SPHERE_ERROR * exact + 2 * one_millimetre


@given(places, places)
def test_the_scalar_and_the_column_agree_to_a_millimetre(a: tuple[int, int], b: tuple[int, int]) -> None:
    column = 1000 * distance_m(*(np.array([v]) for v in (*a, *b)))[0]
    assert abs(distance_mm(*a, *b) - column) <= one_millimetre
    assert distance_mm(*a, *b) == distance_mm(*b, *a)


@given(st.integers(-(2**40), 2**40))
def test_longitudes_wrap_into_the_half_open_circle(lon_e7: int) -> None:
    wrapped = wrap(lon_e7)
    assert -1_800_000_000 <= wrapped < 1_800_000_000
    assert (wrapped - lon_e7) % 3_600_000_000 == 0


@given(neighbours() | st.tuples(places, places), st.integers(0, 1_000))
def test_a_place_between_lies_on_the_way_at_its_part(
    pair: tuple[tuple[int, int], tuple[int, int]], part: int
) -> None:
    a, b = pair
    whole = distance_mm(*a, *b)
    assume(whole < math.pi * 6.371e9 * 0.999)  # between antipodes every way is the shortest
    p = between_e7(*a, *b, part, 1_000)
    # Along the way the steps of the grid count; near a quarter of the globe across it too.
    assert abs(distance_mm(*a, *p) - whole * part / 1_000) <= 2 * grid_mm
    assert abs(distance_mm(*p, *b) - whole * (1_000 - part) / 1_000) <= 2 * grid_mm


@given(neighbours(), st.integers(0, 1_000), st.integers(-(10**10), 10**10))
def test_turning_the_globe_turns_what_is_between(
    pair: tuple[tuple[int, int], tuple[int, int]], part: int, turn: int
) -> None:
    (lat1, lon1), (lat2, lon2) = pair
    lat, lon = between_e7(lat1, lon1, lat2, lon2, part, 1_000)
    turned = between_e7(lat1, wrap(lon1 + turn), lat2, wrap(lon2 + turn), part, 1_000)
    assert turned == (lat, wrap(lon + turn))


@pytest.mark.parametrize(("part", "expected"), [(0, (870_000_000, 0)), (1, (890_000_000, 0))])
def test_over_the_pole(part: int, expected: tuple[int, int]) -> None:
    assert between_e7(870_000_000, 0, 890_000_000, -1_800_000_000, part, 2) == expected

"""Distances, bearings and wrapping over columns, beside the WGS 84 geodesic."""

from __future__ import annotations

import numpy as np
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import bearing_deg, distance_m, unit_vectors, wrap_e7

SPHERE_ERROR = 0.0057
"""Greatest along the meridian at the equator, where the ellipsoid bends most."""
half_a_degree = 0.5
one_metre = 1.0

seeds = st.integers(0, 2**32 - 1)


def places(seed: int, n: int = 60) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    lat = rng.integers(-900_000_000, 900_000_001, (2, n))
    lon = rng.integers(-1_800_000_000, 1_800_000_000, (2, n))
    near = rng.random(n) < 0.5
    lat[1, near] = np.clip(lat[0, near] + rng.integers(-1_000_000, 1_000_000, n)[near], -9e8, 9e8)
    lon[1, near] = wrap_e7(lon[0, near] + rng.integers(-1_000_000, 1_000_000, n)[near])
    return lat[0], lon[0], lat[1], lon[1]


@given(seeds)
def test_distances_are_within_the_error_of_the_sphere(seed: int) -> None:
    columns = places(seed)
    for row, d in zip(np.stack(columns, axis=1) / 1e7, distance_m(*columns), strict=True):
        exact = Geodesic.WGS84.Inverse(*row)["s12"]
        assert abs(d - exact) <= SPHERE_ERROR * exact + 0.001


def test_the_error_of_the_sphere_is_reached() -> None:
    d = distance_m(*(np.array([v]) for v in (-50_000, 0, 50_000, 0)))[0]
    exact = Geodesic.WGS84.Inverse(-0.005, 0, 0.005, 0)["s12"]
    assert 0.0056 < abs(d - exact) / exact < SPHERE_ERROR


@given(seeds)
def test_bearings_point_where_the_geodesic_starts(seed: int) -> None:
    lat1, lon1, lat2, lon2 = places(seed)
    sure = (np.abs(lat1) < 890_000_000) & (distance_m(lat1, lon1, lat2, lon2) < 10_000_000)
    sure &= distance_m(lat1, lon1, lat2, lon2) > one_metre
    rows = np.stack([lat1, lon1, lat2, lon2], axis=1)[sure]
    for row, bearing in zip(rows / 1e7, bearing_deg(*rows.T), strict=True):
        azimuth = Geodesic.WGS84.Inverse(*row)["azi1"]
        assert abs((bearing - azimuth + 180) % 360 - 180) < half_a_degree
        assert 0 <= bearing < 360


@given(st.lists(st.integers(-(2**60), 2**60), min_size=1))
def test_wrapping_is_exact_and_half_open(lon: list[int]) -> None:
    got = wrap_e7(np.array(lon)).tolist()
    assert got == [(x + 1_800_000_000) % 3_600_000_000 - 1_800_000_000 for x in lon]
    assert wrap_e7(np.array([1_800_000_000])).tolist() == [-1_800_000_000]


@given(seeds)
def test_unit_vectors_span_the_same_angles(seed: int) -> None:
    lat1, lon1, lat2, lon2 = places(seed)
    a, b = unit_vectors(lat1, lon1), unit_vectors(lat2, lon2)
    assert np.allclose(np.linalg.norm(a, axis=1), 1)
    chord = np.linalg.norm(a - b, axis=1)
    arc_m = 2 * 6_371_008.8 * np.arcsin(np.minimum(1, chord / 2))
    assert np.allclose(arc_m, distance_m(lat1, lon1, lat2, lon2), atol=one_metre)

"""The nearest other vessel beside a comparison of all with all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import distance_m
from shiomi.kernels.solitude import nearest_other
from shiomi.kernels.still import fixed

_E7_PER_M = 1 / 0.011131949


@given(
    seed=st.integers(0, 2**32 - 1),
    lat_e7=st.sampled_from([0, 351_000_000, -899_980_000, 899_990_000, 880_000_000]),
    lon_e7=st.sampled_from([0, 1_799_990_000]),
    max_m=st.sampled_from([200, 1_852, 20_000]),
)
def test_the_nearest_is_that_of_all(seed: int, lat_e7: int, lon_e7: int, max_m: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    per_lon = _E7_PER_M / max(np.cos(np.radians(lat_e7 / 1e7)), 1e-3)
    lat = np.clip(lat_e7 + (rng.normal(0, 4_000, n) * _E7_PER_M).astype(np.int64), -900_000_000, 900_000_000)
    lon = lon_e7 + (rng.normal(0, 4_000, n) * per_lon).astype(np.int64)
    lon = (lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    group = fixed(rng.integers(0, 40, n), np.int32)
    edges = np.array([0, n // 3, n])
    other, least = nearest_other(edges, lat, lon, group, max_m * 1000)
    for i in range(n):
        slot = range(edges[0], edges[1]) if i < edges[1] else range(edges[1], edges[2])
        rest = [j for j in slot if group[j] != group[i]]
        mm = np.rint(distance_m(lat[i], lon[i], lat[rest], lon[rest]) * 1000).astype(np.int64)
        nearest = int(mm.min(initial=max_m * 1000 + 1))
        one_millimetre = 1
        assert abs(least[i] - nearest) <= one_millimetre
        assert (other[i] >= 0) == (least[i] <= max_m * 1000)

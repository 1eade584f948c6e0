"""Close pairs on the grid in space, beside every pair tried."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import wrap_e7
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import close_pairs, same_slot
from shiomi.kernels.sphere import distance_mm
from shiomi.kernels.still import fixed

CENTRES = [
    (0, 0), (0, 1_799_999_990), (850_000_000, -1_800_000_000), (899_999_000, 5), (-900_000_000, 0),
    (350_000_000, 1_390_000_000), (0, 900_000_000), (0, -900_000_000),
]  # fmt: skip
"""Also where an axis of the grid pierces the globe, and where cells meet it edge on."""


@st.composite
def crowds(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    max_mm = draw(st.sampled_from([1, 1_000, 500_000, 5_000_000]))
    n = draw(st.integers(0, 40))
    t = np.sort(rng.integers(0, draw(st.sampled_from([1, 3, 9])), n))
    centre = np.array(CENTRES)[rng.integers(0, len(CENTRES), n) if rng.random() < 0.5 else np.zeros(n, int)]
    if n and rng.random() < 0.5:
        centre[:] = CENTRES[int(rng.integers(len(CENTRES)))]
    spread = max(max_mm * 0.09 * rng.choice([0.3, 1.0, 3.0]), 2)  # 1e-7 degree is 11.1 mm
    lat = np.clip(centre[:, 0] + rng.normal(0, spread, n), -9e8, 9e8).astype(np.int64)
    wide = spread / np.maximum(np.cos(np.radians(lat / 1e7)), 1e-4)
    lon = wrap_e7(centre[:, 1] + np.minimum(rng.normal(0, 1, n) * wide, 1e10).astype(np.int64))
    return t, lat.astype(np.int32), lon.astype(np.int32), rng.integers(0, max(n, 1), n), max_mm


@given(crowds(), st.sampled_from([None, 0.0, 0.5, 0.9, 1.0]))
def test_the_grid_finds_every_pair_and_no_other(
    crowd: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int], share: float | None
) -> None:
    t, lat, lon, group, max_mm = crowd
    settled = np.random.default_rng(len(t)).random(len(t)) < (share or 0.0)
    asked = () if share is None else (settled,)
    first, second, mm = close_pairs(group_edges(t), lat, lon, group, max_mm, *asked)
    expected = []
    for i, j in combinations(range(len(t)), 2):
        d = distance_mm(lat[i], lon[i], lat[j], lon[j])
        if t[i] == t[j] and group[i] != group[j] and d <= max_mm and not (settled[i] and settled[j]):
            expected.append((i, j, d))
    assert list(zip(first.tolist(), second.tolist(), mm.tolist(), strict=True)) == expected


def test_the_limit_is_inclusive_to_the_millimetre() -> None:
    lat, lon = np.array([0, 45_000], np.int32), np.array([0, 0], np.int32)
    d = int(distance_mm(0, 0, 45_000, 0))
    edges, group = np.array([0, 2]), np.array([1, 2])
    assert len(close_pairs(edges, lat, lon, group, d)[0]) == 1
    assert len(close_pairs(edges, lat, lon, group, d - 1)[0]) == 0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=30))
def test_the_same_slot_holds_every_pair_of_a_group(rows: list[tuple[int, int]]) -> None:
    rows = sorted(rows)
    group, t = (fixed([r[k] for r in rows], dtype) for k, dtype in enumerate((np.int32, np.int64)))
    got = same_slot(group, t).tolist()
    assert got == [[i, j] for i, j in combinations(range(len(rows)), 2) if rows[i] == rows[j]]

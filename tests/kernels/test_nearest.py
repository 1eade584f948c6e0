"""The tree of boxes and the land in columns, beside everything tried."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import unit_vectors
from shiomi.kernels.coast import on_land_by_column
from shiomi.kernels.nearest import morton_order, nearest_discs, nearest_edge_chord2, tree_boxes
from shiomi.kernels.still import still

seeds = st.integers(0, 2**32 - 1)


def points(rng: np.random.Generator, n: int) -> np.ndarray:
    lat = rng.choice([rng.integers(-900_000_000, 900_000_001, n), rng.integers(899_000_000, 900_000_001, n)])
    return unit_vectors(lat, rng.integers(-1_800_000_000, 1_800_000_000, n))


@given(seeds, st.integers(1, 60))
def test_the_nearest_edge_is_the_nearest_of_all(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    a = points(rng, n)
    b = a + rng.normal(0, 0.01, a.shape)
    b /= np.linalg.norm(b, axis=1)[:, None]
    order = morton_order(a)
    a, b = a[order], b[order]
    bulge = 1 - np.sqrt(1 - (np.linalg.norm(b - a, axis=1).max() / 2) ** 2)
    at = points(rng, 20)
    got = nearest_edge_chord2(at, still(a), still(b), still(tree_boxes(a, b)), bulge)
    s = np.linspace(0, 1, 2_001)[:, None, None]
    way = a + s * (b - a)
    way /= np.linalg.norm(way, axis=2)[:, :, None]
    for p, chord2 in zip(at, got, strict=True):
        tried = ((way - p) ** 2).sum(axis=2).min()
        # The kernel takes the nearest place of the straight chord, lifted to the sphere: off by the rise
        # of the arc over the chord at most, half a metre for an edge of 5 km; here by the step tried too.
        longest = np.linalg.norm(b - a, axis=1).max()
        assert abs(np.sqrt(chord2) - np.sqrt(tried)) <= longest**2 / 4 + longest / 2_000


@given(seeds, st.integers(1, 60))
def test_the_nearest_disc_is_the_nearest_of_all(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    centres = points(rng, n)
    if n > 3:
        centres[3] = centres[0]
    order = morton_order(centres)
    centres = centres[order]
    radius, row = rng.choice([0.0, 1e-4, 3e-3], n), rng.permutation(n)
    at = np.concatenate([points(rng, 15), centres[:5]])
    got_row, got_arc = nearest_discs(at, centres, radius, row, tree_boxes(centres, centres))
    for p, r, arc in zip(at, got_row.tolist(), got_arc.tolist(), strict=True):
        arcs = 2 * np.arcsin(np.minimum(1, 0.5 * np.linalg.norm(centres - p, axis=1)))
        to_edge = arcs - radius
        mine = int(np.flatnonzero(row == r)[0])
        assert to_edge[mine] <= to_edge.min() + 1e-12
        assert abs(arc - arcs[mine]) <= 1e-12


@given(seeds)
def test_land_by_column_is_land_by_the_rule_of_crossings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    column_e7 = 300_000_000
    centre = np.array([0, int(rng.choice([0, 1_799_000_000]))])
    ring = centre + np.array([(-90, -80), (10, -85), (70, 0), (20, 90), (-60, 50)]) * int(
        rng.integers(9, 10**6)
    )
    turn = np.roll(ring, -1, axis=0) - ring
    edges = np.concatenate([ring, turn], axis=1).astype(np.int64)
    columns: list[list[int]] = [[] for _ in range(3_600_000_000 // column_e7)]
    for e, (_, lon, _, dlon) in enumerate(edges.tolist()):
        low, high = min(lon, lon + dlon), max(lon, lon + dlon)
        for c in range((low + 1_800_000_000) // column_e7, (high + 1_800_000_000) // column_e7 + 1):
            columns[c % len(columns)].append(e)
    start = np.cumsum([0, *map(len, columns)])
    flat = np.array([e for c in columns for e in c], np.int64)
    wide = int(np.abs(ring - centre).max())
    at = centre + rng.integers(-wide, wide + 1, (40, 2))
    at[:5] = ring
    lon = (at[:, 1] + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    got = on_land_by_column(at[:, 0], lon, edges, start, flat, column_e7).tolist()
    for (lat_p, lon_p), is_land in zip(at.tolist(), got, strict=True):
        crossings = 0
        for lat, lon0, dlat, dlon in edges.tolist():
            low, high = sorted((lon0, lon0 + dlon))
            if low <= lon_p < high:
                crossings += (lat * dlon + dlat * (lon_p - lon0)) * (1 if dlon > 0 else -1) > lat_p * abs(
                    dlon
                )
        assert is_land == (crossings % 2 == 1)

"""Near pairs and stays beside slow plain references."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shiomi.kernels.still import fixed
from shiomi.kernels.zones import CELL_BITS, CELLS_EAST, CELLS_NORTH, find_stays, keys_near, near_pairs

NONE = np.zeros(0, np.int64)


def a_grid(rng: np.random.Generator) -> tuple[Any, ...]:
    """Cells in a small corner of the world with none, one or several of five zones."""
    lists: list[list[tuple[int, bool]]] = [[]]
    cells = np.zeros(CELLS_NORTH * CELLS_EAST, np.int32)
    for north in range(6):
        for east in range(6):
            zones = sorted(rng.choice(5, rng.integers(0, 3), replace=False).tolist())
            if zones:
                lists.append([(z, bool(rng.random() < 0.3)) for z in zones])
                cells[north * CELLS_EAST + east] = len(lists) - 1
    start = np.concatenate([[0], np.cumsum([len(x) for x in lists])]).astype(np.int64)
    flat = [x for one in lists for x in one]
    return (
        cells,
        start,
        np.array([z for z, _ in flat], np.int64),
        np.array([s for _, s in flat], np.bool_),
        lists,
    )


def tracks(rng: np.random.Generator, n: int) -> tuple[Any, Any, Any]:
    track = np.sort(rng.integers(1, 9, n)).astype(np.int64)
    lat = -900_000_000 + np.cumsum(rng.integers(-1 << 20, 1 << 21, n)) % (8 << CELL_BITS)
    lon = -1_800_000_000 + np.cumsum(rng.integers(-1 << 20, 1 << 21, n)) % (8 << CELL_BITS)
    return fixed(track, np.int64), fixed(lat, np.int32), fixed(lon, np.int32)


@pytest.mark.parametrize("seed", range(8))
def test_near_pairs_are_those_that_a_plain_loop_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells, start, zone, sure, lists = a_grid(rng)
    track, lat, lon = tracks(rng, 300)
    carried = [(2, 1), (2, 3), (5, 0), (11, 2)]
    got = near_pairs(
        track,
        lat,
        lon,
        cells,
        start,
        zone,
        sure,
        *(np.array(c, np.int64) for c in zip(*carried, strict=True)),
    )
    expected, active = [], set[int]()
    for i in range(len(track)):
        if i == 0 or track[i] != track[i - 1]:
            active = {z for t, z in carried if t == track[i]}
        north, east = (int(lat[i]) + 900_000_000) >> CELL_BITS, (int(lon[i]) + 1_800_000_000) >> CELL_BITS
        here = lists[cells[north * CELLS_EAST + east]]
        expected += [(i, z, 0) for z in active - {z for z, _ in here}]
        expected += [(i, z, 2 if s else 1) for z, s in here]
        active = {z for z, _ in here}
    assert sorted(map(tuple, got.tolist())) == sorted(expected)
    assert [r for r, *_ in got.tolist()] == sorted(r for r, *_ in got.tolist())
    near = {int(track[i]) for i, _, how in expected if how}
    assert keys_near(track, lat, lon, cells).tolist() == sorted(near)


def plain_stays(t: list[int], side: list[int], end: int, rest: int, brk: int) -> list[tuple[Any, ...]]:
    """Stays of one track: first held, first and last surely inside, first outside, when it is known."""
    out: list[tuple[Any, ...]] = []
    held: list[int] = []
    broke = -1

    def told(known: int | None) -> None:
        surely = [k for k in held if side[k] == 0]
        if surely or known is not None:
            edges = (surely[0], surely[-1]) if surely else (-1, -1)
            if known is None:
                edges = (edges[0], edges[0])
            out.append((known is not None, held[0], *edges, broke if known is not None else -1, known))

    def limit() -> int:
        return t[held[-1]] + rest if broke < 0 else max(t[broke], t[held[-1]] + brk)

    for i in range(len(t)):
        if held and t[i] > limit():
            told(limit())
            held, broke = [], -1
        if side[i] <= 1:
            held.append(i)
            broke = -1
        elif held and side[i] == 3:
            broke = i if broke < 0 else broke
            told(t[i])
            held, broke = [], -1
        elif held and broke < 0:
            broke = i
    if held:
        told(limit() if end > limit() else None)
    return out


@pytest.mark.parametrize("seed", range(40))
def test_stays_are_those_that_a_plain_walk_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    t = np.cumsum(rng.choice([1, 3, 5, 20, 70], n)).astype(np.int64)
    side = rng.choice([0, 0, 0, 0, 1, 2, 3], n).astype(np.int8)
    end = int(t[-1]) + int(rng.choice([1, 10, 100]))
    edges = np.array([0, n], np.int64)
    told = np.zeros(n, np.bool_)
    stays, ev_edges, ev, keep, _ = find_stays(edges, t, side, told, end, 30, 10, 15)
    got = []
    for s in stays.tolist():
        closed, first, first_sure, last_sure, _, broke, known, _ = s
        got.append((bool(closed), first, first_sure, last_sure, broke, known if closed else None))
    assert got == plain_stays(t.tolist(), side.tolist(), end, 30, 10)
    for k, s in enumerate(stays.tolist()):
        cited = ev[ev_edges[k] : ev_edges[k + 1]].tolist()
        assert cited == sorted(set(cited))
        # The cited reports alone give the stay back.
        alone = find_stays(
            np.array([0, len(cited)], np.int64), t[cited], side[cited], told[cited], s[6] + 1, 30, 10, 15
        )[0].tolist()
        assert [cited[i] if i >= 0 else -1 for i in alone[-1][1:4]] == s[1:4]
        assert alone[-1][6] == s[6]
    if len(stays) and not stays[-1, 0]:
        assert keep.any()

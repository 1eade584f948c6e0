"""Jumps, silences and repeats, each beside its definition row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.jumps import find_jumps
from shiomi.kernels.order import group_edges
from shiomi.kernels.repeats import without_repeats
from shiomi.kernels.silences import find_silences
from shiomi.kernels.sphere import distance_mm
from shiomi.kernels.still import fixed, still

NEVER = np.iinfo(np.int64).min
ABSENT, FIXES, STAY = 100, 3, 20


@st.composite
def shared_mmsis(draw: st.DrawFn) -> dict[str, Any]:
    """Rows of MMSIs with up to three tracks each, fix_no and prev_t as they follow."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(0, 50))
    mmsi = np.sort(rng.integers(0, 2, n))
    t = np.cumsum(
        rng.choice(
            [0, 1, 9, 20, 40, 99, 100, 101, 300], n, p=[0.05, 0.2, 0.2, 0.2, 0.15, 0.05, 0.05, 0.05, 0.05]
        )
    )
    stays = rng.integers(1, 9)
    track = mmsi * 10 + (np.arange(n) // stays * rng.integers(1, 3) + (rng.random(n) < 0.1)) % 3
    seen: dict[int, tuple[int, int]] = {}
    fix_no, prev_t = np.zeros(n, np.int32), np.full(n, NEVER)
    for i, (k, when) in enumerate(zip(track.tolist(), t.tolist(), strict=True)):
        if k in seen:
            fix_no[i], prev_t[i] = seen[k][0] + 1, seen[k][1]
        seen[k] = (int(fix_no[i]), when)
    end = int(t.max(initial=0)) + 1 + draw(st.sampled_from([0, 50, 99, 100, 1_000]))
    columns = {"mmsi": mmsi, "t": t, "track": track, "fix_no": fix_no, "prev_t": prev_t}
    return {name: still(column) for name, column in columns.items()} | {"watermark": end}


def jumps(p: dict[str, Any]) -> list[tuple[int, ...]]:
    """For every row: does the MMSI go on here from a track that it leaves?"""
    t, track, mmsi = p["t"].tolist(), p["track"].tolist(), p["mmsi"].tolist()
    n, found = len(t), []
    for i in range(n):
        earlier = [j for j in range(i) if mmsi[j] == mmsi[i] and p["fix_no"][j] >= FIXES - 1]
        if not earlier or track[earlier[-1]] == track[i]:
            continue
        if p["prev_t"][i] != NEVER and t[i] - p["prev_t"][i] < ABSENT:
            continue
        after = [k for k in range(i, n) if mmsi[k] == mmsi[i] and t[k] <= t[i] + ABSENT]
        own = [k for k in after if track[k] == track[i]]
        stays = [k for m, k in enumerate(own) if m >= FIXES - 1 and t[k] - t[i] >= STAY]
        left = all(track[k] != track[earlier[-1]] for k in after)
        if left and stays and p["watermark"] - 1 >= t[i] + ABSENT:
            found.append((earlier[-1], *own[: FIXES - 1], stays[0]))
    return found


@given(shared_mmsis())
def test_jumps_are_those_of_the_definition(p: dict[str, Any]) -> None:
    got, _ = find_jumps(
        group_edges(p["mmsi"]),
        p["t"],
        p["track"],
        p["fix_no"],
        p["prev_t"],
        p["watermark"],
        ABSENT,
        FIXES,
        STAY,
    )
    assert [tuple(r) for r in got[:, :-1].tolist()] == jumps(p)


@given(shared_mmsis(), st.integers(0, 2**32 - 1))
def test_silences_are_those_of_the_definition(p: dict[str, Any], seed: int) -> None:
    limit = np.random.default_rng(seed).choice([-1, 40, 100], len(p["t"])).astype(np.int64)
    no = still(np.zeros(len(limit), np.bool_))
    closed, opened, newest, told, _ = find_silences(
        group_edges(p["mmsi"]), p["t"], p["track"], p["fix_no"], limit, no, no, p["watermark"], FIXES
    )
    t, track, mmsi = p["t"].tolist(), p["track"].tolist(), p["mmsi"].tolist()
    ended, standing, last = [], [], set()
    for j in range(len(t)):
        later = [i for i in range(j + 1, len(t)) if mmsi[i] == mmsi[j]]
        own = [i for i in later if track[i] == track[j]]
        until = own[0] if own else len(t)
        if not own:
            last.add(j)
        elsewhere = any(
            i < until and track[i] != track[j] and p["fix_no"][i] >= FIXES - 1 and t[i] <= t[j] + limit[j]
            for i in later
        )
        if limit[j] < 0 or elsewhere:
            continue
        if own and t[until] - t[j] >= limit[j] and t[until] > t[j]:
            ended.append((j, until))
        elif not own and p["watermark"] - 1 - t[j] >= limit[j]:
            standing.append(j)
    assert sorted(map(tuple, closed.tolist())) == ended
    assert sorted(opened.tolist()) == standing
    assert set(np.flatnonzero(newest).tolist()) == last
    assert set(np.flatnonzero(told).tolist()) == set(standing)


@given(st.lists(st.tuples(*(st.integers(0, k) for k in (1, 2, 3, 2))), max_size=25))
def test_repeats_are_those_of_the_definition(rows: list[tuple[int, int, int, int]]) -> None:
    rows = sorted(rows)
    mmsi, t, message, where = (np.array([r[k] for r in rows], np.int64) for k in range(4))
    lat = where * 60_000  # 0, 667 and 1,334 m
    order = np.arange(len(rows))
    same = lat * 0
    place, none, kind = fixed(lat, np.int32), fixed(same, np.int32), fixed(same, np.int8)
    told = (mmsi, still(t), still(message), place, none, kind, none, still(np.arange(len(rows))))
    kept, exact = without_repeats(order, *told, 1_000_000)
    stay: list[int] = []
    expected = 0
    for i, row in enumerate(rows):
        same = [j for j in range(i) if rows[j][:2] == row[:2]]
        if any(rows[j][2] == row[2] for j in same):
            expected += 1
        elif not any(j in stay and distance_mm(lat[i], 0, lat[j], 0) <= 1_000_000 for j in same):
            stay.append(i)
    assert order[:kept].tolist() == stay
    assert exact == expected

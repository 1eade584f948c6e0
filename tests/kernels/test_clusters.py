"""Clusters by density and musters, beside slow plain references."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.clusters import first_slow, hang_together
from shiomi.kernels.still import still

REACH = 10


def plain_clusters(x: list[int], min_core: int) -> list[int | None]:
    """Spread from core to core; others go with the nearest core. The least member names a cluster."""
    n = len(x)
    near = [[j for j in range(n) if abs(x[i] - x[j]) <= REACH] for i in range(n)]
    core = [len(near[i]) >= min_core for i in range(n)]
    name: list[int | None] = [None] * n
    for i in range(n):
        if not core[i] or name[i] is not None:
            continue
        ahead = [i]
        while ahead:
            k = ahead.pop()
            if name[k] is None and core[k]:
                name[k] = i
                ahead += near[k]
    for i in range(n):
        cores = [j for j in near[i] if core[j]]
        if not core[i] and cores:
            name[i] = name[min(cores, key=lambda j: abs(x[i] - x[j]))]
    return name


@given(st.lists(st.integers(0, 2_000), max_size=60, unique=True), st.integers(1, 6))
def test_clusters_are_those_that_a_plain_search_finds(x: list[int], min_core: int) -> None:
    pairs = [(i, j) for i in range(len(x)) for j in range(i + 1, len(x)) if abs(x[i] - x[j]) <= REACH]
    first, second = np.array(pairs, np.int64).reshape(-1, 2).T.copy()
    # Places are doubled and moved a little, so that no two cores are equally near.
    distance = np.array([abs(x[i] - x[j]) * 10_000 + i * 61 + j for i, j in pairs], np.int64)
    got = hang_together(len(x), first, second, still(distance), min_core)
    expected = plain_clusters(x, min_core)
    cores = {i for i in range(len(x)) if sum(abs(x[i] - v) <= REACH for v in x) >= min_core}
    assert [g >= 0 for g in got] == [e is not None for e in expected]
    assert [int(got[i]) for i in sorted(cores)] == [expected[i] for i in sorted(cores)]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(-1, 30)), max_size=40),
    st.integers(0, 40),
)
def test_a_muster_is_the_first_slow_report_of_each_step_however_the_rows_are_cut(
    rows: list[tuple[int, int, int]], cut: int
) -> None:
    rows = sorted(rows, key=lambda r: r[:2])
    expected, seen = [], set()
    for track, t, pace in rows:
        if 0 <= pace <= 20 and (track, t // 10) not in seen:
            seen.add((track, t // 10))
            expected.append((track, t))
    got = []
    done: dict[int, int] = {}
    for part in ([r for r in rows if r[1] < cut], [r for r in rows if r[1] >= cut]):
        track, t, pace = np.array(part, np.int64).reshape(-1, 3).T
        before = np.array(sorted(done.items()), np.int64).reshape(-1, 2).T
        first = first_slow(track, t, pace, 20, 10, before[0], before[1])
        got += [(int(track[i]), int(t[i])) for i in first]
        done |= {int(track[i]): int(t[i]) // 10 * 10 for i in first}
    assert sorted(got) == sorted(expected)

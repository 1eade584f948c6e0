"""Silences and slow times of the kernel beside a plain walk over all rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.still import fixed
from shiomi.kernels.unheard import NEW, find_unheard

SLOW, MAX, MIN_SLOW, REST, KEEP, LIMIT = 20, 90_000, 9_000, 2_000, 1_200, 4_000


def plainly(t: list[int], pace: list[int]) -> list[tuple[int, int, int, int]]:
    """(is slow, first, last, fastest row before a silence or -1), in the order of their ends."""
    found, first, fastest = [], None, -1
    for i in range(len(t)):
        silence = t[i] - t[i - 1] if i else 0
        if first is not None and (silence > REST or pace[i] > SLOW or t[i] - t[first] > MAX):
            if t[i - 1] - t[first] >= MIN_SLOW:
                found.append((1, first, i - 1, -1))
            first = None
        if LIMIT <= silence <= MAX:
            found.append((0, i - 1, i, fastest))
        if pace[i] >= 0 and (fastest < 0 or pace[i] > pace[fastest]):
            fastest = i
        if first is None and 0 <= pace[i] <= SLOW:
            first = i
    return found


@pytest.mark.parametrize(
    ("interval_s", "min_missing", "silences_count"),
    [(0, 0, True), (-1, 0, False), (1, 1, False)],
    ids=["any", "no habit", "too few missing"],
)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_found_is_what_a_plain_walk_finds(
    interval_s: int, min_missing: int, silences_count: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = 800
    steps = rng.choice([60, 600, 1_999, 2_000, 2_001, 4_000, 50_000, 95_000], n, p=[0.5, 0.4, *[0.1 / 6] * 6])
    t = steps.cumsum()
    fast = np.repeat(rng.random(n // 20) < 0.3, 20)
    pace = np.where(fast, rng.integers(21, 200, n), rng.integers(0, 20, n))
    pace[rng.random(n) < 0.05] = -1
    found, *_ = find_unheard(
        np.array([0, n]),
        fixed(t, np.int64),
        fixed(pace, np.int16),
        fixed(np.append(-1, t[:-1]), np.int64),
        fixed(np.full(n, interval_s), np.int32),
        fixed(np.full(n, NEW), np.int8),
        int(t[-1]) + 1,
        MAX,
        SLOW,
        MIN_SLOW,
        REST,
        KEEP,
        LIMIT,
        min_missing,
    )
    expected = [f for f in plainly(t.tolist(), pace.tolist()) if f[0] or silences_count]
    assert [tuple(f[:4]) for f in found.tolist()] == expected

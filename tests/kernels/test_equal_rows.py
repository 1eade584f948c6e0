"""Equal rows found by their hash, against a dictionary of whole rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.claims import equal_rows
from shiomi.kernels.still import still

SEED, FACTOR = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
NOTHING = 7
ROW = st.tuples(
    st.sampled_from([0, 1, NOTHING]), st.integers(-2, 2), st.sampled_from([0, 1, -(1 << 63), 1 << 62])
)
TIMES = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 5))


def found(rows: list[tuple[int, ...]], times: list[tuple[int, ...]], *, counted: bool) -> list:
    keys = np.array(rows, np.int64).reshape(len(rows), -1).T.copy()
    t, t_last, reports = np.array(times, np.int64).reshape(-1, 3).T.copy()
    t, t_last, reports = still(t), still(t_last), still(reports)
    first, kinds = equal_rows(keys, NOTHING, t, t_last, reports if counted else reports[:0])
    return [(i, *k) for i, k in zip(first.tolist(), kinds.tolist(), strict=True)]


@given(st.lists(st.tuples(ROW, TIMES), min_size=1, max_size=60), st.booleans())
def test_kinds_of_rows_are_those_of_a_dictionary(rows, counted):
    kinds: dict[tuple[int, ...], list[int]] = {}
    for i, (row, (t, t_last, many)) in enumerate(rows):
        if row[0] != NOTHING:
            kind = kinds.setdefault(row, [i, t, t_last, 0])
            kind[1], kind[2] = min(kind[1], t), max(kind[2], t_last)
            kind[3] += many if counted else 1
    given_rows, times = zip(*rows, strict=True)
    assert found(list(given_rows), list(times), counted=counted) == [tuple(k) for k in kinds.values()]


def mixed(h: int, value: int) -> int:
    x = ((h ^ value) * FACTOR) % 2**64
    return x ^ x >> 31


def signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def test_rows_that_share_a_hash_are_still_two_kinds():
    one, other = mixed(SEED, 1), mixed(SEED, 2)
    rows = [(1, 5), (2, signed(5 ^ one ^ other))]
    assert mixed(one, 5) == mixed(other, rows[1][1] % 2**64)
    assert found([*rows, rows[0]], [(1, 1, 1), (2, 2, 1), (3, 3, 1)], counted=False) == [
        (0, 1, 3, 2),
        (1, 2, 2, 1),
    ]

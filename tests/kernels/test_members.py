"""Rows among some, beside numpy's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.members import are_among, held
from shiomi.kernels.still import fixed

keys = st.lists(st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1), max_size=40)


@given(keys, keys)
def test_rows_are_those_whose_key_is_held(asked: list[int], some: list[int]) -> None:
    rows = are_among(fixed(asked, np.int64), *held(fixed(some, np.int64)))
    assert rows.tolist() == [i for i, key in enumerate(asked) if key in some]


def test_more_keys_than_the_least_table_has_places() -> None:
    some = np.arange(0, 9_000, 3)
    rows = are_among(fixed(np.arange(9_000), np.int64), *held(fixed(some, np.int64)))
    assert (rows == some).all()

"""Rows in order of time, beside numpy's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.steps import by_time

few = st.lists(st.integers(-5, 30), max_size=60)
far = st.lists(st.integers(-(2**35), 2**35), max_size=10)


@given(few | far)
def test_rows_stand_in_order_of_time_and_those_of_one_time_as_before(steps: list[int]) -> None:
    t = np.array(steps, np.int64) * 1_000
    assert by_time(t, 1_000).tolist() == np.argsort(t, kind="stable").tolist()

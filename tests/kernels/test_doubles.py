"""Tracks behind one MMSI, beside the definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.doubles import newest_of_each, of_several, others_heard
from shiomi.kernels.order import group_edges
from shiomi.kernels.still import still

rows = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=30)


@given(rows)
def test_each_is_what_it_is_said_to_be(table: list[tuple[int, int]]) -> None:
    table.sort(key=lambda r: r[0])
    mmsi, track = (np.array([r[k] for r in table], np.int64) for k in (0, 1))
    t = np.arange(len(table)) * 7
    edges = group_edges(mmsi)
    several = [i for i, r in enumerate(table) if len({q[1] for q in table if q[0] == r[0]}) > 1]
    newest = [r not in table[i + 1 :] for i, r in enumerate(table)]
    others = [
        max(
            (7 * j for j in range(i) if table[j][0] == m and table[j][1] != k), default=np.iinfo(np.int64).min
        )
        for i, (m, k) in enumerate(table)
    ]
    assert of_several(edges, still(track)).tolist() == several
    assert newest_of_each(edges, track).tolist() == newest
    assert others_heard(edges, track, t).tolist() == others

"""How far tracks went, beside the plain formula."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import distance_m
from shiomi.kernels.way import ways_m

lat = st.integers(-900_000_000, 900_000_000)
lon = st.integers(-1_800_000_000, 1_799_999_999)
step = st.integers(-60, 60) | st.integers(-1_000_000, 1_000_000) | st.just(0)


@given(
    lat, lon, st.lists(st.tuples(step, step) | st.tuples(lat, lon), min_size=1, max_size=12), st.booleans()
)
def test_a_way_is_the_sum_of_its_legs_in_whole_metres(
    lat0: int, lon0: int, moves: list[tuple[int, int]], is_known: bool
) -> None:
    lats = np.clip(np.cumsum([lat0, *(m[0] for m in moves)]), -900_000_000, 900_000_000)
    lons = (np.cumsum([lon0, *(m[1] for m in moves)]) + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    legs_m = distance_m(lats[:-1], lons[:-1], lats[1:], lons[1:])
    first = 1 if is_known else 0  # where it is known, the first place is that of the summary
    rows = [np.ascontiguousarray(c[first:].astype(np.int32)) for c in (lats, lons)]
    for c in rows:
        c.flags.writeable = False
    edges = np.array([0, len(rows[0])])
    way, south, north = ways_m(edges, *rows, np.array([is_known]), lats[:1].copy(), lons[:1].copy())
    # Half a metre may be rounded either way by the last bit of a sine.
    sure = (np.abs(legs_m % 1 - 0.5) > 1e-4).all()
    assert abs(way[0] - np.rint(legs_m).sum()) <= (0 if sure else len(legs_m))
    assert (south[0], north[0]) == (rows[0].min(), rows[0].max())

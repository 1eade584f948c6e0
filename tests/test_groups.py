"""Groups are followed while members join, leave, split and grow together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.groups import GROUPS, MEMBERS, follow
from shiomi.units import SECOND

HOUR = 3600
Slots = list[list[set[int]]]
"""For each hour the clusters, each a set of tracks."""


def members_of(slots: Slots, first: int = 0) -> tuple[pa.Table, np.ndarray]:
    rows = sorted(
        (h + first, track, c) for h, found in enumerate(slots) for c, of in enumerate(found) for track in of
    )
    hour, track, cluster = np.array(rows, np.int64).reshape(-1, 3).T
    t = hour * HOUR * SECOND
    columns = {"t": t, "track_id": track, "lat_e7": 0 * t, "lon_e7": 0 * t}
    arrays = [pa.array(columns.get(f.name, t)).cast(f.type) for f in MEMBERS]
    return pa.Table.from_arrays(arrays, schema=MEMBERS), cluster


def followed(slots: Slots, max_break_h: int = 2) -> list[list[set[int]]]:
    """Of each group, its members hour by hour."""
    members, cluster = members_of(slots)
    table = follow(GROUPS.empty_table(), members, cluster, max_break_h * HOUR)
    group, t, track = (numpy_of(table, c) for c in ("group_no", "t", "track_id"))
    return [
        [{*track[(group == g) & (t == h)].tolist()} for h in np.unique(t[group == g])]
        for g in np.unique(group)
    ]


def test_members_may_all_change_one_by_one() -> None:
    assert followed([[{1, 2}], [{2, 3}], [{3, 4}]]) == [[{1, 2}, {2, 3}, {3, 4}]]


def test_a_cluster_that_shares_no_member_founds_a_group() -> None:
    assert followed([[{1, 2}, {8, 9}], [{3, 4}]]) == [[{1, 2}], [{8, 9}], [{3, 4}]]


def test_one_that_goes_over_brings_no_groups_together() -> None:
    assert followed([[{1, 2, 3, 4}, {6, 7, 8}], [{1, 2, 3}, {4, 6, 7, 8}]]) == [
        [{1, 2, 3, 4}, {1, 2, 3}],
        [{6, 7, 8}, {4, 6, 7, 8}],
    ]


def test_a_group_that_splits_stays_one() -> None:
    assert followed([[{1, 2, 3, 4}], [{1, 2}, {3, 4}]]) == [[{1, 2, 3, 4}, {1, 2, 3, 4}]]


def test_two_that_grow_together_stay_two() -> None:
    assert followed([[{1, 2}, {3, 4}], [{1, 2, 3, 4}]]) == [[{1, 2}, {1, 2, 3, 4}], [{3, 4}, {1, 2, 3, 4}]]


def test_a_group_is_found_again_within_a_break_and_not_after() -> None:
    assert followed([[{1, 2}], [], [{1, 2}]]) == [[{1, 2}, {1, 2}]]
    assert followed([[{1, 2}], [], [], [{1, 2}]]) == [[{1, 2}], [{1, 2}]]


def test_hours_that_come_later_change_nothing() -> None:
    slots: Slots = [[{1, 2}, {5, 6}], [{2, 3}], [{2, 5}, {6, 7}], [{1, 7}]]
    whole, cluster = members_of(slots)
    state = GROUPS.empty_table()
    for hour in range(len(slots)):
        members, of = members_of(slots[hour : hour + 1], hour)
        state = follow(state, members, of, 2 * HOUR)
    assert state.equals(follow(GROUPS.empty_table(), whole, cluster, 2 * HOUR))

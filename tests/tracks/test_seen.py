"""What is counted beside the detectors is the same counted in parts and joined."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.schema import TRACKS
from shiomi.tracks.reception import merge_heard
from shiomi.tracks.seen import joined, nothing_seen
from shiomi.units import SECOND, hours


def tracks_of(mmsi: int, times: list[int]) -> pa.Table:
    n = len(times)
    columns = {f.name: pa.nulls(n, f.type) if f.nullable else pa.array([0] * n, f.type) for f in TRACKS}
    columns["mmsi"] = pa.array([mmsi] * n, pa.int32())
    columns["track_id"] = pa.array([mmsi << 33] * n, pa.int64())
    columns["t"] = pa.array(times, pa.int64())
    columns["lat_e7"] = pa.array(np.arange(n) * 100_000, pa.int32())
    return pa.Table.from_pydict(columns, schema=TRACKS)


def test_counts_of_two_parts_of_the_world_join_to_those_of_the_whole() -> None:
    hour = hours(1) * SECOND
    east, west = tracks_of(431_000_001, [0, hour, 3 * hour]), tracks_of(366_000_001, [hour, 2 * hour])
    whole = nothing_seen().after(pa.concat_tables([west, east]))

    parts = joined([nothing_seen().after(east), nothing_seen().after(west)])

    assert parts.summaries.equals(whole.summaries)
    assert parts.reception.equals(merge_heard([whole.reception]))


def test_no_part_at_all_has_seen_nothing() -> None:
    assert joined([]).reception.num_rows == 0
    assert joined([]).summaries.equals(nothing_seen().summaries)

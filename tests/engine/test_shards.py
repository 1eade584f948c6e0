"""Rows that must meet do meet; without its copies no row is there twice; tables travel unchanged."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiomi.engine.shards import Key, pack, shards_of, split, unpack, without_copies
from shiomi.errors import PlanError
from shiomi.geo import distance_m, wrap_e7
from shiomi.schema import POSITIONS, SLOTS

REACH_M = 500
NEAR = Key("t", REACH_M)


def slots(
    t: list[int], lat_deg: list[float], lon_deg: list[float], was_deg: list[float] | None = None
) -> pa.Table:
    """Slots at these places; `was_deg`: the latitude one slot before, on the same meridian."""
    n = len(t)
    columns = {f.name: pa.nulls(n, f.type) if f.nullable else pa.array([0] * n, f.type) for f in SLOTS}
    columns["track_id"] = pa.array(range(n), pa.int64())
    columns["t"] = pa.array(t, pa.int64())
    columns["lat_e7"] = pa.array(np.rint(np.array(lat_deg) * 1e7).astype(np.int32))
    columns["lon_e7"] = pa.array(wrap_e7(np.rint(np.array(lon_deg) * 1e7).astype(np.int64)).astype(np.int32))
    if was_deg is not None:
        columns["prev_lat_e7"] = pa.array(np.rint(np.array(was_deg) * 1e7).astype(np.int32))
        columns["prev_lon_e7"] = columns["lon_e7"]
    return pa.Table.from_pydict(columns, schema=SLOTS)


def homes(table: pa.Table, key: Key, shards: int) -> list[set[int]]:
    """The shards that each row is sent to."""
    found: list[set[int]] = [set() for _ in range(table.num_rows)]
    for shard, rows in split(table, key, shards):
        for i in rows["track_id"].to_pylist():
            assert shard not in found[i], "no shard has a row twice"
            found[i].add(shard)
    return found


@given(
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    bearing=st.floats(0, 2 * np.pi),
    apart_m=st.floats(0, REACH_M * 0.999),
)
def test_two_places_within_reach_share_a_shard_anywhere_on_the_globe(
    lat: float, lon: float, bearing: float, apart_m: float
) -> None:
    north = np.degrees(apart_m * np.cos(bearing) / 6_371_008.8)
    east = np.degrees(apart_m * np.sin(bearing) / 6_371_008.8 / max(np.cos(np.radians(lat)), 1e-9))
    table = slots([0, 0], [lat, max(min(lat + north, 90), -90)], [lon, lon + east])
    a, b = ((int(table["lat_e7"][i].as_py()), int(table["lon_e7"][i].as_py())) for i in (0, 1))
    if float(distance_m(np.array([a[0]]), np.array([a[1]]), np.array([b[0]]), np.array([b[1]]))[0]) > REACH_M:
        return  # next to a pole the step east was too wide
    one, other = homes(table, NEAR, 1_000)

    assert one & other


def test_two_vessels_that_were_near_one_slot_ago_share_a_shard_however_far_apart_now() -> None:
    table = slots([0, 0], [10.0, 40.0], [125.0, 125.0], was_deg=[25.0, 25.001])

    one, other = homes(table, NEAR, 1_000)

    assert one & other
    assert not set.intersection(*homes(slots([0, 0], [10.0, 40.0], [125.0, 125.0]), NEAR, 1_000))


def test_rows_of_one_instant_are_spread_where_only_neighbours_meet() -> None:
    draw = np.random.default_rng(3)
    table = slots([0] * 2_000, list(draw.uniform(-60, 60, 2_000)), list(draw.uniform(-180, 180, 2_000)))

    sent = homes(table, NEAR, 8)

    assert len(set.union(*sent)) == 8
    assert sum(map(len, sent)) < 2_000 * 1.1, "few rows are copied"
    assert len(set.union(*homes(table, Key("t"), 8))) == 1


def test_without_its_copies_every_row_is_there_once() -> None:
    draw = np.random.default_rng(4)
    table = slots([0] * 5_000, list(draw.uniform(29, 31, 5_000)), list(draw.uniform(120, 122, 5_000)))
    together = pa.concat_tables([rows for _, rows in split(table, NEAR, 64)])
    assert together.num_rows > table.num_rows

    assert without_copies(together).sort_by("track_id").equals(table)
    assert without_copies(table) is table


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_rows_in_order_lose_the_same_copies(rows: list[tuple[int, int, int]]) -> None:
    columns = [pa.array(c, pa.int64()) for c in zip(*rows, strict=True)] or [pa.array([], pa.int64())] * 3
    table = pa.table(columns, names=["t", "track_id", "pace_dkn"])
    table = table.sort_by([("t", "ascending"), ("track_id", "ascending")])

    apart = without_copies(table, ["t", "track_id"])

    assert apart.num_rows == len(set(rows))
    assert apart.sort_by([(c, "ascending") for c in apart.column_names]).to_pydict() == (
        without_copies(table).sort_by([(c, "ascending") for c in apart.column_names]).to_pydict()
    )


@given(n=st.integers(1, 300), shards=st.integers(1, 40))
def test_rows_of_one_key_go_to_one_shard_and_none_is_lost(n: int, shards: int) -> None:
    mmsi = np.random.default_rng(n).integers(200_000_000, 775_999_999, n // 3 + 1)
    keys = mmsi[np.arange(n) % len(mmsi)]
    table = pa.table({"mmsi": keys, "row": np.arange(n)})

    parts = list(split(table, Key("mmsi"), shards))

    assert sorted(r for _, p in parts for r in p["row"].to_pylist()) == list(range(n))
    owner = {m: shard for shard, p in parts for m in p["mmsi"].to_pylist()}
    assert all(owner[m] == shard for shard, p in parts for m in p["mmsi"].to_pylist())
    assert all(p["row"].to_pylist() == sorted(p["row"].to_pylist()) for _, p in parts)


def test_what_has_only_a_track_goes_where_its_mmsi_goes() -> None:
    mmsi = np.array([431_000_001, 366_999_111, 205_000_000])
    tracks = pa.table({"track_id": (mmsi << 33) | 1_700_000_000})

    assert (
        shards_of(tracks, Key("mmsi"), 97)[1] == shards_of(pa.table({"mmsi": mmsi}), Key("mmsi"), 97)[1]
    ).all()


def test_a_table_without_the_column_of_its_key_is_refused_by_name() -> None:
    with pytest.raises(PlanError, match="spread by pair_id"):
        shards_of(pa.table({"mmsi": [1]}), Key("pair_id"), 4)


def test_a_table_travels_unchanged_with_its_nulls_and_its_meanings() -> None:
    columns = {f.name: pa.array([None if f.nullable else 7, 8], f.type) for f in POSITIONS}
    table = pa.Table.from_pydict(columns, schema=POSITIONS)

    there = unpack(pack(table))

    assert there.equals(table)
    assert there.schema.equals(POSITIONS, check_metadata=True)

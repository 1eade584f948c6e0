from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.geo import distance_m
from shiomi.places.table import NO_PLACE_M, PLACES, nearest_place, places_hash

one_metre = 1


def places(*rows: tuple[str, float, float, int]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "place_id": name,
                "kind": "port",
                "name": name,
                "lat_e7": round(lat * 1e7),
                "lon_e7": round(lon * 1e7),
                "radius_m": radius_m,
                "source": "made",
            }
            for name, lat, lon, radius_m in rows
        ],
        schema=PLACES,
    )


def scattered(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(-900_000_000, 900_000_001, n), rng.integers(-1_800_000_000, 1_800_000_000, n)


HARBOURS = places(
    ("Naha", 26.2, 127.67, 2_000), ("Suva", -18.13, 178.43, 1_500), ("Nampo", 38.72, 125.4, 3_000)
)


def test_hash_does_not_depend_on_the_order_of_rows() -> None:
    assert places_hash(HARBOURS) == places_hash(HARBOURS.take(pa.array([2, 0, 1])))
    assert places_hash(HARBOURS) == places_hash(pa.concat_tables([HARBOURS.slice(1), HARBOURS.slice(0, 1)]))


def test_hash_changes_with_any_column() -> None:
    hashes = {places_hash(HARBOURS), places_hash(HARBOURS.slice(1))}
    for name in ("lat_e7", "lon_e7", "radius_m"):
        i = HARBOURS.column_names.index(name)
        moved = pc.add(HARBOURS[name], 1).cast(PLACES.field(name).type)
        hashes.add(places_hash(HARBOURS.set_column(i, PLACES.field(name), moved)))
    for name in ("place_id", "kind", "name", "source"):
        i = HARBOURS.column_names.index(name)
        hashes.add(places_hash(HARBOURS.set_column(i, PLACES.field(name), pa.array(["x"] * 3))))
    assert len(hashes) == 9


def test_a_missing_name_and_an_empty_name_hash_apart() -> None:
    i = HARBOURS.column_names.index("name")
    named = [HARBOURS.set_column(i, PLACES.field("name"), pa.array([v] * 3, pa.string())) for v in ("", None)]
    assert places_hash(named[0]) != places_hash(named[1])


def test_nearest_place_agrees_with_every_place_measured() -> None:
    plat, plon = scattered(300, seed=1)
    radius_m = np.random.default_rng(2).integers(100, 90_000, 300)
    table = places(
        *zip([f"p{i}" for i in range(300)], plat / 1e7, plon / 1e7, radius_m.tolist(), strict=True)
    )
    plat, plon = table["lat_e7"].to_numpy(), table["lon_e7"].to_numpy()
    lat, lon = scattered(1_000, seed=3)
    to_edge = distance_m(lat[:, None], lon[:, None], plat[None], plon[None]) - radius_m
    row, edge_m = nearest_place(table, lat, lon)
    assert (row == to_edge.argmin(axis=1)).all()
    assert (np.abs(edge_m - np.maximum(0, to_edge.min(axis=1))) <= one_metre).all()


def test_a_wide_place_is_nearer_than_a_narrow_one_whose_centre_is_closer() -> None:
    table = places(("narrow", 0.0, 1.0, 100), ("wide", 0.0, -1.2, 100_000))
    row, edge_m = nearest_place(table, np.array([0]), np.array([0]))
    assert table["name"][int(row[0])].as_py() == "wide"
    assert edge_m[0] == 133_434 - 100_000  # 1.2 degrees of a great circle, less its radius


def test_inside_a_place_the_distance_is_zero() -> None:
    row, edge_m = nearest_place(HARBOURS, np.array([262_000_000, 262_100_000]), np.array([1_276_700_000] * 2))
    assert row.tolist() == [0, 0]
    assert edge_m.tolist() == [0, 0]


def test_nearest_place_looks_across_180_degrees() -> None:
    table = places(("west", 0.0, -179.9, 0), ("east", 0.0, 179.0, 0))
    row, _ = nearest_place(table, np.array([0]), np.array([1_799_000_000]))
    assert row.tolist() == [0]


def test_of_equal_places_the_lowest_row_wins() -> None:
    twins = places(*[(f"t{i}", 10.0, 20.0, 500) for i in range(40)])
    row, _ = nearest_place(twins, *scattered(50, seed=4))
    assert set(row.tolist()) == {0}


def test_without_places_everything_is_far() -> None:
    row, edge_m = nearest_place(PLACES.empty_table(), np.array([0, 1]), np.array([0, 1]))
    assert row.tolist() == [-1, -1]
    assert edge_m.tolist() == [NO_PLACE_M] * 2

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from shiomi.errors import BadParameter
from shiomi.geo import distance_m, wrap_e7
from shiomi.places.learn import Learn, cell_of, learn
from shiomi.places.table import nearest_place, places_hash

one_cell_m = 1_000
FINE = Learn(cell_m=one_cell_m, max_radius_m=5_000)


def stops(*rows: tuple[int, float, float]) -> pa.Table:
    mmsi, lat, lon = zip(*rows, strict=True)
    return pa.table(
        {
            "mmsi": pa.array(mmsi, pa.int32()),
            "lat_e7": pa.array([round(x * 1e7) for x in lat], pa.int32()),
            "lon_e7": pa.array(wrap_e7(np.rint(np.array(lon) * 1e7).astype(np.int64)), pa.int32()),
            "t_start": pa.array(range(len(rows)), pa.int64()),
            "t_end": pa.array([None] * len(rows), pa.int64()),
        }
    )


def anchorage(lat: float, lon: float, vessels: int, *, spread: float = 0.001, seed: int = 0) -> list:
    rng = np.random.default_rng(seed)
    east = spread / np.cos(np.radians(lat))
    return [
        (400_000_000 + seed * 1_000 + i, lat + rng.uniform(-spread, spread), lon + rng.uniform(-east, east))
        for i in range(vessels)
    ]


def test_a_roadstead_of_many_vessels_is_a_place() -> None:
    found = learn(stops(*anchorage(35.0, 129.0, 20)), FINE)
    assert found.num_rows == 1
    place = found.to_pylist()[0]
    assert (place["kind"], place["vessels"], place["stops"]) == ("stationary", 20, 20)
    assert distance_m(place["lat_e7"], place["lon_e7"], 350_000_000, 1_290_000_000) < 200
    assert 500 <= place["radius_m"] <= one_cell_m


def test_every_stop_that_made_a_place_lies_inside_it() -> None:
    table = stops(*anchorage(35.0, 129.0, 200, spread=0.02))
    found = learn(table, replace(FINE, min_joining_vessels=1, min_vessels=1, max_radius_m=20_000))
    _, edge_m = nearest_place(found, table["lat_e7"].to_numpy(), table["lon_e7"].to_numpy())
    assert found["stops"].to_pylist() == [200]
    assert edge_m.max() == 0


def test_one_vessel_stopping_often_makes_no_place() -> None:
    assert learn(stops(*[(431_000_001, 35.0, 129.0)] * 50), FINE).num_rows == 0


def test_two_vessels_meeting_at_sea_make_no_place() -> None:
    assert learn(stops((431_000_001, 30.0, 127.0), (431_000_002, 30.001, 127.0)), FINE).num_rows == 0


def test_no_stops_make_no_places() -> None:
    assert learn(stops(*anchorage(35.0, 129.0, 1)).slice(0, 0)).num_rows == 0


def test_places_do_not_depend_on_the_order_of_the_stops() -> None:
    rows = [r for k in range(30) for r in anchorage(30.0 + k / 25, 125.0 + k / 7, 60, spread=0.02, seed=k)]
    shuffled = list(np.random.default_rng(5).permutation(len(rows)))
    params = replace(FINE, min_vessels=3, min_joining_vessels=1)
    first, second = learn(stops(*rows), params), learn(stops(*[rows[i] for i in shuffled]), params)
    assert first.num_rows > 10
    assert first.equals(second)
    assert places_hash(first) == places_hash(second)


def test_a_weak_rim_joins_and_a_weak_cell_apart_does_not() -> None:
    busy = anchorage(0.0, 10.0, 30, spread=0.0005)
    rim = [(500_000_001, 0.0, 10.009), (500_000_002, 0.0, 10.009)]
    apart = [(500_000_003, 0.0, 10.05), (500_000_004, 0.0, 10.05)]
    found = learn(stops(*busy, *rim, *apart), FINE)
    assert found["stops"].to_pylist() == [32]
    assert found["radius_m"][0].as_py() < 2_000


def test_a_long_waterfront_becomes_several_places_of_bounded_size() -> None:
    front = [r for k in range(60) for r in anchorage(0.0, 10 + k * 0.009, 6, spread=0.0005, seed=k)]
    found = learn(stops(*front), replace(FINE, min_vessels=1, min_joining_vessels=1))
    assert found.num_rows > 1
    assert found["stops"].to_numpy().sum() == 360
    assert found["radius_m"].to_numpy().max() < 2 * FINE.max_radius_m
    assert len(set(found["place_id"].to_pylist())) == found.num_rows


@pytest.mark.parametrize(
    ("where", "lat", "lon"), [("on 180", -17.0, 180.0), ("Tromso", 69.6, 18.9), ("at the Pole", 89.999, 40.0)]
)
def test_a_place_is_learned_as_one(where: str, lat: float, lon: float) -> None:
    found = learn(stops(*anchorage(lat, lon, 80, spread=0.005)), replace(FINE, min_vessels=2))
    assert found.num_rows == 1
    assert found["vessels"].to_pylist() == [80]
    assert found["radius_m"][0].as_py() < 1_500


def test_two_roadsteads_either_side_of_180_degrees_stay_two() -> None:
    rows = anchorage(0.0, 179.98, 40, spread=0.0004) + anchorage(0.0, -179.98, 40, spread=0.0004, seed=1)
    assert learn(stops(*rows), FINE).num_rows == 2


def test_cells_have_the_same_area_everywhere() -> None:
    for lat in (0.0, 35.0, 60.0, 80.0, 89.5, -89.5):
        wide = np.arange(-1_800_000_000, 1_800_000_000, 5_000)
        band, column = cell_of(np.full(len(wide), round(lat * 1e7)), wide, one_cell_m)
        width_m = 2 * np.pi * 6_371_008.8 * np.cos(np.radians(lat)) / len(np.unique(column))
        assert len(np.unique(band)) == 1
        assert width_m == pytest.approx(one_cell_m, rel=0.02)


def test_the_poles_and_the_edge_of_longitude_have_cells() -> None:
    lat = np.array([-900_000_000, 900_000_000, 0, 0])
    lon = np.array([0, 0, -1_800_000_000, 1_799_999_999])
    band, column = cell_of(lat, lon, one_cell_m)
    assert band.min() == 0
    assert column[2] == 0
    assert column[3] == column.max()


def test_thresholds_out_of_range_are_refused() -> None:
    table = stops(*anchorage(35.0, 129.0, 3))
    for params in (
        Learn(cell_m=0),
        Learn(max_radius_m=10),
        Learn(min_vessels=1),
        Learn(min_joining_vessels=0),
    ):
        with pytest.raises(BadParameter):
            learn(table, params)

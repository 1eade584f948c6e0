from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from shiomi.errors import BadParameter, Unreadable
from shiomi.places.imports import DEFAULT_RADIUS_M, import_places
from shiomi.places.table import PLACES, places_hash

PORTS = Path("../shared/data/reference/ports")


def listed(name: str) -> Path:
    path = PORTS / name
    if not path.exists():
        pytest.skip(f"the list {name} is not here")
    return path


def write(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_row_becomes_a_place_or_a_reject_with_its_reason(tmp_path: Path) -> None:
    text = """name,lat,lon,radius_m,kind
Naha,26.2,127.67,,
Kadena anchorage,26.35,127.73,1500,anchorage
no place,,127,,
words,north,127,,
too far,95,127,,
null island,0,0,,
wide,26,127,200000,
blank,26,127,many,
Naha,26.2,127.67,,
"""
    got = import_places(write(tmp_path, text), source="made")
    assert got.rows == 9
    assert got.rows == got.places.num_rows + got.rejects.num_rows
    assert Counter(got.rejects["reason"].to_pylist()) == {
        "no_position": 1,
        "bad_position": 2,
        "zero_position": 1,
        "bad_radius": 2,
        "duplicate": 1,
    }
    assert got.rejects["source_row"].to_pylist() == [3, 4, 5, 6, 7, 8, 9]
    assert got.places.schema == PLACES
    by_name = {r["name"]: r for r in got.places.to_pylist()}
    assert by_name["Naha"]["radius_m"] == DEFAULT_RADIUS_M
    assert (by_name["Naha"]["lat_e7"], by_name["Naha"]["lon_e7"]) == (262_000_000, 1_276_700_000)
    assert (by_name["Kadena anchorage"]["kind"], by_name["Kadena anchorage"]["radius_m"]) == (
        "anchorage",
        1500,
    )
    assert by_name["Naha"]["source"] == "made"


def test_two_ports_at_one_position_stay_two(tmp_path: Path) -> None:
    got = import_places(write(tmp_path, "name,lat,lon\nA,1,2\nB,1,2\n"))
    assert len(set(got.places["place_id"].to_pylist())) == 2


def test_ids_and_hash_do_not_depend_on_the_order_of_the_list(tmp_path: Path) -> None:
    one = import_places(write(tmp_path, "name,lat,lon\nA,1,2\nB,3,4\n")).places
    other = import_places(write(tmp_path, "name,lat,lon\nB,3,4\nA,1,2\n")).places
    assert one.equals(other)
    assert places_hash(one) == places_hash(other)


def test_longitude_180_is_kept_as_minus_180(tmp_path: Path) -> None:
    got = import_places(write(tmp_path, "Latitude,Longitude\n-17,180\n"))
    assert got.places["lon_e7"].to_pylist() == [-1_800_000_000]
    assert got.places["name"].to_pylist() == [None]


def test_geojson_points_are_read_and_other_shapes_counted(tmp_path: Path) -> None:
    def feature(geometry: object, **properties: object) -> dict:
        return {"type": "Feature", "geometry": geometry, "properties": properties}

    features = [
        feature(
            {"type": "Point", "coordinates": [127.67, 26.2, 0.0]}, name="那覇", kind="port", radius_m=2000
        ),
        feature({"type": "Point", "coordinates": [127.67]}),
        feature({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}),
        feature(None),
        "nonsense",
    ]
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    got = import_places(path, kind="anchorage")
    assert [(r["name"], r["kind"], r["radius_m"]) for r in got.places.to_pylist()] == [("那覇", "port", 2000)]
    assert got.rejects["reason"].to_pylist() == ["no_position", "not_a_point", "not_a_point", "not_a_point"]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "{broken", '{"type": "Topology"}', ""])
def test_what_is_no_list_of_places_is_refused_with_a_remedy(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unreadable):
        import_places(write(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="check the path"):
        import_places(tmp_path / "nowhere.csv")


def test_a_radius_beyond_reason_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadParameter):
        import_places(write(tmp_path, "lat,lon\n1,2\n"), radius_m=0)


def test_the_world_port_index_imports_whole() -> None:
    got = import_places(listed("world_port_index_2024-02.csv"))
    assert (got.rows, got.places.num_rows) == (3768, 3768)
    assert len(set(got.places["place_id"].to_pylist())) == 3768
    assert None not in got.places["name"].to_pylist()


def test_un_locode_rows_without_a_position_are_counted() -> None:
    got = import_places(listed("unlocode_ports_east_asia.csv"))
    assert (got.rows, got.places.num_rows) == (3775, 1224)
    assert Counter(got.rejects["reason"].to_pylist()) == {"no_position": 2551}


def test_the_north_korean_ports_import_with_their_names() -> None:
    got = import_places(listed("dprk_ports.csv"))
    assert got.places.num_rows == 15
    assert "Nampo" in got.places["name"].to_pylist()

"""Zones: where a line lies, whose it is, and that a table is what its hash says."""

from __future__ import annotations

import json
import sqlite3
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from shiomi.errors import BadParameter, Unreadable
from shiomi.events.zoned import keep_zones, recall_zones, zones_with
from shiomi.places.country_belts import coast_countries, country_belts
from shiomi.places.derived import row_of
from shiomi.places.zone_files import read_zones
from shiomi.places.zone_grid import Waters, waters_of
from shiomi.places.zones import bundled_zones, hold_zones, zones_by_hash, zones_hash, zones_table

geographiclib = pytest.importorskip("geographiclib.geodesic")
ABOUT = {"claimed_by": "", "basis": "given", "source": "made up"}
one_metre = 1
SPHERE = 0.006
"""The sphere of `shiomi.geo` is within 0.56 % of WGS 84."""


def ints(*degrees: float) -> np.ndarray:
    return np.rint(np.array(degrees) * 1e7).astype(np.int64)


def waters(*rows: dict[str, Any]) -> Waters:
    return waters_of(hold_zones(zones_table(list(rows))))


def outside(w: Waters, lat: float, lon: float, zone: int = 0) -> int:
    return int(w.outside_m(np.array([zone]), ints(lat), ints(lon))[0])


def write_geojson(path: Path, *features: tuple[dict[str, Any], dict[str, Any]]) -> Path:
    listed = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))
    return path


def polygon(*lon_lat: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*lon_lat, lon_lat[0]]]}


@pytest.mark.parametrize("lat", [0.0, 35.0, -60.0, 89.7, -89.9])
@pytest.mark.parametrize("lon", [0.0, 179.95, -179.99])
def test_a_disc_of_12_miles_reaches_12_miles_everywhere(lat: float, lon: float) -> None:
    w = waters(row_of([(ints(lat), ints(lon))], name="disc", kind="around", outer_m=22_224, **ABOUT))
    earth = geographiclib.Geodesic.WGS84
    for bearing in range(0, 360, 30):
        at = earth.Direct(lat, lon, bearing, 22_224)
        assert abs(outside(w, at["lat2"], at["lon2"])) <= SPHERE * 22_224


def test_a_belt_of_12_to_24_miles_begins_where_that_of_12_ends() -> None:
    at = [(ints(26.0), ints(124.0))]
    inner = row_of(at, name="in", kind="territorial_belt", outer_m=22_224, **ABOUT)
    outer = row_of(at, name="out", kind="contiguous_belt", inner_m=22_224, outer_m=44_448, **ABOUT)
    w = waters(inner, outer)
    by_name = dict(
        zip(zones_by_hash(zones_hash(zones_table([inner, outer])))["name"].to_pylist(), (0, 1), strict=True)
    )
    order = np.argsort(zones_table([inner, outer])["zone_hash"].to_numpy())
    number = {name: int(np.flatnonzero(order == k)[0]) for name, k in by_name.items()}
    for lat in np.linspace(26.0, 26.6, 61):
        near, far = (outside(w, float(lat), 124.0, number[n]) for n in ("in", "out"))
        assert (near <= 0) + (far < 0) <= 1
        assert far == max(-near, near - 22_224) or abs(far - max(-near, near - 22_224)) <= one_metre


def test_an_area_over_180_degrees_is_one_water_however_the_chart_cuts_it(tmp_path: Path) -> None:
    whole = polygon((179.0, -18.0), (-179.0, -18.0), (-179.0, -17.0), (179.0, -17.0))
    wide = polygon((179.0, -18.0), (181.0, -18.0), (181.0, -17.0), (179.0, -17.0))
    cut = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[179, -18], [180, -18], [180, -17], [179, -17], [179, -18]]],
            [[[-180, -18], [-179, -18], [-179, -17], [-180, -17], [-180, -18]]],
        ],
    }
    for geometry in (wide, cut):
        w = waters(*read_zones(write_geojson(tmp_path / "z.geojson", ({"name": "strip"}, geometry))))
        for lon in (179.5, 179.9999999, -180.0, -179.9999999, -179.5):
            # From the middle of the strip the nearest line is the parallel, half a degree away.
            assert abs(outside(w, -17.5, lon) + 0.5 * 111_195) < 0.002 * 55_597 or abs(lon) == 179.5
            assert outside(w, -17.5, lon) < -50_000
        assert outside(w, -17.5, 178.9) > 10_000
        assert outside(w, -16.9, 180.0) > 11_000
    # One ring that jumps from 179 to -179 crosses itself on the chart only if it is drawn so; here it is not.
    w = waters(*read_zones(write_geojson(tmp_path / "z.geojson", ({"name": "strip"}, whole))))
    assert outside(w, -17.5, 180.0) < -50_000


@pytest.mark.parametrize("sign", [1, -1])
def test_a_cap_holds_its_pole(tmp_path: Path, sign: int) -> None:
    corners = [(-180, 85), (180, 85), (180, 90), (-180, 90)]
    cap = polygon(*((lon, sign * lat) for lon, lat in corners))
    w = waters(*read_zones(write_geojson(tmp_path / "z.geojson", ({"name": "cap"}, cap))))
    for lon in (-179.9, 0.0, 77.0):
        assert abs(outside(w, sign * 90.0, lon) + 5 * 111_195) < 100
        assert abs(outside(w, sign * 85.5, lon) + 0.5 * 111_195) < 100
        assert abs(outside(w, sign * 84.5, lon) - 0.5 * 111_195) < 100


def test_inside_an_area_is_what_shapely_says_and_holes_are_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    turn = np.sort(rng.uniform(0, 2 * np.pi, 14))
    away = rng.uniform(0.4, 1.5, 14)
    shell = np.stack([125 + away * np.cos(turn), 30 + away * np.sin(turn)], axis=1)
    hole = [(124.9, 29.9), (125.1, 29.9), (125.1, 30.1), (124.9, 30.1)]
    shape = shapely.Polygon(shell, [hole])
    assert shape.is_valid
    w = waters(
        *read_zones(
            write_geojson(tmp_path / "z.geojson", ({"name": "z"}, json.loads(shapely.to_geojson(shape))))
        )
    )
    lon, lat = rng.uniform(123, 127, 4_000), rng.uniform(28, 32, 4_000)
    got = w.outside_m(np.zeros(4_000, np.int64), ints(*lat), ints(*lon)) <= 0
    expected = shapely.contains_xy(shape, lon, lat)
    clear = shapely.distance(shape.boundary, shapely.points(lon, lat)) > 1e-4
    assert (got == expected)[clear].all()
    assert clear.mean() > 0.99


def test_the_grid_leaves_out_no_report_that_a_zone_is_near_to() -> None:
    w = waters_of(hold_zones(bundled_zones()))
    rng = np.random.default_rng(4)
    lat, lon = ints(*rng.uniform(5, 40, 3_000)), ints(*rng.uniform(105, 140, 3_000))
    none = np.zeros(0, np.int64)
    report, zone, how = w.near(np.arange(3_000), lat, lon, none, none)
    told = {(r, z): h for r, z, h in zip(report.tolist(), zone.tolist(), how.tolist(), strict=True)}
    for z in range(len(w.zone_hash)):
        out_m = w.outside_m(np.full(3_000, z), lat, lon)
        for r in np.flatnonzero(out_m <= 1_500).tolist():
            assert (r, z) in told
        for r in [r for (r, of) in told if of == z and told[r, of] == 2]:
            assert out_m[r] < 0
    assert len(told) < 2_000, "the grid tells next to nothing"


def test_every_feature_has_its_claimants_and_low_tide_elevations_have_no_territorial_belt() -> None:
    rows = {r["name"]: r for r in bundled_zones().to_pylist()}
    assert rows["Senkaku/Diaoyu 0-12 NM"]["claimed_by"] == "JPN|CHN|TWN"
    assert rows["Dokdo 12-24 NM"]["claimed_by"] == "KOR|JPN"
    assert rows["Scarborough Shoal 0-12 NM"]["claimed_by"] == "CHN|TWN|PHL"
    assert rows["Pratas Island 0-12 NM"]["claimed_by"] == "TWN|CHN"
    for name in ("Second Thomas Shoal", "Mischief Reef", "Ieodo"):
        assert rows[f"{name} within 12 NM"]["kind"] == "around"
        assert f"{name} 0-12 NM" not in rows
    assert {r["basis"] for r in rows.values() if r["kind"].endswith("_belt")} == {"derived"}
    assert all(r["line_m"] >= 300 for r in rows.values() if r["basis"] == "derived")


def test_a_hash_does_not_depend_on_order_and_does_on_every_vertex() -> None:
    zones = bundled_zones()
    assert zones_hash(zones.take(np.arange(zones.num_rows)[::-1])) == zones_hash(zones)
    rows = zones.to_pylist()
    rows[0]["lat_e7"][0] += 1
    assert zones_hash(zones_table(rows)) != zones_hash(zones)


def test_a_given_zone_takes_the_place_of_the_derived_one_of_its_name(tmp_path: Path) -> None:
    name = "Senkaku/Diaoyu 0-12 NM"
    file = write_geojson(
        tmp_path / "z.geojson", ({"name": name}, polygon((123, 25), (124, 25), (124, 26), (123, 26)))
    )
    rows = [r for r in zones_with([file]).to_pylist() if r["name"] == name]
    assert [r["basis"] for r in rows] == ["given"]
    assert zones_with([]).num_rows == zones_with([file]).num_rows == bundled_zones().num_rows


def test_a_store_keeps_its_zones_and_one_that_was_altered_is_refused(tmp_path: Path) -> None:
    made = zones_table([row_of([(ints(1.0), ints(2.0))], name="x", kind="around", outer_m=5, **ABOUT)])
    key = keep_zones(tmp_path, made)
    assert recall_zones(tmp_path) == [key]
    (tmp_path / "zones" / f"{key}.parquet").rename(tmp_path / "zones" / "12345.parquet")
    with pytest.raises(BadParameter, match="does not hold the zones"):
        recall_zones(tmp_path)
    with pytest.raises(BadParameter, match="no table of zones has the hash 77"):
        zones_by_hash(77)


def test_geopackage_and_shapefile_give_what_geojson_gives(tmp_path: Path) -> None:
    shape = shapely.Polygon(
        [(10, 50), (11, 50), (11, 51), (10, 51)], [[(10.4, 50.4), (10.6, 50.4), (10.6, 50.6), (10.4, 50.6)]]
    )
    properties = {
        "GEONAME": "Box of nowhere",
        "ISO_SOV1": "AAA",
        "ISO_SOV2": "BBB",
        "POL_TYPE": "Overlapping claim",
    }
    geojson = write_geojson(tmp_path / "z.geojson", (properties, json.loads(shapely.to_geojson(shape))))
    expected = read_zones(geojson)
    assert expected[0]["name"] == "Box of nowhere"
    assert (expected[0]["claimed_by"], expected[0]["kind"]) == ("AAA|BBB", "overlapping_claim")
    for other in (
        write_geopackage(tmp_path / "z.gpkg", shape, properties),
        write_shapefile(tmp_path / "z.shp", shape, properties),
    ):
        found = read_zones(other)
        assert sorted(zip(found[0]["lat_e7"], found[0]["lon_e7"], strict=True)) == sorted(
            zip(expected[0]["lat_e7"], expected[0]["lon_e7"], strict=True)
        )
        assert {k: found[0][k] for k in ("name", "claimed_by", "kind")} == {
            k: expected[0][k] for k in ("name", "claimed_by", "kind")
        }


def write_geopackage(path: Path, shape: Any, properties: dict[str, str]) -> Path:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)")
        db.execute("INSERT INTO gpkg_geometry_columns VALUES ('zones', 'geom', 4326)")
        db.execute(
            f"CREATE TABLE zones (fid INTEGER, geom BLOB, {', '.join(f'{k} TEXT' for k in properties)})"
        )
        envelope = struct.pack("<4d", 10, 11, 50, 51)
        blob = b"GP\0\x03" + struct.pack("<i", 4326) + envelope + shapely.to_wkb(shape)
        marks = ", ".join("?" * (len(properties) + 2))
        db.execute(f"INSERT INTO zones VALUES ({marks})", (1, blob, *properties.values()))
    return path


def write_shapefile(path: Path, shape: Any, properties: dict[str, str]) -> Path:
    rings = [np.array(shape.exterior.coords)[::-1], *(np.array(r.coords) for r in shape.interiors)]
    starts = np.concatenate([[0], np.cumsum([len(r) for r in rings])[:-1]])
    record = struct.pack("<i4d2i", 5, *shape.bounds, len(rings), sum(map(len, rings)))
    record += struct.pack(f"<{len(rings)}i", *starts) + np.concatenate(rings).astype("<f8").tobytes()
    body = struct.pack(">2i", 1, len(record) // 2) + record
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + len(body) // 2) + struct.pack(
        "<2i8d", 1000, 5, *[0.0] * 8
    )
    path.write_bytes(head + body)
    size = 40
    fields = b"".join(
        k.encode().ljust(11, b"\0") + b"C" + b"\0" * 4 + bytes([size]) + b"\0" * 15 for k in properties
    )
    row = b" " + b"".join(v.encode().ljust(size) for v in properties.values())
    about = struct.pack("<B3BIHH20x", 3, 24, 1, 1, 1, 33 + len(fields), len(row))
    path.with_suffix(".dbf").write_bytes(about + fields + b"\r" + row)
    return path


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        (polygon((0, 0), (1, 1), (1, 0), (0, 1)), "Self-intersection"),
        (polygon((0, 0), (1, 0), (1, 95)), "outside the globe"),
        (None, "no geometry"),
    ],
)
def test_a_geometry_that_is_none_is_refused_by_name(tmp_path: Path, geometry: Any, why: str) -> None:
    file = write_geojson(tmp_path / "z.geojson", ({"name": "odd"}, geometry))
    with pytest.raises(Unreadable, match=rf"feature 1 \(odd\).*{why}"):
        read_zones(file)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"SQLite format 3\0 and no more", struct.pack(">i", 9994) + b"\0" * 100]
)
def test_a_file_that_is_no_zones_is_told_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "z").write_bytes(content)
    with pytest.raises(Unreadable):
        read_zones(tmp_path / "z")


@pytest.mark.slow
def test_the_waters_nearest_to_two_neighbours_meet_and_do_not_overlap() -> None:
    one, two = (
        waters(*[r for r in country_belts(c) if r["kind"] == "nearest_200nm"]) for c in ("JPN", "KOR")
    )
    rng = np.random.default_rng(6)
    lat, lon = ints(*rng.uniform(30, 42, 3_000)), ints(*rng.uniform(124, 138, 3_000))
    zeros = np.zeros(3_000, np.int64)
    a, b = one.outside_m(zeros, lat, lon), two.outside_m(zeros, lat, lon)
    assert not ((a < 0) & (b < 0)).any()
    assert ((a < 0) | (b < 0)).sum() > 500
    # In the strait between them the one's inside is the other's outside, to the metre.
    strait = (
        two.outside_m(zeros[:1], ints(34.65), ints(129.0)),
        one.outside_m(zeros[:1], ints(34.65), ints(129.0)),
    )
    assert abs(int(strait[0][0]) + int(strait[1][0])) <= one_metre


@pytest.mark.slow
def test_a_coast_that_several_claim_bears_the_belts_of_each() -> None:
    for code, lat, lon in [
        ("JPN", 37.32, 131.86),
        ("KOR", 37.32, 131.86),
        ("CHN", 25.85, 123.47),
        ("JPN", 25.85, 123.47),
    ]:
        belt = [r for r in country_belts(code) if r["kind"] == "territorial_belt"]
        assert outside(waters(*belt), lat, lon) < 0
    assert len(coast_countries()) > 150
    with pytest.raises(BadParameter, match="no coast of CHE"):
        country_belts("CHE")

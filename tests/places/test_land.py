from __future__ import annotations

import csv
import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
import shapely
from geographiclib.geodesic import Geodesic

from shiomi.geo import distance_m, wrap_e7
from shiomi.places import land
from shiomi.places.land import coast_edges, land_rings, on_land, shore_m
from shiomi.units import NAUTICAL_MILE_M

sphere_error = 0.0056  # of shiomi.geo against WGS 84
twenty_metres = 20
UOTSURI_AND_SOUTH = ((25.7433, 123.4733), (25.5, 123.4733))


def e7(*points: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    lat, lon = np.rint(np.array(points) * 1e7).astype(np.int64).T
    return lat, lon


def shore(*points: tuple[float, float]) -> list[int]:
    return shore_m(*e7(*points)).tolist()


def random_points(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Half of them anywhere on the globe, half within some 30 km of a coast."""
    rng = np.random.default_rng(seed)
    lat = np.rint(np.degrees(np.arcsin(rng.uniform(-1, 1, n))) * 1e7).astype(np.int64)
    lon = rng.integers(-1_800_000_000, 1_800_000_000, n)
    edges = coast_edges()
    near = edges[rng.integers(0, len(edges), n // 2)]
    lat[: n // 2] = near[:, 0] + rng.integers(-3_000_000, 3_000_000, n // 2)
    lon[: n // 2] = wrap_e7(near[:, 1] + rng.integers(-3_000_000, 3_000_000, n // 2))
    return lat, lon


def slow_shore_m(lat_e7: int, lon_e7: int) -> float:
    """WGS 84 geodesic to the nearest coast: every edge by eye of the sphere, the near ones divided finely."""
    edges = coast_edges()
    lat, lon = np.full(len(edges), lat_e7), np.full(len(edges), lon_e7)
    to_start = distance_m(lat, lon, edges[:, 0], edges[:, 1])
    # An edge is at most 10 km long, and sphere and ellipsoid differ by 0.56 %.
    near = edges[to_start <= to_start.min() * 1.012 + 20_500]
    t = np.linspace(0, 1, 400)
    plat = (near[:, :1] + near[:, 2:3] * t).ravel()
    plon = (near[:, 1:2] + near[:, 3:4] * t).ravel()
    d = distance_m(np.full(len(plat), lat_e7), np.full(len(plat), lon_e7), plat, plon)
    best = np.argsort(d)[:50]
    return min(
        Geodesic.WGS84.Inverse(lat_e7 / 1e7, lon_e7 / 1e7, plat[k] / 1e7, plon[k] / 1e7)["s12"] for k in best
    )


@pytest.mark.parametrize("points", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_shore_distance_agrees_with_every_edge_measured_on_the_ellipsoid(points: int) -> None:
    lat, lon = random_points(points, seed=7)
    got = np.abs(shore_m(lat, lon))
    wanted = np.array([slow_shore_m(int(a), int(b)) for a, b in zip(lat, lon, strict=True)])
    assert (np.abs(got - wanted) <= np.maximum(twenty_metres, sphere_error * wanted)).all()


def test_land_agrees_with_shapely_away_from_180_degrees() -> None:
    rings = land_rings()
    ring, polygon = rings["ring"].to_numpy(), rings["polygon"].to_numpy()
    lon, lat = rings["lon_e7"].to_numpy() / 1e7, rings["lat_e7"].to_numpy() / 1e7
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    shapes, holes = [], []
    for a, b in zip(first, np.append(first[1:], len(ring)), strict=True):
        if b - a < 3 or np.abs(np.diff(lon[a:b])).max() > 180:
            continue  # an islet rounded to a line, a crossing of 180 degrees, or Antarctica
        is_hole = a > 0 and polygon[a] == polygon[a - 1]
        (holes if is_hole else shapes).append(shapely.Polygon(np.stack([lon[a:b], lat[a:b]], axis=1)))
    lat_e7, lon_e7 = random_points(4_000, seed=8)
    # Eurasia itself crosses 180 degrees, so the comparison keeps to the Americas, the Pacific and Australia.
    here = (lat_e7 > -550_000_000) & ((lon_e7 < -200_000_000) | (lon_e7 > 1_450_000_000))
    here &= ~((lat_e7 > 350_000_000) & ((lon_e7 > 0) | (lon_e7 < -1_690_000_000)))
    x, y = lon_e7[here] / 1e7, lat_e7[here] / 1e7
    tree = shapely.STRtree(shapes)
    inside = np.zeros(len(x), bool)
    inside[tree.query(shapely.points(x, y), predicate="within")[0]] = True
    assert len(x) > 1_000
    assert len(holes) == 1  # the Caspian
    assert (on_land(lat_e7[here], lon_e7[here]) == inside).all()


@pytest.mark.parametrize(
    ("where", "lat", "lon"),
    [
        ("Tokyo, Hachioji", 35.66, 139.33),
        ("Uotsuri at its true place", 25.7433, 123.4733),
        ("Taisho at its true place", 25.9222, 124.5592),
        ("Okinotorishima", 20.4248, 136.0858),
        ("Fiery Cross Reef", 9.5543, 112.8928),
        ("Viti Levu, Fiji", -17.8, 178.0),
        ("Chukotka west of 180", 67.5, 179.5),
        ("Chukotka on 180", 67.5, 180.0),
        ("Chukotka east of 180", 67.5, -179.5),
        ("Wrangel Island on 180", 71.2, -180.0),
        ("South Pole", -90.0, 0.0),
        ("South Pole by another name", -90.0, 137.5),
        ("Vostok", -78.46, 106.84),
    ],
)
def test_known_land_is_land_and_its_shore_distance_negative(where: str, lat: float, lon: float) -> None:
    assert on_land(*e7((lat, lon))).all()
    assert shore((lat, lon))[0] < 0


@pytest.mark.parametrize(
    ("where", "lat", "lon"),
    [
        ("Tokyo Bay", 35.50, 139.90),
        ("where Natural Earth puts Uotsuri", 25.7656, 123.5303),
        ("where Natural Earth puts Taisho", 25.8966, 124.5666),
        ("north of Fiji on 180", -15.0, 180.0),
        ("Bering Strait", 65.9, -169.0),
        ("the Caspian", 41.0, 51.0),
        ("North Pole", 90.0, 0.0),
        ("Ross Sea", -75.0, 180.0),
    ],
)
def test_known_sea_is_sea_and_its_shore_distance_positive(where: str, lat: float, lon: float) -> None:
    assert not on_land(*e7((lat, lon))).any()
    assert shore((lat, lon))[0] > 0


def test_point_nemo_is_farther_from_land_than_any_other_place() -> None:
    # Lukatela 1992: 48-52.5 S, 123-23.6 W, 2,688 km from Ducie, Motu Nui and Maher Island.
    nemo, nearby = shore((-48.875, -123.393), (-47.0, -123.393))
    assert nemo == pytest.approx(2_688_000, rel=sphere_error)
    assert nearby < nemo


def test_twelve_nautical_miles_off_a_small_island_is_twelve_nautical_miles_off() -> None:
    # Okinotorishima stands alone; its stand-in is a circle of 0.008 km2, so 50 m across.
    out = Geodesic.WGS84.Direct(20.4248, 136.0858, 135, 12 * NAUTICAL_MILE_M + 50)
    assert shore((out["lat2"], out["lon2"]))[0] == pytest.approx(12 * NAUTICAL_MILE_M, rel=sphere_error)


def test_distance_grows_evenly_across_180_degrees() -> None:
    steps = np.arange(-200_000, 200_001, 1_000)
    d = shore_m(np.full(len(steps), 700_000_000), wrap_e7(1_800_000_000 + steps))
    assert (np.abs(np.diff(d)) <= distance_m(700_000_000, 0, 700_000_000, 1_000) + 1).all()  # type: ignore[arg-type]


def test_the_cut_of_polygons_at_180_degrees_is_no_coast() -> None:
    inland = shore((67.0, 180.0), (67.0, 179.9999), (67.0, -179.9999))
    assert max(inland) < -50_000
    assert max(inland) - min(inland) < twenty_metres


def test_a_pole_has_one_distance_whatever_its_longitude() -> None:
    for pole in (90.0, -90.0):
        assert len(set(shore(*[(pole, lon) for lon in (-180.0, -37.0, 0.0, 90.0, 179.9)]))) == 1


def test_order_of_the_points_does_not_change_their_distances() -> None:
    lat, lon = random_points(500, seed=9)
    assert (shore_m(lat, lon) == shore_m(lat[::-1], lon[::-1])[::-1]).all()


def test_every_island_added_is_land_and_has_its_stated_area() -> None:
    with files("shiomi.places").joinpath("features.csv").open(encoding="utf-8") as f:
        added = [r for r in csv.DictReader(f) if r["add_to_land"] == "1"]
    assert on_land(*e7(*[(float(r["lat"]), float(r["lon"])) for r in added])).all()
    rings = land_rings()
    last = rings["polygon"].to_numpy().max()
    for n, r in enumerate(added):
        mine = rings.filter(pc.equal(rings["polygon"], int(last - len(added) + 1 + n)))
        polygon = Geodesic.WGS84.Polygon()
        for lat, lon in zip(mine["lat_e7"].to_pylist(), mine["lon_e7"].to_pylist(), strict=True):
            polygon.AddPoint(lat / 1e7, lon / 1e7)
        area_km2 = abs(polygon.Compute()[2]) / 1e6
        assert area_km2 == pytest.approx(float(r["area_km2"]), rel=0.02)


def test_the_package_data_says_where_it_comes_from() -> None:
    metadata = land_rings().schema.metadata
    assert metadata[b"natural_earth_version"] == b"4.1.0"
    assert b"public domain" in metadata[b"source"]
    assert metadata[b"polygons_removed"] == b"9"  # the misplaced Senkaku group


def test_land_was_built_from_the_table_of_features_beside_it() -> None:
    content = files("shiomi.places").joinpath("features.csv").read_bytes()
    assert land_rings().schema.metadata[b"features_sha256"].decode() == hashlib.sha256(content).hexdigest()


def test_the_example_of_the_page_gives_what_the_page_says() -> None:
    page = Path("docs/places.md").read_text(encoding="utf-8")
    example = page.split("```python\n")[1].split("```")[0]
    said = [line.split("# ")[1].split("]")[0] + "]" for line in example.splitlines() if "# " in line]
    assert said == [str(shore(*UOTSURI_AND_SOUTH)), str(on_land(*e7(*UOTSURI_AND_SOUTH)).tolist())]


def test_the_coast_that_is_kept_for_the_next_start_is_the_one_that_was_made(tmp_path: Path) -> None:
    made, folder = land._made(), tmp_path / "bytecode" / "coast-1"
    older = folder.with_name("coast-0")
    older.mkdir(parents=True)
    assert land._recalled(folder) is None
    assert land._keep(made, folder) is made
    kept = land._recalled(folder)
    assert kept is not None
    for a, b in zip(made, kept, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert [f.name for f in folder.parent.iterdir()] == ["coast-1"]


def test_a_coast_that_cannot_be_kept_or_read_is_made_anew(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    made = land._made()
    assert land._keep(made, in_the_way / "coast-1") is made
    cut_short = tmp_path / "coast-1"
    land._keep(made, cut_short)
    (cut_short / "boxes.npy").write_bytes((cut_short / "boxes.npy").read_bytes()[:500])
    assert land._recalled(cut_short) is None

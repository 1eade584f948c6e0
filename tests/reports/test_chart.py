from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.path import Path as Shape

from shiomi.geo import distance_m, wrap_e7
from shiomi.places.land import on_land, shore_m
from shiomi.reports.chart import Window, _degrees, _land, draw_chart, fit, project
from shiomi.units import NAUTICAL_MILE_M

degree = 10_000_000


def e7(*degrees: float) -> np.ndarray:
    return np.rint(np.array(degrees) * 1e7).astype(np.int64)


@pytest.mark.parametrize(
    ("where", "lon", "widest_deg"),
    [
        ("East China Sea", (122.0, 130.0), 12),
        ("either side of 180", (178.0, -178.0), 6),
        ("either side of 0", (-2.0, 3.0), 8),
        ("three round the Pacific", (150.0, -170.0, -120.0), 110),
    ],
)
def test_the_window_is_the_smallest_that_holds_every_point(where: str, lon: tuple, widest_deg: float) -> None:
    lat = np.zeros(len(lon), np.int64)
    window = fit(lat, e7(*lon), ratio=1.6)
    x, _ = project(window, lat, e7(*lon))
    assert window.width_e7 <= widest_deg * degree
    assert (x > 0).all()
    assert (x < window.width_e7 / 1e7).all()
    assert window.south_e7 < 0 < window.north_e7


def test_points_all_round_the_world_get_the_whole_world() -> None:
    lon = np.arange(-1_800_000_000, 1_800_000_000, 50 * degree)
    window = fit(np.zeros(len(lon), np.int64), lon, ratio=1.6)
    assert window.width_e7 > 350 * degree


def test_a_single_point_gets_a_window_of_some_miles() -> None:
    window = fit(e7(60.0), e7(20.0), ratio=1.6, min_width_m=4_000)
    width_m = distance_m(e7(60.0), e7(0.0), e7(60.0), np.array([window.width_e7]))[0]
    assert width_m == pytest.approx(4_000, rel=0.01)


def test_no_points_get_the_whole_world() -> None:
    assert fit(e7(), e7(), ratio=1.6).width_e7 == 360 * degree


@pytest.mark.parametrize(
    ("where", "window"),
    [
        ("Okinawa", Window(e7(127.0)[0], degree, e7(26.0)[0], e7(27.0)[0])),
        ("Fiji, across 180", Window(e7(178.0)[0], 4 * degree, e7(-19.0)[0], e7(-16.0)[0])),
        ("Chukotka, across 180", Window(e7(170.0)[0], 20 * degree, e7(62.0)[0], e7(72.0)[0])),
        ("Antarctica", Window(e7(-180.0)[0], 360 * degree, e7(-83.0)[0], e7(-60.0)[0])),
        ("the Caspian", Window(e7(45.0)[0], 12 * degree, e7(36.0)[0], e7(48.0)[0])),
        ("inside Asia", Window(e7(100.0)[0], degree, e7(50.0)[0], e7(51.0)[0])),
        ("the world from the Pacific", Window(e7(30.0)[0], 360 * degree, e7(-75.0)[0], e7(80.0)[0])),
    ],
)
def test_the_land_drawn_is_the_land(where: str, window: Window) -> None:
    rng = np.random.default_rng(3)
    lat = rng.integers(window.south_e7, window.north_e7, 600)
    lon = wrap_e7(window.west_e7 + rng.integers(0, window.width_e7, 600))
    pixel = window.width_e7 / 1e7 / 1000
    fill, _ = _land(window, pixel)
    clear = np.abs(shore_m(lat, lon)) > 3 * pixel * 111_200
    lat, lon = lat[clear], lon[clear]
    x, y = project(window, lat, lon)
    # Even-odd over all rings: a ring and its hole, and polygons that share no ground.
    inside = np.zeros(len(x), bool)
    if fill is not None:
        for polygon in np.split(fill.vertices, np.flatnonzero(fill.codes == Shape.MOVETO)[1:]):
            inside ^= Shape(polygon).contains_points(np.stack([x, y], axis=1))
    assert len(x) > 20
    assert (inside == on_land(lat, lon)).mean() > 0.995  # islets under a third of a pixel are left out


def test_the_cut_at_180_degrees_is_not_drawn_as_a_coast() -> None:
    window = Window(e7(179.0)[0], 2 * degree, e7(66.0)[0], e7(67.5)[0])
    _, coast = _land(window, window.width_e7 / 1e7 / 1000)
    assert coast is not None
    drawn = coast.codes[1:] == Shape.LINETO
    on_180 = np.abs(coast.vertices[:, 0] - 1) < 1e-6
    assert on_180.sum() >= 2
    assert not (drawn & on_180[1:] & on_180[:-1]).any()


def test_the_scale_bar_has_the_length_it_states() -> None:
    axes = Figure().add_axes((0, 0, 1, 1))
    window = Window(e7(120.0)[0], 10 * degree, e7(25.0)[0], e7(31.0)[0])
    draw_chart(axes, window, pixels=1000)
    text = next(t.get_text() for t in axes.texts if "nm" in t.get_text())
    stated_m = float(text.split()[0]) * NAUTICAL_MILE_M
    halves = [p for p in axes.patches if p.get_zorder() == 1.1]
    y = halves[0].get_y()
    lat = np.rint(np.degrees(np.arctan(np.sinh(np.radians(y)))) * 1e7).astype(np.int64)
    width_e7 = np.rint(sum(p.get_width() for p in halves) * 1e7).astype(np.int64)
    assert distance_m(lat, np.int64(0), lat, width_e7) == pytest.approx(stated_m, rel=0.002)


@pytest.mark.parametrize(
    ("tenths", "text"),
    [(0, "0°"), (600, "1°E"), (-300, "0°30′W"), (108_000, "180°"), (108_600, "179°W"), (6_001, "10°00.1′E")],
)
def test_longitudes_are_written_as_on_a_chart(tenths: int, text: str) -> None:
    assert _degrees(tenths, "E", "W") == text

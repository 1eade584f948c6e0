from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_pictures import MERIT, START, event, events, meeting, track
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from shiomi.reports.event_curves import _between, columns_of
from shiomi.reports.picture import KIND_STYLES, draw_event, draw_map, styles_of
from shiomi.schema import EVENTS
from shiomi.units import SECOND

one_metre = 1.0


def pixels_of(path: Path, colour: str, within: float = 0.12) -> int:
    image = imread(path)[:, :, :3]
    return int((np.abs(image - np.array(to_rgb(colour))).max(axis=2) < within).sum())


def colour_of(kind: str) -> str:
    return KIND_STYLES[kind][1]


def test_a_map_shows_its_events_and_sets_the_suppressed_apart(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    rows = events(event(), event(kind="gap", lat_e7=310_000_000, suppressed_by=["place: port"]))
    draw_map(rows, meeting(30.2, 126.5), path, title="A watch")
    assert pixels_of(path, colour_of("encounter")) > 50
    assert pixels_of(path, colour_of("gap")) == 0


def test_a_withdrawn_event_is_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    draw_map(events(event(status="withdrawn")), meeting(30.2, 126.5), path, title="A watch")
    assert pixels_of(path, colour_of("encounter")) == 0


def test_a_map_of_nothing_is_the_world(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    draw_map(EVENTS.empty_table(), None, path, title="Nothing found")
    assert pixels_of(path, "#e8e3d6") > 100_000


def test_one_false_report_far_away_does_not_widen_the_map(tmp_path: Path) -> None:
    t_s = np.arange(60_000)
    lat, lon = 30 + t_s / 1e5, 126 + t_s / 1e5
    lat[500], lon[500] = -60.0, 10.0
    path = tmp_path / "map.png"
    draw_map(EVENTS.empty_table(), track(MERIT, t_s, lat, lon, 0 * lat), path, title="One vessel")
    assert pixels_of(path, "#e8e3d6", within=0.01) == 0  # open sea


def test_the_same_picture_is_drawn_twice(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        draw_event(event(), meeting(30.2, 126.5), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("across 180", {"lat_e7": -169_000_000, "lon_e7": -1_800_000_000}),
        ("open", {"t_end": None, "status": "open"}),
        ("one vessel", {"kind": "loitering", "subjects": [MERIT]}),
        (
            "a stop",
            {"kind": "stop", "subjects": [MERIT], "parameters": '{"max_radius_m":500,"start_dkn":10}'},
        ),
        ("a kind unknown", {"kind": "something_new", "parameters": ""}),
        ("vessels not held", {"subjects": [1 << 33, 2 << 33]}),
        ("an instant", {"t_end": START + 6480 * SECOND}),
    ],
)
def test_an_event_is_drawn(what: str, changes: dict, tmp_path: Path) -> None:
    row = event(**changes)
    path = tmp_path / "event.png"
    draw_event(row, meeting(row["lat_e7"] / 1e7, row["lon_e7"] / 1e7), path)
    assert imread(path).shape == (990, 1755, 4)
    assert pixels_of(path, "#b3261e") > 20  # the place of the event is marked


def test_a_silence_is_drawn_without_a_report_in_it(tmp_path: Path) -> None:
    t_s = np.concatenate([np.arange(0, 3600, 180), np.arange(50_000, 54_000, 180)])
    one = track(MERIT, t_s, 30 + t_s / 1e6, 126 + t_s / 1e6, 0 * t_s + 9.5)
    silence = event(
        kind="gap", subjects=[MERIT], t_start=START + 3420 * SECOND, t_end=START + 50_000 * SECOND
    )
    draw_event(silence, one, tmp_path / "gap.png")
    assert (tmp_path / "gap.png").stat().st_size > 10_000


def test_the_distance_drawn_is_the_distance_between_the_two() -> None:
    both = meeting(30.2, 126.5)
    half = both.num_rows // 2
    t, apart_m, sure = _between(both.slice(0, half), both.slice(half))
    lying = (t > START + 7000 * SECOND) & (t < START + 15000 * SECOND)
    assert sure.all()
    assert np.abs(apart_m[lying] - 0.0008 * np.pi / 180 * 6_371_008.8).max() < one_metre
    assert apart_m[0] > 20_000


def test_vessels_never_heard_at_the_same_time_have_no_distance() -> None:
    first, last = (track(MERIT, np.arange(a, a + 100, 10), *[np.zeros(10)] * 3) for a in (0, 500))
    t, apart_m, _ = _between(first, last)
    assert len(t) == len(apart_m) == 0
    assert len(columns_of(first)[0]) == 10


def test_each_kind_keeps_its_symbol_whatever_else_is_found() -> None:
    assert styles_of(["gap"])["gap"] == styles_of(["encounter", "gap", "other"])["gap"]
    assert len(set(styles_of([*KIND_STYLES, "a", "b", "c"]).values())) == len(KIND_STYLES) + 3


def test_drawing_touches_no_global_backend() -> None:
    code = "import shiomi.reports.picture, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Each export is read back by a reader that is not ours."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from made_events import END, MERIT, START, encounter, event, position, positions, table

from shiomi.errors import BadParameter
from shiomi.events.export import ENDINGS, export_events, export_table
from shiomi.schema import PARTICULARS, TRACKS

EVENTS = table(
    event("a"),
    encounter("b", suppressed_by=["port", "pilot"]),
    event("c", status="open", t_end=None, t_end_earliest=None, t_end_latest=None, evidence=[11]),
)
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_events_give_the_same_bytes_and_the_count_is_told(tmp_path: Path, ending: str) -> None:
    one, two = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    assert export_events(EVENTS, one, positions=positions()) == 3
    cut = pa.concat_tables([EVENTS.slice(0, 1), EVENTS.slice(1)])
    assert export_events(cut, two, positions=positions().take([3, 1, 2, 0])) == 3
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_events_still_make_a_file_that_can_be_read(tmp_path: Path, ending: str) -> None:
    assert export_events(EVENTS.slice(0, 0), tmp_path / f"none{ending}") == 0
    assert (tmp_path / f"none{ending}").stat().st_size > 0


def test_csv_is_read_by_the_standard_library(tmp_path: Path) -> None:
    export_events(EVENTS, tmp_path / "e.csv")
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    assert [r["event_id"] for r in rows] == ["a", "b", "c"]
    assert rows[0]["t_start"] == "2024-03-01T23:50:00Z"
    assert rows[2]["t_end"] == ""
    assert rows[1]["suppressed_by"] == "port|pilot"
    assert (float(rows[0]["lat"]), float(rows[0]["lon"])) == (24.1, 58.2)
    assert json.loads(rows[0]["parameters"]) == {"min_silence_s": 43_200}


def test_csv_keeps_the_microseconds_of_a_time_that_has_them(tmp_path: Path) -> None:
    export_events(table(event("a", t_start=START + 250_000)), tmp_path / "e.csv")
    frame = pl.read_csv(tmp_path / "e.csv")
    assert frame["t_start"].to_list() == ["2024-03-01T23:50:00.250000Z"]


def test_geojson_points_lines_and_properties(tmp_path: Path) -> None:
    export_events(EVENTS, tmp_path / "e.geojson", positions=positions())
    collection = json.loads((tmp_path / "e.geojson").read_text(encoding="utf-8"))
    gap, meeting, opened = collection["features"]
    assert collection["type"] == "FeatureCollection"
    assert gap["id"] == "a"
    line = shapely.from_geojson(json.dumps(gap["geometry"]))
    assert list(line.coords) == [(58.2, 24.1), (56.0, 26.0)]
    assert shapely.from_geojson(json.dumps(meeting["geometry"])) == shapely.Point(58.2, 24.1)
    assert opened["geometry"]["type"] == "Point"
    assert gap["properties"]["silence_s"] == 65_400
    assert "slots" not in gap["properties"]
    assert "t_end" not in opened["properties"]


def test_without_evidence_a_gap_is_a_point(tmp_path: Path) -> None:
    export_events(EVENTS, tmp_path / "e.geojson")
    features = json.loads((tmp_path / "e.geojson").read_text())["features"]
    assert {f["geometry"]["type"] for f in features} == {"Point"}


@pytest.mark.parametrize(("lon", "lon_end"), [(179.0, -179.0), (-179.0, 179.0)])
def test_a_line_across_the_antimeridian_is_cut_there(tmp_path: Path, lon: float, lon_end: float) -> None:
    seen = pa.Table.from_pylist(
        [position(11, MERIT, START, 10.0, lon), position(12, MERIT, END, 12.0, lon_end)], TRACKS
    )
    export_events(table(event("a")), tmp_path / "e.geojson", positions=seen)
    export_events(table(event("a")), tmp_path / "e.kml", positions=seen)
    feature = json.loads((tmp_path / "e.geojson").read_text())["features"][0]
    parts = shapely.from_geojson(json.dumps(feature["geometry"]))
    assert [list(p.coords) for p in parts.geoms] == [
        [(lon, 10.0), (lon / abs(lon) * 180, 11.0)],
        [(lon_end / abs(lon_end) * 180, 11.0), (lon_end, 12.0)],
    ]
    assert len(ET.parse(tmp_path / "e.kml").findall(f".//{KML}MultiGeometry/{KML}LineString")) == 2


def test_geoparquet_has_wkb_points_and_the_metadata_of_version_1_1(tmp_path: Path) -> None:
    export_events(EVENTS, tmp_path / "e.parquet")
    file = pq.read_table(tmp_path / "e.parquet")
    geo = json.loads(file.schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"][geo["primary_column"]] == {
        "encoding": "WKB",
        "geometry_types": ["Point"],
        "bbox": [58.2, 24.1, 58.2, 24.1],
    }
    assert shapely.from_wkb(file["geometry"][0].as_py()) == shapely.Point(58.2, 24.1)
    assert file.schema.field("t_start").type == pa.timestamp("us", "UTC")
    assert pl.read_parquet(tmp_path / "e.parquet")["silence_s"].to_list() == [65_400, None, 65_400]


def test_kml_has_time_spans_and_leaves_an_open_one_without_end(tmp_path: Path) -> None:
    export_events(EVENTS, tmp_path / "e.kml", positions=positions())
    marks = ET.parse(tmp_path / "e.kml").findall(f".//{KML}Placemark")
    assert [m.findtext(f"{KML}name") for m in marks] == [
        "gap 431000001",
        "encounter 431000001 440000002",
        "gap 431000001",
    ]
    assert marks[0].findtext(f"{KML}TimeSpan/{KML}begin") == "2024-03-01T23:50:00Z"
    assert marks[2].find(f"{KML}TimeSpan/{KML}end") is None
    assert marks[0].findtext(f"{KML}LineString/{KML}coordinates") == "58.2,24.1 56.0,26.0"
    assert marks[1].findtext(f"{KML}Point/{KML}coordinates") == "58.2,24.1"


def test_a_hostile_name_cannot_break_any_text_format(tmp_path: Path) -> None:
    name = 'A"</value>,\n&\x00\ud7ff潮'
    claim = {"mmsi": MERIT >> 33, "t": 0, "t_last": 0, "reports": 1, "name": name, "source_id": 1}
    claims = pa.Table.from_pylist([claim], PARTICULARS)
    for ending in (".csv", ".geojson", ".kml"):
        export_events(table(event("a")), tmp_path / f"e{ending}", particulars=claims)
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as f:
        assert next(csv.DictReader(f))["name"] == name
    feature = json.loads((tmp_path / "e.geojson").read_text(encoding="utf-8"))["features"][0]
    assert feature["properties"]["name"] == name
    data = ET.parse(tmp_path / "e.kml").find(f".//{KML}Data[@name='name']/{KML}value")
    assert data is not None
    assert data.text == name.replace("\x00", "")


def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"e\.xlsx"):
        export_events(EVENTS, tmp_path / "e.xlsx")
    with pytest.raises(BadParameter):
        export_table(pa.table({"a": [1]}), tmp_path / "e.kml")
    assert list(tmp_path.iterdir()) == []

"""The command line over a store that the test made: what it lists, writes, tells and refuses."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from made_events import CEDAR, END, MERIT, START, encounter, event, positions, table
from typer.testing import CliRunner

from shiomi import __version__
from shiomi.cli import app, main
from shiomi.events import store
from shiomi.schema import PARTICULARS, TRACK_SUMMARIES

COMMANDS = ("watch", "verify", "events", "explain", "tracks", "simulate", "score")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the commands only read."""
    folder = store.create_or_open(tmp_path_factory.mktemp("commands") / "out")
    opened = event("cc01", status="open", t_end=None, t_end_earliest=None, t_end_latest=None)
    store.append_events(folder, table(event("aa01"), opened, encounter("bb01", suppressed_by=["port:JPTYO"])))
    store.append_events(folder, table(encounter("bb01", suppressed_by=["port:JPTYO", "tug"])))
    store.append_events(folder, table(event("aa02")))
    store.withdraw(folder, ["aa02"], "late reports", END)
    store.append_evidence(folder, positions())
    claim = {"mmsi": MERIT >> 33, "t": 0, "t_last": 0, "reports": 1, "name": "[MERIT]", "source_id": 1}
    store.append_table(folder, "particulars", pa.Table.from_pylist([claim], PARTICULARS))
    tracks = [
        {
            **dict.fromkeys(("lat_e7_min", "lat_e7_max", "lat_e7"), 241_000_000),
            **{"track_id": track, "mmsi": track >> 33, "kind": kind, "t_first": START, "t_last": END},
            **{"fixes": 1234, "distance_m": 370_400, "lon_e7": 582_000_000},
        }
        for track, kind in ((MERIT, "track"), (CEDAR, "outlier"))
    ]
    store.append_table(folder, "tracks", pa.Table.from_pylist(tracks, TRACK_SUMMARIES))
    store.write_run(folder, {"watermark": END})
    return folder


def run(*arguments: object) -> str:
    # Wide enough that no cell wraps: the test runner may say a width of its own.
    runner = CliRunner(env={"COLUMNS": "180"})
    result = runner.invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_events_lists_what_stands_and_says_what_it_does_not_show(folder: Path) -> None:
    text = run("events", "-s", folder)
    assert "aa01" in text
    assert "cc01" in text
    assert "bb01" not in text
    assert "431000001 [MERIT]" in text
    assert "2 of 4 events; 1 more match and are suppressed (--all includes them)." in text
    assert "What is known reaches to 2024-03-02T18:00:00Z." in text


def test_events_shows_the_suppressed_with_their_reasons_on_request(folder: Path) -> None:
    text = run("events", "-s", folder, "--all")
    assert "port:JPTYO" in text
    assert "3 of 4 events." in text


def test_events_says_when_a_limit_cuts_the_list(folder: Path) -> None:
    text = run("events", "-s", folder, "--all", "--limit", 1)
    assert "3 of 4 events; the first 1 are shown (--limit 0 shows all)." in text
    assert "the first" not in run("events", "-s", folder, "--all", "--limit", 0)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (["--kind", "encounter", "--all"], ["bb01"]),
        (["--mmsi", "440000002", "--all"], ["bb01"]),
        (["--status", "withdrawn"], ["aa02"]),
        (["--status", "open"], ["cc01"]),
        (["--since", "2024-03-03"], ["cc01"]),
        (["--until", "2024-03-01T23:50"], []),
        (["--near", "24.1", "58.2", "1"], ["aa01", "cc01"]),
        (["--near", "-24.1", "58.2", "1"], []),
    ],
)
def test_events_exports_exactly_what_the_filters_choose(
    folder: Path, tmp_path: Path, filters: list[str], ids: list[str]
) -> None:
    text = run("events", "-s", folder, *filters, "--export", tmp_path / "e.csv")
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as f:
        assert [row["event_id"] for row in csv.DictReader(f)] == ids
    assert f"{len(ids)} of 4 events written to" in text


def test_a_gap_is_exported_as_a_line_because_the_store_holds_its_evidence(
    folder: Path, tmp_path: Path
) -> None:
    run("events", "-s", folder, "--kind", "gap", "--status", "closed", "--export", tmp_path / "e.geojson")
    (feature,) = json.loads((tmp_path / "e.geojson").read_text(encoding="utf-8"))["features"]
    assert feature["geometry"] == {"type": "LineString", "coordinates": [[58.2, 24.1], [56.0, 26.0]]}
    assert feature["properties"]["name"] == "[MERIT]"


def test_explain_tells_the_event_its_trail_and_its_withdrawal(folder: Path) -> None:
    text = run("explain", "aa01", "-s", folder)
    assert text.startswith("gap aa01, revision 1\n")
    assert "silence at least 12 h" in text
    assert "[MERIT]" in text
    text = run("explain", "aa02", "-s", folder, "--trail")
    assert "The reason given: late reports." in text
    assert "revision 1: closed, known 2024-03-02T18:00:00Z" in text
    assert "revision 2: withdrawn, known 2024-03-02T18:00:00Z late reports" in text


def test_explain_takes_the_beginning_of_an_id_and_speaks_japanese(folder: Path) -> None:
    assert "無信号" in run("explain", "c", "-s", folder, "--lang", "ja")


def test_tracks_are_listed_filtered_and_exported(folder: Path, tmp_path: Path) -> None:
    text = run("tracks", "-s", folder)
    assert "431000001@2024-02-27T02:13:20Z" in text
    assert "1,234" in text
    assert "2 of 2 tracks." in text
    assert "1 of 2 tracks." in run("tracks", "-s", folder, "--outliers")
    assert "0 of 2 tracks." in run("tracks", "-s", folder, "--since", "2025-01-01")
    run("tracks", "-s", folder, "--mmsi", MERIT >> 33, "--export", tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as f:
        (row,) = csv.DictReader(f)
    assert (row["name"], row["t_first"], row["fixes"]) == ("[MERIT]", "2024-03-01T23:50:00Z", "1234")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["events", "-s", "{}/none"], "is not a store"),
        (["events", "-s", "{}", "--since", "yesterday"], "'yesterday' is not a time"),
        (["events", "-s", "{}", "--near", "91", "0", "5"], "is no place"),
        (["events", "-s", "{}", "--export", "{}/e.doc"], "cannot tell the format"),
        (["explain", "a", "-s", "{}"], "2 events begin with a"),
        (["explain", "zz", "-s", "{}"], "has no event zz"),
        (["verify", "-s", "{}"], "name the events to verify"),
    ],
)
def test_an_error_is_one_sentence_on_standard_error_and_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main([a.replace("{}", str(folder)) for a in arguments])
    assert left.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    text = run(command, "--help")
    assert "Example" in text
    assert f"shiomi {command}" in text


def test_the_version_is_told() -> None:
    assert run("--version") == f"shiomi {__version__}\n"


def test_help_starts_without_the_heavy_libraries() -> None:
    code = "import sys, shiomi.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "numpy",
        "numba",
        "polars",
        "pyarrow",
        "matplotlib",
        "deltalake",
        "shapely",
        "pyais",
        "rich.table",
    }
    assert "shiomi.cli" in loaded
    assert heavy & set(loaded) == set()


def test_a_reader_that_has_enough_ends_the_program_quietly(folder: Path) -> None:
    code = "import sys; from shiomi.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "events", "-s", str(folder), "--all", "--limit", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        said = program.stderr.read()
        program.wait(60)
    assert said == b""
    assert program.returncode == 1

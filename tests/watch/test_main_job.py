from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyais import encode_dict
from watching import (
    HEADER,
    NO_LEARNING,
    command,
    exported,
    rows_of,
    sails,
    standing,
    watched,
    write_csv,
)

from conftest import World
from shiomi.events.store import append_events, append_table, newest_events, read_run, read_table
from shiomi.schema import EVENTS, TRACKS
from shiomi.units import hours, microseconds

SILENT_7_H = [
    *sails(431_000_001, "2024-03-01T00:00:00", 10, 40),
    *sails(431_000_001, "2024-03-01T13:30:00", 10, 20, lon=127.6),
]
"""Seven hours between two stretches of regular reports, at sea."""


def lines_of(file: Path) -> list[str]:
    with pa.CompressedInputStream(pa.OSFile(str(file)), "zstd") as stream:
        text: str = stream.read().decode()
    return text.splitlines()


def test_every_row_of_the_input_is_in_exactly_one_count(world: World) -> None:
    tally = world.report.tally
    assert tally.rows == world.made.rows == len(lines_of(world.file)) - 1
    parts = tally.positions + tally.particulars_only
    assert parts + sum(tally.ignored.values()) + sum(tally.rejects.values()) == tally.rows
    assert tally.ignored["repeat"] > 0
    assert sum(tally.rejects.values()) > 0
    assert tally.positions == read_table(world.store, "positions").num_rows
    assert sum(tally.rejects.values()) == read_table(world.store, "rejects").num_rows
    assert tally.positions == sum(world.report.tracks["fixes"].to_pylist())


def test_the_counts_and_the_digest_are_printed(world: World, tmp_path: Path) -> None:
    done = command("watch", world.file, "--store", tmp_path / "s", "--no-map")
    assert done.code == 0
    for _what, reason, count in world.report.tally.table():
        assert f"{count:,}" in done.out
        assert reason in done.out
    assert f"Digest of the events: {world.report.digest}" in done.out


def test_every_kind_that_was_planted_is_found(world: World) -> None:
    kinds = {e["kind"] for e in standing(world.store) if not e["suppressed_by"]}
    assert kinds >= {"encounter", "gap", "loitering", "stop", "shared_identity", "position_jump"}


def test_two_runs_over_the_same_file_write_the_same_bytes(world: World, tmp_path: Path) -> None:
    again = watched(tmp_path / "store", world.file)
    assert again.digest == world.report.digest
    for ending in (".csv", ".parquet", ".geojson"):
        assert exported(tmp_path / "store", ending) == exported(world.store, ending)
    assert (tmp_path / "store" / "run.json").read_bytes() == (world.store / "run.json").read_bytes()


def test_shuffled_split_and_swapped_rows_give_the_same_bytes(world: World, tmp_path: Path) -> None:
    header, *rows = lines_of(world.file)
    random.Random(5).shuffle(rows)
    later = write_csv(tmp_path / "a.csv", rows[: len(rows) // 3], header=header)
    first = write_csv(tmp_path / "b" / "b.csv", rows[len(rows) // 3 :], header=header)

    report = watched(tmp_path / "store", first, later)
    assert report.tally == world.report.tally
    assert report.digest == world.report.digest
    for ending in (".csv", ".parquet"):
        assert exported(tmp_path / "store", ending) == exported(world.store, ending)
    for name in ("evidence", "tracks", "places"):
        assert rows_of(tmp_path / "store", name).equals(rows_of(world.store, name)), name

    swapped = watched(tmp_path / "swapped", later, first)
    assert swapped.files == report.files
    assert swapped.digest == report.digest


def test_repeated_rows_change_no_event(world: World, tmp_path: Path) -> None:
    header, *rows = lines_of(world.file)
    chosen = random.Random(6)
    mixed = rows + chosen.sample(rows, len(rows) // 5)
    chosen.shuffle(mixed)

    report = watched(tmp_path / "store", write_csv(tmp_path / "a.csv", mixed, header=header))
    assert report.tally.rows == len(mixed)
    assert report.tally.positions == world.report.tally.positions
    assert report.tally.ignored["repeat"] > world.report.tally.ignored["repeat"] + len(rows) // 6
    assert report.digest == world.report.digest
    # Names go by how often they were claimed, so the events are compared without them.
    assert exported(tmp_path / "store", ".csv", names=False) == exported(world.store, ".csv", names=False)


def test_repeats_that_name_another_message_type_are_one_report_whichever_comes_first(tmp_path: Path) -> None:
    header = HEADER + ",message_type"
    as_a = [f"{row},1" for row in SILENT_7_H]
    as_b = [f"{row},18" for row in SILENT_7_H]
    digests = set()
    for name, parts in (("ab", (as_a, as_b)), ("ba", (as_b, as_a))):
        file = write_csv(tmp_path / f"{name}.csv", *parts, header=header)
        report = watched(tmp_path / name, file, settings=["gap.min_silence_s=21600"])
        assert report.tally.ignored == {"repeat": len(SILENT_7_H)}
        kept = read_table(tmp_path / name, "positions").sort_by("t")
        digests.add((report.digest, tuple(kept["message_type"].to_pylist())))
    assert len(digests) == 1


def test_a_setting_changes_the_rule_and_stands_in_the_event_and_the_store(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", SILENT_7_H)
    watched(tmp_path / "as-is", file)
    assert standing(tmp_path / "as-is", kind="gap") == []

    setting = f"gap.min_silence_s={hours(7)}"
    done = command("watch", file, "--store", tmp_path / "set", "--set", setting, "--no-map")
    assert done.code == 0, done.err
    (gap,) = standing(tmp_path / "set", kind="gap")
    assert gap["measures"]["silence_s"] == hours(7)
    assert f'"min_silence_s":{hours(7)}' in gap["parameters"]
    assert read_run(tmp_path / "set")["stages"]["gap"]["parameters"]["min_silence_s"] == hours(7)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("gap.min_silence_s=6h", "whole number"),
        ("gap.silence=1", "no parameter 'silence'"),
        ("gaps.min_silence_s=1", "no detector 'gaps'"),
        ("proximity.max_distance_m=900", "set both to the same value"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence_and_makes_no_store(
    tmp_path: Path, setting: str, says: str
) -> None:
    file = write_csv(tmp_path / "a.csv", SILENT_7_H)
    done = command("watch", file, "--store", tmp_path / "s", "--set", setting)
    assert done.code == 2
    assert says in done.err
    assert len([line for line in done.err.splitlines() if "compiles its loops" not in line]) == 1
    assert not (tmp_path / "s").exists()


def test_a_list_of_places_sets_events_apart_and_may_be_given_later(tmp_path: Path) -> None:
    # Another vessel is heard all the while: else nobody could tell a silent feed from a silent vessel.
    others = sails(431_000_002, "2024-03-01T00:00:00", 10, 101, lat=31)
    file = write_csv(tmp_path / "a.csv", SILENT_7_H, others)
    lon = 125 + 390 / 60 * 10 / 60 / 0.866
    places = write_csv(tmp_path / "ports.csv", [f"Roadstead,30.0,{lon:.4f}"], header="name,lat,lon")
    setting = [f"gap.min_silence_s={hours(7)}"]

    watched(tmp_path / "at-once", file, settings=setting, place_lists=[places])
    (at_once,) = standing(tmp_path / "at-once", kind="gap")
    assert any(r.startswith("at_place:") for r in at_once["suppressed_by"])
    assert at_once["measures"]["place_m"] == 0

    store = tmp_path / "later"
    watched(store, file, settings=setting)
    (before,) = standing(store, kind="gap")
    assert before["suppressed_by"] == []
    report = watched(store, file, settings=setting, place_lists=[places])
    assert (report.changes.new, report.changes.amended) == (0, len(standing(store)))
    (after,) = standing(store, kind="gap")
    assert after == at_once | {"revision": 2}
    assert command("verify", "--all", "--store", store).code == 0
    again = watched(store, file, settings=setting, place_lists=[places])
    assert (again.changes.new, again.changes.amended) == (0, 0)


def test_a_list_of_places_that_cannot_be_read_stops_the_watch_before_it_begins(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", SILENT_7_H)
    done = command("watch", file, "--store", tmp_path / "s", "--places", tmp_path / "none.csv")
    assert done.code == 2
    assert "none.csv" in done.err
    assert not (tmp_path / "s").exists()


def test_a_mapping_says_which_column_is_which(tmp_path: Path) -> None:
    rows = ["01.03.2024 11:00;219000001;55.5;12.5;10", "01.03.2024 11:10;219000001;55.52;12.5;10"]
    file = write_csv(tmp_path / "logger.csv", rows, header="Zeit;Schiff;B;L;v")
    without = command("watch", file, "--store", tmp_path / "none", "--no-map")
    assert without.code == 2
    assert "for another table give a mapping" in without.err

    mapping = tmp_path / "logger.toml"
    mapping.write_text(
        '[columns]\nt = "Zeit"\nmmsi = "Schiff"\nlat_deg = "B"\nlon_deg = "L"\nsog_kn = "v"\n'
        '[time]\nform = "%d.%m.%Y %H:%M"\nutc_offset_h = 1\n[units]\nsog = "m/s"\n'
    )
    done = command("watch", file, "--store", tmp_path / "s", "--mapping", mapping, "--no-map")
    assert done.code == 0, done.err
    first = read_table(tmp_path / "s", "positions").sort_by("t").slice(0, 1).to_pylist()[0]
    assert first["t"] == microseconds("2024-03-01T10:00:00Z")
    assert (first["lat_e7"], first["lon_e7"], first["sog_dkn"]) == (555_000_000, 125_000_000, 194)


def test_a_start_dates_a_log_whose_lines_carry_no_time(tmp_path: Path) -> None:
    reports = [
        encode_dict(
            {
                "type": 1,
                "mmsi": 431_000_001,
                "lat": 30.0,
                "lon": 125 + i / 100,
                "speed": 10.0,
                "second": 10 * i,
            }
        )
        for i in range(3)
    ]
    file = tmp_path / "log.nmea"
    file.write_text("".join(f"{line}\n" for sentences in reports for line in sentences))

    undated = command("watch", file, "--store", tmp_path / "none", "--no-map")
    assert undated.code == 2
    assert "no_time 3" in undated.err
    done = command("watch", file, "--store", tmp_path / "s", "--start", "2024-03-01T06:00:00Z", "--no-map")
    assert done.code == 0, done.err
    t = sorted(read_table(tmp_path / "s", "positions")["t"].to_pylist())
    assert t == [microseconds(f"2024-03-01T06:00:{s:02}Z") for s in (0, 10, 20)]


def test_watching_on_tells_silences_that_nothing_ended(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", sails(431_000_001, "2024-03-01T00:00:00", 10, 40))
    store = tmp_path / "s"
    assert command("watch", file, "--store", store, "--no-map").code == 0
    assert standing(store) == []

    done = command("watch", file, "--store", store, "--until", "2024-03-02T00:00:00Z", "--no-map")
    assert done.code == 0
    assert "Nothing new to read" in done.out
    (gap,) = standing(store)
    assert (gap["kind"], gap["status"]) == ("gap", "open")
    assert gap["known_t"] == microseconds("2024-03-01T18:30:00Z")
    at_once = watched(tmp_path / "at-once", file, until=microseconds("2024-03-02T00:00:00Z"))
    assert at_once.digest == read_run(store)["events_digest"]


@pytest.mark.slow
def test_verify_agrees_with_every_event(world: World) -> None:
    done = command("verify", "--all", "--store", world.store)
    n = len(standing(world.store))
    assert n > 100
    assert f"{n:,} of {n:,} events follow from their own evidence." in done.out
    assert done.code == 0


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a gap and a stop, all of whose events follow from their evidence."""
    folder = tmp_path_factory.mktemp("verified")
    rows = [
        *sails(431_000_001, "2024-03-01T00:00:00", 10, 40),
        *sails(431_000_001, "2024-03-01T20:00:00", 10, 20, lon=128.8),
        *sails(440_000_002, "2024-03-01T00:00:00", 10, 90, lat=31, kn=0.1),
    ]
    watched(folder / "store", write_csv(folder / "a.csv", rows), learning=NO_LEARNING)
    assert {e["kind"] for e in standing(folder / "store")} >= {"gap", "stop"}
    assert command("verify", "--all", "--store", folder / "store").code == 0
    return folder / "store"


@pytest.fixture
def small_store(verified: Path, tmp_path: Path) -> Path:
    """A copy of it, to be altered."""
    return shutil.copytree(verified, tmp_path / "store")


def altered(table: pa.Table, row: int, **values: Any) -> pa.Table:
    rows = table.to_pylist()
    rows[row] |= values
    return pa.Table.from_pylist(rows, table.schema)


@pytest.mark.parametrize(
    ("column", "change"),
    [("lat_e7", 700_000), ("lat_e7", 1), ("t", 3_600_000_000), ("sog_dkn", 5)],
    ids=["moved far", "moved a centimetre", "an hour later", "another speed"],
)
def test_verify_names_the_event_whose_evidence_was_altered(
    small_store: Path, column: str, change: int
) -> None:
    gap = next(e for e in standing(small_store, kind="gap"))
    evidence = read_table(small_store, "evidence")
    row = evidence["message_id"].to_pylist().index(gap["evidence"][0])
    value = evidence[column][row].as_py() + change
    append_table(small_store, "evidence", altered(evidence, row, **{column: value}), "overwrite")

    done = command("verify", "--all", "--store", small_store)
    assert done.code == 1
    assert f"gap {gap['event_id']}: report {gap['evidence'][0]} of " in done.out
    assert "has other content than when it was read" in done.out


def test_verify_names_the_event_whose_evidence_is_missing(small_store: Path) -> None:
    gap = next(e for e in standing(small_store, kind="gap"))
    evidence = read_table(small_store, "evidence")
    keep = np.array([m != gap["evidence"][1] for m in evidence["message_id"].to_pylist()])
    append_table(small_store, "evidence", evidence.filter(pa.array(keep)), "overwrite")

    done = command("verify", "--all", "--store", small_store)
    assert done.code == 1
    assert f"gap {gap['event_id']}: 1 of the 2 reports it cites are held" in done.out


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("measures", [("distance_m", 1), ("interval_s", 600), ("silence_s", 48_600)]),
        ("status", "open"),
        ("t_end", microseconds("2024-03-01T19:00:00Z")),
        ("lat_e7", 301_000_000),
        ("suppressed_by", ["inland"]),
        ("places_id", "0" * 64),
        ("kind", "siesta"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_verify_says_what_differs_in_an_event_that_was_altered(
    small_store: Path, column: str, value: Any
) -> None:
    gap = next(e for e in standing(small_store, kind="gap"))
    events = newest_events(small_store).select(EVENTS.names)
    row = events["event_id"].to_pylist().index(gap["event_id"])
    append_events(small_store, altered(events, row, **{column: value}).cast(EVENTS))

    done = command("verify", "--all", "--store", small_store)
    assert done.code == 1
    (line,) = [x for x in done.out.splitlines() if gap["event_id"] in x]
    assert f"{column} is " in line or (column == "kind" and "no detector" in line)
    n = len(standing(small_store))
    assert f"{n - 1:,} of {n:,} events follow from their own evidence." in done.out


def test_one_event_may_be_verified_by_the_beginning_of_its_id(world: World) -> None:
    event_id = standing(world.store)[0]["event_id"]
    done = command("verify", event_id[:12], "--store", world.store)
    assert (done.code, done.out.strip()) == (0, "1 of 1 events follow from their own evidence.")
    unknown = command("verify", "ffffffffffffffff", "--store", world.store)
    assert unknown.code == 2
    assert "has no standing event ffffffffffffffff" in unknown.err


def test_evidence_of_every_event_is_held_and_named_by_its_content(world: World) -> None:
    evidence = read_table(world.store, "evidence")
    held = set(evidence["message_id"].to_pylist())
    cited = {m for e in standing(world.store) for m in e["evidence"]}
    assert cited == held
    assert evidence.schema.equals(TRACKS)
    positions = pl.from_arrow(read_table(world.store, "positions"))
    assert isinstance(positions, pl.DataFrame)
    assert positions["message_id"].n_unique() == positions.height

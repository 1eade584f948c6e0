from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from test_main_job import lines_of
from watching import (
    NO_LEARNING,
    command,
    rows_of,
    sails,
    sails_between,
    standing,
    watched,
    write_csv,
)

from conftest import World
from shiomi.events.store import events_digest, history, newest_events, read_run, read_table, table_names
from shiomi.units import SECOND, hours, microseconds
from shiomi.verify import verify

MERIT = 431_000_001
DAY = "2024-03-01T"

HABIT = [f"{DAY}{t}" for t in ("05:04", "06:18", "07:32", "08:46", "10:00", "11:14")]
"""The positions of the worked example, with earlier ones 74 minutes apart: a silence is judged against a
vessel's own habit, and two positions show none."""
RULE = ["gap.min_silence_s=21600", "gap.min_missing_reports=1"]


def revisions(store: Path, event_id: str) -> list[tuple[str, str, int | None]]:
    rows = history(store, event_id).to_pylist()
    return [(r["status"], r["reason"], dict(r["measures"]).get("silence_s")) for r in rows]


def by_arrival(world: World, *bounds: str) -> list[list[str]]:
    """The rows of the world's file cut by the time of their report."""
    _, *rows = lines_of(world.file)
    cuts = [*bounds, "9999"]
    parts: list[list[str]] = [[] for _ in cuts]
    for row in rows:
        at = row.split(",")[1]
        parts[next(i for i, cut in enumerate(cuts) if at < cut)].append(row)
    return parts


def facts(store: Path) -> dict[str, dict[str, Any]]:
    """Standing events by id, without the number of their revision."""
    return {e["event_id"]: {k: v for k, v in e.items() if k != "revision"} for e in standing(store)}


def assert_some_verify(store: Path) -> None:
    """Every eighth event follows from its evidence: all kinds, in a fraction of the time of all."""
    ids = [e["event_id"] for e in sorted(standing(store), key=lambda e: (e["kind"], e["event_id"]))][::8]
    done, *differ = list(verify(store, ids))[::-1]
    assert (done, differ) == (len(ids), [])


@pytest.fixture(scope="module")
def at_once(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world watched whole, with no place learned."""
    store = tmp_path_factory.mktemp("at-once") / "store"
    watched(store, world.file, learning=NO_LEARNING)
    return store


def test_a_day_watched_in_three_parts_gives_what_it_gives_at_once(
    world: World, at_once: Path, tmp_path: Path
) -> None:
    header = lines_of(world.file)[0]
    store = tmp_path / "store"
    for i, rows in enumerate(by_arrival(world, "2024-03-01T07:00:00", "2024-03-01T15:30:10")):
        file = write_csv(tmp_path / f"{i}.csv", rows, header=header)
        report = watched(store, file, learning=NO_LEARNING)
        assert not report.replayed
    assert facts(store) == facts(at_once)
    assert report.digest == read_run(at_once)["events_digest"]
    assert max(newest_events(store)["revision"].to_pylist()) > 1
    assert rows_of(store, "tracks").equals(rows_of(at_once, "tracks"))
    order = [("track_id", "ascending"), ("t", "ascending")]
    positions = [rows_of(s, "positions").sort_by(order) for s in (store, at_once)]
    assert positions[0].equals(positions[1])
    assert_some_verify(store)


def test_places_are_those_the_first_part_taught_and_all_else_is_as_at_once(
    world: World, tmp_path: Path
) -> None:
    header = lines_of(world.file)[0]
    store = tmp_path / "store"
    parts = by_arrival(world, "2024-03-01T12:00:00")
    for i, rows in enumerate(parts):
        watched(store, write_csv(tmp_path / f"{i}.csv", rows, header=header))
        places = read_run(store)["places_id"]
    by_place = ("suppressed_by", "ladder", "places_id", "measures")
    ours, theirs = facts(store), {e["event_id"]: e for e in standing(world.store)}
    # A visit names the table of places it was made with: of other places there are other visits.
    ours, theirs = ({k: e for k, e in found.items() if e["kind"] != "port_visit"} for found in (ours, theirs))
    assert ours.keys() == theirs.keys()
    for event_id, ours_is in ours.items():
        theirs_is = theirs[event_id]
        assert ours_is["places_id"] == places
        same = [k for k in ours_is if k not in by_place]
        assert {k: ours_is[k] for k in same} == {k: theirs_is[k] for k in same}
        without = [{k: v for k, v in e["measures"].items() if k != "place_m"} for e in (ours_is, theirs_is)]
        assert without[0] == without[1]
    assert_some_verify(store)


def test_reports_that_arrive_late_revise_what_was_found(world: World, at_once: Path, tmp_path: Path) -> None:
    header = lines_of(world.file)[0]
    _, *rows = lines_of(world.file)
    late_mmsi = {str(e["subjects"][0] >> 33) for e in standing(at_once) if e["kind"] in ("gap", "stop")}
    is_late = [r.split(",")[0] in late_mmsi and "T09:" < r[r.index("T") :] < "T17:" for r in rows]
    assert any(is_late)
    in_time = write_csv(
        tmp_path / "0.csv", [r for r, x in zip(rows, is_late, strict=True) if not x], header=header
    )
    late = write_csv(tmp_path / "1.csv", [r for r, x in zip(rows, is_late, strict=True) if x], header=header)
    store = tmp_path / "store"
    watched(store, in_time, learning=NO_LEARNING)
    before = facts(store)
    report = watched(store, late, learning=NO_LEARNING)

    after = facts(at_once)
    assert report.replayed
    assert facts(store) == after
    assert report.digest == read_run(at_once)["events_digest"]
    new, gone = after.keys() - before.keys(), before.keys() - after.keys()
    amended = {k for k in before.keys() - gone if before[k] != after[k]}
    assert new
    assert gone
    assert amended
    assert (report.changes.new, report.changes.amended, report.withdrawn) == (
        len(new),
        len(amended),
        len(gone),
    )
    newest = {e["event_id"]: e for e in newest_events(store).to_pylist()}
    assert {newest[k]["revision"] for k in amended} == {2}
    assert {newest[k]["revision"] for k in before.keys() - gone - amended} == {1}
    assert {newest[k]["status"] for k in gone} == {"withdrawn"}
    trail = history(store, next(iter(gone))).to_pylist()
    assert [r["revision"] for r in trail] == [1, 2]
    assert trail[1]["reason"] == "reports that arrived late"
    assert_some_verify(store)


def test_a_late_report_retracts_a_gap_as_in_the_worked_example_of_skylight(tmp_path: Path) -> None:
    """Positions 10:00, 11:14, 20:30 and, late, 16:20; rule 6 h (Skylight, page 29637607446)."""
    store = tmp_path / "store"
    common = {"settings": RULE, "learning": NO_LEARNING}

    watched(store, write_csv(tmp_path / "0.csv", sails_between(MERIT, HABIT)), **common)
    assert standing(store) == []
    six_hours_after = microseconds(f"{DAY}17:14")
    watched(store, tmp_path / "0.csv", until=six_hours_after, **common)
    assert standing(store) == []
    watched(store, tmp_path / "0.csv", until=six_hours_after + 1, **common)
    (provisional,) = standing(store)
    assert (provisional["kind"], provisional["status"]) == ("gap", "open")
    assert provisional["known_t"] == six_hours_after

    whole = sails_between(MERIT, [*HABIT, f"{DAY}16:20", f"{DAY}20:30"])
    watched(store, write_csv(tmp_path / "1.csv", whole[-1:]), **common)
    (closed,) = standing(store)
    assert (closed["event_id"], closed["status"]) == (provisional["event_id"], "closed")
    assert closed["measures"]["silence_s"] == hours(9) + 16 * 60

    report = watched(store, write_csv(tmp_path / "2.csv", whole[-2:-1]), **common)
    assert (report.replayed, report.withdrawn) == (True, 1)
    assert standing(store) == []
    assert [r[:2] for r in revisions(store, closed["event_id"])] == [
        ("open", ""),
        ("closed", ""),
        ("withdrawn", "reports that arrived late"),
    ]
    at_once = watched(tmp_path / "at-once", write_csv(tmp_path / "all.csv", whole), **common)
    assert report.digest == at_once.digest

    told = command("explain", closed["event_id"], "--store", store, "--trail")
    assert "revision 3: withdrawn" in told.out
    assert "0 of 1 events" in command("events", "--store", store).out


def test_a_late_report_that_splits_a_long_silence_gives_another_gap(tmp_path: Path) -> None:
    store = tmp_path / "store"
    common = {"settings": RULE, "learning": NO_LEARNING}
    whole = sails_between(MERIT, [*HABIT, f"{DAY}12:30", f"{DAY}20:30"])
    watched(store, write_csv(tmp_path / "0.csv", whole[:-2], whole[-1:]), **common)
    (before,) = standing(store)
    report = watched(store, write_csv(tmp_path / "1.csv", whole[-2:-1]), **common)
    (after,) = standing(store)
    assert (report.changes.new, report.withdrawn) == (1, 1)
    assert after["event_id"] != before["event_id"]
    assert after["measures"]["silence_s"] == hours(8)


def test_a_late_report_after_watching_on_does_not_take_back_what_was_told(tmp_path: Path) -> None:
    store = tmp_path / "store"
    rows = sails(MERIT, f"{DAY}00:00", 10, 40)
    watched(
        store, write_csv(tmp_path / "0.csv", rows[:20], rows[21:]), until=microseconds("2024-03-02T00:00")
    )
    (gap,) = standing(store)
    report = watched(store, write_csv(tmp_path / "1.csv", rows[20:21]))
    assert (report.replayed, report.withdrawn) == (True, 0)
    assert [e["event_id"] for e in standing(store)] == [gap["event_id"]]
    assert read_run(store)["watermark"] == microseconds("2024-03-02T00:00")


def test_the_same_file_again_is_nothing_new(world: World, tmp_path: Path) -> None:
    store = shutil.copytree(world.store, tmp_path / "store")
    first = world.report
    done = command("watch", world.file, "--store", store, "--no-map")
    assert done.code == 0
    assert "Nothing new to read: every file is in the store already. 0 new events, 0 amended" in done.out
    assert first.digest in done.out
    assert max(newest_events(store)["revision"].to_pylist()) == 1
    assert read_table(store, "rejects").num_rows == sum(first.tally.rejects.values())
    assert len(read_run(store)["files"]) == 1


def test_another_parameter_on_a_store_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", sails(MERIT, f"{DAY}00:00", 10, 40))
    other = write_csv(tmp_path / "b.csv", sails(MERIT, "2024-03-02T00:00", 10, 40))
    store = tmp_path / "store"
    watched(store, file)
    before = (store / "run.json").read_bytes()
    done = command("watch", other, "--store", store, "--set", "gap.min_silence_s=21600")
    assert done.code == 2
    assert done.err == (
        f"shiomi: {store} was made with gap.min_silence_s=43200, not 21600; "
        "keep to it with --set, or give another --store\n"
    )
    assert watched(store, other).files[0].name == str(other)
    assert b'"underway"' not in (store / "run.json").read_bytes()
    assert before != (store / "run.json").read_bytes()


def test_a_lost_checkpoint_is_made_again_from_the_positions(
    world: World, at_once: Path, tmp_path: Path
) -> None:
    header = lines_of(world.file)[0]
    first, second = by_arrival(world, "2024-03-01T12:00:00")
    store = tmp_path / "store"
    watched(store, write_csv(tmp_path / "0.csv", first, header=header), learning=NO_LEARNING)
    (checkpoint,) = store.glob("checkpoint*")
    checkpoint.rename(tmp_path / "gone")
    report = watched(store, write_csv(tmp_path / "1.csv", second, header=header), learning=NO_LEARNING)
    assert report.digest == read_run(at_once)["events_digest"]


class Interrupted(Exception):
    """Stands for whatever ends a run: no code of ours catches it."""


STEPS = [*(pytest.param(step, marks=pytest.mark.slow) for step in ("reading", "detecting")), "judging"]


@pytest.mark.parametrize("step", STEPS)
def test_a_run_cut_short_never_was(world: World, at_once: Path, tmp_path: Path, step: str) -> None:
    from shiomi.job import Options
    from shiomi.watch import watch

    header = lines_of(world.file)[0]
    first, second = by_arrival(world, "2024-03-01T12:00:00")
    # Reports of the first half are held back, so that the second run is a replay: it writes all tables anew.
    held_back = first[:200]
    files = [
        write_csv(tmp_path / "0.csv", first[200:], header=header),
        write_csv(tmp_path / "1.csv", second, held_back, header=header),
    ]
    options = Options(learning=NO_LEARNING)
    store = tmp_path / "store"

    def stop_at(what: str, _share: float) -> None:
        if what.startswith(step):
            raise Interrupted

    for file in files:
        with pytest.raises(Interrupted):
            watch([file], store, options, stop_at)
        assert command("events", "--store", store).code == 0
        watched(store, file, learning=NO_LEARNING)
    assert read_run(store)["events_digest"] == read_run(at_once)["events_digest"]
    assert facts(store) == facts(at_once)
    for name in ("rejects", "positions"):
        assert read_table(store, name).num_rows == read_table(at_once, name).num_rows, name
    said = ["mmsi", "name", "t", "t_last"]
    ours, theirs = (pc_sum(rows_of(s, "particulars").select([*said, "reports"])) for s in (store, at_once))
    assert ours == theirs
    assert not list(store.glob(".spill"))


def pc_sum(claims: pa.Table) -> int:
    return int(pc.sum(claims["reports"]).as_py())


@pytest.mark.slow
@pytest.mark.parametrize("after", ["events", "places"])
def test_a_killed_process_leaves_a_store_that_the_next_run_completes(
    world: World, tmp_path: Path, after: str
) -> None:
    """Killed with no chance to tidy up, as soon as the table `after` has been written to."""
    store = tmp_path / "store"
    script = "from shiomi.cli import main; main()"
    words = [sys.executable, "-c", script, "watch", str(world.file), "--store", str(store), "--no-map"]
    log = store / after / "_delta_log"
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wanted = 2 if after == "events" else 1
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if len(list(log.glob("*.json"))) >= wanted:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.wait()

    assert "underway" in read_run(store) or process.returncode == 0
    assert command("events", "--store", store).code == 0
    done = command("watch", world.file, "--store", store, "--no-map")
    assert done.code == 0, done.err
    assert events_digest(newest_events(store)) == world.report.digest
    assert facts(store) == facts(world.store)
    assert read_table(store, "positions").num_rows == world.report.tally.positions
    assert read_table(store, "rejects").num_rows == sum(world.report.tally.rejects.values())
    assert [p.name for p in store.glob("checkpoint*")] == ["checkpoint-1"] or process.returncode == 0


def test_a_damaged_file_is_told_and_the_whole_one_completes_the_store(world: World, tmp_path: Path) -> None:
    header, *rows = lines_of(world.file)
    whole = tmp_path / "whole.csv.zst"
    with pa.CompressedOutputStream(pa.OSFile(str(whole), "wb"), "zstd") as sink:
        sink.write(("\n".join([header, *rows]) + "\n").encode())
    broken = tmp_path / "broken.csv.zst"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    store = tmp_path / "store"
    done = command("watch", broken, "--store", store, "--no-map")
    assert done.code == 1
    assert "breaks off or is damaged" in done.err
    some = read_table(store, "positions").num_rows
    assert 0 < some < world.report.tally.positions
    assert_some_verify(store)

    done = command("watch", whole, "--store", store, "--no-map")
    assert done.code == 0
    assert read_table(store, "positions").num_rows == world.report.tally.positions
    seen = [{k for k, e in facts(s).items() if e["kind"] != "port_visit"} for s in (store, world.store)]
    assert seen[0] == seen[1]
    assert "places" in table_names(store)


def test_two_watches_of_one_moment_step_by_step_end_alike(tmp_path: Path) -> None:
    rows = sails(MERIT, f"{DAY}00:00", 10, 60)
    both = watched(
        tmp_path / "both", write_csv(tmp_path / "a.csv", rows), until=microseconds("2024-03-02T12:00")
    )
    store = tmp_path / "steps"
    watched(store, write_csv(tmp_path / "0.csv", rows[:1]))
    for i, row in enumerate(rows[1:4], 1):
        watched(store, write_csv(tmp_path / f"{i}.csv", [row]))
    watched(store, write_csv(tmp_path / "rest.csv", rows[4:]))
    for hour in range(12, 37, 12):
        t = microseconds(f"{DAY}00:00") + hours(hour) * SECOND
        report = watched(store, tmp_path / "rest.csv", until=t)
    assert report.digest == both.digest

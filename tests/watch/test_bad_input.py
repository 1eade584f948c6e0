"""What a person may hand over by mistake: one clear sentence or a counted reject each, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from watching import HEADER, command, sails, write_csv

from shiomi.events.store import read_run, read_table

ROWS = sails(431_000_001, "2024-03-01T00:00:00", 10, 60)


def sentence_of(err: str) -> str:
    """The one sentence on standard error."""
    assert "Traceback" not in err
    (line,) = err.strip().splitlines()
    assert line.startswith("shiomi: ")
    return line


def packed(path: Path, rows: list[str]) -> Path:
    with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as sink:
        sink.write(("\n".join([HEADER, *rows]) + "\n").encode())
    return path


def garbage(path: Path) -> Path:
    path.write_bytes(bytes((i * i * 7 + i // 3) % 256 for i in range(20_000)))
    return path


def with_text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def without_ships(path: Path) -> Path:
    (path / "below").mkdir(parents=True)
    (path / "below" / "readme.txt").write_text("Nothing of ships in here.\n")
    garbage(path / "image.bin")
    return path


def cut_at_the_start(path: Path) -> Path:
    whole = packed(path.with_suffix(".whole"), ROWS)
    path.write_bytes(whole.read_bytes()[:12])
    return path


NOTHING_READ = {
    "a truncated zst without a whole row": (cut_at_the_start, "breaks off or is damaged"),
    "binary garbage": (garbage, "binary data of no known kind"),
    "other columns": (lambda p: with_text(p, "date,price\n2024-03-01,17\n"), "give a mapping"),
    "a column too few": (lambda p: write_csv(p, ["1,2024-03-01,3"], header="mmsi,t,lat"), "the longitude"),
    "an empty file": (lambda p: with_text(p, ""), "it is empty"),
    "a folder without AIS": (without_ships, "no file in this folder holds ship positions"),
    "a header only": (lambda p: write_csv(p), "the files are empty"),
    "base stations only": (
        lambda p: write_csv(p, [r.replace("431000001", "4310001", 1) for r in ROWS]),
        "no row of 60 is a vessel's position (ignored base_station 60)",
    ),
    "nothing but wrong rows": (
        lambda p: write_csv(p, [r.replace("431000001", "0", 1) for r in ROWS]),
        "no row of 60 is a vessel's position (rejected bad_mmsi 60)",
    ),
    "a path that is not there": (lambda p: p, "there is no such file or folder"),
    "text of another kind": (lambda p: with_text(p, "Dear colleague,\nsee attached.\n"), "of no known kind"),
}


@pytest.mark.parametrize("name", NOTHING_READ)
def test_where_nothing_can_be_read_one_sentence_says_so(tmp_path: Path, name: str) -> None:
    make, says = NOTHING_READ[name]
    done = command("watch", make(tmp_path / "input"), "--store", tmp_path / "store", "--no-map")
    assert done.code == 2
    assert says in sentence_of(done.err)
    assert done.out == ""


def test_what_could_not_be_read_leaves_a_store_that_the_next_run_uses(tmp_path: Path) -> None:
    store = tmp_path / "store"
    wrong = write_csv(tmp_path / "a.csv", [r.replace("431000001", "0", 1) for r in ROWS])
    for _ in range(2):
        assert command("watch", wrong, "--store", store, "--no-map").code == 2
    assert command("events", "--store", store).code == 0
    done = command("watch", wrong, write_csv(tmp_path / "b.csv", ROWS), "--store", store, "--no-map")
    assert done.code == 0
    assert read_table(store, "rejects").num_rows == 60
    assert len(read_run(store)["files"]) == 2


def test_one_damaged_line_in_the_middle_is_one_reject(tmp_path: Path) -> None:
    damaged = [*ROWS[:30], ROWS[30][:25], *ROWS[31:]]
    done = command("watch", write_csv(tmp_path / "a.csv", damaged), "--store", tmp_path / "s", "--no-map")
    assert done.code == 0, done.err
    (reject,) = read_table(tmp_path / "s", "rejects").to_pylist()
    assert (reject["reason"], reject["source_row"], reject["raw"]) == ("bad_row", 32, ROWS[30][:25])
    tally = read_run(tmp_path / "s")["tally"]
    assert (tally["rows"], tally["positions"], tally["rejects"]) == (60, 59, {"bad_row": 1})
    assert "bad_row" in done.out


@pytest.mark.parametrize(
    "line",
    ['431000001,2024-03-01T05:00:00,30.0,125.8,10.0,90.0,90,"SIM', "\0" * 40, "é\udcff," * 3, ",,,,,,,"],
    ids=["a stray quote", "null bytes", "bytes of no encoding", "commas alone"],
)
def test_a_line_of_noise_costs_no_other_row(tmp_path: Path, line: str) -> None:
    file = tmp_path / "a.csv"
    text = "\n".join([HEADER, *ROWS[:30], line, *ROWS[30:]]) + "\n"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = command("watch", file, "--store", tmp_path / "s", "--no-map")
    assert done.code == 0, done.err
    tally = read_run(tmp_path / "s")["tally"]
    assert (tally["rows"], tally["positions"], sum(tally["rejects"].values())) == (61, 60, 1)


def test_what_stands_before_a_break_is_used_and_the_break_is_told(tmp_path: Path) -> None:
    many = sails(431_000_001, "2024-03-01T00:00:00", 0.25, 5_000)
    whole = packed(tmp_path / "whole.csv.zst", many)
    cut = tmp_path / "cut.csv.zst"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size - 2_000])
    done = command("watch", cut, "--store", tmp_path / "s", "--no-map")
    assert done.code == 1
    assert "breaks off or is damaged" in sentence_of(done.err)
    tally = read_run(tmp_path / "s")["tally"]
    assert 0 < tally["positions"] == tally["rows"] < 5_000


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    good = write_csv(tmp_path / "good.csv", ROWS)
    done = command(
        "watch", tmp_path / "none", good, garbage(tmp_path / "x"), "--store", tmp_path / "s", "--no-map"
    )
    assert done.code == 1
    assert [line.split(": ")[1] for line in done.err.splitlines()] == [
        str(tmp_path / "none"),
        str(tmp_path / "x"),
    ]
    assert read_run(tmp_path / "s")["tally"]["positions"] == 60


def test_a_folder_may_hold_other_things_beside_positions(tmp_path: Path) -> None:
    folder = without_ships(tmp_path / "in")
    write_csv(folder / "ais.csv", ROWS)
    done = command("watch", folder, "--store", tmp_path / "s", "--no-map")
    assert (done.code, done.err) == (0, "")
    assert read_run(tmp_path / "s")["tally"]["positions"] == 60


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = with_text(tmp_path / "store", "mine")
    done = command("watch", write_csv(tmp_path / "a.csv", ROWS), "--store", file)
    assert done.code == 2
    assert "name another folder" in sentence_of(done.err)
    assert file.read_text() == "mine"


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    file = with_text(tmp_path / "file", "mine")
    done = command("watch", write_csv(tmp_path / "a.csv", ROWS), "--store", file / "store")
    assert done.code == 2
    assert "no store can be made in" in sentence_of(done.err)


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write everywhere")
    done = command("watch", write_csv(tmp_path / "a.csv", ROWS), "--store", locked / "store")
    assert done.code == 2
    assert "no store can be made in" in sentence_of(done.err)


@pytest.mark.parametrize(
    "words",
    [
        ("watch", "{file}", "--until", "tomorrow"),
        ("watch", "{file}", "--start", "noon"),
        ("watch", "{file}", "--mapping", "{none}"),
        ("events", "--store", "{none}"),
        ("tracks", "--store", "{none}"),
        ("verify", "--all", "--store", "{none}"),
        ("verify", "--store", "{none}"),
        ("explain", "abc", "--store", "{none}"),
        ("score", "{none}", "--store", "{none}"),
        ("simulate", "atlantis", "--out", "{none}"),
    ],
    ids=" ".join,
)
def test_a_word_that_cannot_be_is_one_sentence(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = write_csv(tmp_path / "a.csv", ROWS)
    done = command(*(w.format(file=file, none=tmp_path / "none") for w in words))
    assert done.code == 2
    sentence_of(done.err)
    assert not (tmp_path / "none").exists()


def test_the_installed_command_ends_like_the_function(tmp_path: Path) -> None:
    words = ["watch", str(garbage(tmp_path / "x")), "--store", str(tmp_path / "s")]
    script = "from shiomi.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert "binary data of no known kind" in sentence_of(done.stderr)

from __future__ import annotations

import gzip
import io
import random
import zipfile

import pyarrow as pa
import pytest

HEADER = "time,mmsi,lat,lon,name"


def rows(n: int) -> bytes:
    noise = random.Random(7)
    times = [f"2024-03-01T10:{i // 60 % 60:02}:{i % 60:02}" for i in range(n)]
    lines = [f"{t},219000001,{noise.uniform(50, 60):.6f},12.5,N{noise.getrandbits(60)}" for t in times]
    return "\n".join([HEADER, *lines, ""]).encode()


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_rows_before_a_break_are_kept_and_the_break_is_told(kind, read_bytes):
    content = rows(60_000)
    whole = gzip.compress(content) if kind == "gz" else pa.compress(content, "zstd", asbytes=True)
    got = read_bytes(whole[: len(whole) // 2])
    assert 1_000 < got.tally.positions < 60_000
    assert got.tally.rejects == {}
    assert got.positions["source_row"].to_pylist() == list(range(2, got.tally.positions + 2))
    assert len(got.problems) == 1
    assert "breaks off or is damaged" in str(got.problems[0])
    assert "\n" not in str(got.problems[0])


def test_a_broken_file_does_not_stop_the_others(read, tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(rows(5_000))[:-2_000])
    (tmp_path / "b.csv").write_bytes(rows(10))
    got = read(tmp_path / "a.csv.gz", tmp_path / "b.csv", tmp_path / "none.csv")
    assert got.tally.positions > 10
    assert {str(p.path) for p in got.problems} == {str(tmp_path / n) for n in ("a.csv.gz", "none.csv")}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (bytes(range(256)) * 300, "binary data"),
        (random.Random(1).randbytes(100_000), "binary data"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "binary data"),
        (b"PAR1" + bytes(100), "no whole Parquet file"),
        (b"PK\x03\x04" + bytes(100), "breaks off or is damaged"),
        (b"\x1f\x8b" + bytes(100), "breaks off or is damaged"),
        (b"\x28\xb5\x2f\xfd" + bytes(100), "breaks off or is damaged"),
        (rows(3).decode().encode("utf-16"), "UTF-16"),
        (b"name,colour\nMERIT,blue\n", "of no known kind"),
        (
            b"time,mmsi,name\n2024-03-01,219000001,MERIT\n",
            "the latitude (lat_deg) and the longitude (lon_deg)",
        ),
        (b"Dear all,\nplease find attached.\n", "of no known kind"),
        (b'{"mmsi": 219000001}\n', "of no known kind"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(content, why, read_bytes):
    got = read_bytes(content)
    assert got.tally.rows == 0
    assert [why in str(p) for p in got.problems] == [True], got.problems
    assert "\n" not in str(got.problems[0])
    assert len(str(got.problems[0])) < 500


def test_a_folder_is_searched_and_what_is_not_ais_is_passed_over(read, tmp_path):
    deep = tmp_path / "2024" / "03"
    deep.mkdir(parents=True)
    (deep / "day.csv").write_bytes(rows(3))
    (deep / "README").write_text("These are positions.")
    (deep / ".hidden").write_bytes(rows(3))
    got = read(tmp_path)
    assert (got.tally.positions, got.problems, len(got.skipped)) == (3, [], 1)


def test_a_folder_without_positions_is_a_problem(read, tmp_path):
    (tmp_path / "README").write_text("Nothing here.")
    got = read(tmp_path)
    assert [str(p) for p in got.problems] == [
        f"{tmp_path}: no file in this folder holds ship positions; "
        "known kinds are in docs/sources.md; for another table give a mapping"
    ]


def test_every_member_of_an_archive_is_read(read_bytes):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("b.csv", rows(3))
        z.writestr("a.csv", rows(4))
        z.writestr("licence.txt", "Free.")
    got = read_bytes(out.getvalue(), name="days.zip")
    assert got.tally.positions == 7
    assert sorted(name.rsplit("!")[1] for name in got.ids) == ["a.csv", "b.csv"]
    assert (got.problems, len(got.skipped)) == ([], 1)


def test_the_order_in_which_files_are_named_changes_nothing(read, tmp_path):
    paths = []
    for i in range(4):
        paths.append(tmp_path / f"{i}.csv")
        paths[-1].write_bytes(rows(10 + i))
    forward, backward = read(*paths), read(*paths[::-1], paths[0], tmp_path)
    assert forward.ids == backward.ids
    assert forward.positions.equals(backward.positions)


def test_the_same_content_twice_is_read_once(read, tmp_path):
    (tmp_path / "a.csv").write_bytes(rows(10))
    (tmp_path / "copy.csv").write_bytes(rows(10))
    got = read(tmp_path)
    assert got.tally.positions == 10
    assert "same content" in str(got.skipped[0])
    assert got.problems == []

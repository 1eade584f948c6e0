"""A file that says when its rows were made lets a watch go on before it is read to its end."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow.compute as pc
import pytest

from shiomi.errors import Unreadable
from shiomi.sources.read import read_all

HOUR = 3_600_000_000
START = 1_700_000_000_000_000


def table(hours: list[int], unit: str) -> pl.DataFrame:
    t = pl.Series([START + h * HOUR for h in hours])
    times = {"epoch": t // 1_000_000, "ms": t // 1000, "datetime": t.cast(pl.Datetime("us"))}[unit]
    n = len(hours)
    return pl.DataFrame({"mmsi": [431000001] * n, "timestamp": times, "lat": [30.0 + h / 100 for h in hours],
                         "lon": [125.0] * n})  # fmt: skip


@pytest.mark.parametrize("unit", ["epoch", "ms", "datetime"])
@pytest.mark.parametrize("hours", [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 3, 0, 5, 4, 1]])
def test_nothing_later_is_before_what_is_settled(tmp_path: Path, unit: str, hours: list[int]) -> None:
    table(hours, unit).write_parquet(tmp_path / "b.parquet", row_group_size=1)
    table([7, 9, 8], unit).write_parquet(tmp_path / "a.parquet", row_group_size=2)
    problems: list[Unreadable] = []
    pieces = list(read_all([tmp_path], problems=problems))
    assert not problems
    times = [(pc.min(r.chunk.positions["t"]).as_py(), r.settled_t) for r in pieces]
    for i, (_, settled) in enumerate(times):
        later = [t for t, _ in times[i + 1 :]]
        assert settled is None or all(t >= settled for t in later)
    told = [s for _, s in times if s is not None]
    assert len(told) >= len(times) - 3, "the files say it of all but their last pieces"
    rows = {}
    for r in pieces:
        numbers, t = (r.chunk.positions[c].to_pylist() for c in ("source_row", "t"))
        rows |= {(r.source.name, n): at for n, at in zip(numbers, t, strict=True)}
    assert [rows[str(tmp_path / "b.parquet"), k + 1] for k in range(6)] == [START + h * HOUR for h in hours]


def test_a_file_that_does_not_say_settles_nothing(tmp_path: Path) -> None:
    table([0, 1], "epoch").write_parquet(tmp_path / "a.parquet")
    table([2, 3], "epoch").write_csv(tmp_path / "b.csv")
    pieces = list(read_all([tmp_path], problems=[]))
    assert [Path(r.source.name).suffix for r in pieces] == [".csv", ".parquet"]
    assert pieces[-1].settled_t is None


@pytest.mark.parametrize(("hours", "likely"), [
    ([0, 2, 4, 6, 8], [-1, 1, 3, 5, 7]),
    ([0, 2, 4, 3, 8], [-1, 1, 3, None, None]),
])  # fmt: skip
def test_in_a_file_in_order_of_time_nothing_much_before_the_newest_is_likely(
    tmp_path: Path, hours: list[int], likely: list[int | None]
) -> None:
    table(hours, "epoch").write_parquet(tmp_path / "a.parquet", row_group_size=1, statistics=False)
    pieces = list(read_all([tmp_path], problems=[]))
    assert [r.settled_t for r in pieces] == [None] * 5
    assert [r.likely_t for r in pieces] == [None if h is None else START + h * HOUR for h in likely]


def test_while_a_file_that_says_nothing_is_to_come_nothing_is_likely(tmp_path: Path) -> None:
    table([0, 1], "epoch").write_csv(tmp_path / "a.csv")
    table([2, 3], "epoch").write_csv(tmp_path / "b.csv")
    pieces = list(read_all([tmp_path], problems=[]))
    assert [r.likely_t for r in pieces] == [None, START + 2 * HOUR]

"""A watch follows a file that comes in order of time, and begins again where one report comes late."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from watching import watched

from conftest import World
from shiomi.engine import timeline
from shiomi.events.store import read_table
from shiomi.watch import Report


def watched_as(folder: Path, rows: pl.DataFrame) -> Report:
    """What comes of rows in a file of many pieces that does not say what it holds."""
    folder.mkdir()
    rows.write_parquet(folder / "rows.parquet", row_group_size=500, statistics=False)
    return watched(folder / "store", folder / "rows.parquet")


@pytest.mark.parametrize("first", [6_000, pytest.param(None, marks=pytest.mark.slow)], ids=["some", "all"])
def test_what_comes_late_in_a_file_is_found_as_if_it_had_come_in_time(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int | None
) -> None:
    monkeypatch.setattr(timeline, "_STEP_ROWS", 1_000)
    rows = pl.read_csv(world.file.read_bytes(), infer_schema=False)
    mmsi, time = rows.columns[:2]
    in_order = pl.concat([pl.DataFrame({mmsi: "12"}), rows.sort(time)[:first]], how="diagonal")
    begins_again = pl.concat([in_order[:700], in_order[1_200:], in_order[700:1_200]])
    expected = watched_as(tmp_path / "in-order", in_order)
    report = watched_as(tmp_path / "late", begins_again)
    assert report.digest == expected.digest
    assert report.tally == expected.tally
    assert sum(report.tally.rejects.values()) >= 1
    for table, n in (("positions", report.tally.positions), ("rejects", sum(report.tally.rejects.values()))):
        assert read_table(tmp_path / "late" / "store", table).num_rows == n

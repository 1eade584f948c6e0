"""What a Parquet file keeps as numbers or in a dictionary is read as if it stood there as text."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from shiomi.contracts import Chunk
from shiomi.sources.read import read_all

ROWS = pl.DataFrame(
    {
        "mmsi": [431000001, 431000001, 431000002, 431000003, 431000003, 99],
        "timestamp": [1_700_000_000 + 60 * i for i in range(6)],
        "lat": [30.0, 30.1, 30.2, 91.0, 91.0, 30.5],
        "lon": [125.0] * 6,
        "nav_status": [0, 15, 8, None, 5, 1],
        "imo": [9074729, 9074729, 0, 9074730, None, 12],
        "ship_type": [70, 70, 255, 0, None, 30],
        "destination": ["BUSAN", "BUSAN@@", "MOKPO", "ULSAN", None, "JEJU"],
    }
)
TEXTS = ["nav_status", "imo", "ship_type", "destination"]


def read(file: Path, rows: pl.DataFrame) -> Chunk:
    rows.write_parquet(file)
    ((_, chunk, *_),) = read_all([file], problems=[])
    return chunk


@pytest.mark.parametrize("said", [["MARU", "MARU", "HO", None, "HO", "X"],
                                  ["MARU", "Unknown", "", "", "NULL", "X"]])  # fmt: skip
def test_numbers_and_dictionaries_say_what_texts_say(tmp_path: Path, said: list[str | None]) -> None:
    rows = ROWS.with_columns(name=pl.Series(said))
    texts = read(tmp_path / "texts.parquet", rows.with_columns(pl.col(TEXTS).cast(pl.String)))
    kept = rows.with_columns(
        pl.col("name", "destination").cast(pl.Categorical), pl.col("nav_status", "ship_type").cast(pl.UInt8)
    )
    numbers = read(tmp_path / "numbers.parquet", kept)
    assert texts.particulars.num_rows >= 3
    for table in ("positions", "particulars"):
        expected, given = (getattr(c, table).drop_columns("source_id") for c in (texts, numbers))
        assert given.equals(expected)
    assert numbers.rejects["reason"].equals(texts.rejects["reason"])
    assert (numbers.particulars_only, numbers.ignored) == (texts.particulars_only, texts.ignored)

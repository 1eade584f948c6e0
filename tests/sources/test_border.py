"""The border, whose hot part is compiled, against one row at a time in plain Python."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiomi.ids import message_ids
from shiomi.sources.border import cross
from shiomi.units import SECOND, microseconds

NOW_T = microseconds("2024-03-01")

MMSI = st.sampled_from(
    [None, -5, 0, 2_442_000, 23_000_000, 111_232_501, 199_999_999, 200_000_000, 366_123_456, 799_999_999,
     800_000_000, 970_123_456, 982_000_000, 987_999_999, 992_123_456, 2**40]
)  # fmt: skip
TIMES = st.sampled_from(
    [None, -1, microseconds("1989-12-31"), microseconds("1990-01-01"), NOW_T]
) | st.integers(NOW_T - 86_400 * SECOND, NOW_T + 2 * 86_400 * SECOND)


def numbers(*odd: float) -> st.SearchStrategy[float | None]:
    return st.sampled_from([None, math.nan, math.inf, -math.inf, 1e300, *odd]) | st.floats(-400, 400)


ROWS = st.fixed_dictionaries(
    {
        "mmsi": MMSI,
        "t": TIMES,
        "received_t": TIMES,
        "lat_deg": numbers(0.0, 90.0, -90.0, 90.000001, 91.0, 45.00000005, 1e-9),
        "lon_deg": numbers(0.0, 180.0, -180.0, 179.99999999, 181.0, -12.34567895, -1e-9),
        "sog_kn": numbers(0.0, 0.05, 102.2, 102.249, 102.25, 102.3, 12.35),
        "cog_deg": numbers(0.0, 359.96, 360.0, 0.05, 359.949999),
        "heading_deg": numbers(0.0, 359.5, 511.0, 0.5, 1.5),
        "nav_status": st.sampled_from([None, "0", "5", "15", "under way sailing", "x"]),
        "message_type": st.sampled_from([None, 0, 1, 27, 28]),
        "has_position": st.sampled_from([True, True, True, False]),
        "ignore": st.sampled_from([None, None, None, "type_4"]),
        "reject": st.sampled_from([None, None, None, "bad_row"]),
    }
)


def plain(row: dict, now_t: int | None) -> tuple | None:
    """The row as POSITIONS holds it, without its id; None if it is no position."""
    mmsi, t, lat, lon = (row[c] for c in ("mmsi", "t", "lat_deg", "lon_deg"))
    if row["ignore"] or row["reject"] or not row["has_position"] or None in (mmsi, t, lat, lon):
        return None
    if not (200_000_000 <= mmsi <= 799_999_999 or 982_000_000 <= mmsi <= 987_999_999):
        return None
    received_t = t if row["received_t"] is None else row["received_t"]
    if t < microseconds("1990-01-01") or t > received_t + 600 * SECOND:
        return None
    if (now_t is not None and t > now_t + 86_400 * SECOND) or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    lat_e7, lon_e7 = round(lat * 1e7), round(lon * 1e7)
    if lat_e7 == lon_e7 == 0:
        return None

    def steps(name: str, scale: int, unknown: float, full: int | None) -> int | None:
        v = row[name]
        if v is None or not 0 <= v < unknown:
            return None
        return round(v * scale) % full if full else round(v * scale)

    lon_e7 = lon_e7 if lon_e7 < 1_800_000_000 else lon_e7 - 3_600_000_000
    moved = (
        steps("sog_kn", 10, 102.25, None),
        steps("cog_deg", 10, 360, 3600),
        steps("heading_deg", 1, 360, 360),
    )
    status = {"0": 0, "5": 5, "under way sailing": 8}.get(row["nav_status"])
    kind = row["message_type"] if row["message_type"] in (1, 27) else None
    return mmsi, t, row["received_t"], lat_e7, lon_e7, *moved, status, kind


@settings(max_examples=120, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=30), st.sampled_from([None, NOW_T]))
def test_each_row_crosses_as_it_would_alone(rows, now_t):
    raw = pl.DataFrame(
        rows,
        schema={
            **dict.fromkeys(("mmsi", "t", "received_t"), pl.Int64),
            **dict.fromkeys(("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg"), pl.Float64),
            "nav_status": pl.String,
            "message_type": pl.Int64,
            "has_position": pl.Boolean,
            **dict.fromkeys(("ignore", "reject"), pl.String),
        },
    ).with_row_index("source_row", 1)
    raw = raw.with_columns(pl.col("source_row").cast(pl.Int64))
    chunk = cross(raw, 7, lambda some: [str(i) for i in some], now_t)
    expected = {i: p for i, row in enumerate(rows, 1) if (p := plain(row, now_t)) is not None}
    got = chunk.positions.drop_columns(["message_id", "source_id"]).to_pylist()
    assert {r["source_row"]: tuple(v for k, v in r.items() if k != "source_row") for r in got} == expected
    assert chunk.positions["message_id"].to_pylist() == message_ids(chunk.positions).tolist()
    counted = chunk.positions.num_rows + chunk.particulars_only + sum(chunk.ignored.values())
    assert counted + chunk.rejects.num_rows == len(rows)


def test_a_rejected_row_keeps_its_text_and_line():
    raw = pl.DataFrame({"source_row": [4, 9], "mmsi": [366_123_456, 5], "t": [NOW_T, NOW_T]})
    raw = raw.with_columns(lat_deg=pl.lit(10.0), lon_deg=pl.lit(20.0))
    chunk = cross(raw, 7, lambda some: [f"row {i}" for i in some])
    assert chunk.positions["source_row"].to_pylist() == [4]
    assert chunk.rejects.to_pylist() == [
        {"source_id": 7, "source_row": 9, "reason": "bad_mmsi", "raw": "row 1"}
    ]


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_crosses_as_nothing(rows):
    raw = pl.DataFrame(
        {"source_row": np.zeros(rows, np.int64), "reject": ["bad_row"] * rows},
        schema_overrides={"reject": pl.String},
    )
    assert cross(raw, 7, lambda some: ["x"] * len(some)).rejects.num_rows == rows

"""Particulars: what vessels say of themselves, equal claims of a piece collapsed to one row."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from shiomi.schema import PARTICULARS
from shiomi.sources.fields import RAW, STATICS
from shiomi.sources.words import ship_type_code

__all__ = ["claims", "merge_claims"]

_SAID = PARTICULARS.names[4:-1]

_IMO = r"^\s*(?:[Ii][Mm][Oo])?\s*0*([1-9]\d{6})(?:\.0*)?\s*$"
"""Seven digits; below 1000000 is unused and above 9999999 a number of a flag State (M.1371-5, table 52)."""

_MAX_LENGTH_M = 1022  # A and B have nine bits each (M.1371-5, table 52)
_MAX_WIDTH_M = 126
_MAX_DRAUGHT_M = 25.5


def claims(rows: pl.DataFrame, source_id: int, statics: pl.DataFrame | None = None) -> pa.Table:
    """Rows that claim something to a table of claims; rows that say nothing make none.

    Args:
        rows: `mmsi`, `t` and raw statics; or `mmsi`, `t` and `says`, a row of `statics`.
        source_id: which file they came from.
        statics: raw statics that many rows share.
    """
    said = ["says"] if statics is not None else [c for c in STATICS if c in rows.columns]
    if not said:
        return PARTICULARS.empty_table()
    # Collapsing the raw texts first leaves little to clean: a vessel repeats itself all day.
    few = (
        rows.lazy()
        .filter(pl.any_horizontal(pl.col(said).is_not_null()))
        .group_by("mmsi", *said)
        .agg(pl.col("t").min(), pl.col("t").max().alias("t_last"), pl.len().cast(pl.Int64).alias("reports"))
        .collect()
    )
    if statics is not None:
        few = few.hstack(statics[few["says"]])
    present = [c for c in STATICS if c in few.columns]
    few = few.with_columns(pl.col(c).cast(RAW[c]) for c in present)
    blank = [
        pl.lit(None, pl.Float64 if c.endswith("_m") else pl.String).alias(c)
        for c in STATICS
        if c not in present
    ]
    few = few.with_columns(blank)
    clean = few.select(
        "mmsi",
        "t",
        "t_last",
        "reports",
        imo=pl.col("imo").str.extract(_IMO).cast(pl.Int32, strict=False),
        name=_words("name"),
        callsign=_words("callsign"),
        ship_type=pl.lit(ship_type_code(few["ship_type"])),
        length_m=_metres("length_m", "bow_m", "stern_m", _MAX_LENGTH_M),
        width_m=_metres("width_m", "port_m", "starboard_m", _MAX_WIDTH_M),
        bow_m=_to_antenna("bow_m", _MAX_LENGTH_M),
        port_m=_to_antenna("port_m", _MAX_WIDTH_M),
        draught_dm=pl.when(pl.col("draught_m").is_between(0.05, _MAX_DRAUGHT_M))
        .then((pl.col("draught_m") * 10).round())
        .cast(pl.Int16, strict=False),
        destination=_words("destination"),
        source_id=pl.lit(source_id, pl.Int32),
    ).filter(pl.any_horizontal(pl.col(_SAID).is_not_null()))
    return _collapse(clean)


def merge_claims(tables: list[pa.Table]) -> pa.Table:
    """Claims of several pieces of one source or of many, equal ones of one source made one."""
    if not tables:
        return PARTICULARS.empty_table()
    frame = pl.from_arrow(pa.concat_tables(tables))
    assert isinstance(frame, pl.DataFrame)
    return _collapse(frame)


def _collapse(frame: pl.DataFrame) -> pa.Table:
    whole = (
        frame.group_by("mmsi", *_SAID, "source_id")
        .agg(pl.col("t").min(), pl.col("t_last").max(), pl.col("reports").sum())
        .sort("mmsi", "t", *_SAID)
    )
    return whole.select(PARTICULARS.names).to_arrow().cast(PARTICULARS)


def _words(column: str) -> pl.Expr:
    """A six-bit text ends at its first @ (M.1371-5, table 47); empty means nothing was said."""
    text = pl.col(column).str.replace(r"(?s)@.*$", "").str.strip_chars()
    return pl.when(text.str.len_bytes() > 0).then(text)


def _metres(whole: str, one_side: str, other_side: str, limit: float) -> pl.Expr:
    size = pl.coalesce(
        pl.when(pl.col(whole) > 0).then(pl.col(whole)),
        pl.sum_horizontal(pl.col(one_side), pl.col(other_side), ignore_nulls=False),
    ).round()
    return pl.when(size.is_between(1, limit)).then(size).cast(pl.Int16, strict=False)


def _to_antenna(side: str, limit: float) -> pl.Expr:
    """Where A and C are both 0 the antenna's place is not told (M.1371-5, table 52, figure 41)."""
    told = (pl.col("bow_m") > 0) | (pl.col("port_m") > 0)
    whole = pl.all_horizontal(pl.col("bow_m", "stern_m", "port_m", "starboard_m").is_not_null())
    return (
        pl.when(told & whole & pl.col(side).is_between(0, limit))
        .then(pl.col(side).round())
        .cast(pl.Int16, strict=False)
    )

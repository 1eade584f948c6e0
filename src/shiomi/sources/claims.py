"""Particulars: what vessels say of themselves, equal claims of a piece collapsed to one row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.kernels.claims import equal_rows
from shiomi.kernels.still import still
from shiomi.schema import PARTICULARS
from shiomi.sources.fields import RAW, STATICS
from shiomi.sources.words import ship_type_code

__all__ = ["claims", "gathered", "in_words", "merge_claims", "said"]

_SAID = PARTICULARS.names[4:-1]

_NULL_WORDS = ["NULL", "null", "None", "nan", "NaN", "N/A", "\\N", "Unknown", "unknown", "Undefined"]
_MANY_CLAIMS = 500_000
"""So many raw claims of some chunks are cleaned at once."""

_IMO = r"^\s*(?:[Ii][Mm][Oo])?\s*0*([1-9]\d{6})(?:\.0*)?\s*$"
"""Seven digits; below 1000000 is unused and above 9999999 a number of a flag State (M.1371-5, table 52)."""

_MAX_LENGTH_M = 1022  # A and B have nine bits each (M.1371-5, table 52)
_MAX_WIDTH_M = 126
_MAX_DRAUGHT_M = 25.5


def said(rows: pl.DataFrame, some: npt.NDArray[np.bool_] | None = None) -> pl.DataFrame:
    """Equal raw claims made one, with `t`, `t_last` and `reports`; rows that say nothing are left out.

    Args:
        rows: `mmsi`, `t` and raw statics of any type, or `says` in their place; or what this gave before.
        some: only these rows are looked at, and they have `mmsi` and `t`.
    """
    what = [c for c in rows.columns if c in STATICS or c == "says"]
    kept = [c for c in what if rows[c].null_count() < rows.height]
    if not kept:
        rows, some = rows.clear(), None
    keys = np.empty((2 + len(kept), rows.height), np.int64)
    keys[0] = 0
    keys[1] = _codes(rows["mmsi"])
    for i, c in enumerate(kept):
        keys[2 + i] = _codes(rows[c])
        if rows[c].null_count():
            keys[0] |= rows[c].is_null().to_numpy().astype(np.int64) << i
    nothing = (1 << len(kept)) - 1
    if some is not None:
        keys[0][~some] = nothing
    t, t_last, reports = (
        still(rows[c].fill_null(0).to_numpy()) if c in rows.columns else _NONE
        for c in ("t", "t_last", "reports")
    )
    first, kinds = equal_rows(keys, nothing, t, t_last if len(t_last) else t, reports)
    few: pl.DataFrame = rows[["mmsi", *what]][first]
    return few.with_columns(
        pl.Series(n, kinds[:, i]) for n, i in (("t", -3), ("t_last", -2), ("reports", -1))
    )


def _codes(values: pl.Series) -> npt.NDArray[np.int64]:
    """Numbers that are equal where the values are; what stands for a null is of no account.

    Of a text it is a hash of 64 bits: it takes 2**32 different claims by one number until two are one.
    """
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.to_physical()
    if values.dtype.is_float():
        return values.fill_null(0.0).cast(pl.Float64).to_numpy().view(np.int64)
    if values.dtype.is_integer() and values.dtype != pl.Int128:
        return values.fill_null(0).to_numpy().astype(np.int64)
    return values.hash().to_numpy().view(np.int64)


_NONE = still(np.zeros(0, np.int64))


def in_words(rows: pl.DataFrame) -> pl.DataFrame:
    """Raw statics of a table, kept in whatever type, as texts and metres; a word for null is null."""
    told = [pl.col(c).cast(RAW[c], strict=False) for c in STATICS if c in rows.columns]
    rows = rows.with_columns(told)
    texts = [c for c in STATICS if c in rows.columns and rows[c].dtype == pl.String]
    return rows.with_columns(
        pl.when(~pl.col(c).is_in(_NULL_WORDS) & (pl.col(c).str.len_bytes() > 0)).then(pl.col(c)).alias(c)
        for c in texts
    )


def gathered(pieces: Iterable[tuple[Chunk, pl.DataFrame]], source_id: int) -> Iterator[Chunk]:
    """Chunks of a table and what vessels said in each, with particulars; these come some chunks later.

    A vessel that repeats itself all day is so cleaned a few times and not in every chunk.

    Raises:
        Unreadable: the pieces do; what came before is given first.
    """
    held: Chunk | None = None
    told: list[pl.DataFrame] = []

    def whole(chunk: Chunk) -> Chunk:
        some = said(pl.concat(told)) if len(told) > 1 else told[0]
        return chunk._replace(particulars=claims(in_words(some), source_id))

    try:
        for chunk, words in pieces:
            if held is not None:
                if sum(w.height for w in told) >= _MANY_CLAIMS:
                    held, told = whole(held), []
                yield held
            held = chunk
            told.append(words)
    except Unreadable:
        if held is not None:
            yield whole(held)
        raise
    if held is not None:
        yield whole(held)


def claims(few: pl.DataFrame, source_id: int, statics: pl.DataFrame | None = None) -> pa.Table:
    """Raw claims to a table of claims; what says nothing once it is clean makes none.

    Args:
        few: as `said` gives it, its statics in the types of `RAW`.
        source_id: which file they came from.
        statics: raw statics that many rows share, where `few` has `says`, a row of them.
    """
    if statics is not None:
        few = few.hstack(statics[few["says"]])
    present = [c for c in STATICS if c in few.columns]
    if not present or not few.height:
        return PARTICULARS.empty_table()
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

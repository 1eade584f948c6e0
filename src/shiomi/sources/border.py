"""The border: the one place where raw columns become positions, particulars, ignored rows and rejects.

Readers only find the columns. Here "not available" becomes null, units become integers, and every row
gets exactly one fate. The forms of MMSI are those of ITU-R M.585-9, the sentinels those of M.1371-5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.contracts import Chunk
from shiomi.kernels.border import ABSENT, settle
from shiomi.kernels.still import still
from shiomi.schema import PARTICULARS, POSITIONS, REJECTS
from shiomi.sources.claims import claims, in_words, said
from shiomi.sources.fields import RAW, STATICS
from shiomi.sources.words import nav_status_code
from shiomi.units import SECOND, hours, microseconds, minutes

__all__ = ["RAW_TEXT_CHARACTERS", "cross", "sift"]

RAW_TEXT_CHARACTERS = 200
"""How much of a rejected row is kept."""

_EARLIEST_T = microseconds("1990-01-01")
"""AIS is younger; what claims to be older is a clock that was never set."""
_FUTURE_S = minutes(10)
_AHEAD_S = hours(24)

_LAT_UNKNOWN_DEG, _LON_UNKNOWN_DEG = 91.0, 181.0
_NO_END = (1 << 63) - 1
_KEPT = ("source_row", "mmsi", "t", "received_t", "nav_status", "message_type")
"""What becomes a position beside the numbers that `settle` makes."""


def cross(
    raw: pl.DataFrame,
    source_id: int,
    text: Callable[[list[int]], list[str]],
    now_t: int | None = None,
    shared: pl.DataFrame | None = None,
) -> Chunk:
    """Rows in raw columns to a chunk in which each of them is counted once.

    Args:
        raw: `source_row`, and of the raw columns those the feed has. Three more may be there: `ignore` and
            `reject`, a reason the reader already knows, and `has_position`, false where a row only
            carries particulars.
        source_id: which file the rows came from.
        text: gives the rows at these places of `raw`, which ascend, as they stood in the file.
        now_t: reports from more than a day after this are rejected; None for no such bound.
        shared: raw statics that rows share, instead of such columns in `raw`: its column `says` is a row
            of them, or null.
    """
    chunk, few = sift(raw, source_id, text, now_t, are_shared=shared is not None)
    return chunk._replace(particulars=claims(few if shared is not None else in_words(few), source_id, shared))


def sift(
    raw: pl.DataFrame,
    source_id: int,
    text: Callable[[list[int]], list[str]],
    now_t: int | None = None,
    *,
    are_shared: bool = False,
) -> tuple[Chunk, pl.DataFrame]:
    """As `cross`, with no particulars yet; beside the chunk what vessels said, equal claims as one.

    Args:
        raw: its statics may be of any type that `in_words` takes.
        are_shared: `raw` has `says` instead of statics.
    """
    absent = [c for c in ("mmsi", "t") if c not in raw.columns]
    raw = raw.with_columns(pl.lit(None, pl.Int64).alias(c) for c in absent) if absent else raw
    statics = [c for c in raw.columns if c == "says" or (c in STATICS and not are_shared)]
    n = raw.height

    received_t = _numbers(raw, "received_t", _NO_END)
    latest_t = np.where(received_t == _NO_END, _NO_END, received_t + _FUTURE_S * SECOND)
    is_good, *settled = settle(
        _numbers(raw, "mmsi", -1),
        _numbers(raw, "t", -1),
        still(latest_t),
        *(_numbers(raw, c, np.nan) for c in ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg")),
        _may_be(raw),
        _EARLIEST_T,
        _NO_END if now_t is None else now_t + _AHEAD_S * SECOND,
    )
    kept = raw[[c for c in raw.columns if c in _KEPT]]
    only, ignored, rejects = 0, dict[str, int](), REJECTS.empty_table()
    claims_too = is_good
    if not is_good.all():
        good = pl.Series(is_good)
        kept, rest, places = kept.filter(good), _with_all(raw.filter(~good)), (~good).arg_true()
        fates = _fates(rest if are_shared else in_words(rest), statics, now_t)
        bad = ~fates["claims"] & fates["ignore"].is_null()
        reasons = fates["ignore"].drop_nulls().value_counts(name="rows")
        only, ignored = int(fates["claims"].sum()), dict(reasons.sort("ignore").iter_rows())
        rejects = _rejects(rest, fates, bad, text(places.filter(bad).to_list()), source_id)
        claims_too = is_good.copy()
        claims_too[places.filter(fates["claims"]).to_numpy()] = True
    positions = _positions(kept, settled, source_id)
    chunk = Chunk(n, positions, PARTICULARS.empty_table(), only, ignored, rejects)
    return chunk, said(raw[["mmsi", "t", *statics]], claims_too)


def _fates(rest: pl.DataFrame, statics: list[str], now_t: int | None) -> pl.DataFrame:
    """Of rows that are no position: why they are ignored or rejected, or that they only claim something."""
    has_claim = pl.any_horizontal(pl.col(statics).is_not_null()) if statics else pl.lit(False)
    fates = rest.select(
        ignore=_ignored(),
        reject=_rejected(now_t),
        claims=pl.col("ignore").is_null() & pl.col("reject").is_null() & has_claim,
    )
    # A vessel without a fix still says who it is.
    return fates.with_columns(
        claims=pl.col("ignore").is_null()
        & (pl.col("reject").is_null() | ((pl.col("reject") == "no_position") & pl.col("claims")))
    )


def _may_be(raw: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """False where the reader already knows that a row is no position."""
    told = [pl.col(c).is_null() for c in ("ignore", "reject") if c in raw.columns]
    told += [pl.col(c).fill_null(False) for c in ("has_position",) if c in raw.columns]
    if not told:
        return still(np.ones(raw.height, np.bool_))
    return still(raw.select(pl.all_horizontal(told))[:, 0].to_numpy())


def _with_all(rest: pl.DataFrame) -> pl.DataFrame:
    """With every column that the fate of a row depends on."""
    blank = {c: pl.lit(None, d) for c, d in RAW.items() if c not in STATICS}
    blank |= {"ignore": pl.lit(None, pl.String()), "reject": pl.lit(None, pl.String())}
    blank["has_position"] = pl.lit(True)
    return rest.with_columns(**{c: e for c, e in blank.items() if c not in rest.columns})


def _is_vessel() -> pl.Expr:
    m = pl.col("mmsi")
    # 98MIDxxxx is a craft of a parent ship: a vessel of its own.
    return m.is_between(200_000_000, 799_999_999) | m.is_between(982_000_000, 987_999_999)


def _has_known_time(now_t: int | None) -> pl.Expr:
    t, received_t = pl.col("t"), pl.col("received_t")
    known = (t >= _EARLIEST_T) & (t <= received_t.fill_null(t) + _FUTURE_S * SECOND)
    return known if now_t is None else known & (t <= now_t + _AHEAD_S * SECOND)


def _ignored() -> pl.Expr:
    m = pl.col("mmsi")
    form = (
        pl.when(m.is_between(2_000_000, 7_999_999))
        .then(pl.lit("base_station"))
        .when(m.is_between(20_000_000, 79_999_999))
        .then(pl.lit("coast_or_group"))
        .when(m.is_between(992_000_000, 997_999_999))
        .then(pl.lit("aid_to_navigation"))
        .when(
            m.is_between(111_000_000, 111_999_999)
            | m.is_between(820_000_000, 879_999_999)
            | (m // 1_000_000).is_in([970, 972, 974])
        )
        .then(pl.lit("not_a_vessel"))
    )
    return pl.when(pl.col("reject").is_null()).then(pl.coalesce(pl.col("ignore"), form))


def _rejected(now_t: int | None) -> pl.Expr:
    lat, lon, t = pl.col("lat_deg"), pl.col("lon_deg"), pl.col("t")
    located = pl.col("has_position")
    return (
        pl.when(pl.col("reject").is_not_null())
        .then(pl.col("reject"))
        .when(~_is_vessel().fill_null(False))
        .then(pl.lit("bad_mmsi"))
        .when(t.is_null() | (t < _EARLIEST_T))
        .then(pl.lit("bad_time"))
        .when(~_has_known_time(now_t))
        .then(pl.lit("future_time"))
        .when(
            located
            & ((lat == _LAT_UNKNOWN_DEG) | (lon == _LON_UNKNOWN_DEG) | (lat.is_null() & lon.is_null()))
        )
        .then(pl.lit("no_position"))
        .when(located & ~lat.is_between(-90, 90).fill_null(False))
        .then(pl.lit("bad_latitude"))
        .when(located & ~lon.is_between(-180, 180).fill_null(False))
        .then(pl.lit("bad_longitude"))
        .when(located)
        .then(pl.lit("null_island"))
    )


def _numbers(raw: pl.DataFrame, name: str, absent: float) -> npt.NDArray[Any]:
    if name not in raw.columns:
        return still(np.full(raw.height, absent))
    column = raw[name]
    return still((column.fill_null(absent) if column.null_count() else column).to_numpy())


def _positions(kept: pl.DataFrame, settled: list[npt.NDArray[Any]], source_id: int) -> pa.Table:
    ids, lat_e7, lon_e7, *rest = settled
    sog, cog, heading = (pa.array(c, mask=c == ABSENT) for c in rest)
    n = kept.height
    columns = {
        "message_id": ids,
        "mmsi": kept["mmsi"],
        "t": kept["t"],
        "received_t": kept["received_t"] if "received_t" in kept.columns else pa.nulls(n),
        "lat_e7": lat_e7,
        "lon_e7": lon_e7,
        "sog_dkn": sog,
        "cog_ddeg": cog,
        "heading_deg": heading,
        "nav_status": nav_status_code(kept["nav_status"]) if "nav_status" in kept.columns else pa.nulls(n),
        "message_type": _message_type(kept["message_type"])
        if "message_type" in kept.columns
        else pa.nulls(n),
        "source_id": pa.repeat(pa.scalar(source_id, pa.int32()), n),
        "source_row": kept["source_row"],
    }
    made = (c.to_arrow() if isinstance(c, pl.Series) else _array(c) for c in columns.values())
    return pa.Table.from_arrays(
        [c.cast(f.type) for c, f in zip(made, POSITIONS, strict=True)], schema=POSITIONS
    )


def _array(values: pa.Array | npt.NDArray[Any]) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values)


def _message_type(told: pl.Series) -> pl.Series:
    return told.set(~told.is_between(1, 27), None)


def _rejects(
    rest: pl.DataFrame, fates: pl.DataFrame, bad: pl.Series, raw: list[str], source_id: int
) -> pa.Table:
    rows = rest["source_row"].filter(bad).to_arrow()
    reasons = fates["reject"].filter(bad).to_arrow().cast(pa.string())
    texts = pa.array([r[:RAW_TEXT_CHARACTERS] for r in raw], pa.string())
    ids = pa.repeat(pa.scalar(source_id, pa.int32()), len(rows))
    return pa.Table.from_arrays([ids, rows.cast(pa.int64()), reasons, texts], schema=REJECTS)

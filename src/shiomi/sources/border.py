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
from shiomi.schema import POSITIONS, REJECTS
from shiomi.sources.claims import claims
from shiomi.sources.fields import RAW, STATICS
from shiomi.sources.words import nav_status_code
from shiomi.units import SECOND, hours, microseconds, minutes

__all__ = ["RAW_TEXT_CHARACTERS", "cross"]

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
    statics = ["says"] if shared is not None else [c for c in STATICS if c in raw.columns]
    missing = {c: pl.lit(None, d) for c, d in RAW.items() if c not in raw.columns and c not in STATICS}
    extra = {"ignore": pl.String(), "reject": pl.String()}
    missing |= {c: pl.lit(None, d) for c, d in extra.items() if c not in raw.columns}
    if "has_position" not in raw.columns:
        missing["has_position"] = pl.lit(True)
    raw = raw.with_columns(**missing)

    latest_t = raw["received_t"] + _FUTURE_S * SECOND
    is_good, *settled = settle(
        *(_numbers(c, -1) for c in (raw["mmsi"], raw["t"])),
        _numbers(latest_t, _NO_END),
        *(_numbers(raw[c], np.nan) for c in ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg")),
        raw.select(
            pl.col("ignore").is_null() & pl.col("reject").is_null() & pl.col("has_position").fill_null(False)
        )[:, 0].to_numpy(),
        _EARLIEST_T,
        _NO_END if now_t is None else now_t + _AHEAD_S * SECOND,
    )
    good = pl.Series(is_good)
    kept, rest = raw.select(*_KEPT, *statics), raw.clear()
    if not is_good.all():
        kept, rest = kept.filter(good), raw.filter(~good)
    places = (~good).arg_true()
    has_claim = pl.any_horizontal(pl.col(statics).is_not_null()) if statics else pl.lit(False)
    fates = rest.select(
        ignore=_ignored(),
        reject=_rejected(now_t),
        claims=pl.col("ignore").is_null() & pl.col("reject").is_null() & has_claim,
        only=~pl.col("has_position"),
    ).with_columns(
        # A vessel without a fix still says who it is.
        claims=pl.col("ignore").is_null()
        & (pl.col("reject").is_null() | ((pl.col("reject") == "no_position") & pl.col("claims")))
    )
    bad = ~fates["claims"] & fates["ignore"].is_null()
    reasons = fates["ignore"].drop_nulls().value_counts(name="rows")
    claimants = [rows.select("mmsi", "t", *statics) for rows in (kept, rest.filter(fates["claims"]))]
    return Chunk(
        rows=raw.height,
        positions=_positions(kept, settled, source_id),
        particulars=claims(pl.concat(claimants), source_id, shared),
        particulars_only=int(fates["claims"].sum()),
        ignored=dict(reasons.sort("ignore").iter_rows()),
        rejects=_rejects(rest, fates, bad, text(places.filter(bad).to_list()), source_id),
    )


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


def _e7(degrees: pl.Expr) -> pl.Expr:
    return (degrees * 1e7).round().cast(pl.Int64, strict=False)


def _numbers(column: pl.Series, absent: float) -> npt.NDArray[Any]:
    return (column.fill_null(absent) if column.null_count() else column).to_numpy()


def _positions(kept: pl.DataFrame, settled: list[npt.NDArray[Any]], source_id: int) -> pa.Table:
    ids, lat_e7, lon_e7, *rest = settled
    sog, cog, heading = (pa.array(c, mask=c == ABSENT) for c in rest)
    message_type = kept["message_type"]
    if message_type.null_count() < kept.height:
        message_type = message_type.set(~message_type.is_between(1, 27), None)
    columns = {
        "message_id": ids,
        "mmsi": kept["mmsi"],
        "t": kept["t"],
        "received_t": kept["received_t"],
        "lat_e7": lat_e7,
        "lon_e7": lon_e7,
        "sog_dkn": sog,
        "cog_ddeg": cog,
        "heading_deg": heading,
        "nav_status": _nav_status(kept["nav_status"]),
        "message_type": message_type,
        "source_id": pa.repeat(pa.scalar(source_id, pa.int32()), kept.height),
        "source_row": kept["source_row"],
    }
    made = (c.to_arrow() if isinstance(c, pl.Series) else pa.array(c) for c in columns.values())
    return pa.Table.from_arrays(
        [c.cast(f.type) for c, f in zip(made, POSITIONS, strict=True)], schema=POSITIONS
    )


def _nav_status(said: pl.Series) -> pl.Series:
    if said.null_count() == len(said):
        return pl.Series([None], dtype=pl.Int8).new_from_index(0, len(said))
    return nav_status_code(said)


def _rejects(
    rest: pl.DataFrame, fates: pl.DataFrame, bad: pl.Series, raw: list[str], source_id: int
) -> pa.Table:
    rows = rest["source_row"].filter(bad).to_arrow()
    reasons = fates["reject"].filter(bad).to_arrow().cast(pa.string())
    texts = pa.array([r[:RAW_TEXT_CHARACTERS] for r in raw], pa.string())
    ids = pa.repeat(pa.scalar(source_id, pa.int32()), len(rows))
    return pa.Table.from_arrays([ids, rows.cast(pa.int64()), reasons, texts], schema=REJECTS)

"""The border: the one place where raw columns become positions, particulars, ignored rows and rejects.

Readers only find the columns. Here "not available" becomes null, units become integers, and every row
gets exactly one fate. The forms of MMSI are those of ITU-R M.585-9, the sentinels those of M.1371-5.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa

from shiomi.contracts import Chunk
from shiomi.ids import message_ids
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

_SOG_UNKNOWN_KN = 102.25  # 1023 in steps of 0.1 kn; 102.2 stands for that speed or more
_LAT_UNKNOWN_DEG, _LON_UNKNOWN_DEG = 91.0, 181.0
_FULL_E7 = 3_600_000_000
_HALF_E7 = 1_800_000_000


def cross(
    raw: pl.DataFrame, source_id: int, text: Callable[[list[int]], list[str]], now_t: int | None = None
) -> Chunk:
    """Rows in raw columns to a chunk in which each of them is counted once.

    Args:
        raw: `source_row`, and of the raw columns those the feed has. Three more may be there: `ignore` and
            `reject`, a reason the reader already knows, and `has_position`, false where a row only
            carries particulars.
        source_id: which file the rows came from.
        text: gives the rows at these places of `raw` as they stood in the file.
        now_t: reports from more than a day after this are rejected; None for no such bound.
    """
    statics = [c for c in STATICS if c in raw.columns]
    missing = {c: pl.lit(None, d) for c, d in RAW.items() if c not in raw.columns and c not in STATICS}
    extra = {"ignore": pl.String(), "reject": pl.String()}
    missing |= {c: pl.lit(None, d) for c, d in extra.items() if c not in raw.columns}
    if "has_position" not in raw.columns:
        missing["has_position"] = pl.lit(True)
    raw = raw.with_columns(**missing)

    good = raw.select(_is_good(now_t).fill_null(False))[:, 0]
    kept, rest = (raw, raw.clear()) if good.all() else (raw.filter(good), raw.filter(~good))
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
    claimants = pl.concat([kept, rest.filter(fates["claims"])]) if fates["claims"].any() else kept
    return Chunk(
        rows=raw.height,
        positions=_positions(kept, source_id),
        particulars=claims(claimants.select("mmsi", "t", *statics), source_id),
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


def _is_good(now_t: int | None) -> pl.Expr:
    lat, lon = pl.col("lat_deg"), pl.col("lon_deg")
    return (
        pl.col("ignore").is_null()
        & pl.col("reject").is_null()
        & pl.col("has_position")
        & _is_vessel()
        & _has_known_time(now_t)
        & lat.is_between(-90, 90)
        & lon.is_between(-180, 180)
        & ~((_e7(lat) == 0) & (_e7(lon) == 0))
    )


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


def _positions(kept: pl.DataFrame, source_id: int) -> pa.Table:
    sog, cog, heading = pl.col("sog_kn"), pl.col("cog_deg"), pl.col("heading_deg")
    nav_status = kept["nav_status"]
    # Rounding comes before the wrap, so that 179.99999999 and 359.96 land on the seam and not beyond it.
    cooked = kept.select(
        "mmsi",
        "t",
        "received_t",
        "source_row",
        lat_e7=_e7(pl.col("lat_deg")),
        lon_e7=(_e7(pl.col("lon_deg")) + _HALF_E7) % _FULL_E7 - _HALF_E7,
        sog_dkn=pl.when((sog >= 0) & (sog < _SOG_UNKNOWN_KN)).then((sog * 10).round()),
        cog_ddeg=pl.when((cog >= 0) & (cog < 360)).then((cog * 10).round() % 3600),
        heading_deg=pl.when((heading >= 0) & (heading < 360)).then(heading.round() % 360),
        nav_status=pl.lit(None, pl.Int8)
        if nav_status.null_count() == kept.height
        else nav_status_code(nav_status),
        message_type=pl.when(pl.col("message_type").is_between(1, 27)).then(pl.col("message_type")),
        source_id=pl.lit(source_id),
        message_id=pl.lit(0),
    )
    table = cooked.select(POSITIONS.names).to_arrow().cast(POSITIONS)
    return table.set_column(0, POSITIONS.field(0), pa.array(message_ids(table), pa.int64())).combine_chunks()


def _rejects(
    rest: pl.DataFrame, fates: pl.DataFrame, bad: pl.Series, raw: list[str], source_id: int
) -> pa.Table:
    rows = rest["source_row"].filter(bad).to_arrow()
    reasons = fates["reject"].filter(bad).to_arrow().cast(pa.string())
    texts = pa.array([r[:RAW_TEXT_CHARACTERS] for r in raw], pa.string())
    ids = pa.repeat(pa.scalar(source_id, pa.int32()), len(rows))
    return pa.Table.from_arrays([ids, rows.cast(pa.int64()), reasons, texts], schema=REJECTS)

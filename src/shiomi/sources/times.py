"""Times as feeds write them, to microseconds since 1970 UTC; what is no time becomes null."""

from __future__ import annotations

import polars as pl

__all__ = ["SPANS", "guess_form", "to_microseconds"]

SPANS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
"""Microseconds in one unit of each epoch form; nanoseconds are divided."""

_DAY_FIRST = r"^\s*\d{1,2}[/.]\d{1,2}[/.]\d{4}"
_NUMBER = r"^\s*[+-]?\d+(\.\d*)?([eE]\+?\d+)?\s*$"
_ISO = (
    r"^\s*(?P<day>\d{4}-\d{2}-\d{2})[T _](?P<clock>\d{2}:\d{2})(?P<second>:\d{2})?"
    r"(?:[.,](?P<fraction>\d{1,9}))?\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?\s*$"
)


def guess_form(sample: pl.Series) -> str:
    """The form a column of texts is in: an epoch form, "iso", or "" where it cannot be told.

    Numbers are told apart by size: seconds until the year 5138 stay below 1e11, milliseconds below
    1e14, microseconds below 1e17.
    """
    sample = sample.drop_nulls()
    number = sample.str.contains(_NUMBER)
    if sample.len() and number.sum() * 2 > sample.len():
        size = sample.filter(number).cast(pl.Float64, strict=False).abs().median()
        assert isinstance(size, float)
        bounds = ((1e11, "epoch_s"), (1e14, "epoch_ms"), (1e17, "epoch_us"))
        return next((form for bound, form in bounds if size < bound), "epoch_ns")
    # 03/04/2024 is a day in March or in April: without being told, no date is read from it.
    return "" if sample.str.contains(_DAY_FIRST).sum() * 2 > sample.len() else "iso"


def to_microseconds(texts: pl.Series, form: str, utc_offset_s: int = 0) -> pl.Series:
    """Column of texts in `form` to int64 microseconds UTC."""
    if form == "epoch_ns":
        return texts.str.strip_chars().cast(pl.Int64, strict=False) // 1000
    if form in SPANS:
        whole = texts.cast(pl.Int64, strict=False)
        if form == "epoch_us" and whole.null_count() == texts.null_count():
            return whole
        scaled = texts.str.strip_chars().cast(pl.Float64, strict=False) * SPANS[form]
        scaled = scaled.set(~scaled.is_finite() | (scaled.abs() > 9e18), None)
        return scaled.round().cast(pl.Int64, strict=False)
    if form == "iso":
        return _iso(texts, utc_offset_s)
    t = texts.str.strip_chars().str.to_datetime(form, strict=False, time_unit="us").cast(pl.Int64)
    return t - utc_offset_s * 1_000_000


def _iso(texts: pl.Series, utc_offset_s: int) -> pl.Series:
    fast = _plain_iso(texts) - utc_offset_s * 1_000_000
    rest = fast.is_null() & texts.is_not_null()
    if not rest.any():
        return fast
    slow = _any_iso(texts.filter(rest), utc_offset_s)
    return (
        fast.to_frame("t")
        .with_row_index("i")
        .update(pl.DataFrame({"i": rest.arg_true(), "t": slow}), on="i")["t"]
    )


def _plain_iso(texts: pl.Series) -> pl.Series:
    """Texts of the form 2020-01-01T00:00:00 or 2020-01-01 00:00:00, without zone or fraction."""
    some = texts.drop_nulls().head(1)
    between = "T" if some.len() and "T" in some[0] else " "
    t = texts.str.to_datetime(f"%Y-%m-%d{between}%H:%M:%S", strict=False, time_unit="us")
    return t.cast(pl.Int64)


def _any_iso(texts: pl.Series, utc_offset_s: int) -> pl.Series:
    part = texts.str.extract_groups(_ISO).struct.unnest()
    zone = part["zone"].str.replace("^(Z|z|UTC|GMT)$", "+00:00").str.replace(":", "", literal=True)
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    hour = pl.col("zone").str.slice(1, 2).cast(pl.Int64, strict=False)
    minute = pl.col("zone").str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    clock = pl.concat_str(pl.col("day"), pl.lit(" "), pl.col("clock"), pl.col("second").fill_null(":00"))
    whole = clock.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us").cast(pl.Int64)
    fraction = pl.col("fraction").str.pad_end(9, "0").cast(pl.Int64, strict=False).fill_null(0) // 1000
    ahead_s = (sign * (hour * 3600 + minute * 60)).fill_null(utc_offset_s)
    return part.with_columns(zone=zone).select(t=whole + fraction - ahead_s * 1_000_000)["t"]

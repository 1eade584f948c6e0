"""Navigational status and ship type where a feed writes words instead of the codes of M.1371."""

from __future__ import annotations

import polars as pl

__all__ = ["mobile_reason", "nav_status_code", "ship_type_code"]

_NAV_STATUS = {
    "under way using engine": 0,
    "underway using engine": 0,
    "at anchor": 1,
    "not under command": 2,
    "restricted manoeuverability": 3,
    "restricted manoeuvrability": 3,
    "restricted maneuverability": 3,
    "constrained by her draught": 4,
    "constrained by her draft": 4,
    "moored": 5,
    "aground": 6,
    "engaged in fishing": 7,
    "under way sailing": 8,
    "underway sailing": 8,
    "reserved for future amendment hsc": 9,
    "reserved for future amendment of navigational status for hsc": 9,
    "reserved for future amendment wig": 10,
    "reserved for future amendment of navigational status for wig": 10,
    "power driven vessel towing astern": 11,
    "power driven vessel pushing ahead or towing alongside": 12,
    "reserved for future use": 13,
    "ais sart": 14,
    "ais sart is active": 14,
}
"""M.1371-5 table 48, in the wordings of the Danish and US feeds; 15, undefined, is null."""

_SHIP_TYPE = {
    "wig": 20,
    "fishing": 30,
    "towing": 31,
    "towing long wide": 32,
    "dredging": 33,
    "diving": 34,
    "military": 35,
    "sailing": 36,
    "pleasure": 37,
    "pleasure craft": 37,
    "hsc": 40,
    "high speed craft": 40,
    "pilot": 50,
    "pilot vessel": 50,
    "sar": 51,
    "search and rescue": 51,
    "tug": 52,
    "port tender": 53,
    "anti pollution": 54,
    "law enforcement": 55,
    "medical": 58,
    "not party to conflict": 59,
    "passenger": 60,
    "cargo": 70,
    "tanker": 80,
    "other": 90,
}
"""M.1371-5 table 53: the first code of each kind, where the feed no longer says which of the ten it was."""

_MOBILE = {
    "base station": "base_station",
    "aton": "aid_to_navigation",
    "sar airborne": "not_a_vessel",
    "search and rescue transponder": "not_a_vessel",
    "man overboard device": "not_a_vessel",
    "epirb": "not_a_vessel",
}
"""What the Danish feed calls stations that are no vessels; Class A and Class B are."""


def _plain(texts: pl.Series) -> pl.Series:
    return texts.str.to_lowercase().str.replace_all(r"[^0-9a-z]+", " ").str.strip_chars()


def _codes(texts: pl.Series, words: dict[str, int], low: int, high: int) -> pl.Series:
    if texts.dtype.is_integer():
        return texts.set(~texts.is_between(low, high), None).cast(pl.Int16)
    kinds = texts.unique().drop_nulls()
    number = kinds.cast(pl.Float64, strict=False)
    worded = _plain(kinds).replace_strict(words, default=None, return_dtype=pl.Int16)
    whole = number.is_finite() & (number == number.floor()) & number.is_between(low, high)
    coded = pl.select(
        pl.when(pl.lit(whole.fill_null(False)))
        .then(pl.lit(number.clip(low, high).fill_nan(None)).cast(pl.Int16, strict=False))
        .otherwise(pl.lit(worded))
    ).to_series()
    return texts.replace_strict(kinds, coded, default=None, return_dtype=pl.Int16)


def nav_status_code(texts: pl.Series) -> pl.Series:
    """Navigational status 0 to 14 from numbers, digits or words; anything else is null."""
    return _codes(texts, _NAV_STATUS, 0, 14).cast(pl.Int8)


def ship_type_code(texts: pl.Series) -> pl.Series:
    """Ship type 1 to 99 from numbers, digits or words; 0, not available, and anything else is null.

    The US feed also writes its own four-digit codes (1001 and up) in old years; those are null.
    """
    return _codes(texts, _SHIP_TYPE, 1, 99)


def mobile_reason(texts: pl.Series) -> pl.Series:
    """Why a station of this kind gives no vessel position; null for vessels."""
    return _plain(texts).replace_strict(_MOBILE, default=None, return_dtype=pl.String)

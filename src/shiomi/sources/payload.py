"""AIS payloads to fields, a message type at a time: six-bit characters as a matrix, fields as bit ranges.

Bit positions, scales and "not available" values are those of ITU-R M.1371-5, annex 8. The tests hold
every field equal to pyais and to gpsd.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["decode"]

_Bits = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]

_MAX_CHARACTERS = 71  # type 5, the longest that is read, has 424 bits

_BITS = {
    **dict.fromkeys((1, 2, 3, 4, 9, 11, 18), (168, 174)),
    5: (420, 426),
    19: (312, 318),
    24: (160, 174),
    27: (96, 168),
}
"""Least and greatest length of what is read. Type 5 is often sent a few bits short, in the spare ones at its
end, type 24 part A without its spare 8, and type 27 padded to a slot; a last character of fill bits counted
wrongly is let pass. Any other length is noise that got through: no transmitter sends it."""

_TENTH_MINUTE = 600.0
_TEN_THOUSANDTH_MINUTE = 600_000.0


def decode(payload: pl.Series, fill: pl.Series) -> pl.DataFrame:
    """One row a payload: raw columns of `fields.py`, and four more.

    `fate` is null for a position or particulars, otherwise a reason, with `is_reject`; `has_position` is
    false for particulars; `second` is the UTC second of the report, 0 to 59, where it is known;
    `station_t` is the UTC time that a base station (types 4 and 11) says it is, microseconds.
    """
    frame = pl.DataFrame({"payload": payload, "fill": fill}).with_row_index("i")
    size = payload.str.len_bytes().cast(pl.Int64) * 6 - fill.cast(pl.Int64)
    kind = pl.Series("kind", _sixbits(payload.str.slice(0, 1), 1)[:, 0].astype(np.int64))
    frame = frame.with_columns(kind=kind, size=size)
    least, most = (
        pl.col("kind").replace_strict(
            {k: b[i] for k, b in _BITS.items()}, default=None, return_dtype=pl.Int64
        )
        for i in (0, 1)
    )
    frame = frame.with_columns(is_odd=~pl.col("size").is_between(least, most), is_read=least.is_not_null())
    made = [
        _read(kind[0], part).with_columns(part["i"]) if isinstance(kind[0], int) else part
        for kind, part in frame.filter(pl.col("is_read") & ~pl.col("is_odd")).group_by(
            "kind", maintain_order=True
        )
    ]
    base = frame.select(
        "i",
        message_type=pl.col("kind"),
        reason=pl.when(pl.col("is_odd"))
        .then(pl.lit("bad_length"))
        .when((pl.col("kind") < 1) | (pl.col("kind") > 27))
        .then(pl.lit("bad_type"))
        .when(~pl.col("is_read"))
        .then(pl.format("type_{}", "kind")),
        is_reject=pl.col("is_odd").fill_null(False) | ~pl.col("kind").is_between(1, 27),
    )
    fields = pl.concat(made, how="diagonal") if made else pl.DataFrame(schema={"i": pl.UInt32})
    for name, dtype in (
        ("fate", pl.String),
        ("station_t", pl.Int64),
        ("second", pl.Int64),
        ("mmsi", pl.Int64),
    ):
        if name not in fields.columns:
            fields = fields.with_columns(pl.lit(None, dtype).alias(name))
    if "has_position" not in fields.columns:
        fields = fields.with_columns(has_position=pl.lit(None, pl.Boolean))
    out = base.join(fields, on="i", how="left", maintain_order="left")
    return out.with_columns(
        fate=pl.coalesce("reason", "fate"), has_position=pl.col("has_position").fill_null(False)
    ).drop("i", "reason")


def _sixbits(payload: pl.Series, characters: int) -> _Bits:
    """Payloads cut or padded to so many characters, as six-bit values, shape (n, characters)."""
    even = payload.str.slice(0, characters).str.pad_end(characters, "0")
    codes = np.frombuffer("".join(even.to_list()).encode(), np.uint8).reshape(len(payload), characters) - 48
    return np.where(codes > 40, codes - 8, codes).astype(np.uint8)


def _uint(bits: _Bits, start: int, width: int) -> _Ints:
    """Unsigned field of `width` bits from bit `start`."""
    first, last = start // 6, (start + width - 1) // 6
    value = np.zeros(len(bits), np.int64)
    for i in range(first, last + 1):
        value = value << 6 | bits[:, i]
    return value >> (last + 1) * 6 - start - width & (1 << width) - 1


def _int(bits: _Bits, start: int, width: int) -> _Ints:
    """Signed field, two's complement."""
    value = _uint(bits, start, width)
    return value - (value >> width - 1 << width)


def _text(bits: _Bits, start: int, characters: int) -> pl.Series:
    """Six-bit text (M.1371-5 table 47)."""
    codes = np.stack([_uint(bits, start + 6 * i, 6) for i in range(characters)], axis=1)
    ascii_codes = np.where(codes < 32, codes + 64, codes).astype(np.uint8)
    return pl.Series(np.ascontiguousarray(ascii_codes).view(f"S{characters}").ravel().astype(str).tolist())


def _known(values: _Ints, unknown: int, scale: float = 1.0) -> pl.Series:
    """Field divided by `scale`; null where it says "not available"."""
    out = pl.Series(values / scale)
    return out.set(pl.Series(values == unknown), None)


def _read(kind: int, part: pl.DataFrame) -> pl.DataFrame:
    bits = _sixbits(part["payload"], _MAX_CHARACTERS)
    mmsi = _uint(bits, 8, 30)
    if kind in (1, 2, 3):
        return _place(bits, mmsi, sog=50, lon=61, second=137).with_columns(
            nav_status=pl.Series(_uint(bits, 38, 4)).cast(pl.String)
        )
    if kind in (4, 11):
        return pl.DataFrame({"mmsi": mmsi, "station_t": _station_t(bits)}).with_columns(
            fate=pl.lit(f"type_{kind}")
        )
    if kind == 5:
        return _voyage(bits, mmsi)
    if kind == 9:
        # Aircraft report whole knots (M.1371-5 table 56).
        place = _place(bits, mmsi, sog=50, lon=61, second=128, heading=None)
        return place.with_columns(sog_kn=_known(_uint(bits, 50, 10), 1023))
    if kind == 18:
        return _place(bits, mmsi, sog=46, lon=57, second=133)
    if kind == 19:
        place = _place(bits, mmsi, sog=46, lon=57, second=133)
        said = {"name": _text(bits, 143, 20), "ship_type": pl.Series(_uint(bits, 263, 8)).cast(pl.String)}
        return place.with_columns(**said, **_size(bits, 271))
    if kind == 24:
        return _class_b(bits, mmsi, part["size"].to_numpy())
    return pl.DataFrame(
        {
            "mmsi": mmsi,
            "lon_deg": _int(bits, 44, 18) / _TENTH_MINUTE,
            "lat_deg": _int(bits, 62, 17) / _TENTH_MINUTE,
            "sog_kn": _known(_uint(bits, 79, 6), 63),
            "cog_deg": _known(_uint(bits, 85, 9), 511),
            "nav_status": pl.Series(_uint(bits, 40, 4)).cast(pl.String),
        }
    ).with_columns(has_position=pl.lit(True))


def _place(
    bits: _Bits, mmsi: _Ints, *, sog: int, lon: int, second: int, heading: int | None = -9
) -> pl.DataFrame:
    """Position report; the heading lies nine bits before the second, where there is one."""
    seconds = pl.Series(_uint(bits, second, 6))
    fields = {
        "mmsi": pl.Series(mmsi),
        "sog_kn": _known(_uint(bits, sog, 10), 1023, 10),
        "lon_deg": pl.Series(_int(bits, lon, 28) / _TEN_THOUSANDTH_MINUTE),
        "lat_deg": pl.Series(_int(bits, lon + 28, 27) / _TEN_THOUSANDTH_MINUTE),
        "cog_deg": _known(_uint(bits, lon + 55, 12), 3600, 10),
        # 60 to 63 tell why there is no second (M.1371-5 table 48).
        "second": seconds.set(seconds > 59, None),
    }
    if heading is not None:
        fields["heading_deg"] = _known(_uint(bits, second + heading, 9), 511)
    return pl.DataFrame(fields).with_columns(has_position=pl.lit(True))


def _size(bits: _Bits, start: int) -> dict[str, pl.Series]:
    widths = {"bow_m": (0, 9), "stern_m": (9, 9), "port_m": (18, 6), "starboard_m": (24, 6)}
    return {
        name: pl.Series(_uint(bits, start + at, n).astype(np.float64)) for name, (at, n) in widths.items()
    }


def _voyage(bits: _Bits, mmsi: _Ints) -> pl.DataFrame:
    """Static and voyage data of class A (M.1371-5 table 52)."""
    return pl.DataFrame(
        {
            "mmsi": mmsi,
            "imo": pl.Series(_uint(bits, 40, 30)).cast(pl.String),
            "callsign": _text(bits, 70, 7),
            "name": _text(bits, 112, 20),
            "ship_type": pl.Series(_uint(bits, 232, 8)).cast(pl.String),
            **_size(bits, 240),
            "draught_m": _uint(bits, 294, 8) / 10,
            "destination": _text(bits, 302, 20),
        }
    )


def _class_b(bits: _Bits, mmsi: _Ints, size: _Ints) -> pl.DataFrame:
    """Static data of class B (M.1371-5 tables 62 and 63): part A is the name, part B the rest."""
    half = _uint(bits, 38, 2)
    is_a, is_b = pl.lit(pl.Series(half == 0)), pl.lit(pl.Series((half == 1) & (size >= 162)))
    # A craft of a parent ship sends the MMSI of the parent where others send their size.
    has_size = is_b & pl.lit(pl.Series(mmsi // 10_000_000 != 98))
    fields = pl.DataFrame(
        {
            "mmsi": mmsi,
            "name": _text(bits, 40, 20),
            "callsign": _text(bits, 90, 7),
            "ship_type": pl.Series(_uint(bits, 40, 8)).cast(pl.String),
            **_size(bits, 132),
        }
    )
    return fields.with_columns(
        pl.when(is_a).then(pl.col("name")).alias("name"),
        *(pl.when(is_b).then(pl.col(c)).alias(c) for c in ("callsign", "ship_type")),
        *(pl.when(has_size).then(pl.col(c)).alias(c) for c in ("bow_m", "stern_m", "port_m", "starboard_m")),
        fate=pl.when(~is_a & ~is_b).then(pl.lit("type_24")),
    )


def _station_t(bits: _Bits) -> pl.Series:
    """UTC of a base station; null where a part is "not available"."""
    at = {
        "year": (38, 14),
        "month": (52, 4),
        "day": (56, 5),
        "hour": (61, 5),
        "minute": (66, 6),
        "s": (72, 6),
    }
    part = pl.DataFrame({name: _uint(bits, start, width) for name, (start, width) in at.items()})
    two = [pl.col(c).cast(pl.String).str.zfill(2) for c in ("month", "day", "hour", "minute", "s")]
    clock = pl.format("{}-{}-{} {}:{}:{}", pl.col("year").cast(pl.String).str.zfill(4), *two)
    t = clock.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us").cast(pl.Int64)
    return part.select(t=pl.when(pl.col("year").is_between(1990, 2100)).then(t))["t"]

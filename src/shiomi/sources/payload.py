"""What ships say of themselves in types 5, 19 and 24: six-bit characters to the raw statics of `fields.py`.

Bit positions are those of ITU-R M.1371-5, annex 8. Numbers of position reports are read by
`kernels/payload.py`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

__all__ = ["statics"]

_Bits = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]

_SIZE = {"bow_m": (0, 9), "stern_m": (9, 9), "port_m": (18, 6), "starboard_m": (24, 6)}


def statics(sixbits: _Bits) -> pl.DataFrame:
    """Raw statics of messages of types 5, 19 and 24; null where the type does not carry them.

    Args:
        sixbits: six-bit values of each message, padded with zeros, shape (n, 71).
    """
    kind = sixbits[:, 0] if len(sixbits) else np.zeros(0, np.uint8)
    mmsi, half = _uint(sixbits, 8, 30), _uint(sixbits, 38, 2)
    parts = []
    for rows, read in (
        (kind == 5, _voyage),
        (kind == 19, _class_b),
        ((kind == 24) & (half == 0), _name_alone),
        # A craft of a parent ship sends the MMSI of the parent where others send their size.
        ((kind == 24) & (half == 1) & (mmsi // 10_000_000 != 98), _the_rest),
        ((kind == 24) & (half == 1) & (mmsi // 10_000_000 == 98), _of_a_craft),
    ):
        some = np.flatnonzero(rows)
        parts.append(read(sixbits[some]).with_columns(i=pl.Series(some, dtype=pl.Int64)))
    return pl.concat(parts, how="diagonal").sort("i").drop("i")


def _voyage(bits: _Bits) -> pl.DataFrame:
    """Class A (M.1371-5 table 52)."""
    return pl.DataFrame(
        {
            "imo": pl.Series(_uint(bits, 40, 30)).cast(pl.String),
            "callsign": _text(bits, 70, 7),
            "name": _text(bits, 112, 20),
            "ship_type": _uint(bits, 232, 8),
            **_size(bits, 240),
            "draught_m": _uint(bits, 294, 8) / 10,
            "destination": _text(bits, 302, 20),
        }
    )


def _class_b(bits: _Bits) -> pl.DataFrame:
    """The extended report of class B (M.1371-5 table 60)."""
    return pl.DataFrame({"name": _text(bits, 143, 20), "ship_type": _uint(bits, 263, 8), **_size(bits, 271)})


def _name_alone(bits: _Bits) -> pl.DataFrame:
    """Class B, part A (M.1371-5 table 62)."""
    return pl.DataFrame({"name": _text(bits, 40, 20)})


def _of_a_craft(bits: _Bits) -> pl.DataFrame:
    """Class B, part B without a size (M.1371-5 table 63)."""
    return pl.DataFrame({"ship_type": _uint(bits, 40, 8), "callsign": _text(bits, 90, 7)})


def _the_rest(bits: _Bits) -> pl.DataFrame:
    return _of_a_craft(bits).hstack(pl.DataFrame(_size(bits, 132)))


def _size(bits: _Bits, start: int) -> dict[str, npt.NDArray[np.float64]]:
    return {name: _uint(bits, start + at, n).astype(np.float64) for name, (at, n) in _SIZE.items()}


def _uint(bits: _Bits, start: int, width: int) -> _Ints:
    """Unsigned field of `width` bits from bit `start`."""
    first, last = start // 6, (start + width - 1) // 6
    value = np.zeros(len(bits), np.int64)
    for i in range(first, last + 1):
        value = value << 6 | bits[:, i]
    return value >> (last + 1) * 6 - start - width & (1 << width) - 1


def _text(bits: _Bits, start: int, characters: int) -> pl.Series:
    """Six-bit text (M.1371-5 table 47)."""
    codes = np.stack([_uint(bits, start + 6 * i, 6) for i in range(characters)], axis=1)
    letters = np.ascontiguousarray(np.where(codes < 32, codes + 64, codes), np.uint8)
    wide = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(characters), len(bits), [None, pa.py_buffer(letters)]
    )
    return pl.Series(pl.from_arrow(wide.cast(pa.binary()).cast(pa.string())))

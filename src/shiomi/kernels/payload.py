"""AIS payloads to fields in one pass: six-bit characters straight to numbers.

Bit positions, scales and "not available" values are those of ITU-R M.1371-5, annex 8. The tests hold every
field equal to a slow plain reference, to pyais and to gpsd.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit
from shiomi.kernels.eights import EIGHT, across, six_bits
from shiomi.kernels.sentences import NO_TIME, utc

__all__ = ["BAD_LENGTH", "BAD_TYPE", "CHARACTERS", "OF_TYPE", "Messages", "read_payloads"]

BAD_LENGTH, BAD_TYPE, OF_TYPE = 1, 2, 3
"""What became of a message; 0 is a position or particulars, OF_TYPE is neither, by its type."""

CHARACTERS = 71
"""Six-bit characters that are read: type 5, the longest, has 424 bits."""

_SIX = np.array([c - 48 if c < 96 else c - 56 for c in range(256)]).astype(np.uint8) & 63
"""Six-bit value of each armoured character (IEC 61162-1)."""

_WORD = 48
_WORDS = -(-CHARACTERS * 6 // _WORD) + 1
_ANY = 1 << 30
_LEAST = np.zeros(64, np.int64)
_MOST = np.full(64, _ANY)
for _types, _least, _most in (
    ((1, 2, 3, 4, 9, 11, 18), 168, 174),
    ((5,), 420, 426),
    ((19,), 312, 318),
    ((24,), 160, 174),
    ((27,), 96, 168),
):
    for _t in _types:
        _LEAST[_t], _MOST[_t] = _least, _most
# Type 5 is often sent a few bits short, in the spare ones at its end, type 24 part A without its spare 8, and
# type 27 padded to a slot; a last character of fill bits counted wrongly is let pass. Any other length is
# noise that got through: no transmitter sends it.

_TENTH_MINUTE = 600.0
_TEN_THOUSANDTH_MINUTE = 600_000.0

_I8 = npt.NDArray[np.int8]
_I64 = npt.NDArray[np.int64]
_F64 = npt.NDArray[np.float64]


class Messages(NamedTuple):
    """What the messages of a block hold; a number that is not available is NaN or less than 0."""

    fate: _I8
    """Of every message; likewise the next two."""
    kind: _I8
    """Message type, 0 to 63 as sent."""
    station_t: _I64
    """UTC that a base station (types 4 and 11) says it is; microseconds, NO_TIME if it does not."""
    of: _I64
    """Which messages are a position or particulars; what follows is of those alone."""
    mmsi: _I64
    has_position: npt.NDArray[np.bool_]
    lat_deg: _F64
    lon_deg: _F64
    sog_kn: _F64
    cog_deg: _F64
    heading_deg: _F64
    nav_status: _I8
    second: _I8
    """UTC second of the report, 0 to 59."""
    says: _I64
    """Row of `sixbits` for types 5, 19 and 24, -1 for others."""
    sixbits: npt.NDArray[np.uint8]
    """Six-bit values of those messages, padded with zeros, shape (n, CHARACTERS)."""


@njit(cache=True, nogil=True)
def _uint(words: Any, start: int, width: int) -> Any:
    """Unsigned field of `width` bits from bit `start`, at most 48; a word holds 48 bits, eight characters."""
    i, off = start // _WORD, start % _WORD
    over = off + width - _WORD
    if over <= 0:
        return words[i] >> -over & ((1 << width) - 1)
    return (words[i] << over | words[i + 1] >> (_WORD - over)) & ((1 << width) - 1)


@njit(cache=True, nogil=True)
def _int(words: Any, start: int, width: int) -> Any:
    """Signed field, two's complement."""
    value = _uint(words, start, width)
    return value - (value >> (width - 1) << width)


@njit(cache=True, nogil=True)
def _known(value: int, unknown: int, scale: float) -> float:
    return np.nan if value == unknown else value / scale


@njit(cache=True, nogil=True)
def _station_t(words: Any) -> Any:
    """UTC of types 4 and 11 (M.1371-5 table 51)."""
    year = _uint(words, 38, 14)
    if not 1990 <= year <= 2100:
        return NO_TIME
    month, day, hour = _uint(words, 52, 4), _uint(words, 56, 5), _uint(words, 61, 5)
    return utc(year, month, day, hour, _uint(words, 66, 6), _uint(words, 72, 6))


@njit(cache=True)
def _join_parts(text: Any, head: int, following: Any, at: Any, length: Any, words: Any) -> Any:
    """The characters of a message of many lines as words; how many there are, and the last line."""
    words[:] = 0
    characters, line, last = 0, head, head
    while line >= 0:
        for j in range(min(length[line], CHARACTERS - characters)):
            k = characters + j
            six = np.int64(_SIX[text[np.uint64(at[line] + j)]])
            words[k // EIGHT] |= six << 6 * (EIGHT - 1 - k % EIGHT)
        characters += length[line]
        last, line = line, following[line]
    return characters, last


@njit(cache=True, nogil=True)
def read_payloads(
    text: npt.NDArray[np.uint8],
    eights: npt.NDArray[np.uint64],
    heads: _I64,
    following: _I64,
    at: _I64,
    length: npt.NDArray[np.int32],
    fill: _I8,
) -> tuple[Any, ...]:
    """The columns of `Messages`.

    Args:
        text: of all lines; `eights` are its words.
        heads: line of the first part of each message.
        following: line of the part after that of each line, -1 if there is none.
        at: where the payload of each line begins; `length` and `fill` likewise.
    """
    n = len(heads)
    fate_of, kind_of, station_of = np.zeros(n, np.int8), np.zeros(n, np.int8), np.empty(n, np.int64)
    of, mmsi_of, has_position = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.bool_)
    lat_of, lon_of = np.empty(n, np.float64), np.empty(n, np.float64)
    sog_of, cog_of, heading_of = np.empty(n, np.float64), np.empty(n, np.float64), np.empty(n, np.float64)
    nav_of, second_of, says_of = np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n, np.int64)
    saying = 0
    for k in range(n):
        c = text[at[heads[k]]]
        saying += c == 53 or c == 67 or c == 72  # armoured 5, 19, 24
    sixbits = np.zeros((saying, CHARACTERS), np.uint8)
    said = told = 0
    words = np.zeros(_WORDS, np.int64)
    last_word = len(eights) - 1
    for k in range(n):
        station_of[k] = NO_TIME
        head = heads[k]
        if following[head] >= 0:
            characters, last = _join_parts(text, head, following, at, length, words)
            size = characters * 6 - fill[last]
        else:
            p, left = at[head], np.int64(length[head])
            size = left * 6 - fill[head]
            of_word, off = p >> 3, p & 7
            word = eights[np.uint64(of_word)]
            for w in range(_WORDS):
                if left <= 0:
                    words[w] = 0
                    continue
                of_word = min(of_word + 1, last_word)
                after = eights[np.uint64(of_word)]
                six = six_bits(across(word, after, off))
                words[w] = six if left >= EIGHT else six & -(1 << 6 * (EIGHT - left))
                word = after
                left -= EIGHT
        kind = _uint(words, 0, 6)
        kind_of[k] = kind
        if size < _LEAST[kind] or size > _MOST[kind]:
            fate_of[k] = BAD_LENGTH
            continue
        if kind < 1 or kind > 27:
            fate_of[k] = BAD_TYPE
            continue
        if _MOST[kind] == _ANY:
            fate_of[k] = OF_TYPE
            continue
        if kind == 4 or kind == 11:
            fate_of[k] = OF_TYPE
            station_of[k] = _station_t(words)
            continue
        if kind == 24:
            part = _uint(words, 38, 2)
            if part > 1 or (part == 1 and size < 162):
                fate_of[k] = OF_TYPE
                continue
        of[told] = k
        mmsi_of[told] = _uint(words, 8, 30)
        has_position[told] = kind != 5 and kind != 24
        lat = lon = sog = cog = heading = np.nan
        nav = second = np.int64(-1)
        if kind == 27:
            nav = _uint(words, 40, 4)
            lon = _int(words, 44, 18) / _TENTH_MINUTE
            lat = _int(words, 62, 17) / _TENTH_MINUTE
            sog = _known(_uint(words, 79, 6), 63, 1.0)
            cog = _known(_uint(words, 85, 9), 511, 1.0)
        elif has_position[told]:
            # Class B (18, 19), aircraft (9) and class A (1, 2, 3) differ in where the speed and second stand.
            is_b, is_aircraft = kind >= 18, kind == 9
            of_sog, of_lon = (46, 57) if is_b else (50, 61)
            said_second = _uint(words, 133 if is_b else 128 if is_aircraft else 137, 6)
            # Aircraft report whole knots (M.1371-5 table 56).
            sog = _known(_uint(words, of_sog, 10), 1023, 1.0 if is_aircraft else 10.0)
            lon = _int(words, of_lon, 28) / _TEN_THOUSANDTH_MINUTE
            lat = _int(words, of_lon + 28, 27) / _TEN_THOUSANDTH_MINUTE
            cog = _known(_uint(words, of_lon + 55, 12), 3600, 10.0)
            if not is_aircraft:
                heading = _known(_uint(words, of_lon + 67, 9), 511, 1.0)
            # 60 to 63 tell why there is no second (M.1371-5 table 48).
            if said_second < 60:
                second = said_second
            if kind <= 3:
                nav = _uint(words, 38, 4)
        lat_of[told], lon_of[told], sog_of[told] = lat, lon, sog
        cog_of[told], heading_of[told] = cog, heading
        nav_of[told], second_of[told], says_of[told] = nav, second, -1
        if kind == 5 or kind == 19 or kind == 24:
            says_of[told] = said
            for j in range(CHARACTERS):
                sixbits[said, j] = words[j // EIGHT] >> (42 - 6 * (j % EIGHT)) & 63
            said += 1
        told += 1
    return (
        fate_of, kind_of, station_of, of[:told], mmsi_of[:told], has_position[:told], lat_of[:told],
        lon_of[:told], sog_of[:told], cog_of[:told], heading_of[:told], nav_of[:told], second_of[:told],
        says_of[:told], sixbits[:said],
    )  # fmt: skip

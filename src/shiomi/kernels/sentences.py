"""NMEA lines taken apart in one pass over their bytes.

    \\g:1-2-73,s:r08NFTK1,c:1469664000*6E\\!AIVDM,2,1,7,B,55R3Vn82=ILTQ3KKS...,0*2A,b003669794,1272412827
     tag block                             body                                 checksum, trailer

NMEA 0183 (IEC 61162-1) frames the sentence, IEC 62320-1 the tag block; times before the sentence and in
trailers are a habit of loggers. `tests/sources/plain_sentences.py` says the same with regular expressions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit
from shiomi.kernels.eights import EIGHT, each, lowest, marks, not_armoured, up_to, words_of

__all__ = ["ISO", "LINE_FATES", "NO_TIME", "PGHP", "RMC", "Lines", "take_apart", "utc"]

LINE_FATES = (
    "", "blank_line", "comment", "not_ais", "not_nmea",
    "no_checksum", "bad_checksum", "bad_sentence", "bad_payload",
)  # fmt: skip
"""What became of a line, by its number in `Lines.fate`; 0 is a well-formed AIS sentence."""

_BLANK, _COMMENT, _NOT_AIS, _NOT_NMEA = 1, 2, 3, 4
_NO_CHECKSUM, _BAD_CHECKSUM, _BAD_SENTENCE, _BAD_PAYLOAD = 5, 6, 7, 8

PGHP, RMC, ISO = 1, 2, 4
"""What tells a time that is read elsewhere; ISO stands in front of a sentence and may be there too."""

NO_TIME = -(1 << 63)

_ISO_CHARACTERS = 19

_Bytes = npt.NDArray[np.uint8]


class Lines(NamedTuple):
    """One entry a line."""

    start: npt.NDArray[np.int64]
    """Where the line begins."""
    end: npt.NDArray[np.int64]
    """Where its line end stands."""
    fate: npt.NDArray[np.int8]
    at: npt.NDArray[np.int64]
    """Where the payload begins; the body, for sentences of another kind."""
    length: npt.NDArray[np.int32]
    """How long that is."""
    fill: npt.NDArray[np.int8]
    """Bits at the end of the payload that say nothing."""
    total: npt.NDArray[np.int8]
    number: npt.NDArray[np.int8]
    key: npt.NDArray[np.int64]
    """Equal for parts that may belong together: same tag group, talker, channel, sequence and total."""
    checksum: npt.NDArray[np.int16]
    """As the line says; -1 if it says none."""
    logged_t: npt.NDArray[np.int64]
    """By trailer, tag block or a number before the sentence; microseconds UTC, NO_TIME if there is none."""
    clock: npt.NDArray[np.int8]
    """PGHP or RMC, plus ISO; 0 for most lines."""
    told_t: npt.NDArray[np.int64]
    """By a receiver's own GNSS clock (`ZDA`); microseconds UTC."""


_SPACE, _DIGIT, _WORD, _ENDS_PREFIX = 1, 2, 4, 8


def _classes() -> npt.NDArray[np.uint8]:
    """What each character of Latin-1 is."""
    letters = [chr(c) for c in range(256)]
    of = np.zeros(256, np.uint8)
    for bit, some in (
        (_SPACE, "\t\n\v\f\r \x85\xa0"),
        (_DIGIT, "0123456789"),
        (_WORD, "".join(c for c in letters if c.isalpha() or c in "0123456789_")),
        (_ENDS_PREFIX, "!$\\#"),
    ):
        of[[ord(c) for c in some]] |= bit
    return of


_CLASS = _classes()

_BANG, _DOLLAR, _STAR, _BACKSLASH, _C, _LINE_END = (each(c) for c in "!$*\\c\n")


@njit(cache=True, nogil=True)
def _at(text: Any, i: int) -> Any:
    """Character at `i`, which is never counted from the end."""
    return text[np.uint64(i)]


@njit(cache=True, nogil=True)
def _is(text: Any, i: int, what: int) -> Any:
    return _CLASS[text[np.uint64(i)]] & what


@njit(cache=True, nogil=True)
def _hex(c: int) -> int:
    if 48 <= c <= 57:
        return c - 48
    if 65 <= c <= 70:
        return c - 55
    if 97 <= c <= 102:
        return c - 87
    return -1


@njit(cache=True, nogil=True)
def _number_time(text: Any, p: int, end: int) -> Any:
    """Time of the number at `p` and where it ends: ten digits are seconds, thirteen milliseconds."""
    q = p
    value = np.int64(0)
    while q < end and _is(text, q, _DIGIT) and q - p < 14:
        value = value * 10 + (_at(text, q) - 48)
        q += 1
    if q - p == 13:
        return value * 1000, q
    if q - p != 10:
        return NO_TIME, q
    value *= 1_000_000
    if q + 1 < end and _at(text, q) == 46 and _is(text, q + 1, _DIGIT):
        q += 1
        scale = 100_000
        is_next = True
        while q < end and _is(text, q, _DIGIT):
            if scale > 0:
                value += np.int64(_at(text, q) - 48) * scale
            elif is_next:
                value += _at(text, q) >= 53
                is_next = False
            scale //= 10
            q += 1
    return value, q


@njit(cache=True, nogil=True)
def _trailer_time(text: Any, p: int, end: int) -> Any:
    """The last field after the checksum, if it is a time and nothing else."""
    last = end
    while last > p and _at(text, last - 1) != 44:
        last -= 1
    t, q = _number_time(text, last, end)
    return t if q == end else NO_TIME


@njit(cache=True, nogil=True)
def _tag_time(text: Any, p: int, end: int) -> Any:
    """The first `c:` of a tag block that is a time."""
    while p < end:
        if p + 11 < end and _at(text, p) == 99 and _at(text, p + 1) == 58:
            t, q = _number_time(text, p + 2, end)
            if t != NO_TIME and (q == end or _at(text, q) == 44 or _at(text, q) == 42):
                return t
        while p < end and _at(text, p) != 44:
            p += 1
        p += 1
    return NO_TIME


@njit(cache=True, nogil=True)
def _prefix_time(text: Any, p: int, end: int) -> Any:
    """A number that stands right before the sentence."""
    while end > p and (_is(text, end - 1, _SPACE) or _at(text, end - 1) in (44, 59, 58, 93)):
        end -= 1
    q = end
    while q > p and _is(text, q - 1, _DIGIT):
        q -= 1
    if q < end and q - p > 10 and _at(text, q - 1) == 46:
        q -= 1
        while q > p and _is(text, q - 1, _DIGIT):
            q -= 1
    if q > p and not (_is(text, q - 1, _SPACE) or _at(text, q - 1) in (44, 59, 91)):
        return NO_TIME
    t, upto = _number_time(text, q, end)
    return t if upto == end else NO_TIME


@njit(cache=True, nogil=True)
def utc(year: int, month: int, day: int, hour: int, minute: int, second: int) -> Any:
    """Microseconds since 1970, or NO_TIME where there is no such instant; days by Hinnant's method."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day) or hour > 23 or minute > 59 or second > 59:
        return NO_TIME
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > (30 if month in (4, 6, 9, 11) else 28 + is_leap if month == 2 else 31):
        return NO_TIME
    y = year - (month <= 2)
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = 365 * y + y // 4 - y // 100 + y // 400 + in_year - 719_468
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000


@njit(cache=True, nogil=True)
def _digits(text: Any, p: int, n: int) -> Any:
    """The number in n digits; less than 0 if one of them is none."""
    value = np.int64(0)
    for i in range(p, p + n):
        if not _is(text, i, _DIGIT):
            return np.int64(-1)
        value = value * 10 + (_at(text, i) - 48)
    return value


@njit(cache=True, nogil=True)
def _zda_time(text: Any, body: int, end: int) -> Any:
    """Time of `$GPZDA,114702.51,27,01,2012,`: a receiver's own clock, whole seconds."""
    p = body + 13
    if end - p < 12:
        return NO_TIME
    if _at(text, p) == 46:
        p += 1
        while p < end and _is(text, p, _DIGIT):
            p += 1
    if end - p < 12 or _at(text, p) != 44 or _at(text, p + 3) != 44 or _at(text, p + 6) != 44:
        return NO_TIME
    hour, minute, second = _digits(text, body + 7, 2), _digits(text, body + 9, 2), _digits(text, body + 11, 2)
    day, month, year = _digits(text, p + 1, 2), _digits(text, p + 4, 2), _digits(text, p + 7, 4)
    if min(hour, minute, second, day, month, year) < 0 or _at(text, p + 11) != 44:
        return NO_TIME
    return utc(year, month, day, hour, minute, second)


@njit(cache=True, nogil=True)
def _tag_group(text: Any, p: int, end: int) -> tuple[int, int]:
    """Where the name of the sentence group stands, `g:1-2-NAME`; (0, 0) if there is none."""
    while p < end:
        if p + 1 < end and _at(text, p) == 103 and _at(text, p + 1) == 58:
            q = p + 2
            dashes = 0
            while dashes < 2 and q < end and _is(text, q, _DIGIT):
                while q < end and _is(text, q, _DIGIT):
                    q += 1
                if q < end and _at(text, q) == 45:
                    dashes += 1
                    q += 1
                else:
                    break
            if dashes == 2:
                start = q
                while q < end and _is(text, q, _WORD):
                    q += 1
                if q > start:
                    return start, q
        while p < end and _at(text, p) != 44:
            p += 1
        p += 1
    return 0, 0


@njit(cache=True, nogil=True)
def _hash(text: Any, p: int, end: int, seed: Any) -> Any:
    """FNV-1a (Fowler, Noll and Vo), 64 bits."""
    h = np.uint64(seed)
    for i in range(p, end):
        h = (h ^ np.uint64(_at(text, i))) * np.uint64(0x100000001B3)
    return np.int64((h ^ np.uint64(0xFF)) * np.uint64(0x100000001B3))


@njit(cache=True, nogil=True)
def _line_ends(text: _Bytes, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Where the line ends stand."""
    found = np.empty(len(text), np.int64)  # pages that are never touched cost nothing
    k = 0
    for w in range(len(words)):
        m = marks(words[w], _LINE_END)
        if not m:
            continue
        if not m & (m - np.uint64(1)):
            found[k] = EIGHT * w + lowest(m)
            k += 1
            continue
        for i in range(EIGHT * w, EIGHT * w + EIGHT):
            if _at(text, i) == 10:
                found[k] = i
                k += 1
    return found[:k].copy()


def take_apart(content: bytes) -> Lines:
    """Every line of a text; what follows the last line end is no line."""
    if len(content) % EIGHT:
        content += bytes(-len(content) % EIGHT)
    text = np.frombuffer(content, np.uint8)
    words = words_of(text)
    return Lines(*_take_apart(text, words, _line_ends(text, words)))


@njit(cache=True, nogil=True)
def _take_apart(
    text: _Bytes, words: npt.NDArray[np.uint64], end_of: npt.NDArray[np.int64]
) -> tuple[Any, ...]:
    lines = len(end_of)
    start_of = np.empty(lines, np.int64)
    fate_of = np.empty(lines, np.int8)
    at_of = np.zeros(lines, np.int64)
    length_of = np.zeros(lines, np.int32)
    fill_of = np.zeros(lines, np.int8)
    total_of = np.zeros(lines, np.int8)
    number_of = np.zeros(lines, np.int8)
    key_of = np.zeros(lines, np.int64)
    checksum_of = np.full(lines, -1, np.int16)
    logged_of = np.full(lines, NO_TIME, np.int64)
    clock_of = np.zeros(lines, np.int8)
    told_of = np.full(lines, NO_TIME, np.int64)
    start = 0
    for k in range(lines):
        start_of[k] = start
        end = end_of[k]
        i, z = start, end
        start = end + 1
        while i < z and _is(text, i, _SPACE):
            i += 1
        while z > i and _is(text, z - 1, _SPACE):
            z -= 1
        if i == z:
            fate_of[k] = _BLANK
            continue
        if _at(text, i) == 35:  # #
            fate_of[k] = _COMMENT
            continue
        fate_of[k] = _NOT_NMEA
        prefix = i
        while i < z and not _is(text, i, _ENDS_PREFIX):
            i += 1
        prefix_end = i
        tag = tag_end = 0
        dated = z
        if i < z and _at(text, i) == 92:
            tag = i + 1
            p, i = tag & ~7, z
            while p < z:
                x = words[np.uint64(p >> 3)]
                if p < tag:
                    x |= up_to(tag - p)
                m = marks(x, _BACKSLASH)
                upto = min(p + lowest(m), z) if m else min(p + EIGHT, z)
                c = marks(x, _C) if dated == z else np.uint64(0)
                while c:
                    q = p + lowest(c)
                    c &= c - np.uint64(1)
                    if q < upto and _at(text, q) == 99 and (q == tag or _at(text, q - 1) == 44):
                        dated = q
                        break
                if m:
                    i = upto
                    break
                p += EIGHT
            tag_end = i
            i += 1
        if i >= z or (_at(text, i) != 33 and _at(text, i) != 36):
            continue
        body = i
        first = i + 1
        p, i = first & ~7, z
        x = np.uint64(0)
        sum_of = np.uint64(0)
        while p < z:
            x = words[np.uint64(p >> 3)]
            if p < first:
                x |= up_to(first - p)
            m = marks(x, _BANG) | marks(x, _DOLLAR) | marks(x, _STAR) | marks(x, _BACKSLASH)
            if p < first:
                x &= ~up_to(first - p)
            p += EIGHT
            if m or p > z:
                i = min(p - EIGHT + lowest(m), z) if m else z
                sum_of ^= x & up_to(i & 7)
                break
            sum_of ^= x
        sum_of ^= sum_of >> np.uint64(32)
        sum_of ^= sum_of >> np.uint64(16)
        sum_of ^= sum_of >> np.uint64(8)
        xor = np.int64(sum_of & np.uint64(0xFF))
        body_end = i
        said = -1
        trailer = z
        if i < z:
            if _at(text, i) != 42 or i + 2 >= z:
                continue
            high, low = _hex(_at(text, i + 1)), _hex(_at(text, i + 2))
            if high < 0 or low < 0:
                continue
            said = high * 16 + low
            trailer = i + 3

        t = NO_TIME
        if trailer < z:
            t = _trailer_time(text, trailer, z)
        if t == NO_TIME and dated < tag_end:
            # Nearly all say it in ten digits; only the others are worth a call.
            q = dated + 12
            if q <= tag_end and _at(text, dated + 1) == 58 and (q == tag_end or _at(text, q) in (44, 42)):
                seconds = np.int64(0)
                for j in range(dated + 2, q):
                    digit = np.int64(_at(text, j)) - 48
                    if not 0 <= digit <= 9:
                        break
                    seconds = seconds * 10 + digit
                else:
                    t = seconds * 1_000_000  # type: ignore[assignment]
            if t == NO_TIME:
                t = _tag_time(text, dated, tag_end)
        if t == NO_TIME and prefix < prefix_end:
            t = _prefix_time(text, prefix, prefix_end)
            if t == NO_TIME and prefix_end - prefix >= _ISO_CHARACTERS:
                clock_of[k] = ISO
        logged_of[k] = t
        checksum_of[k] = said

        is_vdm = (
            body_end - body > 6
            and _at(text, body) == 33
            and _at(text, body + 3) == 86
            and _at(text, body + 4) == 68
            and (_at(text, body + 5) == 77 or _at(text, body + 5) == 79)
            and _at(text, body + 6) == 44
        )
        if not is_vdm and (said < 0 or said == xor):
            fate_of[k] = _NOT_AIS
            at_of[k], length_of[k] = body, body_end - body
            if _at(text, body) == 36 and body_end - body > 8:
                # P G H P , 1 ,    ..ZDA,    ..RMC,
                a, b, c = _at(text, body + 3), _at(text, body + 4), _at(text, body + 5)
                if _at(text, body + 1) == 80 and _at(text, body + 2) == 71 and a == 72 and b == 80:
                    if c == 44 and _at(text, body + 6) == 49 and _at(text, body + 7) == 44:
                        clock_of[k] += PGHP
                elif _at(text, body + 6) == 44:
                    if a == 90 and b == 68 and c == 65:
                        told_of[k] = _zda_time(text, body, body_end)
                    elif a == 82 and b == 77 and c == 67:
                        clock_of[k] += RMC
            continue
        if said < 0:
            fate_of[k] = _NO_CHECKSUM
            continue
        if said != xor:
            fate_of[k] = _BAD_CHECKSUM
            continue

        fate_of[k] = _BAD_SENTENCE
        i = body + 7
        if _at(text, body + 1) == 44 or _at(text, body + 2) == 44 or body_end - i < 8:
            continue
        total, number = _at(text, i) - 48, _at(text, i + 2) - 48
        if not (1 <= total <= 9 and _at(text, i + 1) == 44 and 1 <= number <= 9 and _at(text, i + 3) == 44):
            continue
        i += 4
        sequence = np.int64(0)
        if _is(text, i, _DIGIT):
            sequence = np.int64(_at(text, i)) - 47
            i += 1
        if _at(text, i) != 44:
            continue
        i += 1
        channel = i
        while i < body_end and _at(text, i) != 44:
            i += 1
        channel_end = i
        i += 1
        payload = i
        i = body_end - 2
        if payload > i or _at(text, i) != 44 or not 48 <= _at(text, i + 1) <= 53 or number > total:
            continue
        wrong = np.uint64(payload == i)
        for w in range(payload >> 3, (i + 7) >> 3):
            m = not_armoured(words[np.uint64(w)])
            if EIGHT * w < payload:
                m &= ~up_to(payload & 7)
            if EIGHT * w + EIGHT > i:
                m &= up_to(i & 7)
            wrong |= m
        if wrong:
            while i > payload and _at(text, i - 1) != 44:
                i -= 1
            if i == payload:  # else there is a field too many
                fate_of[k] = _BAD_PAYLOAD
            continue
        fate_of[k] = 0
        at_of[k], length_of[k] = payload, i - payload
        fill_of[k] = _at(text, i + 1) - 48
        total_of[k], number_of[k] = total, number
        if total > 1:
            group, group_end = _tag_group(text, tag, tag_end)
            h = _hash(text, group, group_end, total * 16 + sequence)
            h = _hash(text, body + 1, body + 3, h)
            key_of[k] = _hash(text, channel, channel_end, h)
    return (
        start_of, end_of, fate_of, at_of, length_of, fill_of, total_of,
        number_of, key_of, checksum_of, logged_of, clock_of, told_of,
    )  # fmt: skip

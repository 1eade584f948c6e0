"""NMEA lines taken apart, and the times that stand in words: the rare forms beside `kernels/sentences.py`.

`$PGHP` lines of a receiver tell when the sentence beside them was heard, `RMC` what its own GNSS clock
says, and some loggers write an ISO 8601 time in front of a sentence.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from shiomi.kernels.sentences import ISO, NO_TIME, PGHP, RMC, Lines, take_apart

__all__ = ["Sentences", "sentences"]

_PREFIX_ISO = r"^[^!$\\#]*?(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)Z?[\s,;:\]]*(?:[!$\\]|$)"
_PGHP = r"^\$PGHP,1,(\d{4}),(\d{1,2}),(\d{1,2}),(\d{1,2}),(\d{1,2}),(\d{1,2}),(\d{1,3}),.*,([0-9A-Fa-f]{2})$"
_RMC = r"^\$..RMC,(\d{2})(\d{2})(\d{2})(?:\.\d*)?,A,(?:[^,]*,){6}(\d{2})(\d{2})(\d{2})(?:,|$)"

_Times = npt.NDArray[np.int64]


class Sentences(NamedTuple):
    """Lines and their times, microseconds UTC or NO_TIME."""

    lines: Lines
    logged_t: _Times
    """By tag block, trailer or prefix."""
    heard_t: _Times
    """By the `$PGHP` line of the sentence."""
    clock_t: _Times
    """By a receiver's own GNSS, on the lines that carry it."""


def sentences(text: bytes) -> Sentences:
    """Everything that the lines say of themselves; the text ends with a line end."""
    lines = take_apart(text)
    nothing = np.full(len(lines.fate), NO_TIME)
    if not lines.clock.any():
        return Sentences(lines, lines.logged_t, nothing, lines.told_t)
    logged_t = lines.logged_t.copy()
    dated = np.flatnonzero(lines.clock >= ISO)
    logged_t[dated] = _iso(_texts(text, lines.start[dated], lines.end[dated]))
    return Sentences(lines, logged_t, _heard(text, lines), _clock(text, lines))


def _texts(text: bytes, starts: _Times, ends: _Times) -> pl.Series:
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return pl.Series([text[a:z].decode("latin-1").strip() for a, z in spans], dtype=pl.String)


def _iso(texts: pl.Series) -> _Times:
    said = texts.str.extract(_PREFIX_ISO).str.replace("T", " ")
    t = said.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us").cast(pl.Int64)
    return t.fill_null(NO_TIME).to_numpy()


def _bodies(text: bytes, lines: Lines, clock: int, pattern: str) -> tuple[_Times, pl.DataFrame]:
    """Lines with this clock that fit the pattern: their rows and groups."""
    rows = np.flatnonzero(lines.clock % ISO == clock)
    groups = _texts(text, lines.at[rows], lines.at[rows] + lines.length[rows]).str.extract_groups(pattern)
    return rows, groups.struct.unnest()


def _instant(parts: pl.DataFrame, order: tuple[int, ...], century: int = 0) -> _Times:
    """Year, month, day, hour, minute, second (and millisecond) in these columns; NO_TIME if there is none."""
    names = parts.columns
    day = [pl.col(names[i - 1]).cast(pl.Int32, strict=False) for i in order]
    clock = pl.format(
        "{}-{}-{} {}:{}:{}", day[0] + century, *(d.cast(pl.String).str.zfill(2) for d in day[1:6])
    )
    t = clock.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us").cast(pl.Int64)
    if len(day) > 6:
        t = t + day[6].cast(pl.Int64) * 1000
    return parts.select(t=t.fill_null(NO_TIME))["t"].to_numpy()


def _heard(text: bytes, lines: Lines) -> _Times:
    """Times of `$PGHP` lines given to the sentence they belong to.

    The last field of a `$PGHP` line is the checksum of its sentence. It comes next, as a rule; a log that
    was sorted by another clock may hold it on the line before or on the second after.
    """
    rows, groups = _bodies(text, lines, PGHP, _PGHP)
    out = np.full(len(lines.fate), NO_TIME)
    if not len(rows):
        return out
    t = _instant(groups, (1, 2, 3, 4, 5, 6, 7))
    of = (
        groups[groups.columns[7]]
        .str.to_integer(base=16, strict=False, dtype=pl.Int64)
        .fill_null(-1)
        .to_numpy()
    )
    for shift in (-1, 2, 1):  # what is written last wins
        at = rows + shift
        fits = (at >= 0) & (at < len(out)) & (t != NO_TIME)
        fits[fits] = (lines.fate[at[fits]] == 0) & (lines.checksum[at[fits]] == of[fits])
        out[at[fits]] = t[fits]
    return out


def _clock(text: bytes, lines: Lines) -> _Times:
    """UTC by a receiver's own GNSS (`ZDA`, valid `RMC`) on the lines that carry it."""
    rows, groups = _bodies(text, lines, RMC, _RMC)
    if not len(rows):
        return lines.told_t
    out = lines.told_t.copy()
    out[rows] = _instant(groups, (6, 5, 4, 1, 2, 3), century=2000)
    return out

"""NMEA lines taken apart, whole columns at a time: tag block, sentence, checksum, and what a logger added.

    \\g:1-2-73,s:r08NFTK1,c:1469664000*6E\\!AIVDM,2,1,7,B,55R3Vn82=ILTQ3KK...,0*2A,b003669794,1272412827
     tag block                             sentence                         checksum, trailer

NMEA 0183 (IEC 61162-1) frames the sentence, IEC 62320-1 the tag block; trailers are a habit of loggers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from shiomi.units import SECOND

__all__ = ["sentences"]

_LINE = (
    r"^(?P<prefix>[^!$\\#]*)(?:\\(?P<tag>[^\\]*)\\)?"
    r"(?P<body>[!$][^!$*\\]*)(?:\*(?P<checksum>[0-9A-Fa-f]{2})(?P<trailer>.*))?$"
)
_VDM = (
    r"^!(?P<talker>[^,]{2})VD[MO],(?P<total>[1-9]),(?P<number>[1-9]),(?P<sequence>\d?),(?P<channel>[^,]*),"
    r"(?P<payload>[^,]*),(?P<fill>[0-5])$"
)
_TAG_TIME = r"(?:^|,)c:(\d{10}(?:\.\d+)?|\d{13})(?:,|\*|$)"
_TAG_GROUP = r"(?:^|,)g:\d+-\d+-(\w+)"
_NUMBER_TIME = r"(?:^|,)(\d{10}(?:\.\d+)?|\d{13})\s*$"
_PREFIX_TIME = r"(?:^|[\s,;\[])(\d{10}(?:\.\d+)?|\d{13})[\s,;:\]]*$"
_PREFIX_ISO = r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)Z?[\s,;:\]]*$"
_PGHP = r"^\$PGHP,1,(\d{4}),(\d{1,2}),(\d{1,2}),(\d{1,2}),(\d{1,2}),(\d{1,2}),(\d{1,3}),.*,([0-9A-Fa-f]{2})$"
_ZDA = r"^\$..ZDA,(\d{2})(\d{2})(\d{2})(?:\.\d*)?,(\d{2}),(\d{2}),(\d{4}),"
_RMC = r"^\$..RMC,(\d{2})(\d{2})(\d{2})(?:\.\d*)?,A,(?:[^,]*,){6}(\d{2})(\d{2})(\d{2})(?:,|$)"


def sentences(lines: pl.Series) -> pl.DataFrame:
    """One row a line.

    `fate` is null for a well-formed AIS sentence, otherwise a reason; `is_reject` tells whether that reason
    rejects the line or merely sets it aside. Times are microseconds UTC: `logged_t` by tag block, trailer
    or prefix, `heard_t` by the `$PGHP` line of the sentence, `clock_t` by a receiver's own GNSS.
    """
    part = lines.str.strip_chars().rename("line").to_frame()
    part = part.with_columns(pl.col("line").str.extract_groups(_LINE).struct.unnest())
    part = part.with_columns(pl.col("body").str.extract_groups(_VDM).struct.unnest())
    body, line = pl.col("body"), pl.col("line")
    part = part.with_columns(
        total=pl.col("total").cast(pl.Int8),
        number=pl.col("number").cast(pl.Int8),
        fill=pl.col("fill").cast(pl.Int8),
        group=pl.col("tag").str.extract(_TAG_GROUP),
        sum_is=pl.Series(_xor(part["body"])),
        sum_said=pl.col("checksum").str.to_integer(base=16, strict=False, dtype=pl.UInt8),
        logged_t=_number_time(
            pl.coalesce(
                pl.col("trailer").str.extract(_NUMBER_TIME),
                pl.col("tag").str.extract(_TAG_TIME),
                pl.col("prefix").str.extract(_PREFIX_TIME),
            )
        ).fill_null(
            pl.col("prefix")
            .str.extract(_PREFIX_ISO)
            .str.replace("T", " ")
            .str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
            .cast(pl.Int64)
        ),
    )
    is_vdm = body.str.contains(r"^!..VD[MO],").fill_null(False)
    sum_fails = pl.col("sum_is") != pl.col("sum_said")
    reject = (
        pl.when(line.str.starts_with("#") | (line == ""))
        .then(None)
        .when(body.is_null())
        .then(pl.lit("not_nmea"))
        .when(~is_vdm & ~sum_fails.fill_null(False))
        .then(None)
        .when(pl.col("sum_said").is_null())
        .then(pl.lit("no_checksum"))
        .when(sum_fails)
        .then(pl.lit("bad_checksum"))
        .when(pl.col("total").is_null() | (pl.col("number") > pl.col("total")))
        .then(pl.lit("bad_sentence"))
        .when(~pl.col("payload").str.contains(r"^[0-W`-w]+$"))
        .then(pl.lit("bad_payload"))
    )
    ignore = (
        pl.when(line == "")
        .then(pl.lit("blank_line"))
        .when(line.str.starts_with("#"))
        .then(pl.lit("comment"))
        .when(~is_vdm & body.is_not_null())
        .then(pl.lit("not_ais"))
    )
    part = part.with_columns(reject=reject).with_columns(
        fate=pl.coalesce("reject", ignore), is_reject=pl.col("reject").is_not_null()
    )
    part = part.with_columns(heard_t=_heard(part), clock_t=_clock(part))
    return part.select(
        "fate", "is_reject", "group", "talker", "channel", "sequence", "total", "number", "payload", "fill",
        "logged_t", "heard_t", "clock_t",
    )  # fmt: skip


def _xor(bodies: pl.Series) -> npt.NDArray[np.uint8]:
    """Exclusive or of the characters of each body after its first; 0 where there is none."""
    filled = bodies.fill_null("!").str.replace("", "")
    packed = np.frombuffer("".join(filled.to_list()).encode(), np.uint8)
    ends = np.cumsum(filled.str.len_bytes().to_numpy().astype(np.int64))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    if not len(starts):
        return np.zeros(0, np.uint8)
    return np.asarray(np.bitwise_xor.reduceat(packed, starts) ^ packed[starts], np.uint8)


def _number_time(text: pl.Expr) -> pl.Expr:
    """Ten digits are seconds (2001 to 2286), thirteen milliseconds."""
    unit = pl.when(text.str.contains(r"^\d{13}$")).then(SECOND // 1000).otherwise(SECOND)
    return (text.cast(pl.Float64) * unit).round().cast(pl.Int64)


def _instant(parts: pl.DataFrame, order: tuple[int, ...], century: int = 0) -> pl.Series:
    """Year, month, day, hour, minute, second (and millisecond) in these columns; null if there is none."""
    names = parts.columns
    day = [pl.col(names[i - 1]).cast(pl.Int32, strict=False) for i in order]
    clock = pl.format(
        "{}-{}-{} {}:{}:{}", day[0] + century, *(d.cast(pl.String).str.zfill(2) for d in day[1:6])
    )
    t = clock.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us").cast(pl.Int64)
    if len(day) > 6:
        t = t + day[6].cast(pl.Int64) * 1000
    return parts.select(t=t)["t"]


def _where(part: pl.DataFrame, pattern: str, start: str) -> tuple[pl.Series, pl.DataFrame]:
    """Lines that begin so, fit the pattern and have a right checksum: their rows and groups."""
    some = part["body"].str.contains(start).fill_null(False) & (part["fate"] == "not_ais")
    rows = some.arg_true()
    groups = part["body"].filter(some).str.extract_groups(pattern).struct.unnest()
    return rows, groups


def _scatter(height: int, rows: pl.Series, values: pl.Series, dtype: pl.DataType) -> pl.Series:
    out = pl.Series([None], dtype=dtype).new_from_index(0, height)
    return out.scatter(rows, values) if len(rows) else out


def _heard(part: pl.DataFrame) -> pl.Series:
    """Times of `$PGHP` lines given to the sentence they belong to.

    The last field of a `$PGHP` line is the checksum of its sentence. It comes next, as a rule; a log that
    was sorted by another clock may hold it on the line before or on the second after.
    """
    rows, groups = _where(part, _PGHP, r"^\$PGHP,1,")
    height = part.height
    if not len(rows):
        return pl.Series([None], dtype=pl.Int64).new_from_index(0, height)
    t = _scatter(height, rows, _instant(groups, (1, 2, 3, 4, 5, 6, 7)), pl.Int64())
    of = _scatter(
        height,
        rows,
        groups[groups.columns[7]].str.to_integer(base=16, strict=False, dtype=pl.Int64),
        pl.Int64(),
    )
    both = part.select(said="sum_said", is_ais=pl.col("fate").is_null()).with_columns(t=t, of=of)

    def from_line(shift: int) -> pl.Expr:
        is_its = pl.col("of").shift(shift) == pl.col("said").cast(pl.Int64)
        return pl.when(pl.col("is_ais") & is_its).then(pl.col("t").shift(shift))

    return both.select(t=pl.coalesce(from_line(1), from_line(2), from_line(-1)))["t"]


def _clock(part: pl.DataFrame) -> pl.Series:
    """UTC by a receiver's own GNSS (`ZDA`, valid `RMC`) on the lines that carry it."""
    zda_rows, zda = _where(part, _ZDA, r"^\$..ZDA,")
    rmc_rows, rmc = _where(part, _RMC, r"^\$..RMC,")
    t = _scatter(part.height, zda_rows, _instant(zda, (6, 5, 4, 1, 2, 3)), pl.Int64())
    return t.scatter(rmc_rows, _instant(rmc, (6, 5, 4, 1, 2, 3), century=2000)) if len(rmc_rows) else t

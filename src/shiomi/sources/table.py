"""Any CSV whose columns are known by name or by a mapping; the named feeds are this with a signature."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar

import numpy as np
import polars as pl

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.sources.border import sift
from shiomi.sources.claims import gathered
from shiomi.sources.delimited import Block, blocks, parse
from shiomi.sources.fields import RAW, REQUIRED, STATICS, Mapping, match
from shiomi.sources.open import HEAD_BYTES
from shiomi.sources.times import guess_form, to_microseconds
from shiomi.sources.words import mobile_reason

__all__ = ["Layout", "Table", "layout_of", "missing_columns", "to_instants", "to_raw"]

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
_AT_ONCE = 2
"""Blocks that are parsed at one time, each some 32 MB of text."""
_MOST = 10**12
_NUMERIC = {c for c, d in RAW.items() if d.is_numeric()} - {"t", "received_t"}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the first lines of a delimited file tell of all of it."""

    header: tuple[str, ...]
    columns: dict[str, str]
    """Raw column to column of the header."""
    delimiter: str
    time_form: str
    received_form: str
    is_loose: bool
    """Numbers have blanks around them or a decimal comma, so they are read as text first."""


def layout_of(head: bytes, mapping: Mapping) -> Layout | None:
    """The layout of a file with this beginning, or None if its first line names no known columns."""
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip("\r\n")
    first = text.split("\n", 1)[0]
    if "\0" in first or not first.strip():
        return None
    best: Layout | None = None
    for delimiter in mapping.delimiter or _DELIMITERS:
        rows = _sample(text, delimiter)
        header = tuple(h.strip() for h in rows[0]) if rows else ()
        columns = match(header, mapping)
        if len(header) > 1 and (best is None or len(columns) > len(best.columns)):
            best = _layout(header, columns, delimiter, rows[1:], mapping)
    return best if best is not None and len(best.columns) > 1 else None


def _sample(text: str, delimiter: str) -> list[list[str]]:
    lines = text.split("\n", _SAMPLE_ROWS + 1)[: _SAMPLE_ROWS + 1]
    try:
        return [row for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter) if row]
    except csv.Error:
        return []


def _layout(
    header: tuple[str, ...], columns: dict[str, str], delimiter: str, rows: list[list[str]], mapping: Mapping
) -> Layout:
    def sample(raw: str) -> pl.Series:
        i = header.index(columns[raw]) if raw in columns else -1
        texts = [row[i].strip() for row in rows if 0 <= i < len(row)]
        return pl.Series([t for t in texts if t], dtype=pl.String)

    places = pl.concat([sample("lat_deg"), sample("lon_deg")])
    body = "\n".join(delimiter.join(row) for row in rows)
    has_blanks = f"{delimiter} " in body or f" {delimiter}" in body
    is_loose = has_blanks or bool(places.str.contains(r"^-?\d+,\d+$").any())
    return Layout(
        header,
        columns,
        delimiter,
        mapping.time_form or guess_form(sample("t")),
        guess_form(sample("received_t")) or "iso",
        is_loose,
    )


def missing_columns(columns: dict[str, str]) -> list[str]:
    """The raw columns without which there is no position."""
    return [c for c in REQUIRED if c not in columns]


@dataclass(frozen=True, slots=True)
class Table:
    """Delimited text with a header line."""

    name: ClassVar[str] = "table"

    mapping: Mapping = field(default_factory=Mapping)
    now_t: int | None = None

    def recognises(self, head: bytes) -> bool:
        """Whether the first line names who, when and where."""
        layout = layout_of(head, self.mapping)
        return layout is not None and not missing_columns(layout.columns)

    def read(self, stream: BinaryIO, source_id: int) -> Iterator[Chunk]:
        """The rows in blocks of some 32 MB.

        Raises:
            Unreadable: the file breaks off, has no usable header, or its dates could be read in two ways.
        """
        head = _first_bytes(stream)
        layout = layout_of(head, self.mapping)
        if layout is None or missing_columns(layout.columns):
            raise Unreadable(_name_of(stream), "no known columns in its first line", "give a mapping")
        if not layout.time_form:
            raise Unreadable(
                _name_of(stream),
                f"it is not clear whether the day or the month comes first in column {layout.columns['t']!r}",
                'say so in a mapping, for instance [time] form = "%d/%m/%Y %H:%M:%S"',
            )
        rest = blocks(stream, head.removeprefix(b"\xef\xbb\xbf"), layout.delimiter, len(layout.header))
        chunks = _in_turn(
            lambda rows: _chunk(rows, layout, self.mapping, source_id, self.now_t), _rows_of(rest)
        )
        yield from gathered(chunks, source_id)


def _rows_of(rest: Iterator[Block]) -> Iterator[Block]:
    """Blocks that hold rows, without the header."""
    is_first = True
    for block in rest:
        rows = _without_header(block) if is_first else block
        is_first = is_first and not len(rows.starts) and not _holds_header(block)
        if len(rows.starts):
            yield rows


def _in_turn(
    make: Callable[[Block], tuple[Chunk, pl.DataFrame]], pieces: Iterator[Block]
) -> Iterator[tuple[Chunk, pl.DataFrame]]:
    """What is made of each piece, in their order; two are in the making while the next is found.

    Where finding the next fails, what was found before is given first.
    """
    making: deque[Future[tuple[Chunk, pl.DataFrame]]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for piece in pieces:
                making.append(pool.submit(make, piece))
                if len(making) > _AT_ONCE:
                    yield making.popleft().result()
        except Unreadable:
            yield from (m.result() for m in making)
            raise
        yield from (m.result() for m in making)


def _first_bytes(stream: BinaryIO) -> bytes:
    parts: list[bytes] = []
    while sum(map(len, parts)) < HEAD_BYTES and (part := stream.read(HEAD_BYTES)):
        parts.append(part)
    return b"".join(parts)


def _name_of(stream: BinaryIO) -> str:
    return str(getattr(stream, "name", "input"))


def _holds_header(block: Block) -> bool:
    return bool((~block.is_blank).any())


def _without_header(block: Block) -> Block:
    """The rows after the first that is not blank; that one, the header, is no row."""
    first = int(np.argmax(~block.is_blank)) + 1 if _holds_header(block) else len(block.starts)
    return block.take(slice(first, None))


def _chunk(
    block: Block, layout: Layout, mapping: Mapping, source_id: int, now_t: int | None
) -> tuple[Chunk, pl.DataFrame]:
    by_name = {column: raw for raw, column in layout.columns.items()}
    # A name may stand twice in a header; the position in the line is what counts.
    columns = {f"{i}": h for i, h in enumerate(layout.header)}
    wanted = [i for i, h in columns.items() if h in by_name and int(i) == layout.header.index(h)]
    schema: dict[str, Any] = {
        i: pl.Float64 if by_name.get(h) in _NUMERIC and not layout.is_loose else pl.String
        for i, h in columns.items()
    }
    frame, places, failed = parse(block, schema, wanted, layout.delimiter)
    if layout.is_loose:
        frame = frame.with_columns(pl.all().str.strip_chars())
        frame = frame.with_columns(
            pl.col(i).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
            for i in wanted
            if by_name[columns[i]] in _NUMERIC
        )
    named = frame.rename({i: columns[i] for i in wanted})
    raw = to_raw(named, layout.columns, layout.time_form, layout.received_form, mapping)
    raw = raw.with_columns(source_row=pl.Series(block.lines[places], dtype=pl.Int64))
    odd = sorted([*np.flatnonzero(block.is_bad).tolist(), *failed])
    blank = np.flatnonzero(block.is_blank).tolist()
    if odd or blank:
        where = np.concatenate([places, np.array(odd + blank, np.int64)])
        apart = pl.DataFrame(
            {
                "source_row": block.lines[np.array(odd + blank, np.int64)],
                "reject": ["bad_row"] * len(odd) + [None] * len(blank),
                "ignore": [None] * len(odd) + ["blank_line"] * len(blank),
            },
            schema_overrides={"reject": pl.String, "ignore": pl.String},
        )
        raw = pl.concat([raw, apart], how="diagonal").with_columns(place=pl.Series(where)).sort("source_row")
        places = raw["place"].to_numpy()
    chunk, few = sift(raw, source_id, lambda some: block.texts(places[some].tolist()), now_t)
    # Texts are views of the block, which would stay as long as one of them.
    return chunk, pl.DataFrame(few.to_arrow(compat_level=pl.CompatLevel.oldest()))


def to_raw(
    frame: pl.DataFrame, columns: dict[str, str], time_form: str, received_form: str, mapping: Mapping
) -> pl.DataFrame:
    """Columns of a feed, as text or numbers, to the raw columns and types that the border takes."""
    made: dict[str, pl.Series] = {}
    for raw, column in columns.items():
        values = frame[column]
        if raw in ("t", "received_t"):
            form = time_form if raw == "t" else received_form
            values = to_instants(values, form, mapping.utc_offset_s)
        elif raw in STATICS and _may_stay(values, RAW[raw]):
            pass  # `in_words` of the few that are left once equal claims are one
        elif RAW[raw].is_numeric():
            values = _whole(values) if RAW[raw].is_integer() else values.cast(pl.Float64, strict=False)
            if raw == "sog_kn" and mapping.speed_kn != 1:
                values = values * mapping.speed_kn
        elif not (raw == "nav_status" and values.dtype.is_integer()):
            values = values.cast(pl.String, strict=False)
        made[raw] = values.alias(raw)
    out = pl.DataFrame(list(made.values()))
    if "mobile" in made:
        out = out.with_columns(ignore=mobile_reason(out["mobile"]))
    return out


def _may_stay(values: pl.Series, wanted: pl.DataType) -> bool:
    """Whether a column can be cast when few of its rows are left."""
    if isinstance(values.dtype, pl.Categorical):
        return wanted == pl.String
    return values.dtype == pl.String or values.dtype.is_integer() or values.dtype.is_float()


def _whole(values: pl.Series) -> pl.Series:
    """Numbers from 0 to a million million that are whole; null for any other."""
    if values.dtype.is_integer():
        values = values.cast(pl.Int64, strict=False)
        is_meant = values.is_between(0, _MOST)
        return values if is_meant.all() else values.set(~is_meant, None)
    values = values.cast(pl.Float64, strict=False)
    whole = values.is_finite() & (values == values.floor()) & values.is_between(0, _MOST)
    return values.set(~whole.fill_null(False), None).cast(pl.Int64)


def to_instants(values: pl.Series, form: str, utc_offset_s: int) -> pl.Series:
    """A column of times of any type as microseconds UTC, null where one cannot be read."""
    if values.dtype == pl.Datetime:
        zone = getattr(values.dtype, "time_zone", None)
        us = values.cast(pl.Datetime("us", zone)).cast(pl.Int64)
        return us if zone else us - utc_offset_s * 1_000_000
    return to_microseconds(values.cast(pl.String, strict=False), form, utc_offset_s)

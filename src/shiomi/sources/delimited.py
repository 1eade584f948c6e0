"""Delimited text cut into blocks of whole rows, each row known by its line number before it is parsed.

A parser that meets a stray quote may lose rows without a word. So the rows of a block are found first,
by where its line ends and delimiters lie; a row with the wrong number of fields is set aside with its
line number and text, and only the others are parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.kernels.cells import NUMBER, TEXT, UNUSED, cells_of
from shiomi.kernels.rows import lines_of
from shiomi.sources.open import whole_lines

__all__ = ["Block", "blocks", "parse", "scan"]

BLOCK_BYTES = 32 << 20
_MAX_ROW_LINES = 100
"""A quoted field may hold line ends; one that holds more than this is a stray quote."""
_MAX_ROW_BYTES = 1 << 20

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file; row i is `data[starts[i]:ends[i]]` and begins on line `lines[i]`."""

    data: bytes
    starts: _Ints
    ends: _Ints
    lines: _Ints
    is_bad: npt.NDArray[np.bool_]
    is_blank: npt.NDArray[np.bool_]

    def take(self, some: slice | npt.NDArray[np.bool_]) -> Block:
        """Only these rows."""
        starts, ends, lines = self.starts[some], self.ends[some], self.lines[some]
        return Block(self.data, starts, ends, lines, self.is_bad[some], self.is_blank[some])

    def texts(self, rows: list[int]) -> list[str]:
        """These rows as they stood, without their line end."""
        return [
            self.data[self.starts[i] : self.ends[i]].decode("utf-8", "replace").rstrip("\r") for i in rows
        ]


def blocks(stream: BinaryIO, first: bytes, delimiter: str, width: int) -> Iterator[Block]:
    """The rest of a file, of which `first` was already read, as blocks of rows of `width` fields.

    Raises:
        Unreadable: the file breaks off; every whole line before the break has been given.
    """
    held, line = b"", 1
    for pieces, is_last in whole_lines(stream, BLOCK_BYTES, first):
        data = b"".join([held, *pieces])
        if data and (pieces or is_last):
            block, used, lines = scan(_as_utf8(data), delimiter, width, line, is_last=is_last)
            held = block.data[used:]
            yield block
            line += lines


def scan(
    data: bytes, delimiter: str, width: int, line: int, *, is_last: bool = True
) -> tuple[Block, int, int]:
    """Find the rows of `data`, which ends with a line end; how many bytes and how many lines they take.

    Where more is to come, a quoted field still open at the end is left for the next block.
    """
    ends, delimiters = lines_of(data, delimiter)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    lines = np.arange(line, line + len(ends), dtype=np.int64)
    used = len(data)
    buffer = np.frombuffer(data, np.uint8)
    odd = np.zeros(0, np.int64)
    if b'"' in data:
        quotes_open = np.cumsum(buffer == 34, dtype=np.uint8) & 1
        before = np.concatenate([np.zeros(1, np.uint8), quotes_open[ends[:-1]]])
        seps = np.flatnonzero(buffer == ord(delimiter))
        seps = seps[quotes_open[seps] == before[np.searchsorted(ends, seps)]]
        odd = np.flatnonzero(quotes_open[ends] != before)
        delimiters = np.searchsorted(seps, ends) - np.searchsorted(seps, starts)
    is_bad = delimiters != width - 1
    keep = np.ones(len(ends), np.bool_)
    if len(odd):
        is_bad[odd] = True
        used = _join_lines(data, odd, starts, ends, is_bad, keep, delimiter, width, is_last)
    settled = int(np.searchsorted(starts, used))
    keep[settled:] = False
    lengths = ends - starts
    is_blank = (lengths == 0) | ((lengths == 1) & (buffer[starts] == 13))
    block = Block(data, starts, ends, lines, is_bad & ~is_blank, is_blank)
    return block if keep.all() else block.take(keep), used, settled


def _join_lines(
    data: bytes,
    odd: _Ints,
    starts: _Ints,
    ends: _Ints,
    is_bad: npt.NDArray[np.bool_],
    keep: npt.NDArray[np.bool_],
    delimiter: str,
    width: int,
    is_last: bool,
) -> int:
    """Join lines that share a quoted field, in place; gives how many bytes are settled.

    A line with an odd number of quotes opens a field that a later such line closes. If the two do not
    make a row of the right width, the first is a bad row by itself and the second is tried anew.
    """
    k = 0
    while k < len(odd):
        i = int(odd[k])
        if k + 1 == len(odd):
            is_open = len(starts) - i <= _MAX_ROW_LINES and len(data) - starts[i] <= _MAX_ROW_BYTES
            return int(starts[i]) if is_open and not is_last and i else len(data)
        j = int(odd[k + 1])
        if j - i <= _MAX_ROW_LINES and _width(data[starts[i] : ends[j]], delimiter) == width:
            ends[i] = ends[j]
            keep[i + 1 : j + 1] = False
            is_bad[i] = False
            k += 2
        else:
            k += 1
    return len(data)


def _width(row: bytes, delimiter: str) -> int:
    return sum(part.count(delimiter.encode()) for part in row.split(b'"')[::2]) + 1


def parse(
    block: Block, schema: dict[str, Any], wanted: list[str], delimiter: str
) -> tuple[pl.DataFrame, _Ints, list[int]]:
    """The rows of a block as typed columns, null where a value is no number.

    Gives the frame, the row of the block behind each of its rows, and the rows that could not be parsed.
    """
    rows = np.flatnonzero(~(block.is_bad | block.is_blank))
    frames: list[pl.DataFrame] = []
    parsed: list[npt.NDArray[np.int64]] = []
    failed: list[int] = []
    if b'"' not in block.data:
        plain, is_plain = _plain(block.data, block.starts[rows], block.ends[rows], schema, wanted, delimiter)
        frames, parsed, rows = [plain], [rows[is_plain]], rows[~is_plain]
    todo = [rows] if len(rows) else []
    while todo:
        some = todo.pop()
        frame = _parse(_bytes_of(block, some), schema, wanted, delimiter)
        if frame is not None and frame.height == len(some):
            frames.append(frame)
            parsed.append(some)
        elif len(some) == 1:
            failed.append(int(some[0]))
        else:
            middle = len(some) // 2
            todo += [some[middle:], some[:middle]]
    if not frames:
        empty = pl.DataFrame(schema={c: schema[c] for c in wanted})
        return empty, rows[:0], failed
    if len(frames) == 1:
        return frames[0], parsed[0], failed
    places = np.concatenate(parsed)
    order = np.argsort(places)
    return pl.concat(frames)[order], places[order], failed


def _plain(
    data: bytes, starts: _Ints, ends: _Ints, schema: dict[str, Any], wanted: list[str], delimiter: str
) -> tuple[pl.DataFrame, npt.NDArray[np.bool_]]:
    """The rows in which every number is written plainly, as most are, and which rows these are."""
    kinds = {c: NUMBER if d == pl.Float64 else TEXT for c, d in schema.items() if c in wanted}
    becomes = np.array([kinds.get(c, UNUSED) for c in schema], np.int8)
    numbers, views, is_there, is_plain = cells_of(data, starts, ends, delimiter, becomes)
    values = (pl.Series(n, nan_to_null=True) for n in numbers)
    texts = (_texts(data, v, there) for v, there in zip(views, is_there, strict=True))
    frame = pl.DataFrame({c: next(values if kind == NUMBER else texts) for c, kind in kinds.items()})
    frame = frame.select(wanted)
    return frame if is_plain.all() else frame.filter(is_plain), is_plain


def _texts(data: bytes, views: npt.NDArray[np.uint64], is_there: npt.NDArray[np.bool_]) -> pl.Series:
    valid = np.packbits(is_there, bitorder="little")
    buffers = [pa.py_buffer(b) for b in (valid, views, data)]
    texts = pl.from_arrow(pa.Array.from_buffers(pa.string_view(), len(views), buffers))
    assert isinstance(texts, pl.Series)
    return texts


def _bytes_of(block: Block, rows: _Ints) -> bytes:
    """The rows put together; runs of neighbours are taken in one slice."""
    if len(rows) == len(block.starts):
        return block.data[block.starts[0] : block.ends[-1] + 1]
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    firsts = rows[np.concatenate([[0], breaks])]
    lasts = rows[np.concatenate([breaks - 1, [len(rows) - 1]])]
    spans = zip(block.starts[firsts].tolist(), block.ends[lasts].tolist(), strict=True)
    return b"".join(block.data[a : b + 1] for a, b in spans)


def _parse(data: bytes, schema: dict[str, Any], wanted: list[str], delimiter: str) -> pl.DataFrame | None:
    names = list(schema)
    try:
        return pl.read_csv(
            data,
            has_header=False,
            schema=schema,
            columns=[names.index(c) for c in wanted],
            separator=delimiter,
            quote_char='"' if b'"' in data else None,
            ignore_errors=True,
        )
    except pl.exceptions.PolarsError:
        return None


def _as_utf8(data: bytes) -> bytes:
    """Text in UTF-8; lines that are not are taken as Windows-1252, whose every letter Latin-1 shares."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return b"\n".join(_line_as_utf8(line) for line in data.split(b"\n"))
    return data


def _line_as_utf8(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").encode()
    return line

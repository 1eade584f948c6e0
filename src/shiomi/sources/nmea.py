"""NMEA 0183 logs of AIS: any talker, tag blocks, sentence groups, and the times loggers add.

lines -> sentences (`sentences.py`) -> whole messages (`assemble.py`) -> fields (`payload.py`)
      -> times (`kernels/clock.py`) -> the border
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.contracts import Chunk
from shiomi.kernels.clock import near_times
from shiomi.kernels.eights import EIGHT, words_of
from shiomi.kernels.fates import whole_messages
from shiomi.kernels.payload import Messages, read_payloads
from shiomi.kernels.sentences import NO_TIME, Lines
from shiomi.sources.assemble import WINDOW_LINES, assemble
from shiomi.sources.messages import Told, chunk_of, told_of
from shiomi.sources.open import whole_lines
from shiomi.sources.sentences import Sentences, sentences

__all__ = ["Nmea"]

_BLOCK_BYTES = 1 << 20
"""Lines are taken apart in blocks that stay near the processor."""
_CHUNK_BYTES = 48 << 20
_LOOK = 2  # a `$PGHP` line may be two lines from its sentence
_IS_AIS = re.compile(rb"![^,\s]{2}VD[MO],\d,\d,\d?,[^,]{0,2},")
_IS_NMEA = re.compile(rb"(?m)^(?:\\[^\\\r\n]*\\)?[!$][A-Z]{4,5}[A-Z0-9]?,[^\r\n*]*\*[0-9A-Fa-f]{2}")

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Nmea:
    """AIVDM and AIVDO sentences, a line each, among whatever else a receiver writes."""

    name: ClassVar[str] = "nmea"

    first_t: int | None = None
    """When the log begins, for logs that carry no time at all; microseconds UTC."""
    now_t: int | None = None

    def recognises(self, head: bytes) -> bool:
        """Whether a line of it is an NMEA sentence."""
        return b"\0" not in head and bool(_IS_AIS.search(head) or _IS_NMEA.search(head))

    def read(self, stream: BinaryIO, source_id: int) -> Iterator[Chunk]:
        """The lines in chunks of some 48 MB; parts of a message are counted where it is complete.

        Raises:
            Unreadable: the file breaks off.
        """
        waiting, kept, rows = _NONE_WAITING, b"", 0
        past_t = NO_TIME if self.first_t is None else self.first_t
        seen = 0
        blocks: list[Told] = []
        for new, is_last in whole_lines(stream, _BLOCK_BYTES):
            pieces = [waiting.text, kept, *new]
            text = b"".join([*pieces, bytes(-sum(map(len, pieces)) % EIGHT)])
            whole = sentences(text)
            count = len(whole.lines.fate)
            first = len(waiting.row) + seen
            upto = count if is_last else max(first, count - _LOOK)
            seen = min(upto - len(waiting.row), _LOOK)
            kept = b"".join(_lines(text, whole.lines, range(upto - seen, count)))
            part = _part(whole, waiting, first, upto)
            numbers = np.concatenate([waiting.row, np.arange(rows + 1, rows + 1 + upto - first)])
            rows += upto - first
            told, waiting, past_t = _told(text, part, numbers, waiting, past_t, is_last)
            blocks.append(told)
            if is_last or sum(len(b.text) for b in blocks) >= _CHUNK_BYTES:
                if any(b.rows for b in blocks):
                    yield chunk_of(blocks, source_id, self.now_t)
                blocks = []


class _Waiting(NamedTuple):
    """Lines that wait for another part of their message."""

    text: bytes
    row: _I64
    heard_t: _I64
    past_t: _I64
    """The last time told before each of them."""


_NO_ROWS = np.zeros(0, np.int64)
_NONE_WAITING = _Waiting(b"", _NO_ROWS, _NO_ROWS, _NO_ROWS)


def _lines(text: bytes, lines: Lines, some: Iterable[int]) -> list[bytes]:
    """These lines with their line ends."""
    return [text[lines.start[i] : lines.end[i] + 1] for i in some]


def _part(whole: Sentences, waiting: _Waiting, first: int, upto: int) -> Sentences:
    """The lines that waited, and those from `first` to `upto`; between them stand lines given before, which
    make way."""
    n = len(waiting.row)
    lines, logged_t, heard_t, clock_t = whole
    heard_t[:n] = waiting.heard_t
    # Some of these columns are one array.
    for column in {id(c): c for c in (*lines, logged_t, heard_t, clock_t)}.values():
        column[first - n : first] = column[:n].copy()
    some = slice(first - n, upto)
    cut = Lines._make(c[some] for c in lines)
    return Sentences(cut, logged_t[some], heard_t[some], clock_t[some])


def _told(
    text: bytes,
    part: Sentences,
    row: _I64,
    waiting: _Waiting,
    past_t: int,
    is_last: bool,
) -> tuple[Told, _Waiting, int]:
    """What the lines tell; the lines that still wait for a part; the last time known."""
    lines, logged_t, heard_t, clock_t = part
    heads, following, lost = _messages(lines, row)
    letters = np.frombuffer(text, np.uint8)
    messages = Messages(
        *read_payloads(letters, words_of(letters), heads, following, lines.at, lines.length, lines.fill)
    )
    waits = lost if not is_last else lost[:0]
    waits = waits[row[waits] > row[-1] - WINDOW_LINES] if len(waits) else waits
    near_t, received_t, before_t, past_t = near_times(
        logged_t, heard_t, clock_t, heads, following, messages.station_t, waits, waiting.past_t, past_t
    )
    told = told_of(text, lines, row, heads, messages, near_t, received_t, following, lost, waits)
    held = b"".join(_lines(text, lines, waits.tolist()))
    return told, _Waiting(held, row[waits], heard_t[waits], before_t), past_t


def _messages(lines: Lines, row: _I64) -> tuple[_I64, _I64, _I64]:
    """First line of each message; the line after each in its message, or -1; lines without the others."""
    is_head, many, following = whole_messages(lines.fate, lines.total)
    if not len(many):
        return np.flatnonzero(is_head), following, many
    number = lines.number[many].astype(np.int64)
    head = assemble(row[many], lines.key[many], number, lines.total[many].astype(np.int64))
    is_head[many[head[head >= 0]]] = True
    order = np.lexsort((number, head))
    order = order[head[order] >= 0]
    same = head[order[1:]] == head[order[:-1]]
    following[many[order[:-1][same]]] = many[order[1:][same]]
    return np.flatnonzero(is_head), following, many[head < 0]

"""NMEA 0183 logs of AIS: any talker, tag blocks, sentence groups, and the times loggers add.

lines -> sentences (`sentences.py`) -> whole messages (`assemble.py`) -> fields (`payload.py`)
      -> times (`clock.py`) -> the border
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.kernels.payload import Messages, read_payloads
from shiomi.kernels.sentences import Lines
from shiomi.sources.assemble import WINDOW_LINES, assemble
from shiomi.sources.clock import NO_TIME, first_known, last_known, sent_t
from shiomi.sources.messages import Told, chunk_of, line_fates
from shiomi.sources.open import parts
from shiomi.sources.sentences import Sentences, sentences

__all__ = ["Nmea"]

_BLOCK_BYTES = 24 << 20
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
        """The lines in blocks of some 24 MB; parts of a message are counted where it is complete.

        Raises:
            Unreadable: the file breaks off.
        """
        waiting, kept, rows = _NONE_WAITING, b"", 0
        past_t = NO_TIME if self.first_t is None else self.first_t
        seen = 0
        for new, is_last in _whole_lines(stream):
            text = b"".join([waiting.text, kept, *new])
            whole = sentences(text)
            count = len(whole.lines.fate)
            first = len(waiting.row) + seen
            upto = count if is_last else max(first, count - _LOOK)
            part = _part(whole, waiting, first, upto)
            numbers = np.concatenate([waiting.row, np.arange(rows + 1, rows + 1 + upto - first)])
            rows += upto - first
            seen = min(upto - len(waiting.row), _LOOK)
            told, waiting, past_t = _told(text, part, numbers, waiting, past_t, is_last)
            if told.rows:
                yield chunk_of(told, source_id, self.now_t)
            kept = b"".join(_lines(text, whole.lines, range(upto - seen, count)))


class _Waiting(NamedTuple):
    """Lines that wait for another part of their message."""

    text: bytes
    row: _I64
    heard_t: _I64
    past_t: _I64
    """The last time told before each of them."""


_NO_ROWS = np.zeros(0, np.int64)
_NONE_WAITING = _Waiting(b"", _NO_ROWS, _NO_ROWS, _NO_ROWS)


def _whole_lines(stream: BinaryIO) -> Iterator[tuple[list[bytes | memoryview], bool]]:
    """Pieces that together end with a line end, and whether they are the last.

    A line in which the file breaks off is left out.
    """
    tail: list[bytes | memoryview] = []
    broken: Unreadable | None = None
    feed = parts(stream, _BLOCK_BYTES)
    is_last = False
    while not is_last:
        piece: list[bytes] = []
        try:
            piece = next(feed, [])
        except Unreadable as e:
            broken = e
        is_last = not piece
        if is_last and broken is None and any(map(len, tail)):
            piece = [b"\n"]
        cuts = [part.rfind(b"\n") + 1 for part in piece]
        last = max((i for i, cut in enumerate(cuts) if cut), default=-1)
        if last < 0:
            tail += piece
            yield [], is_last
            continue
        yield [*tail, *piece[:last], memoryview(piece[last])[: cuts[last]]], is_last
        tail = [memoryview(piece[last])[cuts[last] :], *piece[last + 1 :]]
    if broken is not None:
        raise broken


def _lines(text: bytes, lines: Lines, some: Iterable[int]) -> list[bytes]:
    """These lines with their line ends."""
    return [text[lines.start[i] : lines.end[i] + 1] for i in some]


def _part(whole: Sentences, waiting: _Waiting, first: int, upto: int) -> Sentences:
    """The lines that waited, and those from `first` to `upto`; between them stand lines given before."""
    n = len(waiting.row)

    def cut(column: Any) -> Any:
        return np.concatenate([column[:n], column[first:upto]]) if n else column[first:upto]

    lines, logged_t, heard_t, clock_t = whole
    heard_t[:n] = waiting.heard_t
    return Sentences(Lines(*map(cut, lines)), cut(logged_t), cut(heard_t), cut(clock_t))


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
    n = len(waiting.row)
    heads, following, lost = _messages(lines, row)
    messages = Messages(
        *read_payloads(np.frombuffer(text, np.uint8), heads, following, lines.at, lines.length, lines.fill)
    )
    for t in (logged_t, heard_t):
        _fill_from_parts(t, heads, following)
    own_t = first_known(heard_t, logged_t)
    station_t = np.full(len(row), NO_TIME)
    station_t[heads] = messages.station_t
    now_t = last_known(first_known(own_t, clock_t, station_t)[n:], past_t)
    so_far_t = np.concatenate([waiting.past_t, now_t])
    near_t = first_known(own_t, so_far_t)[heads]

    waits = lost if not is_last else lost[:0]
    waits = waits[row[waits] > row[-1] - WINDOW_LINES] if len(waits) else waits
    fate = line_fates(lines.fate, heads, messages, near_t, following, lost, waits)
    told = Told(
        len(row) - len(waits), text, lines.start, lines.end, row, fate, heads, messages,
        sent_t(near_t, messages.second), first_known(logged_t, heard_t)[heads],
    )  # fmt: skip
    held = b"".join(_lines(text, lines, waits.tolist()))
    still = _Waiting(held, row[waits], heard_t[waits], so_far_t[waits])
    return told, still, int(now_t[-1]) if len(now_t) else past_t


def _messages(lines: Lines, row: _I64) -> tuple[_I64, _I64, _I64]:
    """First line of each message; the line after each in its message, or -1; lines without the others."""
    is_ais = lines.fate == 0
    following = np.full(len(row), -1, np.int64)
    many = np.flatnonzero(is_ais & (lines.total > 1))
    if not len(many):
        return np.flatnonzero(is_ais), following, many
    number = lines.number[many].astype(np.int64)
    head = assemble(row[many], lines.key[many], number, lines.total[many].astype(np.int64))
    is_head = is_ais & (lines.total == 1)
    is_head[many[head[head >= 0]]] = True
    order = np.lexsort((number, head))
    order = order[head[order] >= 0]
    same = head[order[1:]] == head[order[:-1]]
    following[many[order[:-1][same]]] = many[order[1:][same]]
    return np.flatnonzero(is_head), following, many[head < 0]


def _fill_from_parts(t: _I64, heads: _I64, following: _I64) -> None:
    """Gives the first line of a message the first time that any of its parts has."""
    some = heads[(following[heads] >= 0) & (t[heads] == NO_TIME)]
    part = following[some]
    while len(some):
        t[some] = t[part]
        on = (t[some] == NO_TIME) & (following[part] >= 0)
        some, part = some[on], following[part[on]]

"""NMEA 0183 logs of AIS: any talker, tag blocks, sentence groups, and the times loggers add.

lines -> sentences (`sentences.py`) -> whole messages (`assemble.py`) -> fields (`payload.py`)
      -> times (`clock.py`) -> the border
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

import polars as pl

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.sources.assemble import WINDOW_LINES, assemble
from shiomi.sources.border import cross
from shiomi.sources.clock import around, sent_t
from shiomi.sources.open import pieces
from shiomi.sources.payload import decode
from shiomi.sources.sentences import sentences

__all__ = ["Nmea"]

_BLOCK_BYTES = 16 << 20
_LOOK = 2  # a `$PGHP` line may be two lines from its sentence
_IS_AIS = re.compile(rb"![^,\s]{2}VD[MO],\d,\d,\d?,[^,]{0,2},")
_IS_NMEA = re.compile(rb"(?m)^(?:\\[^\\\r\n]*\\)?[!$][A-Z]{4,5}[A-Z0-9]?,[^\r\n*]*\*[0-9A-Fa-f]{2}")


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
        """The lines in blocks of some 16 MB; parts of a message are counted where it is complete.

        Raises:
            Unreadable: the file breaks off.
        """
        held, past_t = pl.DataFrame(), self.first_t
        for block, is_last in _blocks(stream):
            rows = block if held.is_empty() else pl.concat([held, block], how="diagonal")
            rows, held, past_t = _with_messages(rows, past_t, is_last)
            if rows.height:
                yield _chunk(rows, source_id, self.now_t)


def _blocks(stream: BinaryIO) -> Iterator[tuple[pl.DataFrame, bool]]:
    """Lines taken apart, each once, though sentences are looked at together with their neighbours."""
    context: list[str] = []
    seen, row, tail = 0, 1, b""
    broken: Unreadable | None = None
    feed = pieces(stream, _BLOCK_BYTES)
    is_last = False
    while not is_last:
        piece = b""
        try:
            piece = next(feed, b"")
        except Unreadable as e:
            broken = e
        is_last = not piece
        tail += piece
        cut = len(tail) if is_last and broken is None else tail.rfind(b"\n") + 1
        text, tail = tail[:cut], tail[cut:]
        new = text.decode("latin-1").removesuffix("\n").split("\n") if text else []
        lines = context + new
        upto = len(lines) if is_last else max(seen, len(lines) - _LOOK)
        if upto > seen:
            whole = pl.Series("text", lines, pl.String)
            part = sentences(whole).with_columns(whole)[seen:upto]
            numbers = pl.int_range(row, row + part.height, dtype=pl.Int64)
            yield part.with_columns(source_row=numbers), is_last
            row += part.height
        elif is_last:
            yield pl.DataFrame(), True
        context = lines[max(0, upto - _LOOK) :]
        seen = min(upto, _LOOK)
    if broken is not None:
        raise broken


def _with_messages(
    rows: pl.DataFrame, past_t: int | None, is_last: bool
) -> tuple[pl.DataFrame, pl.DataFrame, int | None]:
    """Lines with the fields of their message; the lines that still wait for a part; the last time known."""
    if rows.is_empty():
        return rows, rows, past_t
    if "past_t" not in rows.columns:
        rows = rows.with_columns(past_t=pl.lit(None, pl.Int64))
    wanted = rows.filter(pl.col("fate").is_null())
    many = wanted.filter(pl.col("total") > 1)
    heads = assemble(many) if many.height else many.select("source_row", head="source_row")
    rows = rows.join(heads, on="source_row", how="left", maintain_order="left")
    is_single = pl.col("fate").is_null() & (pl.col("total") == 1)
    rows = rows.with_columns(head=pl.when(is_single).then("source_row").otherwise("head"))

    messages = (
        rows.filter(pl.col("head").is_not_null())
        .sort("head", "number")
        .group_by("head", maintain_order=True)
        .agg(
            pl.col("payload").str.join(""),
            pl.col("fill").last(),
            pl.col("heard_t").drop_nulls().first(),
            pl.col("logged_t").drop_nulls().first(),
        )
        if many.height
        else rows.filter(is_single).select("head", "payload", "fill", "heard_t", "logged_t")
    )
    fields = decode(messages["payload"], messages["fill"]).rename(
        {"fate": "kind", "is_reject": "kind_reject"}
    )
    fields = fields.with_columns(
        messages["head"], own_heard=messages["heard_t"], own_logged=messages["logged_t"]
    )
    rows = rows.join(fields, left_on="source_row", right_on="head", how="left", maintain_order="left")
    rows = rows.with_columns(
        heard_t=pl.coalesce("heard_t", "own_heard"), logged_t=pl.coalesce("logged_t", "own_logged")
    )
    rows = around(rows, past_t)
    last_t = rows["past_t"][-1]

    waits = pl.col("fate").is_null() & pl.col("head").is_null()
    if not is_last:
        waits_on = waits & (pl.col("source_row") > rows["source_row"][-1] - WINDOW_LINES)
        kept = [c for c in _LINE_COLUMNS if c in rows.columns]
        return rows.filter(~waits_on), rows.filter(waits_on).select(kept), last_t
    return rows, pl.DataFrame(), last_t


_LINE_COLUMNS = (
    "fate", "is_reject", "group", "talker", "channel", "sequence", "total", "number", "payload", "fill",
    "logged_t", "heard_t", "clock_t", "text", "source_row", "past_t",
)  # fmt: skip


def _chunk(rows: pl.DataFrame, source_id: int, now_t: int | None) -> Chunk:
    is_sentence = pl.col("fate").is_null()
    is_head = is_sentence & (pl.col("head") == pl.col("source_row")).fill_null(False)
    is_lost = is_sentence & pl.col("head").is_null()
    says = is_head & pl.col("kind").is_null()
    reject = (
        pl.when(pl.col("is_reject"))
        .then(pl.col("fate"))
        .when(is_lost)
        .then(pl.lit("missing_part"))
        .when(is_head & pl.col("kind_reject"))
        .then(pl.col("kind"))
        .when(says & pl.col("near_t").is_null())
        .then(pl.lit("no_time"))
    )
    ignore = (
        pl.when(~is_sentence & ~pl.col("is_reject"))
        .then(pl.col("fate"))
        .when(is_sentence & ~is_head & ~is_lost)
        .then(pl.lit("part_of_message"))
        .when(is_head & ~pl.col("kind_reject"))
        .then(pl.col("kind"))
    )
    raw = rows.with_columns(
        reject=reject,
        ignore=ignore,
        received_t=pl.coalesce("logged_t", "heard_t"),
        t=sent_t(pl.col("near_t"), pl.col("second")),
    )
    return cross(raw, source_id, lambda some: [t.rstrip("\r") for t in raw["text"][some].to_list()], now_t)

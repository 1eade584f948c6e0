"""What became of every line of an NMEA log: positions and particulars over the border, the rest counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.contracts import Chunk
from shiomi.kernels.clock import sent_times
from shiomi.kernels.fates import Codes, line_fates
from shiomi.kernels.payload import CHARACTERS, Messages
from shiomi.kernels.sentences import LINE_FATES, NO_TIME, Lines
from shiomi.schema import REJECTS
from shiomi.sources.border import RAW_TEXT_CHARACTERS, cross
from shiomi.sources.payload import statics

__all__ = ["REASONS", "Told", "chunk_of", "told_of"]

REASONS = (
    *LINE_FATES, "missing_part", "bad_length", "bad_type", "no_time", "part_of_message", "", "",
    *(f"type_{k}" for k in range(28)),
)  # fmt: skip
"""Why a line or a message gave no position; its fate is its place here."""
_REJECTED = range(LINE_FATES.index("not_nmea"), REASONS.index("part_of_message"))
_PART = REASONS.index("part_of_message")
_CODES = Codes(
    told=_PART + 1,  # for the border, and, below, not counted yet: neither has a reason
    bad_length=REASONS.index("bad_length"),
    bad_type=REASONS.index("bad_type"),
    no_time=REASONS.index("no_time"),
    type_0=REASONS.index("type_0"),
    part=_PART,
    lost=REASONS.index("missing_part"),
    waits=_PART + 2,
)

_RAW = ("mmsi", "has_position", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status")

_I64 = npt.NDArray[np.int64]
_I8 = npt.NDArray[np.int8]


class Told(NamedTuple):
    """One block: its lines counted, and the messages that are for the border."""

    rows: int
    """How many lines are counted: all but those that wait."""
    counts: _I64
    """Lines by fate."""
    bad: tuple[_I64, _I8, list[str]]
    """Line number in the file, fate and text of the lines that are rejects."""
    kind: _I8
    messages: Messages
    """What is of every message left out; likewise `kind`."""
    row: _I64
    """Line number in the file of the first line of each message."""
    t: _I64
    received_t: _I64
    text: bytes
    start: _I64
    """Where in the text that line begins; `end` likewise."""
    end: _I64


def told_of(
    text: bytes, lines: Lines, row: _I64, heads: _I64, messages: Messages, near_t: _I64, received_t: _I64,
    following: _I64, lost: _I64, waits: _I64,
) -> Told:  # fmt: skip
    """What a block of lines comes to.

    Args:
        row: line number in the file of each line.
        heads: first line of each message; what follows is by message.
        following: the line after each in its message, or -1.
        lost: lines whose message is not whole; of them `waits` are not counted yet.
    """
    fate, counts = lines.fate, np.zeros(len(REASONS), np.int64)
    line_fates(fate, heads, messages.fate, messages.kind, near_t, following, lost, waits, _CODES, counts)
    bad = np.flatnonzero((fate >= _REJECTED.start) & (fate < _REJECTED.stop))
    of = messages.of
    if (near_t[of] == NO_TIME).any():
        some = near_t[of] != NO_TIME
        of = of[some]
        messages = Messages._make([*messages[:4], *(c[some] for c in messages[4:-1]), messages.sixbits])
    first = heads[of]
    return Told(
        len(row) - len(waits), counts,
        (row[bad], fate[bad], _texts(text, lines.start[bad], lines.end[bad])),
        messages.kind[of], messages, row[first], sent_times(near_t[of], messages.second), received_t[of],
        text, lines.start[first], lines.end[first],
    )  # fmt: skip


def chunk_of(told: list[Told], source_id: int, now_t: int | None) -> Chunk:
    """Blocks as one chunk in which every line is counted once."""
    counts = np.sum([b.counts for b in told], axis=0)
    raw, shared = _raw(told)
    first = np.cumsum([0, *(len(b.row) for b in told)])

    def text(places: list[int]) -> list[str]:
        at = np.array(places, np.int64)
        cuts = np.searchsorted(at, first)
        of = [at[a:z] - k for a, z, k in zip(cuts[:-1], cuts[1:], first[:-1], strict=True)]
        return [t for b, i in zip(told, of, strict=True) for t in _texts(b.text, b.start[i], b.end[i])]

    over = cross(raw, source_id, text, now_t, shared)
    ignored = {
        r: int(n)
        for i, (r, n) in enumerate(zip(REASONS, counts.tolist(), strict=True))
        if r and n and i not in _REJECTED
    }
    for reason, n in over.ignored.items():
        ignored[reason] = ignored.get(reason, 0) + n
    return over._replace(
        rows=sum(b.rows for b in told),
        ignored=dict(sorted(ignored.items())),
        rejects=_with_rejects(told, over.rejects, source_id),
    )


def _with_rejects(told: list[Told], others: pa.Table, source_id: int) -> pa.Table:
    row, fate = (np.concatenate([b.bad[i] for b in told]) for i in (0, 1))
    if not len(row):
        return others
    columns = [
        pa.repeat(pa.scalar(source_id, pa.int32()), len(row)),
        pa.array(row),
        pa.array([REASONS[i] for i in fate.tolist()], pa.string()),
        pa.array([t[:RAW_TEXT_CHARACTERS] for b in told for t in b.bad[2]], pa.string()),
    ]
    both = pa.concat_tables([pa.Table.from_arrays(columns, schema=REJECTS), others])
    return both.sort_by("source_row").combine_chunks()


def _texts(text: bytes, start: _I64, end: _I64) -> list[str]:
    spans = zip(start.tolist(), end.tolist(), strict=True)
    return [text[a:z].decode("latin-1").rstrip("\r") for a, z in spans]


def _raw(told: list[Told]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Raw columns of the messages, and what ships say of themselves in them, each once."""

    def joined(name: str) -> npt.NDArray[Any]:
        parts = [getattr(b.messages, name) for b in told]
        return np.concatenate(parts) if len(parts) > 1 else np.asarray(parts[0])

    received_t = pl.Series(np.concatenate([b.received_t for b in told]))
    columns: dict[str, pl.Series] = {
        "source_row": pl.Series(np.concatenate([b.row for b in told])),
        "t": pl.Series(np.concatenate([b.t for b in told])),
        "received_t": received_t.set(received_t == NO_TIME, None),
        **{name: pl.Series(joined(name)) for name in _RAW},
        "message_type": pl.Series(np.concatenate([b.kind for b in told])),
    }
    sixbits = np.ascontiguousarray(joined("sixbits"))
    packed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(CHARACTERS), len(sixbits), [None, pa.py_buffer(sixbits)]
    ).dictionary_encode()
    once = packed.dictionary.cast(pa.binary()) if len(packed) else None
    bits = np.frombuffer(b"".join(once.to_pylist()) if once is not None else b"", np.uint8)
    before = np.cumsum([0, *(len(b.messages.sixbits) for b in told[:-1])])
    says = np.concatenate(
        [np.where(b.messages.says < 0, -1, b.messages.says + k) for b, k in zip(told, before, strict=True)]
    )
    of = pl.Series(np.append(packed.indices.to_numpy(), -1)[says].astype(np.int64))
    columns["says"] = of.set(of < 0, None)
    return pl.DataFrame(columns), statics(bits.reshape(-1, CHARACTERS))

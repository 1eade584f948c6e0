"""What became of every line of an NMEA log: positions and particulars over the border, the rest counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.contracts import Chunk
from shiomi.kernels.payload import BAD_LENGTH, BAD_TYPE, CHARACTERS, Messages
from shiomi.kernels.sentences import LINE_FATES, NO_TIME
from shiomi.schema import REJECTS
from shiomi.sources.border import RAW_TEXT_CHARACTERS, cross
from shiomi.sources.payload import statics

__all__ = ["REASONS", "Told", "chunk_of", "line_fates"]

REASONS = (
    *LINE_FATES, "missing_part", "bad_length", "bad_type", "no_time", "part_of_message", "", "",
    *(f"type_{k}" for k in range(28)),
)  # fmt: skip
"""Why a line or a message gave no position; its fate is its place here."""
_REJECTED = range(LINE_FATES.index("not_nmea"), REASONS.index("part_of_message"))
_LOST, _BAD_LENGTH, _BAD_TYPE, _NO_TIME = (
    REASONS.index(r) for r in ("missing_part", "bad_length", "bad_type", "no_time")
)
_PART = REASONS.index("part_of_message")
_TOLD, _WAITS = _PART + 1, _PART + 2
"""A message for the border, and a line that is not counted yet; neither has a reason."""
_TYPE = REASONS.index("type_0")

_I64 = npt.NDArray[np.int64]
_Fates = npt.NDArray[np.int8]


class Told(NamedTuple):
    """Lines of one block and the messages that begin on them."""

    rows: int
    """How many lines are counted: all but those that wait."""
    text: bytes
    start: _I64
    end: _I64
    row: _I64
    """Line number in the file."""
    fate: _Fates
    heads: _I64
    """Line of each message; what follows is by message."""
    messages: Messages
    t: _I64
    received_t: _I64


def line_fates(
    lines: _Fates, heads: _I64, messages: Messages, near_t: _I64, following: _I64, lost: _I64, waits: _I64
) -> _Fates:
    """The fate of every line, as a place in `REASONS`."""
    fate = lines.copy()
    fate[following[following >= 0]] = _PART
    fate[lost] = _LOST
    fate[waits] = _WAITS
    by_type = (messages.kind + _TYPE).astype(np.int8)
    odd = np.array([_TOLD, _BAD_LENGTH, _BAD_TYPE, 0], np.int8)[messages.fate]
    of = np.where(messages.fate > max(BAD_LENGTH, BAD_TYPE), by_type, odd)
    of[(of == _TOLD) & (near_t == NO_TIME)] = _NO_TIME
    fate[heads] = of
    return fate


def chunk_of(told: Told, source_id: int, now_t: int | None) -> Chunk:
    """The block as a chunk in which every line is counted once."""
    counts = np.bincount(told.fate, minlength=len(REASONS))
    some = np.flatnonzero(told.fate[told.heads] == _TOLD)
    raw, shared = _raw(told, some)
    lines = told.heads[some]
    over = cross(raw, source_id, lambda places: _texts(told, lines[places].tolist()), now_t, shared)
    ignored = {
        r: int(n)
        for i, (r, n) in enumerate(zip(REASONS, counts, strict=True))
        if r and n and i not in _REJECTED
    }
    for reason, n in over.ignored.items():
        ignored[reason] = ignored.get(reason, 0) + n
    return over._replace(
        rows=told.rows,
        ignored=dict(sorted(ignored.items())),
        rejects=_with_rejects(told, over.rejects, source_id),
    )


def _with_rejects(told: Told, others: pa.Table, source_id: int) -> pa.Table:
    bad = np.flatnonzero((told.fate >= _REJECTED.start) & (told.fate < _REJECTED.stop))
    if not len(bad):
        return others
    columns = [
        pa.repeat(pa.scalar(source_id, pa.int32()), len(bad)),
        pa.array(told.row[bad]),
        pa.array([REASONS[i] for i in told.fate[bad].tolist()], pa.string()),
        pa.array([t[:RAW_TEXT_CHARACTERS] for t in _texts(told, bad.tolist())], pa.string()),
    ]
    both = pa.concat_tables([pa.Table.from_arrays(columns, schema=REJECTS), others])
    return both.sort_by("source_row").combine_chunks()


def _texts(told: Told, lines: list[int]) -> list[str]:
    return [told.text[told.start[i] : told.end[i]].decode("latin-1").rstrip("\r") for i in lines]


def _raw(told: Told, some: _I64) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Raw columns of these messages, and what ships say of themselves in them, each once."""
    m = Messages._make([*(c[some] for c in told.messages[:-1]), told.messages.sixbits])
    received_t = pl.Series(told.received_t[some])
    columns: dict[str, pl.Series] = {
        "source_row": pl.Series(told.row[told.heads[some]]),
        "mmsi": pl.Series(m.mmsi),
        "t": pl.Series(told.t[some]),
        "received_t": received_t.set(received_t == NO_TIME, None),
        "has_position": pl.Series(m.has_position),
        "lat_deg": pl.Series(m.lat_deg),
        "lon_deg": pl.Series(m.lon_deg),
        "sog_kn": pl.Series(m.sog_kn),
        "cog_deg": pl.Series(m.cog_deg),
        "heading_deg": pl.Series(m.heading_deg),
        "nav_status": pl.Series(m.nav_status),
        "message_type": pl.Series(m.kind),
    }
    packed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(CHARACTERS), len(m.sixbits), [None, pa.py_buffer(np.ascontiguousarray(m.sixbits))]
    ).dictionary_encode()
    once = packed.dictionary.cast(pa.binary()) if len(packed) else None
    bits = np.frombuffer(b"".join(once.to_pylist()) if once is not None else b"", np.uint8)
    says = pl.Series(np.append(packed.indices.to_numpy(), -1)[m.says].astype(np.int64))
    columns["says"] = says.set(says < 0, None)
    return pl.DataFrame(columns), statics(bits.reshape(-1, CHARACTERS))

"""The protocols, on one screen: what a source, a stage and a step are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, ClassVar, NamedTuple, Protocol, runtime_checkable

import pyarrow as pa

__all__ = ["Chunk", "Detector", "Source", "Step"]


class Step(NamedTuple):
    """What a detector knows after a step."""

    state: pa.Table
    """What it carries to the next step."""
    found: pa.Table
    """Events, or rows of an intermediate table."""


@runtime_checkable
class Detector(Protocol):
    """A pure function from what came before and what is new, to what was found.

    The engine promises: each row exactly once; `rows` sorted by (`by`, `t`, `message_id`); every row
    has `t < watermark`; watermarks never go back; equal `by` always meets the same state.
    In return `advance` reads no clock, no file, no randomness and keeps nothing on `self`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    reads: ClassVar[str]
    """The table it reads: "positions", "tracks", or what another stage writes."""
    writes: ClassVar[str]
    """"events", or the name of an intermediate table."""
    by: ClassVar[str]
    """Rows with equal `by` must meet: "mmsi", "track_id", "pair_id", "t"."""
    state: ClassVar[pa.Schema]

    @property
    def latency_s(self) -> int:
        """What is written about time t is final once the watermark is at t + latency_s."""

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Go from `state` over `rows` to `watermark` (microseconds UTC)."""


class Chunk(NamedTuple):
    """A piece of a source: every input row of it is in exactly one of the four counts.

    `rows == positions.num_rows + particulars_only + sum(ignored.values()) + rejects.num_rows`.
    """

    rows: int
    """Input rows (CSV rows, NMEA lines) of this piece."""
    positions: pa.Table
    """Schema POSITIONS, in the order of the file; `message_id` already set."""
    particulars: pa.Table
    """Schema PARTICULARS; rows that were a position too may also make a claim."""
    particulars_only: int
    """Input rows that gave particulars and no position."""
    ignored: dict[str, int]
    """Reason to number of rows that are well formed and not wanted here."""
    rejects: pa.Table
    """Schema REJECTS."""
    later_t: int | None = None
    """No position in later chunks of the file is before this, microseconds UTC; None where nobody knows."""


class Source(Protocol):
    """Reads one kind of file. `recognises` looks at content, never at the name."""

    name: ClassVar[str]

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with `head` (decompressed, up to 64 KiB) is of this kind."""

    def read(self, stream: BinaryIO, source_id: int) -> Iterator[Chunk]:
        """The decompressed content as chunks of bounded size.

        Raises:
            Unreadable: the file breaks off or is not what it seemed.
        """

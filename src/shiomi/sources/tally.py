"""The tally: what became of every input row, so that the counts can be added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow.compute as pc

from shiomi.contracts import Chunk
from shiomi.errors import ShiomiError

__all__ = ["Tally", "TallyError", "tally_of"]


class TallyError(ShiomiError):
    """Rows were lost or counted twice: a fault of the reader, not of the file."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of input rows by what became of them; add two with `+`."""

    rows: int = 0
    positions: int = 0
    particulars_only: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)
    rejects: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows,
            self.positions + other.positions,
            self.particulars_only + other.particulars_only,
            dict(Counter(self.ignored) + Counter(other.ignored)),
            dict(Counter(self.rejects) + Counter(other.rejects)),
        )

    def check(self) -> Tally:
        """Itself, if every row is in exactly one count.

        Raises:
            TallyError: the counts do not add up.
        """
        parts = self.positions + self.particulars_only
        parts += sum(self.ignored.values()) + sum(self.rejects.values())
        if parts != self.rows:
            raise TallyError(f"{self.rows} rows were read but {parts} are accounted for; please report this")
        return self

    def table(self) -> list[tuple[str, str, int]]:
        """Rows of (what, reason, count) for a person: the sum first, then its parts."""
        return [
            ("rows", "", self.rows),
            ("positions", "", self.positions),
            ("particulars only", "", self.particulars_only),
            *(("ignored", reason, n) for reason, n in _largest_first(self.ignored)),
            *(("rejected", reason, n) for reason, n in _largest_first(self.rejects)),
        ]


def _largest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def tally_of(chunk: Chunk) -> Tally:
    """The tally of one piece of a source.

    Raises:
        TallyError: its counts do not add up.
    """
    counted = pc.value_counts(chunk.rejects["reason"].combine_chunks()).to_pylist()
    rejects = {c["values"]: c["counts"] for c in counted}
    ignored = {reason: n for reason, n in chunk.ignored.items() if n}
    whole = Tally(chunk.rows, chunk.positions.num_rows, chunk.particulars_only, ignored, rejects)
    return whole.check()

"""Read bytes or files as a person would, and keep what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from shiomi.errors import Unreadable
from shiomi.schema import PARTICULARS, POSITIONS, REJECTS
from shiomi.sources.claims import merge_claims
from shiomi.sources.read import read_all
from shiomi.sources.tally import Tally, tally_of


@dataclass
class Outcome:
    positions: pa.Table
    particulars: pa.Table
    rejects: pa.Table
    tally: Tally
    problems: list[Unreadable]
    skipped: list[Unreadable]
    kinds: dict[str, str]
    ids: dict[str, int]

    def reasons(self) -> dict[str, int]:
        return {**self.tally.ignored, **self.tally.rejects}

    def multiset(self) -> list[tuple[Any, ...]]:
        """The positions without where they stood in the file."""
        columns = [self.positions[c].to_pylist() for c in POSITIONS.names if not c.startswith("source_")]
        return sorted(zip(*columns, strict=True), key=str)


def read_paths(*paths: Path, **options: Any) -> Outcome:
    problems: list[Unreadable] = []
    skipped: list[Unreadable] = []
    positions, particulars, rejects = [], [], []
    tally, kinds, ids = Tally(), {}, {}
    for source, chunk, *_ in read_all(paths, problems=problems, skipped=skipped, **options):
        tally += tally_of(chunk)
        kinds[source.name], ids[source.name] = source.kind, source.source_id
        assert chunk.positions.schema == POSITIONS
        assert chunk.particulars.schema == PARTICULARS
        assert chunk.rejects.schema == REJECTS
        chunk.positions.validate(full=True)
        chunk.particulars.validate(full=True)
        positions.append(chunk.positions)
        particulars.append(chunk.particulars)
        rejects.append(chunk.rejects)
    return Outcome(
        pa.concat_tables(positions or [POSITIONS.empty_table()]),
        merge_claims(particulars),
        pa.concat_tables(rejects or [REJECTS.empty_table()]),
        tally.check(),
        problems,
        skipped,
        kinds,
        ids,
    )

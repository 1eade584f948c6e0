"""Parcels: how tables travel between the machines of a cluster, and what lies in the folder they share.

Between tasks travel rows of PARCEL: a table packed as one, with the shard that it is for. What a task
has for the driver it writes as a file to the shared folder, whole or not at all, under a name that
depends on the work alone: a task that is run twice, because its machine was lost, writes the same again.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.engine.shards import pack, unpack

__all__ = [
    "DONE",
    "PARCEL",
    "PARCEL_DDL",
    "Piece",
    "account_of",
    "parcel",
    "pieces_of",
    "read_tables",
    "write_tables",
    "write_whole",
]

PARCEL = pa.schema(
    [("level", pa.int32()), ("shard", pa.int32()), ("name", pa.string()), ("rows", pa.binary())]
)
PARCEL_DDL = "level int, shard int, name string, rows binary"
"""The same in the words of the Spark API."""

DONE = 1_000
"""Level of what is for the driver: an account of what was done, as JSON."""

_PIECE_ROWS = 1_000_000
"""Rows that one task reads at a time."""


def parcel(level: int, shard: int, name: str, rows: bytes) -> pa.RecordBatch:
    """One row a batch, so that no batch outgrows what an engine takes."""
    return pa.RecordBatch.from_pydict(
        {"level": [level], "shard": [shard], "name": [name], "rows": [rows]}, schema=PARCEL
    )


def account_of(number: int, name: str, facts: Mapping[str, Any]) -> pa.RecordBatch:
    """What a task tells the driver."""
    return parcel(DONE, number, name, json.dumps(facts).encode())


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Have a file written, and seen by others only when it is whole."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        write(part)
        os.replace(part, path)  # noqa: PTH105 - atomic on every system, unlike Path.rename
    finally:
        part.unlink(missing_ok=True)


def write_tables(path: Path, tables: Mapping[str, pa.Table]) -> None:
    """Several tables in one file."""
    names = pa.array([*tables], pa.string())
    rows = pa.array([pack(t) for t in tables.values()], pa.large_binary())
    whole = pa.table({"name": names, "rows": rows})

    def write(part: Path) -> None:
        with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_stream(sink, whole.schema) as out:
            out.write_table(whole)

    write_whole(path, write)


def read_tables(path: Path) -> dict[str, pa.Table]:
    """The tables of such a file."""
    whole = unpack(path.read_bytes())
    return {name.as_py(): unpack(rows.as_buffer()) for name, rows in zip(*whole.columns, strict=True)}


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a file in the shared folder that holds rows of one table."""

    path: str
    """Parquet, or an Arrow file if it ends so."""
    name: str
    """What the rows are: `rows/positions`, `state/gap`, `held/resample`."""
    first: int
    """Row group of Parquet, or batch of an Arrow file, to begin with."""
    last: int
    """The one after the last."""
    rows: int

    def tables(self, columns: list[str] | None) -> Iterator[pa.Table]:
        """The rows, group by group."""
        if self.path.endswith(".arrow"):
            with pa.memory_map(self.path) as source:
                file = pa.ipc.open_file(source)
                for i in range(self.first, self.last):
                    rows = pa.Table.from_batches([file.get_batch(i)])
                    yield rows.select(columns) if columns else rows
            return
        with pq.ParquetFile(self.path) as file:
            for i in range(self.first, self.last):
                yield file.read_row_group(i, columns=columns)


def pieces_of(path: str, name: str, group_rows: Sequence[int], most: int = _PIECE_ROWS) -> list[Piece]:
    """A file cut into pieces of whole groups, each of about `most` rows or of one group."""
    cuts, held = [0], 0
    for i, rows in enumerate(group_rows):
        if held and held + rows > most:
            cuts.append(i)
            held = 0
        held += rows
    ends = [*cuts[1:], len(group_rows)]
    spans = [(a, b) for a, b in zip(cuts, ends, strict=True) if b > a]
    return [Piece(path, name, a, b, sum(group_rows[a:b])) for a, b in spans]

"""Parquet: a table of anyone's with known columns, or positions that Shiomi itself wrote."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.schema import PARTICULARS, POSITIONS, REJECTS
from shiomi.sources.border import cross
from shiomi.sources.fields import Mapping, match
from shiomi.sources.table import missing_columns, to_raw
from shiomi.sources.times import guess_form

__all__ = ["Parquet"]

_BATCH_ROWS = 500_000
_OWN = set(POSITIONS.names)


@dataclass(frozen=True, slots=True)
class Parquet:
    """Rows of a Parquet file; `source_row` is the row counted from 1."""

    name: ClassVar[str] = "parquet"

    mapping: Mapping = field(default_factory=Mapping)
    now_t: int | None = None
    row_groups: tuple[int, int] = (0, 0)
    """The first to read and the one after the last, where several readers share a file; (0, 0) for all."""

    def recognises(self, head: bytes) -> bool:
        """Whether it begins as Parquet does; the columns are known only at its end."""
        return head.startswith(b"PAR1")

    def read(self, stream: BinaryIO, source_id: int) -> Iterator[Chunk]:
        """The rows in batches.

        Raises:
            Unreadable: the file is damaged, or a column is missing.
        """
        name = str(getattr(stream, "name", "input"))
        try:
            file = pq.ParquetFile(stream if stream.seekable() else io.BytesIO(stream.read()))
        except pa.ArrowException as e:
            raise _damaged(name, e) from e
        header = file.schema_arrow.names
        groups = range(*self.row_groups) if self.row_groups[1] else range(file.num_row_groups)
        row = 1 + sum(file.metadata.row_group(i).num_rows for i in range(groups.start))
        if set(header) >= _OWN:
            yield from _own(file, source_id, name, groups, row)
            return
        columns = match(header, self.mapping)
        if missing := missing_columns(columns):
            raise Unreadable(name, f"no column for {', '.join(missing)}", "name it in a mapping")
        form = self.mapping.time_form
        for batch in _batches(file, sorted(set(columns.values())), name, groups):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            if not form and not frame[columns["t"]].dtype.is_temporal():
                form = guess_form(frame[columns["t"]].head(200).cast(pl.String, strict=False)) or _two_ways(
                    name
                )
            raw = to_raw(frame, columns, form, form or "iso", self.mapping)
            raw = raw.with_columns(source_row=pl.int_range(row, row + frame.height, dtype=pl.Int64))
            row += frame.height

            def text(some: list[int], frame: pl.DataFrame = frame) -> list[str]:
                return [str(r) for r in frame[some].rows()]

            yield cross(raw, source_id, text, self.now_t)


def _two_ways(name: str) -> str:
    why = "its dates could be read with the day or the month first"
    raise Unreadable(name, why, "say which in a mapping, [time] form")


def _batches(file: pq.ParquetFile, columns: list[str], name: str, groups: range) -> Iterator[pa.Table]:
    batches = file.iter_batches(batch_size=_BATCH_ROWS, columns=columns, row_groups=list(groups))
    while True:
        try:
            batch: Any = next(batches, None)
        except (pa.ArrowException, OSError) as e:
            raise _damaged(name, e) from e
        if batch is None:
            return
        yield pa.Table.from_batches([batch])


def _own(file: pq.ParquetFile, source_id: int, name: str, groups: range, row: int) -> Iterator[Chunk]:
    """Positions already inside the border: taken as they are, under a new source."""
    for batch in _batches(file, POSITIONS.names, name, groups):
        rows = batch.num_rows
        try:
            table = batch.select(POSITIONS.names).cast(POSITIONS)
        except (pa.ArrowException, ValueError) as e:
            raise _damaged(name, e) from e
        for column, values in (
            ("source_id", pa.repeat(pa.scalar(source_id, pa.int32()), rows)),
            ("source_row", pa.array(range(row, row + rows), pa.int64())),
        ):
            i = POSITIONS.get_field_index(column)
            table = table.set_column(i, POSITIONS.field(i), values)
        row += rows
        yield Chunk(rows, table, PARTICULARS.empty_table(), 0, {}, REJECTS.empty_table())


def _damaged(name: str, error: BaseException) -> Unreadable:
    what = str(error).splitlines()[0].strip().rstrip(".") if str(error) else type(error).__name__
    return Unreadable(name, f"it is no whole Parquet file ({what})", "write it again or fetch it again")

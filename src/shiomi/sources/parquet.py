"""Parquet: a table of anyone's with known columns, or positions that Shiomi itself wrote."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.schema import PARTICULARS, POSITIONS, REJECTS
from shiomi.sources.border import sift
from shiomi.sources.claims import gathered
from shiomi.sources.fields import Mapping, match
from shiomi.sources.table import missing_columns, to_instants, to_raw
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

    def earliest(self, stream: BinaryIO) -> int | None:
        """No row is before this, microseconds UTC; None where the file's statistics do not say."""
        if not stream.seekable():
            return None
        try:
            file = pq.ParquetFile(stream)
        except pa.ArrowException:
            return None
        header = file.schema_arrow.names
        is_own = set(header) >= _OWN
        time = "t" if is_own else match(header, self.mapping).get("t")
        least = _least_times(file.metadata, time) if time else []
        form = "epoch_us" if is_own else self.mapping.time_form or "iso"
        return _instant(min(least), form, self.mapping) if least else None

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
        if set(header) >= _OWN:
            yield from _own(file, source_id, name, groups)
            return
        columns = match(header, self.mapping)
        if missing := missing_columns(columns):
            raise Unreadable(name, f"no column for {', '.join(missing)}", "name it in a mapping")
        yield from gathered(self._chunks(file, source_id, name, columns, groups), source_id)

    def _chunks(
        self, file: pq.ParquetFile, source_id: int, name: str, columns: dict[str, str], groups: range
    ) -> Iterator[tuple[Chunk, pl.DataFrame]]:
        form = self.mapping.time_form
        wanted = sorted(set(columns.values()))
        for batch, row, least in _batches(file, wanted, columns["t"], name, groups):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            if not form and not frame[columns["t"]].dtype.is_temporal():
                form = guess_form(frame[columns["t"]].head(200).cast(pl.String, strict=False)) or _two_ways(
                    name
                )
            raw = to_raw(frame, columns, form, form or "iso", self.mapping)
            raw = raw.with_columns(source_row=pl.int_range(row, row + frame.height, dtype=pl.Int64))

            def text(some: list[int], frame: pl.DataFrame = frame) -> list[str]:
                return [str(r) for r in frame[some].rows()]

            chunk, said = sift(raw, source_id, text, self.now_t)
            yield chunk._replace(later_t=_instant(least, form or "iso", self.mapping)), said


def _two_ways(name: str) -> str:
    why = "its dates could be read with the day or the month first"
    raise Unreadable(name, why, "say which in a mapping, [time] form")


def _batches(
    file: pq.ParquetFile, columns: list[str], time: str, name: str, groups: range
) -> Iterator[tuple[pa.Table, int, Any]]:
    """Rows, the number of the first of them in the file, and the least time of all that come later.

    The file's own statistics say in which order of time its row groups are best read.
    """
    sizes = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    least = _least_times(file.metadata, time)
    order = sorted(groups, key=lambda g: (least[g], g) if least else g)
    for at, g in enumerate(order):
        row, later = int(starts[g]) + 1, [least[k] for k in order[at + 1 :]] if least else []
        batches = file.iter_batches(batch_size=_BATCH_ROWS, row_groups=[g], columns=columns)
        while True:
            try:
                batch: Any = next(batches, None)
            except (pa.ArrowException, OSError) as e:
                raise _damaged(name, e) from e
            if batch is None:
                break
            is_last = row + batch.num_rows > starts[g + 1]
            bound = later if is_last else [*later, *(least[g : g + 1] if least else [])]
            yield pa.Table.from_batches([batch]), row, min(bound, default=None)
            row += batch.num_rows


def _least_times(about: pq.FileMetaData, time: str) -> list[Any]:
    """The least time of each row group, or nothing where the file does not say it of all."""
    paths = [about.schema.column(i).path for i in range(about.num_columns)]
    if time not in paths or not about.num_row_groups:
        return []
    column = paths.index(time)
    told = [about.row_group(g).column(column).statistics for g in range(about.num_row_groups)]
    return [s.min for s in told] if all(s is not None and s.has_min_max for s in told) else []


def _instant(value: Any, form: str, mapping: Mapping) -> int | None:
    """A time as the file's statistics give it, microseconds UTC."""
    if value is None:
        return None
    if isinstance(value, int) and form == "iso":
        form = guess_form(pl.Series([str(value)]))
    try:
        instant: int | None = to_instants(pl.Series([value]), form, mapping.utc_offset_s)[0]
    except (pl.exceptions.PolarsError, ValueError, TypeError):
        return None
    return instant


def _own(file: pq.ParquetFile, source_id: int, name: str, groups: range) -> Iterator[Chunk]:
    """Positions already inside the border: taken as they are, under a new source."""
    for batch, row, least in _batches(file, POSITIONS.names, "t", name, groups):
        rows = batch.num_rows
        try:
            table = batch.select(POSITIONS.names).cast(POSITIONS)
        except (pa.ArrowException, ValueError) as e:
            raise _damaged(name, e) from e
        for column, values in (
            ("source_id", pa.repeat(pa.scalar(source_id, pa.int32()), rows)),
            ("source_row", pa.array(np.arange(row, row + rows))),
        ):
            i = POSITIONS.get_field_index(column)
            table = table.set_column(i, POSITIONS.field(i), values)
        yield Chunk(rows, table, PARTICULARS.empty_table(), 0, {}, REJECTS.empty_table(), least)


def _damaged(name: str, error: BaseException) -> Unreadable:
    what = str(error).splitlines()[0].strip().rstrip(".") if str(error) else type(error).__name__
    return Unreadable(name, f"it is no whole Parquet file ({what})", "write it again or fetch it again")

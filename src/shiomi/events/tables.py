"""A store is a folder of Delta tables, and `run.json` that says how they came to be.

| table         | schema            | what it holds                                                    |
|---------------|-------------------|------------------------------------------------------------------|
| `events`      | EVENTS + 2        | every revision of every event, with `revision` and `reason`       |
| `evidence`    | TRACKS            | the positions that events cite, each once                         |
| `positions`   | TRACKS            | all positions                                                     |
| `tracks`      | TRACK_SUMMARIES   | one row a track                                                   |
| `particulars` | PARTICULARS       | what vessels said of themselves                                   |
| `rejects`     | REJECTS           | what could not be read, with the reason                           |
| `places`      | of the places used| the still world the events were judged with                       |

Only one process may write to a store at a time; any number may read.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import ColumnProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction

from shiomi.errors import StoreError
from shiomi.schema import EVENTS, PARTICULARS, REJECTS, TRACK_SUMMARIES, TRACKS
from shiomi.tracks.reception import RECEPTION

__all__ = [
    "STORED_EVENTS",
    "adopt_files",
    "append_table",
    "create_or_open",
    "open_store",
    "parquet_files",
    "read_run",
    "read_table",
    "table_names",
    "write_run",
]

STORE_VERSION = 3
"""Raised when an older Shiomi could no longer read a newer store."""

STORED_EVENTS = pa.schema(
    [
        *EVENTS,
        pa.field(
            "revision", pa.int32(), nullable=False, metadata={"meaning": "1 for the first, then 2, ..."}
        ),
        pa.field(
            "reason",
            pa.string(),
            nullable=False,
            metadata={"meaning": "why this revision withdraws the event; empty otherwise"},
        ),
    ]
)
"""EVENTS as they are stored, every revision a row."""

SCHEMAS: dict[str, pa.Schema | None] = {
    "events": STORED_EVENTS,
    "evidence": TRACKS,
    "positions": TRACKS,
    "tracks": TRACK_SUMMARIES,
    "particulars": PARTICULARS,
    "rejects": REJECTS,
    "places": None,
    "reception": RECEPTION,
}
"""Table name to its schema; None: whatever the writer gives."""

_MADE_AT_ONCE = ("events", "evidence", "tracks", "particulars", "rejects")
"""Made empty with the store, so that a missing table means damage and never an empty sea."""

_ROW_GROUP = 1 << 17
"""Rows that are read or skipped together; small enough that a look-up of one track skips most."""

_RISING = ("t", "prev_t", "source_row", "lat_e7", "lon_e7")
"""Columns of TRACKS that are packed as steps from row to row."""
_ALIKE = ("mmsi", "received_t", "nav_status", "message_type", "source_id", "track_id")
"""Columns of TRACKS with few values, each packed once; elsewhere looking for them takes long."""
_SOUGHT = ("t", "mmsi", "track_id", "lat_e7", "lon_e7")
"""Columns of TRACKS whose least and greatest let a reader skip rows; those of the others only cost."""


def create_or_open(folder: Path) -> Path:
    """The store in `folder`, made there if there is none; other files in the folder are left alone.

    Raises:
        StoreError: the folder holds something else under a name that a store needs, or cannot be written.
    """
    if (folder / "run.json").exists():
        return open_store(folder)
    foreign = next((n for n in SCHEMAS if (folder / n).exists() and not _is_table(folder / n)), None)
    if foreign or (folder.exists() and not folder.is_dir()):
        raise StoreError(f"{folder / (foreign or '')} is in the way of a store; name another folder")
    try:
        for name in _MADE_AT_ONCE:
            (folder / name).mkdir(parents=True, exist_ok=True)
            DeltaTable.create(str(folder / name), SCHEMAS[name], mode="ignore")
        write_run(folder, {})
    except (DeltaError, OSError) as e:
        raise StoreError(f"no store can be made in {folder} ({_first_line(e)}); give another --store") from e
    return folder


def open_store(folder: Path) -> Path:
    """`folder`, once it is known to be a store this version can read.

    Raises:
        StoreError: it is missing, is no store, or was written by a newer version.
    """
    version = read_run(folder).get("store_version")
    if version != STORE_VERSION:
        raise StoreError(
            f"{folder} is a store of version {version}, and this program reads {STORE_VERSION}; "
            "use the program that wrote it"
        )
    return folder


def table_names(folder: Path) -> list[str]:
    """The tables that this store has."""
    return [name for name in SCHEMAS if _is_table(folder / name)]


def append_table(
    folder: Path, name: str, table: pa.Table, mode: Literal["append", "overwrite"] = "append"
) -> None:
    """Add rows to a table in one commit, or replace all its rows.

    Raises:
        StoreError: a name that no store has, columns that do not fit, or the disk refused.
    """
    if name not in SCHEMAS:
        raise StoreError(f"a store has no table {name!r}; it has {', '.join(SCHEMAS)}")
    schema = SCHEMAS[name]
    try:
        rows = table if schema is None else table.select(schema.names).cast(schema)
        write_deltalake(
            str(folder / name),
            rows.replace_schema_metadata(None),
            mode=mode,
            schema_mode="overwrite" if schema is None and mode == "overwrite" else None,
            writer_properties=_packing(rows.schema),
        )
    except (KeyError, ValueError, pa.ArrowException, DeltaError, OSError) as e:
        raise StoreError(f"could not write {folder / name}: {_first_line(e)}; nothing was added") from e


def _packing(schema: pa.Schema) -> WriterProperties:
    """How a table is packed: one row a report is long, and packed for little work.

    Measured on a day of the United States: 0.20 us a row to write, and 0.36 us as Parquet is by default, for
    as much on disk.
    """
    if schema.names != TRACKS.names:
        # Looking for equal values takes longer than packing them all, and packs no better.
        return WriterProperties(
            compression="ZSTD",
            compression_level=1,
            max_row_group_size=_ROW_GROUP,
            default_column_properties=ColumnProperties(dictionary_enabled=False),
        )
    return WriterProperties(
        compression="LZ4_RAW",
        max_row_group_size=_ROW_GROUP,
        column_properties={c: _column_packing(c) for c in TRACKS.names},
    )


def _column_packing(name: str) -> ColumnProperties:
    return ColumnProperties(
        dictionary_enabled=name in _ALIKE,
        encoding="DELTA_BINARY_PACKED" if name in _RISING else None,
        statistics_enabled=None if name in _SOUGHT else "NONE",
    )


def adopt_files(
    folder: Path, name: str, files: Sequence[Path], mode: Literal["append", "overwrite"] = "append"
) -> None:
    """Make Parquet files part of a table in one commit, moved from elsewhere on the same disk.

    Raises:
        StoreError: the disk or the table refused; nothing was added.
    """
    table, schema = folder / name, SCHEMAS[name]
    assert schema is not None
    try:
        table.mkdir(parents=True, exist_ok=True)
        delta = DeltaTable.create(str(table), schema.remove_metadata(), mode="ignore")
        actions = []
        for i, file in enumerate(files):
            about = pq.read_metadata(file)
            to = table / f"part-{delta.version() + 1:05d}-{i:06d}-{uuid.uuid4().hex}.parquet"
            size, changed_ms = file.stat().st_size, file.stat().st_mtime_ns // 1_000_000
            file.rename(to)
            stats = json.dumps({"numRecords": about.num_rows})
            actions.append(AddAction(to.name, size, {}, changed_ms, True, stats))
        delta.create_write_transaction(actions, mode, delta.schema())
    except (DeltaError, pa.ArrowException, OSError) as e:
        raise StoreError(f"could not add files to {table}: {_first_line(e)}; nothing was added") from e


def read_table(
    folder: Path,
    name: str,
    filters: pc.Expression | None = None,
    *,
    columns: list[str] | None = None,
    version: int | None = None,
) -> pa.Table:
    """A table of the store, or the rows that pass `filters`, or its state at an earlier Delta version.

    Raises:
        StoreError: the folder is no store, or has no such table.
    """
    delta = _delta(folder, name, version)
    schema = SCHEMAS.get(name)
    table = delta.to_pyarrow_table(columns=columns, filters=filters)
    if schema is None:
        return table
    wanted = schema if columns is None else pa.schema([schema.field(c) for c in columns])
    return table.select(wanted.names).cast(wanted)


def parquet_files(folder: Path, name: str) -> list[str]:
    """The Parquet files that make up the newest version of a table, for readers such as Polars."""
    # Delta names files as URLs do: a folder with a blank in its name would not be found.
    return sorted(unquote(uri) for uri in _delta(folder, name, None).file_uris())


def read_run(folder: Path) -> dict[str, Any]:
    """What `run.json` says.

    Raises:
        StoreError: there is none, or it is not ours.
    """
    try:
        run = json.loads((folder / "run.json").read_bytes())
    except FileNotFoundError:
        raise StoreError(
            f"{folder} is not a store: it has no run.json; make one with `shiomi watch`"
        ) from None
    except (OSError, ValueError) as e:
        raise StoreError(
            f"{folder / 'run.json'} cannot be read ({_first_line(e)}); restore it or name another store"
        ) from e
    if not isinstance(run, dict) or run.get("format") != "shiomi store":
        raise StoreError(f"{folder} is not a store: its run.json is of another program; name another folder")
    return run


def write_run(folder: Path, run: dict[str, Any]) -> None:
    """Replace `run.json`, at once or not at all, by canonical JSON: sorted keys, no blanks, UTF-8."""
    facts = run | {"format": "shiomi store", "store_version": STORE_VERSION}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    part = folder / "run.json.part"
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, folder / "run.json")  # noqa: PTH105 - atomic on every system, unlike Path.rename


def _delta(folder: Path, name: str, version: int | None) -> DeltaTable:
    open_store(folder)
    try:
        return DeltaTable(str(folder / name), version=version)
    except TableNotFoundError:
        raise StoreError(f"the store {folder} has no table {name}; run `shiomi watch` into it") from None
    except (DeltaError, OSError) as e:
        raise StoreError(f"{folder / name} cannot be read: {_first_line(e)}; restore it") from e


def _is_table(path: Path) -> bool:
    return path.is_dir() and bool(DeltaTable.is_deltatable(str(path)))


def _first_line(e: BaseException) -> str:
    return str(e).strip().split("\n")[0] or type(e).__name__

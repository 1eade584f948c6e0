"""Checkpoint: a plan in motion, on disk, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

from shiomi.contracts import Detector
from shiomi.engine.local import Running
from shiomi.errors import StoreError
from shiomi.findings import parameters_of

__all__ = ["load", "save"]

_ABOUT = "stages.json"


def _signature(stages: list[Detector]) -> dict[str, str]:
    return {s.name: f"{s.version} {parameters_of(s)}" for s in stages}


def _old(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")


def save(running: Running, folder: Path) -> None:
    """Write states, held rows and the watermark; cut short at any point, the one before is still there."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for kind, tables in (("state", running.states), ("held", running.held)):
        for name, table in tables.items():
            if table.num_columns:  # a file keeps no table without columns
                # Written at every watch and seldom read: what takes least work, not least room.
                file = fresh / f"{kind}-{name}.arrow"
                feather.write_feather(table, str(file), "uncompressed", chunksize=max(table.num_rows, 1))
    about = {"watermark": running.watermark, "stages": _signature(running.stages)}
    (fresh / _ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True))
    old = _old(folder)
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load(stages: list[Detector], folder: Path) -> Running | None:
    """The plan as it was saved, or None where there is no checkpoint.

    Raises:
        StoreError: it was saved by other stages, versions or parameters.
    """
    if not folder.exists():
        folder = _old(folder)  # a save was cut short between its two renames
    about_file = folder / _ABOUT
    if not about_file.exists():
        return None
    about = json.loads(about_file.read_text())
    if about["stages"] != _signature(stages):
        raise StoreError(f"{folder} was written by other detectors or parameters; use a new --store")
    states = {s.name: _read(folder / f"state-{s.name}.arrow", s.state) for s in stages}
    held = {f.stem.removeprefix("held-"): _table(f) for f in sorted(folder.glob("held-*.arrow"))}
    return Running(stages, states, held, about["watermark"])


def _read(file: Path, schema: pa.Schema) -> pa.Table:
    return _table(file).select(schema.names).cast(schema) if file.exists() else schema.empty_table()


def _table(file: Path) -> pa.Table:
    return feather.read_table(str(file), memory_map=False)

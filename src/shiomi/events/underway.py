"""A run into a store counts whole or not at all.

A run writes several tables, and may end in the middle: the power fails, the disk is full, a person
presses Ctrl-C. So before it writes anything, `begin` notes in run.json at which versions the tables
stand; the `write_run` that ends the run leaves the note out. The next run that meets the note puts the
tables back first, so that no row is counted twice.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from shiomi.errors import StoreError
from shiomi.events.tables import read_run, table_names, write_run

__all__ = ["UNDERWAY", "begin"]

UNDERWAY = "underway"
"""Key of run.json: table name to Delta version, while a run is writing."""


def begin(folder: Path) -> dict[str, Any]:
    """What run.json said when the last whole run ended; from now on a run is under way.

    Raises:
        StoreError: what an interrupted run left cannot be put back.
    """
    run = read_run(folder)
    if UNDERWAY in run:
        _put_back(folder, run.pop(UNDERWAY))
    versions = {name: DeltaTable(str(folder / name)).version() for name in table_names(folder)}
    write_run(folder, run | {UNDERWAY: versions})
    return run


def _put_back(folder: Path, versions: dict[str, int]) -> None:
    for name in table_names(folder):
        if name not in versions:
            shutil.rmtree(folder / name)
            continue
        try:
            table = DeltaTable(str(folder / name))
            if table.version() != versions[name]:
                table.restore(versions[name])
        except (DeltaError, OSError) as e:
            raise StoreError(
                f"{folder / name} was left by an interrupted run and cannot be put back ({e}); "
                "watch the files into a new --store"
            ) from e

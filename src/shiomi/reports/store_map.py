"""The map of a store: every finding over the tracks and places it was found among."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from shiomi.events.store import newest_events, read_table
from shiomi.events.tables import parquet_files
from shiomi.places.table import PLACES
from shiomi.reports.picture import draw_map
from shiomi.schema import EVENTS, TRACKS

__all__ = ["draw_store"]

_MOST = 400_000
"""Reports drawn; more would not show. Every k-th of each track is taken, so long tracks keep their shape."""

_TITLE = "What was observed"


def draw_store(store: Path, path: Path) -> None:
    """Draw the newest events of a store, with its tracks and places, as a PNG.

    Raises:
        StoreError: the folder is no store.
    """
    positions = pl.scan_parquet(parquet_files(store, "positions"))
    n = positions.select(pl.len()).collect().item()
    every = max(1, -(-n // _MOST))
    shown = positions.filter(pl.col("fix_no") % every == 0).collect()
    draw_map(
        newest_events(store).select(EVENTS.names),
        shown.to_arrow().select(TRACKS.names).cast(TRACKS),
        path,
        title=_TITLE,
        places=read_table(store, "places").select(PLACES.names).cast(PLACES),
    )

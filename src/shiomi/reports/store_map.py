"""The map of a store: every finding over the tracks and places it was found among."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa

from shiomi.events.store import newest_events, read_table
from shiomi.events.tables import parquet_files
from shiomi.places.table import PLACES
from shiomi.reports.picture import draw_map
from shiomi.schema import EVENTS, TRACKS

__all__ = ["draw_store"]

_MOST = 400_000
"""Reports drawn; more would not show. Every k-th of each track is taken, so long tracks keep their shape."""

_DRAWN = ["track_id", "t", "lat_e7", "lon_e7", "bridge_s"]
_TITLE = "What was observed"


def draw_store(store: Path, path: Path, events: pa.Table | None = None) -> None:
    """Draw the newest events of a store, with its tracks and places, as a PNG.

    Args:
        events: what `newest_events` gives, where it is at hand.

    Raises:
        StoreError: the folder is no store.
    """
    positions = pl.scan_parquet(parquet_files(store, "positions"))
    n = positions.select(pl.len()).collect().item()
    every = max(1, -(-n // _MOST))
    shown = positions.filter(pl.col("fix_no") % every == 0).select(_DRAWN).collect()
    draw_map(
        (newest_events(store) if events is None else events).select(EVENTS.names),
        shown.to_arrow().cast(pa.schema([TRACKS.field(c) for c in _DRAWN])),
        path,
        title=_TITLE,
        places=read_table(store, "places").select(PLACES.names).cast(PLACES),
    )

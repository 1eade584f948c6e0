"""Which gaps an event about several silences rests on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import ends_of

__all__ = ["gaps_of"]

_KIND = "gap"


def gaps_of(events: pa.Table, standing: pa.Table) -> tuple[npt.NDArray[np.int64], pa.Table]:
    """The gaps of the subjects that last as long as the event, and for each the number of its event.

    In order of the events, then of the subjects; a gap may serve several events.
    """
    gaps = standing.filter(
        pc.and_(pc.equal(standing["kind"], _KIND), pc.not_equal(standing["status"], "withdrawn"))
    )
    both = (
        _spans(events)
        .join(_spans(gaps), on="track", suffix="_gap")
        .filter((pl.col("t0_gap") <= pl.col("t0")) & (pl.col("t1") <= pl.col("t1_gap")))
        .sort("row", "track", "t0_gap")
    )
    return both["row"].to_numpy(), gaps.take(pa.array(both["row_gap"].to_numpy())).combine_chunks()


def _spans(events: pa.Table) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "row": np.arange(events.num_rows, dtype=np.int64),
            "track": pl.from_arrow(events["subjects"]),
            "t0": numpy_of(events, "t_start"),
            "t1": ends_of(events),
        },
        schema_overrides={"track": pl.List(pl.Int64)},
    )
    return frame.explode("track").drop_nulls("track")

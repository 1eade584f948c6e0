"""Parts of one AIS message, on lines near each other, put together."""

from __future__ import annotations

import polars as pl

__all__ = ["WINDOW_LINES", "assemble"]

WINDOW_LINES = 2000
"""Parts further apart belong to different messages: sequence numbers have one digit and come round again."""


def assemble(parts: pl.DataFrame) -> pl.DataFrame:
    """Message of each part: `head` is the line of its first part, null if parts are missing.

    A new message begins when a part number does not rise under the same group, sequence number, channel
    and talker. What is left over is tried once more against the order, for logs in which parts overtook
    each other.

    Args:
        parts: `source_row`, `group`, `talker`, `channel`, `sequence`, `total`, `number`; in the order of
            the file.
    """
    forward = _heads(parts.with_columns(step=pl.col("number")))
    whole = forward.filter(pl.col("head").is_not_null())
    left = parts.join(whole.select("source_row"), on="source_row", how="anti")
    backward = _heads(left.with_columns(step=-pl.col("number")))
    return pl.concat([whole, backward]).sort("source_row")


def _heads(parts: pl.DataFrame) -> pl.DataFrame:
    key = ["group", "talker", "channel", "sequence", "total"]
    row = pl.col("source_row")
    starts = (pl.col("step") <= pl.col("step").shift(1)) | (row - row.shift(1) > WINDOW_LINES)
    run = starts.fill_null(True).cum_sum().over(key).alias("run")
    in_run = [*key, "run"]
    is_whole = pl.len().over(in_run) == pl.col("total")
    first = pl.col("source_row").sort_by("number").first().over(in_run)
    return (
        parts.sort("source_row")
        .with_columns(run)
        .with_columns(head=pl.when(is_whole).then(first))
        .select("source_row", "head")
    )

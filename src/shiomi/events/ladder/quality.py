"""S0, data quality: where positions could not be trusted, nothing that rests on them is a finding.

Rows that cannot be believed, repeats and stray reports are gone before any detector runs. What is left
for this step are findings about the data themselves: interference over an area, and for a silence a
double identity or a jump of the same MMSI, which make its two ends doubtful.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.events.ladder.context import APART, UNTOLD, Context, Said, by_rule, ends_of, nothing_said

__all__ = ["quality"]

_FOREVER = (1 << 62) - 1


def quality(events: pa.Table, context: Context) -> Said:
    """Reasons `KIND:EVENT` for events that overlap one of a kind that their rule names, of the same MMSI."""
    rules, rule = by_rule(events, context.ladder)
    kinds = sorted({k for r in rules for k in r.quality})
    asked = np.array([bool(r.quality) for r in rules], np.bool_)[rule]
    if context.events is None:
        return nothing_said(asked, UNTOLD)
    causes = context.events.filter(pc.is_in(context.events["kind"], pa.array(kinds, pa.string())))
    causes = causes.filter(pc.not_equal(causes["status"], "withdrawn"))
    said = nothing_said(asked)
    if causes.num_rows == 0:
        return said
    may_explain = pl.DataFrame(
        [(i, k) for i, r in enumerate(rules) for k in r.quality],
        schema={"rule": pl.Int64, "cause": pl.String},
        orient="row",
    )
    mine = _spans(events, rule=rule).join(may_explain, on="rule")
    theirs = _spans(causes).rename({"kind": "cause", "event_id": "cause_id", "t0": "c0", "t1": "c1"})
    # What still goes on bears on all that comes, not only on what was found when it became known.
    goes_on = causes.filter(pc.is_null(causes["t_end"]))["event_id"].to_pylist()
    theirs = theirs.with_columns(
        c1=pl.when(pl.col("cause_id").is_in(goes_on)).then(_FOREVER).otherwise(pl.col("c1"))
    )
    hits = (
        mine.join(theirs.drop("row"), on=["mmsi", "cause"])
        .filter(
            (pl.col("t0") <= pl.col("c1"))
            & (pl.col("c0") <= pl.col("t1"))
            & (pl.col("event_id") != pl.col("cause_id"))
        )
        # Of several of one kind the earliest is named, whatever the order of the tables.
        .sort("row", "cause", "c0", "cause_id")
        .unique(["row", "cause"], keep="first", maintain_order=True)
    )
    rows = hits["row"].to_numpy().astype(np.int64)
    said.state[rows] = APART
    return Said(said.state, [(rows, (hits["cause"] + ":" + hits["cause_id"]).to_list())], {})


def _spans(events: pa.Table, **more: np.ndarray) -> pl.DataFrame:
    """One row for each MMSI of each event, and its time between its outer bounds."""
    n = events.num_rows
    frame = pl.DataFrame(
        {
            "row": np.arange(n),
            "kind": pl.from_arrow(events["kind"]),
            "event_id": pl.from_arrow(events["event_id"]),
            "track": pl.from_arrow(events["subjects"]),
            "t0": events["t_start_earliest"].to_numpy(),
            "t1": ends_of(events),
            **more,
        }
    )
    return (
        frame.explode("track")
        .drop_nulls("track")
        .with_columns(mmsi=pl.col("track") // (1 << 33))
        .drop("track")
        .unique()
    )

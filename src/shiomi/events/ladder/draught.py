"""What the vessels of a dwell said of their draught before it and after it.

Draught is typed by hand, late, rounded and often never: alone it shows nothing, and beside a dwell it
corroborates at most. So both statements are told with how far they lie from the event, nothing is shown
apart for them, and what was not stated is left out.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import Context, Said, by_rule, nothing_said
from shiomi.findings import UNKNOWN
from shiomi.units import SECOND, hours

__all__ = ["MEASURES", "draught"]

_NAMES = ("draught_change_dm", "draught_before_s", "draught_after_s")
MEASURES = (*_NAMES, *(f"partner_{n}" for n in _NAMES))

_MAX_AGE_S = hours(72)
"""A statement last made longer before the dwell, or first made longer after it, may tell of another port.
Analyst-set."""


def draught(events: pa.Table, context: Context) -> Said:
    """Measures of dwells that have ended, for the vessel with the lower track id and for its partner."""
    rules, rule = by_rule(events, context.ladder)
    ended = np.asarray(events["t_end"].is_valid().to_numpy(), np.bool_)
    asked = np.array([r.is_dwell for r in rules], np.bool_)[rule] & ended
    said = nothing_said(np.zeros_like(asked))
    said.measures.update({m: np.full(len(asked), UNKNOWN) for m in MEASURES})
    rows = np.flatnonzero(asked)
    if len(rows) == 0 or context.particulars is None:
        return said
    # Files cut what was said in pieces: only the first and the last time of all are the same however it came.
    claims = (
        _frame(context.particulars.select(["mmsi", "t", "t_last", "draught_dm"]))
        .filter(pl.col("draught_dm") > 0)
        .group_by("mmsi", "draught_dm")
        .agg(pl.col("t").min(), pl.col("t_last").max())
    )
    for side, prefix in enumerate(("", "partner_")):
        told = _across(_subjects(events, rows, side), claims)
        at = told["row"].to_numpy()
        for name in _NAMES:
            said.measures[f"{prefix}{name}"][at] = told[name].to_numpy()
    return said


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _subjects(events: pa.Table, rows: np.ndarray, side: int) -> pl.DataFrame:
    """Row, MMSI, start and end of the events that have so many subjects."""
    subjects = pl.Series(pl.from_arrow(events["subjects"]), dtype=pl.List(pl.Int64)).gather(rows)
    track = subjects.list.get(side, null_on_oob=True)
    return pl.DataFrame(
        {
            "row": rows,
            "mmsi": (track // (1 << 33)).cast(pl.Int32),
            "start": numpy_of(events, "t_start")[rows],
            "end": numpy_of(events, "t_end", UNKNOWN)[rows],
        }
    ).drop_nulls("mmsi")


def _across(dwells: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """The newest statement before each dwell and the first after it, where each says one draught."""
    both = dwells.join(claims, on="mmsi")
    before = pl.min_horizontal("t_last", "start")
    after = pl.max_horizontal("t", "end")
    oldest, newest = pl.col("start") - _MAX_AGE_S * SECOND, pl.col("end") + _MAX_AGE_S * SECOND
    earlier = both.filter((pl.col("t") <= pl.col("start")) & (before >= oldest)).with_columns(at=before)
    later = both.filter((pl.col("t_last") >= pl.col("end")) & (after <= newest)).with_columns(at=after)
    was, now = _one(earlier, pl.col("at").max()), _one(later, pl.col("at").min())
    return (
        dwells.join(was, on="row")
        .join(now, on="row", suffix="_after")
        .select(
            "row",
            (pl.col("draught_dm_after") - pl.col("draught_dm")).alias("draught_change_dm"),
            ((pl.col("start") - pl.col("at")) // SECOND).alias("draught_before_s"),
            ((pl.col("at_after") - pl.col("end")) // SECOND).alias("draught_after_s"),
        )
    )


def _one(statements: pl.DataFrame, nearest: pl.Expr) -> pl.DataFrame:
    """The nearest statement for each dwell; none where several say different draughts at once."""
    return (
        statements.filter(pl.col("at") == nearest.over("row"))
        .group_by("row")
        .agg(pl.col("at").first(), pl.col("draught_dm").n_unique().alias("n"), pl.col("draught_dm").first())
        .filter(pl.col("n") == 1)
        .select("row", "at", pl.col("draught_dm").cast(pl.Int64))
    )

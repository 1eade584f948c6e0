"""S5, persistence: two that are together for days, or meet again and again at one place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import APART, UNTOLD, Context, Said, by_rule, ends_of, nothing_said
from shiomi.units import SECOND, hours

__all__ = ["MET_OFTEN", "TOGETHER_FOR_DAYS", "persistence"]

TOGETHER_FOR_DAYS, MET_OFTEN = "together_for_days", "met_often"

_DAYS_S = hours(72)
"""Together for longer than this is lying side by side. Analyst-set: transfers between large tankers take
a day or two."""
_WITHIN_S = hours(7 * 24)
_MIN_DAYS = 3
"""Meetings of one pair, on so many days of the week up to this one, are a habit. Analyst-set."""
_SPOT_E7 = 500_000
"""At one place: within 0.05 degree of latitude, 3 nautical miles, and as much of longitude at 60 degrees."""
_ASKED = ["kind", "subjects", "t_start", "lat_e7", "lon_e7"]
_DAY = hours(24) * SECOND
_I64 = npt.NDArray[np.int64]


def persistence(events: pa.Table, context: Context) -> Said:
    """Reasons `together_for_days` and `met_often:DAYS`; only earlier meetings count, never later ones."""
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([r.is_meeting for r in rules], np.bool_)[rule]
    said = nothing_said(asked)
    lasted = ends_of(events) - numpy_of(events, "t_start")
    lasting = np.flatnonzero(asked & (lasted > _DAYS_S * SECOND))
    said.state[lasting] = APART
    reasons = [(lasting, [TOGETHER_FOR_DAYS] * len(lasting))]
    if context.events is None:
        said.state[asked & (said.state != APART)] = UNTOLD
        return Said(said.state, reasons, {})
    known = context.events.select([*_ASKED, "status"])
    known = known.filter(pc.is_in(known["kind"], events["kind"].unique()))
    known = known.filter(pc.not_equal(known["status"], "withdrawn"))
    rows = np.flatnonzero(asked)
    days = _days_met(_meetings(events.select(_ASKED).take(pa.array(rows))), _meetings(known))
    often = rows[days >= _MIN_DAYS]
    said.state[often] = APART
    reasons.append((often, [f"{MET_OFTEN}:{n}" for n in days[days >= _MIN_DAYS].tolist()]))
    return Said(said.state, reasons, {})


def _meetings(events: pa.Table) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "kind": pl.from_arrow(events["kind"]),
            "subjects": pl.from_arrow(events["subjects"]),
            "t": numpy_of(events, "t_start"),
            "lat": numpy_of(events, "lat_e7").astype(np.int64),
            "lon": numpy_of(events, "lon_e7").astype(np.int64),
        }
    )
    # A track id begins with the MMSI, so that the least and the greatest of both belong together.
    a, b = (end // (1 << 33) for end in (pl.col("subjects").list.min(), pl.col("subjects").list.max()))
    return frame.select(pl.exclude("subjects"), a=a, b=b).with_row_index("row")


def _days_met(mine: pl.DataFrame, known: pl.DataFrame) -> _I64:
    """Days, counted back from each meeting, on which the pair met at its place, itself included."""
    pairs = mine.join(known, on=["kind", "a", "b"], suffix="_then").filter(
        pl.col("t_then").is_between(pl.col("t") - _WITHIN_S * SECOND, pl.col("t"))
        & ((pl.col("lat") - pl.col("lat_then")).abs() <= _SPOT_E7)
        & (((pl.col("lon") - pl.col("lon_then") + 1_800_000_000) % 3_600_000_000 - 1_800_000_000).abs()
           <= 2 * _SPOT_E7)
    )  # fmt: skip
    days = pairs.group_by("row").agg(((pl.col("t") - pl.col("t_then")) // _DAY).n_unique().alias("days"))
    out = np.zeros(mine.height, np.int64)
    out[days["row"].to_numpy()] = days["days"].to_numpy()
    return out

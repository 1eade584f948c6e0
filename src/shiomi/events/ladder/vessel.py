"""S3, vessel class: what a tug, a pilot, a dredger or a fishing boat does as its ordinary work.

The class is what the vessel says of itself, most often. A false claim would hide a vessel here, so the
reason names the claim, and the event is kept.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.events.ladder.context import APART, UNTOLD, Context, Said, by_rule, nothing_said
from shiomi.schema import mmsi_of

__all__ = ["VESSEL_CLASS", "Claimed", "claimed_classes", "class_of", "vessel"]

VESSEL_CLASS = "vessel_class"

_CLASSES = {
    30: "fishing",
    31: "tug",
    32: "tug",
    33: "dredger",
    34: "diving",
    35: "naval",
    36: "pleasure",
    37: "pleasure",
    50: "pilot",
    51: "rescue",
    52: "tug",
    53: "port_tender",
    54: "antipollution",
    55: "law_enforcement",
    58: "medical",
}
_TENS = {4: "high_speed", 6: "passenger", 7: "cargo", 8: "tanker"}

Claimed = dict[int, tuple[str, int]]
"""MMSI to its class and its length in metres, 0 where not known."""


def class_of(ship_type: int | None) -> str:
    """Class of vessel by the type of ship and cargo (ITU-R M.1371-5, table 53); empty where not known."""
    if ship_type is None or ship_type <= 0:
        return ""
    return _CLASSES.get(ship_type) or _TENS.get(ship_type // 10, "other")


def claimed_classes(particulars: pa.Table | None) -> Claimed:
    """Class and length that each MMSI claimed most often; among equals the later, then the greater."""
    if particulars is None or particulars.num_rows == 0:
        return {}
    frame = pl.from_arrow(particulars.select(["mmsi", "ship_type", "length_m", "reports", "t_last"]))
    assert isinstance(frame, pl.DataFrame)

    def most(column: str) -> dict[int, int]:
        best = (
            frame.filter(pl.col(column) > 0)
            .group_by("mmsi", column)
            .agg(pl.col("reports").sum(), pl.col("t_last").max())
            .sort("mmsi", "reports", "t_last", column)
            .unique("mmsi", keep="last", maintain_order=True)
        )
        return dict(zip(best["mmsi"].to_list(), best[column].to_list(), strict=True))

    types, lengths = most("ship_type"), most("length_m")
    return {m: (class_of(types.get(m)), lengths.get(m, 0)) for m in types.keys() | lengths.keys()}


def vessel(events: pa.Table, context: Context) -> Said:
    """Reason `vessel_class:CLASS` where every subject is of a class whose ordinary work the event is."""
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([bool(r.classes) for r in rules], np.bool_)[rule]
    said = nothing_said(asked)
    claimed = claimed_classes(context.particulars)
    rows, texts = [], []
    picked = np.flatnonzero(asked)
    for i, subjects in zip(
        picked.tolist(), events["subjects"].take(pa.array(picked)).to_pylist(), strict=True
    ):
        classes = [claimed.get(mmsi_of(s), ("", 0))[0] for s in subjects]
        if not all(classes):
            said.state[i] = UNTOLD
        elif all(c in rules[rule[i]].classes for c in classes):
            rows.append(i)
            texts.append(f"{VESSEL_CLASS}:{classes[0]}")
    apart: npt.NDArray[np.int64] = np.array(rows, np.int64)
    said.state[apart] = APART
    return Said(said.state, [(apart, texts)], {})

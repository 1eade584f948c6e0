"""S3, vessel class: what a tug, a pilot, a dredger or a fishing boat does as its ordinary work.

The class is what the vessel says of itself, most often. A false claim would hide a vessel here, so the
reason names the claim, and the event is kept.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.events.ladder.context import APART, UNTOLD, Context, Said, by_rule, nothing_said
from shiomi.schema import TRACK_SHIFT

__all__ = ["VESSEL_CLASS", "Claimed", "Sides", "claimed_classes", "class_of", "sides_of", "vessel"]

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


@cache
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


class Sides(NamedTuple):
    """What the vessels of n events claim, those of each event one after the other."""

    edges: npt.NDArray[np.int64]
    """Event i has the sides from edges[i] to edges[i + 1]."""
    code: npt.NDArray[np.int64]
    """Number of the class of each side in `classes`."""
    length_m: npt.NDArray[np.int64]
    classes: list[str]
    """The first is the class of those who claim none."""

    @property
    def all_told(self) -> npt.NDArray[np.bool_]:
        """Whether all of an event claim a class."""
        return self.all_of(self.code > 0)

    def all_of(self, side: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Whether something holds of all sides of an event."""
        return np.asarray(np.bincount(self._event[~side], minlength=len(self.edges) - 1) == 0, np.bool_)

    @property
    def _event(self) -> npt.NDArray[np.int64]:
        return np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))


def sides_of(subjects: pa.ChunkedArray, claimed: Claimed) -> Sides:
    """What the subjects of some events claim."""
    edges = np.concatenate([[0], np.cumsum(pc.list_value_length(subjects).to_numpy())]).astype(np.int64)
    mmsi, at = np.unique(pc.list_flatten(subjects).to_numpy() >> TRACK_SHIFT, return_inverse=True)
    told = [claimed.get(m, ("", 0)) for m in mmsi.tolist()]
    classes = sorted({"", *(c for c, _ in told)})
    number = {c: i for i, c in enumerate(classes)}
    code = np.array([number[c] for c, _ in told], np.int64)
    return Sides(edges, code[at], np.array([m for _, m in told], np.int64)[at], classes)


def vessel(events: pa.Table, context: Context) -> Said:
    """Reason `vessel_class:CLASS` where every subject is of a class whose ordinary work the event is."""
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([bool(r.classes) for r in rules], np.bool_)[rule]
    said = nothing_said(asked)
    picked = np.flatnonzero(asked)
    if len(picked) == 0:
        return said
    sides = sides_of(events["subjects"].take(pa.array(picked)), claimed_classes(context.particulars))
    said.state[picked[~sides.all_told]] = UNTOLD
    is_ordinary = np.array([[c in r.classes for c in sides.classes] for r in rules], np.bool_)
    of_side = np.repeat(rule[picked], np.diff(sides.edges))
    found = np.flatnonzero(sides.all_told & sides.all_of(is_ordinary[of_side, sides.code]))
    texts = [f"{VESSEL_CLASS}:{sides.classes[k]}" for k in sides.code[sides.edges[:-1][found]].tolist()]
    said.state[picked[found]] = APART
    return Said(said.state, [(picked[found], texts)], {})

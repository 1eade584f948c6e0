"""S2, place: what ships do at a berth, in a roadstead, on a river and along a coast all day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import APART, Context, Said, by_rule, nothing_said, off_shore_m
from shiomi.places.table import LEARNED, NO_PLACE_M, nearest_place

__all__ = ["AT_PLACE", "INLAND", "MEASURES", "NEAR_SHORE", "place"]

AT_PLACE, INLAND, NEAR_SHORE = "at_place", "inland", "near_shore"
MEASURES = ("shore_m", "place_m")


def place(events: pa.Table, context: Context) -> Said:
    """Reasons `at_place:ID`, `inland` and `near_shore`, and the distances that they rest on."""
    # Where two places are equally near, the order of the table must not decide which is named.
    places = context.places.sort_by("place_id")
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([r.at_place for r in rules], np.bool_)[rule]
    near_m = np.array([r.near_shore_m for r in rules], np.int64)[rule]
    lat, lon = numpy_of(events, "lat_e7"), numpy_of(events, "lon_e7")
    to_shore = off_shore_m(events, context)
    row, to_place = nearest_place(places, lat, lon)
    assert places.num_rows == 0 or int(to_place.max()) < NO_PLACE_M

    by_declared = np.flatnonzero(np.array([r.is_declared_place for r in rules], np.bool_)[rule])
    at_m = to_place.copy()
    if len(by_declared) and places.num_rows:
        declared = np.flatnonzero(np.asarray(places["kind"].to_pylist()) != LEARNED)
        among, at_m[by_declared] = nearest_place(
            places.take(pa.array(declared)), lat[by_declared], lon[by_declared]
        )
        if len(declared):
            row[by_declared] = declared[among]

    there = np.flatnonzero(asked & (at_m <= context.ladder.at_place_m))
    inland = np.flatnonzero(asked & (to_shore < 0))
    near = np.flatnonzero(asked & (to_shore >= 0) & (to_shore < near_m))
    names = places["place_id"].take(pa.array(row[there])).to_pylist() if places.num_rows else []
    said = nothing_said(asked)
    said.state[np.concatenate([there, inland, near])] = APART
    return Said(
        said.state,
        [
            (there, [f"{AT_PLACE}:{name}" for name in names]),
            (inland, [INLAND] * len(inland)),
            (near, [NEAR_SHORE] * len(near)),
        ],
        {"shore_m": to_shore} | ({"place_m": to_place} if places.num_rows else {}),
    )

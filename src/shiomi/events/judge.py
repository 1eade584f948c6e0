"""Judge: which findings are shown apart, and why.

A meeting at a berth, a stop in a roadstead, a slow ship in a river, a transponder switched off in a
marina are what ships do. They are kept,
with the reason, and shown apart. This is the step S2 (place) of the ladder in docs/ladder.md; it looks
at an event and at the still world only, so it gives the same answer live, in batch and years later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.places.land import shore_m
from shiomi.places.table import NO_PLACE_M, nearest_place, places_hash
from shiomi.units import nautical_miles

__all__ = ["AT_PLACE", "INLAND", "NEAR_SHORE", "Ladder", "judge"]

AT_PLACE, INLAND, NEAR_SHORE = "at_place", "inland", "near_shore"
_OURS = ("shore_m", "place_m")
"""Measures that judging adds."""
_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ladder:
    """How near is near; metres."""

    at_place_m: int = 3_000
    """This near the edge of a place, a vessel is at it. Global Fishing Watch: port entry at 3 km."""
    encounter_shore_m: int = 10_000
    """Meetings and stops nearer to shore than this are shown apart. Global Fishing Watch keeps meetings at
    least 10 km from coastal anchorages."""
    loitering_shore_m: int = nautical_miles(20)
    """The same for loitering. Global Fishing Watch, `files/loitering.md`: at least 20 nm from shore."""

    def near_shore_m(self, kind: str) -> int | None:
        """Limit for a kind of event, or None where the shore says nothing about it."""
        limits = {
            "encounter": self.encounter_shore_m,
            "stop": self.encounter_shore_m,
            "loitering": self.loitering_shore_m,
            "gap": 0,  # silence near shore is no more ordinary than elsewhere; at a berth or inland it is
        }
        return limits.get(kind)


def judge(events: pa.Table, places: pa.Table, ladder: Ladder | None = None) -> pa.Table:
    """Events with `suppressed_by`, `places_id`, and the measures `shore_m` and `place_m`.

    Events that were judged before may be judged anew with other places.

    Args:
        events: schema EVENTS.
        places: schema PLACES: learned beforehand, or imported; may be empty.
        ladder: the limits.
    """
    if events.num_rows == 0:
        return events
    # Where two places are equally near, the order of the table must not decide which is named.
    places = places.sort_by("place_id")
    ladder = ladder or Ladder()
    lat, lon = numpy_of(events, "lat_e7"), numpy_of(events, "lon_e7")
    to_shore = shore_m(lat, lon)
    row, to_place = nearest_place(places, lat, lon)
    kinds = events["kind"].combine_chunks().dictionary_encode()
    near_shore = [ladder.near_shore_m(k) for k in kinds.dictionary.to_pylist()]
    limits = np.array([-1 if m is None else m for m in near_shore], np.int64)
    limit = limits[kinds.indices.to_numpy()]

    judged = limit >= 0
    at_place = judged & (to_place <= ladder.at_place_m)
    inland = judged & (to_shore < 0)
    near = judged & (to_shore >= 0) & (to_shore < limit)
    place_ids = places["place_id"].to_pylist()
    reasons: list[list[str]] = [[] for _ in range(events.num_rows)]
    for i in np.flatnonzero(at_place).tolist():
        reasons[i].append(f"{AT_PLACE}:{place_ids[row[i]]}")
    for i in np.flatnonzero(inland).tolist():
        reasons[i].append(INLAND)
    for i in np.flatnonzero(near).tolist():
        reasons[i].append(NEAR_SHORE)

    measured = {"shore_m": to_shore} | ({"place_m": to_place} if places.num_rows else {})
    assert places.num_rows == 0 or int(to_place.max()) < NO_PLACE_M
    changed = {
        "measures": _with_measures(events["measures"].combine_chunks(), measured),
        "suppressed_by": pa.array(reasons, pa.list_(pa.string())),
        "places_id": pa.repeat(pa.scalar(places_hash(places)), events.num_rows),
    }
    for name, column in changed.items():
        i = events.schema.get_field_index(name)
        events = events.set_column(i, events.schema.field(i), column)
    return events


def _with_measures(measures: pa.MapArray, more: dict[str, _I64]) -> pa.MapArray:
    """Every map with the same further keys, keys in ascending order; earlier values of ours are dropped."""
    bounds = measures.offsets.to_numpy()
    n, k = len(bounds) - 1, len(more)
    start, length = int(bounds[0]), int(bounds[-1] - bounds[0])
    held = measures.keys.slice(start, length)
    keep = pc.invert(pc.is_in(held, pa.array(_OURS)))
    held_by = np.repeat(np.arange(n), np.diff(bounds))[keep.to_numpy(zero_copy_only=False)]
    owner = np.concatenate([held_by, np.tile(np.arange(n), k)])
    keys = pa.concat_arrays([held.filter(keep), pa.array(np.repeat(list(more), n), pa.string())])
    items = pa.concat_arrays(
        [
            measures.items.slice(start, length).filter(keep),
            pa.array(np.concatenate(list(more.values()))),
        ]
    )
    names = keys.dictionary_encode()
    rank = np.argsort(np.argsort(np.array(names.dictionary.to_pylist())))
    order = pa.array(np.lexsort((rank[names.indices.to_numpy()], owner)))
    lengths = np.bincount(owner, minlength=n)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.MapArray.from_arrays(offsets, keys.take(order), items.take(order))

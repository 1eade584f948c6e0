"""Judge: which findings are shown apart, and why.

A meeting at a berth, a stop in a roadstead, a slow ship in a river, a transponder switched off in a
marina are what ships do, and when a whole feed is silent every vessel in it is. Such findings are kept,
with the reason, and shown apart. These are the steps S1 (coverage, as far as the feed itself tells) and
S2 (place) of the ladder in docs/ladder.md. They look at the event, at the feed up to its end and at the
still world, so they give the same answer live, in batch and years later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.findings import UNKNOWN
from shiomi.places.land import shore_m
from shiomi.places.table import NO_PLACE_M, nearest_place, places_hash
from shiomi.tracks.feed import HOUR, heard_between
from shiomi.units import SECOND, nautical_miles

__all__ = ["AT_PLACE", "FEED_SILENT", "INLAND", "NEAR_SHORE", "Ladder", "judge"]

FEED_SILENT, AT_PLACE, INLAND, NEAR_SHORE = "feed_silent", "at_place", "inland", "near_shore"
_OURS = ("shore_m", "place_m", "feed_heard_s", "feed_whole_s")
"""Measures that judging adds."""
_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ladder:
    """How near is near, in metres, and how silent is silent."""

    min_feed_hours: int = 14
    """A silence shared by the feed for more than half of its hours stands only if the feed spoke in this
    many of them: as many reports as `gap` wants missing. Analyst-set."""

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


def judge(
    events: pa.Table, places: pa.Table, ladder: Ladder | None = None, feed: pa.Table | None = None
) -> pa.Table:
    """Events with `coverage`, `suppressed_by`, `places_id`, and the measures that these rest on.

    Events that were judged before may be judged anew with other places.

    Args:
        events: schema EVENTS.
        places: schema PLACES: learned beforehand, or imported; may be empty.
        ladder: the limits.
        feed: schema FEED: when the feed spoke, at least to the end of every event; None if not known.
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

    silent, feed_measures, coverage = _feed_silent(events, feed, ladder)
    judged = limit >= 0
    at_place = judged & (to_place <= ladder.at_place_m)
    inland = judged & (to_shore < 0)
    near = judged & (to_shore >= 0) & (to_shore < limit)
    place_ids = places["place_id"].to_pylist()
    reasons: list[list[str]] = [[] for _ in range(events.num_rows)]
    for i in np.flatnonzero(silent).tolist():
        reasons[i].append(FEED_SILENT)
    for i in np.flatnonzero(at_place).tolist():
        reasons[i].append(f"{AT_PLACE}:{place_ids[row[i]]}")
    for i in np.flatnonzero(inland).tolist():
        reasons[i].append(INLAND)
    for i in np.flatnonzero(near).tolist():
        reasons[i].append(NEAR_SHORE)

    measured = {"shore_m": to_shore} | ({"place_m": to_place} if places.num_rows else {}) | feed_measures
    assert places.num_rows == 0 or int(to_place.max()) < NO_PLACE_M
    changed = {
        "measures": _with_measures(events["measures"].combine_chunks(), measured),
        "coverage": coverage,
        "suppressed_by": pa.array(reasons, pa.list_(pa.string())),
        "places_id": pa.repeat(pa.scalar(places_hash(places)), events.num_rows),
    }
    for name, column in changed.items():
        i = events.schema.get_field_index(name)
        events = events.set_column(i, events.schema.field(i), column)
    return events


def _feed_silent(
    events: pa.Table, feed: pa.Table | None, ladder: Ladder
) -> tuple[npt.NDArray[np.bool_], dict[str, _I64], pa.Array]:
    """Silences that the feed shared, their measures, and what is known of reception for every event."""
    is_gap = np.array([k == "gap" for k in events["kind"].to_pylist()], np.bool_)
    if feed is None or not is_gap.any():
        unknown = pa.repeat(pa.scalar("unknown"), events.num_rows)
        return np.zeros(len(is_gap), np.bool_), {}, unknown
    ended = pc.fill_null(events["t_end"], events["known_t"]).to_numpy()
    whole, heard = heard_between(feed, numpy_of(events, "t_start"), ended)
    silent = is_gap & (2 * heard < whole) & (heard < ladder.min_feed_hours)
    measures = {"feed_heard_s": heard, "feed_whole_s": whole}
    hour_s = HOUR // SECOND
    told = np.where(silent, "feed_silent", "feed_heard")
    coverage = pa.array(np.where(is_gap, told, "unknown"), pa.string())
    return silent, {k: np.where(is_gap, v * hour_s, UNKNOWN) for k, v in measures.items()}, coverage


def _with_measures(measures: pa.MapArray, more: dict[str, _I64]) -> pa.MapArray:
    """Every map with further keys, in ascending order, where their value is not UNKNOWN.

    Values of ours from an earlier judgement are dropped.
    """
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
    known = pc.not_equal(items, pa.scalar(int(UNKNOWN), pa.int64()))
    keys, items, owner = keys.filter(known), items.filter(known), owner[known.to_numpy(zero_copy_only=False)]
    names = keys.dictionary_encode()
    rank = np.argsort(np.argsort(np.array(names.dictionary.to_pylist())))
    order = pa.array(np.lexsort((rank[names.indices.to_numpy()], owner)))
    lengths = np.bincount(owner, minlength=n)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.MapArray.from_arrays(offsets, keys.take(order), items.take(order))

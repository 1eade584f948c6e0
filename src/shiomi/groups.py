"""Groups of vessels followed through time, while members join and leave.

At each slot some vessels hang together in clusters. A cluster belongs to a group with which it shares half
of the smaller of the two, the group as it was last seen; one that belongs to none founds a new group. So
members may all change in time, but one that goes from a group to another does not bring them together; a
group that splits stays one, and two that grow together stay two, each with its own beginning. What a group
is depends on its own members alone, and so its evidence gives it back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of, evidence_rows
from shiomi.geo import distance_m, wrap_e7
from shiomi.kernels.order import group_edges
from shiomi.passings import reduced
from shiomi.units import SECOND

__all__ = ["GROUPS", "MEMBERS", "follow", "tell"]

_I64 = npt.NDArray[np.int64]

MEMBERS = pa.schema(
    [
        ("t", pa.int64()),
        ("track_id", pa.int64()),
        ("seen_t", pa.int64()),
        ("lat_e7", pa.int32()),
        ("lon_e7", pa.int32()),
        ("before_id", pa.int64()),
        ("after_id", pa.int64()),
        ("before_t", pa.int64()),
        ("after_t", pa.int64()),
    ]
)
"""A vessel at a slot, when and where it was seen there, and the reports that say so."""

GROUPS = pa.schema([("sea", pa.int32()), ("group_no", pa.int64()), *MEMBERS, ("is_told", pa.bool_())])
"""The members of live groups at all their slots: state and evidence in one. `sea` is 0, as in the rows."""


def follow(state: pa.Table, members: pa.Table, cluster: _I64, max_break_s: int) -> pa.Table:
    """GROUPS with the members of new slots, sorted by (group_no, t, track_id).

    Args:
        state: schema GROUPS, all of it older than `members`.
        members: schema MEMBERS, sorted by (t, track_id).
        cluster: of each member; members of one slot with one number hang together.
    """
    t, track = numpy_of(members, "t"), numpy_of(members, "track_id")
    numbers, live_group, live_track, live_t = _last_seen(state)
    found_group, found_row = [], []
    edges = group_edges(t)
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        lasting = live_t >= t[low] - max_break_s * SECOND
        live_group, live_track, live_t = live_group[lasting], live_track[lasting], live_t[lasting]
        at = np.minimum(np.searchsorted(track[low:high], live_track), high - low - 1)
        again = track[low:high][at] == live_track
        touched, shared = np.unique(
            np.stack([live_group[again], cluster[low:high][at[again]]]), axis=1, return_counts=True
        )
        smaller = np.minimum(_sizes(live_group, touched[0]), _sizes(cluster[low:high], touched[1]))
        touched = touched[:, 2 * shared >= smaller]
        fresh = np.setdiff1d(cluster[low:high], touched[1])
        touched = np.concatenate([touched, np.stack([numbers + np.arange(len(fresh)), fresh])], axis=1)
        numbers += len(fresh)
        # Every row of every cluster that a group touches.
        order = np.argsort(cluster[low:high], kind="stable")
        sizes = cluster[low:high][order]
        begin, end = np.searchsorted(sizes, touched[1]), np.searchsorted(sizes, touched[1], side="right")
        n = end - begin
        of = np.repeat(touched[0], n)
        rows = order[np.arange(n.sum()) + np.repeat(begin - np.concatenate([[0], np.cumsum(n)[:-1]]), n)]
        found_group.append(of)
        found_row.append(rows + low)
        left = ~np.isin(live_group, of)
        live_group = np.concatenate([live_group[left], of])
        live_track = np.concatenate([live_track[left], track[low:high][rows]])
        live_t = np.concatenate([live_t[left], np.full(len(of), t[low])])
    if not found_group:
        return state
    group, row = np.concatenate(found_group), np.concatenate(found_row)
    new = members.take(pa.array(row))
    new = new.add_column(0, GROUPS.field("group_no"), pa.array(group))
    new = new.append_column(GROUPS.field("sea"), pa.array(np.zeros(len(group), np.int32)))
    new = new.append_column(GROUPS.field("is_told"), pa.array(np.zeros(len(group), np.bool_)))
    both = pa.concat_tables([state, new.select(GROUPS.names).cast(GROUPS)]).combine_chunks()
    order = np.lexsort([numpy_of(both, c) for c in ("track_id", "t", "group_no")])
    return both.take(pa.array(order)).combine_chunks()


def _sizes(labels: _I64, of: _I64) -> _I64:
    """How many of `labels` are each of those asked for."""
    ordered = np.sort(labels)
    return np.searchsorted(ordered, of, side="right") - np.searchsorted(ordered, of)


def _last_seen(state: pa.Table) -> tuple[int, _I64, _I64, _I64]:
    """The next number for a group; and group, track and slot of the members last seen of each group."""
    group, t = numpy_of(state, "group_no"), numpy_of(state, "t")
    if len(group) == 0:
        none = np.empty(0, np.int64)
        return 0, none, none, none
    edges = group_edges(group)
    newest = t == np.repeat(t[edges[1:] - 1], np.diff(edges))
    return int(group[-1]) + 1, group[newest], numpy_of(state, "track_id")[newest], t[newest]


class _Slots(NamedTuple):
    """Group i has the slots edges[i] to edges[i + 1]; slot k has the rows rows[k] to rows[k + 1]."""

    rows: _I64
    edges: _I64


def tell(detector: Any, groups: pa.Table, watermark: int) -> Step:
    """Groups that last long enough as events of `detector`, open and closed, and those to follow on.

    Args:
        detector: has `min_duration_s`, `max_break_s` and `slot_s`.
        groups: schema GROUPS, as `follow` gives it.
    """
    group, t, seen = numpy_of(groups, "group_no"), numpy_of(groups, "t"), numpy_of(groups, "seen_t")
    starts = np.ones(len(t) + 1, np.bool_)
    starts[1:-1] = (group[1:] != group[:-1]) | (t[1:] != t[:-1])
    rows = np.flatnonzero(starts)
    by_slot = group[rows[:-1]]
    s = _Slots(rows, group_edges(by_slot))
    seen_slot = reduced(np.maximum, seen, rows)
    lengths = np.diff(s.edges)
    since = np.repeat(seen_slot[s.edges[:-1]], lengths)
    lasted = np.flatnonzero(seen_slot - since >= detector.min_duration_s * SECOND)
    n = len(lengths)
    at = np.full(n, len(by_slot), np.int64)
    np.minimum.at(at, np.repeat(np.arange(n), lengths)[lasted], lasted)
    is_finding = at < len(by_slot)
    over_t = t[rows[s.edges[1:] - 1]] + detector.max_break_s * SECOND if n else np.empty(0, np.int64)
    ended = over_t < watermark
    was_told = reduced(np.maximum, numpy_of(groups, "is_told"), rows[s.edges]) > 0
    is_open = is_finding & ~ended & ~was_told
    chosen = np.flatnonzero(is_open | (is_finding & ended))
    last = np.where(is_open[chosen], at[chosen], s.edges[1:][chosen] - 1)
    known_t = np.where(is_open[chosen], t[rows[np.minimum(last, len(rows) - 2)]] if n else 0, over_t[chosen])
    found = _found(detector, groups, s, chosen, last, is_open[chosen], known_t.astype(np.int64))
    per_group = np.diff(rows[s.edges])
    told = pa.array(np.repeat(was_told | is_finding, per_group))
    i = groups.schema.get_field_index("is_told")
    state = groups.set_column(i, groups.schema.field(i), told)
    state = state.filter(pa.array(np.repeat(~ended, per_group))).combine_chunks()
    return Step(state, events_of(detector, found))


def _found(
    detector: Any,
    groups: pa.Table,
    s: _Slots,
    chosen: _I64,
    last: _I64,
    is_open: npt.NDArray[np.bool_],
    known_t: _I64,
) -> Found:
    c = {n: numpy_of(groups, n) for n in groups.schema.names}
    first = s.edges[:-1][chosen]
    slot_us = detector.slot_s * SECOND
    edges, rows = _laid_out(s.rows[first], s.rows[last + 1])
    founding, founders = _laid_out(s.rows[first], s.rows[first + 1])
    ending, enders = _laid_out(s.rows[last], s.rows[last + 1])
    owner = np.repeat(np.arange(len(chosen)), np.diff(edges))
    members = np.unique(np.stack([owner, c["track_id"][rows]]), axis=1)
    member_edges = np.searchsorted(members[0], np.arange(len(chosen) + 1)).astype(np.int64)
    lat, lon = _mean_place(c, founding, founders)
    away_m = distance_m(c["lat_e7"][rows], c["lon_e7"][rows], lat[owner], lon[owner])
    slot_edges, slots = _laid_out(first, last + 1)
    per_slot = np.diff(s.rows)[slots]
    t_first, t_last = c["t"][s.rows[first]], c["t"][s.rows[last]]
    t_start = reduced(np.maximum, c["seen_t"][founders], founding)
    t_end = reduced(np.maximum, c["seen_t"][enders], ending)
    return Found(
        is_open=is_open,
        subjects=Evidence(member_edges, members[1]),
        founders=Evidence(founding, c["track_id"][founders]),
        t_start=t_start,
        t_end=np.where(is_open, UNKNOWN, t_end),
        t_start_earliest=t_first - slot_us,
        t_start_latest=t_start,
        t_end_earliest=np.where(is_open, UNKNOWN, t_end),
        t_end_latest=np.where(is_open, UNKNOWN, t_last + 2 * slot_us),
        known_t=known_t,
        lat_e7=lat,
        lon_e7=lon,
        measures={
            "duration_s": (t_end - t_start) // SECOND,
            "slots": np.diff(slot_edges),
            "vessels": np.diff(member_edges),
            "vessels_min": reduced(np.minimum, per_slot, slot_edges),
            "vessels_max": reduced(np.maximum, per_slot, slot_edges),
            "radius_m": reduced(np.maximum, np.rint(away_m), edges),
        },
        evidence=evidence_rows(
            edges,
            [c[n][rows] for n in ("before_id", "after_id")],
            [c[n][rows] for n in ("before_t", "after_t")],
        ),
    )


def _laid_out(begin: _I64, end: _I64) -> tuple[_I64, _I64]:
    """The numbers from begin[i] to end[i] of every i laid end to end, and the edges between them."""
    n = end - begin
    edges = np.concatenate([[0], np.cumsum(n)]).astype(np.int64)
    return edges, np.arange(edges[-1]) + np.repeat(begin - edges[:-1], n)


def _mean_place(c: dict[str, npt.NDArray[Any]], edges: _I64, rows: _I64) -> tuple[_I64, _I64]:
    """Mean place of some rows of each event, rounded down: the same from whichever row it is counted."""
    n = np.diff(edges)
    lat = reduced(np.add, c["lat_e7"][rows], edges) // n
    origin = c["lon_e7"][rows][edges[:-1]].astype(np.int64) if len(n) else np.empty(0, np.int64)
    east = wrap_e7(c["lon_e7"][rows] - np.repeat(origin, n))
    return lat, wrap_e7(origin + reduced(np.add, east, edges) // n)

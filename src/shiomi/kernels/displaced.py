"""Where reports of an MMSI leave the way that its hull was sailing."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.room import room
from shiomi.kernels.sphere import distance_mm, wrap

__all__ = ["ESTABLISHED", "find_displaced"]

ESTABLISHED = 3
"""fix_no from which a hull is taken to be there."""

_MM_PER_E7 = 11.1195
"""1e-7 degree of latitude on the sphere of `shiomi.geo`, millimetres."""
_MM_PER_DKN_US = 1852.0 * 1000.0 / 36_000.0 / 1e6


@njit(cache=True, nogil=True)
def _tell(
    out: Any, edges: Any, rows: Any, n: int, end: int, home: int, onset: int, confirm: int, last_odd: int,
    t: int, cited: Any, prev: Any, n_cited: int, turns: Any, n_turns: int,
) -> None:  # fmt: skip
    """Write one finding: what it is, and the rows that it rests on in order of time."""
    out[n, 0] = end
    out[n, 1] = home
    out[n, 2] = onset
    out[n, 3] = confirm
    out[n, 4] = last_odd
    out[n, 5] = t
    k = edges[n]
    for i in range(home, confirm + 1):
        rows[k] = i
        k += 1
    low = k
    for c in range(n_cited):
        rows[k] = prev[c]
        rows[k + 1] = cited[c]
        k += 2
    for c in range(n_turns):
        rows[k] = turns[c]
        k += 1
    rows[low:k].sort()
    newest = np.int64(confirm)
    high = k
    k = low
    for j in range(low, high):
        if rows[j] > newest:
            newest = rows[j]
            rows[k] = newest
            k += 1
    edges[n + 1] = k


@njit(cache=True, nogil=True)
def _calm(
    t: Any, track: Any, fix_no: Any, prev_t: Any, lat: Any, lon: Any, sog: Any, i: int, hi: int,
    slip_mm: float, margin_dkn: int, leg_us: int,
) -> int:  # fmt: skip
    """The row from i on to which an established track goes on by itself and without slip: most rows."""
    while i + 1 < hi:
        k = i + 1
        if track[k] != track[i] or fix_no[k] < ESTABLISHED:
            break
        dt_us = t[k] - t[i]
        if prev_t[k] == t[i] and dt_us <= leg_us and sog[i] >= 0 and sog[k] >= 0:
            allowed = slip_mm + (max(sog[i], sog[k]) + margin_dkn) * dt_us * _MM_PER_DKN_US
            # Along the meridian and then along the equator is further than the way itself.
            if (abs(lat[k] - lat[i]) + abs(wrap(lon[k] - lon[i]))) * _MM_PER_E7 > allowed:
                break
        i = k
    return i


@njit(cache=True, nogil=True)
def find_displaced(
    edges: Any, t: Any, track: Any, fix_no: Any, prev_t: Any, lat: Any, lon: Any, sog: Any, told: Any,
    watermark: int, slip_mm: float, margin_dkn: int, leg_us: int, quiet_us: int, confirm_us: int,
    min_fixes: int, rest_us: int, away_us: int, keep_us: int,
) -> Any:  # fmt: skip
    """Episodes in which an MMSI reports other places than its hull can be at.

    The home is the newest believed report of an established track. A leg of no more than `leg_us` slips if
    it is `slip_mm` longer than the speeds reported at its ends and `margin_dkn` allow. A report is odd if it
    joined another track though home was heard within `quiet_us`, unless the leg from there does not slip;
    and if the leg from the report before it in its own track slips.
    `min_fixes` odd reports within `confirm_us`, with home heard no more than once between them, are an
    episode; home and the others in turn are two hulls. It ends when no report was odd for `rest_us`, or
    `away_us` after its onset.

    Args:
        edges: group edges of rows sorted by (mmsi, t, message_id).
        told: whether the episode that leaves from this row was told already.

    Returns:
        found: (n, 6): 0 for an onset and 1 for an end, home, onset, confirming and last odd row, and the
            time of the finding. row_edges, rows: the rows that each rests on. keep, told: per row,
            whether to carry it, and whether its episode was told.
    """
    none = np.int64(-1)
    found = np.empty((16, 6), np.int64)
    row_edges = np.zeros(17, np.int64)
    rows = np.empty(64, np.int64)
    n = 0
    keep = np.zeros(len(t), np.bool_)
    told_now = np.zeros(len(t), np.bool_)
    cited = np.empty(64, np.int64)
    prev = np.empty(64, np.int64)
    turns = np.empty(64, np.int64)
    for g in range(len(edges) - 1):
        hi = edges[g + 1]
        i = edges[g]
        # Room for all that a vessel could give: arrays that may move within the loop slow every turn of it.
        # Of two spells neither rests on rows of the other; each is told twice.
        most = hi - i + 1
        found = room(found, n + 2 * most)
        row_edges = room(row_edges, n + 2 * most + 1)
        rows = room(rows, row_edges[n] + 10 * most)
        cited = room(cited, most)
        prev = room(prev, most)
        turns = room(turns, 2 * most)
        home = none
        last = none  # the newest report of home's track
        onset = none
        confirm = none
        last_odd = none
        last_prev = none  # what the newest odd report slipped from, or itself
        odds = 0
        between = 0
        n_cited = 0
        n_turns = 0
        while True:
            if confirm >= 0:
                known = min(t[last_odd] + rest_us, t[onset] + away_us)
                if (i < hi and t[i] > known) or (i >= hi and watermark > known):
                    if last_odd > confirm and (n_cited == 0 or cited[n_cited - 1] != last_odd):
                        cited[n_cited] = last_odd
                        prev[n_cited] = last_prev
                        n_cited += 1
                    _tell(
                        found, row_edges, rows, n, 1, home, onset, confirm, last_odd, known,
                        cited, prev, n_cited,
                        turns, n_turns,
                    )  # fmt: skip
                    n += 1
                    home = last if last > last_odd else none
                    last = home
                    onset = none
                    confirm = none
            if i >= hi:
                break
            if fix_no[i] < ESTABLISHED and last >= 0 and track[i] == track[last]:
                i += 1
                continue
            if home < 0 or (onset < 0 and t[i] - t[home] > quiet_us):
                if fix_no[i] >= ESTABLISHED:
                    home = np.int64(i)
                    last = home
                i += 1
                continue
            if onset < 0:
                went_on = _calm(
                    t, track, fix_no, prev_t, lat, lon, sog, home, hi, slip_mm, margin_dkn, leg_us
                )
                home = np.int64(went_on)
                last = home
                if home >= i:
                    i = home + 1
                    continue
            is_same = track[i] == track[last]
            is_odd = not is_same
            came_from = np.int64(i)
            dt_us = t[i] - t[last]
            if dt_us <= leg_us:
                came_from = last
                if sog[last] >= 0 and sog[i] >= 0:
                    allowed = slip_mm + (max(sog[last], sog[i]) + margin_dkn) * dt_us * _MM_PER_DKN_US
                    is_far = distance_mm(lat[last], lon[last], lat[i], lon[i]) > allowed
                    is_odd = is_far and (not is_same or prev_t[i] == t[last])
            if not is_odd and (is_same or fix_no[i] >= ESTABLISHED):
                if not is_same and confirm >= 0:
                    # The hull goes on under another track: a place where that one was came near.
                    turns[n_turns] = last
                    turns[n_turns + 1] = i
                    n_turns += 2
                last = np.int64(i)
            elif is_same:
                last = np.int64(i)
            if onset < 0:
                if not is_odd:
                    home = last
                    i += 1
                    continue
                onset = np.int64(i)
                odds = 0
                between = 0
            if confirm < 0:
                if is_odd:
                    odds += 1
                else:
                    between += 1
                if t[i] - t[onset] > confirm_us or between > 1:
                    # Not this one; what followed it may begin another.
                    i = onset + 1
                    if track[onset] == track[home]:
                        home = onset
                    last = home
                    onset = none
                    continue
                if is_odd:
                    last_odd = np.int64(i)
                    last_prev = came_from
                if odds >= min_fixes:
                    confirm = np.int64(i)
                    n_cited = 0
                    n_turns = 0
                    if not told[home]:
                        _tell(
                            found, row_edges, rows, n, 0, home, onset, confirm, confirm, t[onset],
                            cited, prev, 0, turns, 0,
                        )  # fmt: skip
                        n += 1
            elif is_odd:
                newest_cited = cited[n_cited - 1] if n_cited > 0 else confirm
                if t[i] - t[newest_cited] > keep_us and newest_cited != last_odd:
                    cited[n_cited] = last_odd
                    prev[n_cited] = last_prev
                    n_cited += 1
                last_odd = np.int64(i)
                last_prev = came_from
            i += 1
        if confirm >= 0:
            for k in range(home, confirm + 1):
                keep[k] = True
            for c in range(n_cited):
                keep[cited[c]] = True
                keep[prev[c]] = True
            for c in range(n_turns):
                keep[turns[c]] = True
            keep[last_odd] = True
            keep[last_prev] = True
            keep[last] = True
            told_now[home] = True
        elif onset >= 0 or (home >= 0 and watermark - t[home] <= quiet_us):
            # Also those behind home that were not odd: evidence has no holes from home to the confirming row.
            for k in range(home, hi):
                keep[k] = True
    return found[:n], row_edges[: n + 1], rows[: row_edges[n]], keep, told_now

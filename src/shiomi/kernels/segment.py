"""Which hull sent this report: one pass over the reports of each MMSI in order of time.

Every MMSI has a few heads, the newest report of each hull seen behind it. A report joins the head
from which it could best have come; where it could have come from none, a new track begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import at_most_mm, distance_mm

__all__ = ["ESTABLISHED", "HEAD_COLUMNS", "INTERVALS", "MAX_HEADS", "segment"]

MAX_HEADS = 8
"""Hulls remembered behind one MMSI; the most stale is forgotten first."""

HEAD_COLUMNS = ("track_id", "t", "lat_e7", "lon_e7", "pace_dkn", "message_type", "fix_no", "n_intervals")
"""Columns of a head, besides its newest intervals; n_intervals counts all there ever were."""

ESTABLISHED = 3
"""fix_no from which a hull is taken to be there."""

INTERVALS = 12
"""Newest intervals remembered: over a few passes of a satellite, over minutes of a shore station."""

_NULL = -(1 << 15)
_ONE = np.zeros(1, np.int64)
_DKN_MM_PER_S = 1852.0 * 1000.0 / 36_000.0
_SECOND = 1_000_000


@njit(cache=True, nogil=True)
def _class(message_type: int) -> int:
    """1 for class A reports, 2 for class B, 0 where it is not known."""
    if message_type == 1 or message_type == 2 or message_type == 3:
        return 1
    if message_type == 18 or message_type == 19:
        return 2
    return 0


@njit(cache=True, nogil=True)
def _reach_mm(
    dt_s: float, pace_a: int, pace_b: int, slack_m: float, burst_dkn: float, cruise_dkn: float, short_s: float
) -> float:
    """How far a hull may have come in dt_s seconds, millimetres."""
    burst_s = min(dt_s, 3600.0)
    reach = (burst_dkn * burst_s + cruise_dkn * (dt_s - burst_s)) * _DKN_MM_PER_S
    fastest = max(pace_a, pace_b)
    if fastest > 0:
        reach = max(reach, 1.5 * fastest * dt_s * _DKN_MM_PER_S)
    if pace_a >= 0 and pace_b >= 0:
        # Over minutes the speeds reported at both ends bound the way better than a limit for all
        # ships; over an hour they come to mean nothing.
        forgotten = min(max((dt_s - short_s) / 3600.0, 0.0), 1.0)
        margin_dkn = 100.0 + forgotten * (burst_dkn - 100.0)
        reach = min(reach, (2.0 * fastest + margin_dkn) * dt_s * _DKN_MM_PER_S)
    return float(reach + slack_m * 1000.0)


@njit(cache=True, nogil=True)
def segment(
    edges: Any, t: Any, lat: Any, lon: Any, sog: Any, kind: Any, mmsi: Any,
    head_edges: Any, heads: Any, head_intervals: Any,
    limits: Any, bridges: Any,
) -> Any:  # fmt: skip
    """Give every report its track.

    Args:
        edges: group edges of the reports, sorted by (mmsi, t, message_id).
        head_edges: for group g, its heads are rows head_edges[g, 0] to head_edges[g, 1] of `heads`.
        heads, head_intervals: heads carried from the last step; int64, intervals not yet known 0.
        limits: slack_m, burst_dkn, cruise_dkn, short_s, lonely_s.
        bridges: times the second longest interval, least s, most s, s while the interval is not known.

    Returns:
        Per report: track_id, fix_no, prev_t, interval_s, bridge_s, pace_dkn (nulls as -32768,
        prev_t as the least int64); then the new heads of the groups and their group numbers.
    """
    n = len(t)
    track = np.empty(n, np.int64)
    fix_no = np.empty(n, np.int32)
    prev_t = np.empty(n, np.int64)
    interval = np.empty(n, np.int32)
    bridge = np.empty(n, np.int32)
    pace = np.empty(n, np.int16)
    slack_m, burst_dkn, cruise_dkn, short_s, lonely_s = limits[0], limits[1], limits[2], limits[3], limits[4]
    bridge_times, least_bridge_s, most_bridge_s, first_bridge_s = (
        bridges[0], bridges[1], bridges[2], bridges[3]
    )  # fmt: skip
    groups = len(edges) - 1
    out = np.empty((groups * 2 + len(heads) + 16, 8), np.int64)
    out_intervals = np.empty((len(out), INTERVALS), np.int64)
    out_mmsi = np.empty(len(out), np.int64)
    n_out = 0
    h = np.empty((MAX_HEADS, 8), np.int64)
    iv = np.empty((MAX_HEADS, INTERVALS), np.int64)
    for g in range(groups):
        n_heads = 0
        for k in range(head_edges[g, 0], head_edges[g, 1]):
            for j in range(8):
                h[n_heads, j] = heads[k, j]
            for j in range(INTERVALS):
                iv[n_heads, j] = head_intervals[k, j]
            n_heads += 1
        for i in range(edges[g], edges[g + 1]):
            best = -1
            best_score = 1e300
            heard_t = np.iinfo(np.int64).min  # when a hull seen several times was last heard
            for k in range(n_heads):
                if h[k, 6] >= ESTABLISHED:
                    heard_t = max(heard_t, h[k, 1])
            for k in range(n_heads):
                dt_s = (t[i] - h[k, 1]) / _SECOND
                if h[k, 6] == 0 and dt_s > lonely_s and heard_t > h[k, 1]:
                    continue  # nothing else came from there while the hull spoke: a stray report
                if n_heads == 1 and at_most_mm(h[k, 2], h[k, 3], lat[i], lon[i]) <= slack_m * 1000.0:
                    best = k  # within the error of places, whatever its speed: what nearly every report meets
                    break
                reach = _reach_mm(dt_s, h[k, 4], sog[i], slack_m, burst_dkn, cruise_dkn, short_s)
                if n_heads == 1 and at_most_mm(h[k, 2], h[k, 3], lat[i], lon[i]) <= reach:
                    best = k  # no other hull to weigh it against
                    break
                d = float(distance_mm(h[k, 2], h[k, 3], lat[i], lon[i]))
                if d > reach:
                    continue
                # Half a day without a report counts as much against a head as the limit of its reach:
                # of two heads that have come to one place, the one heard last goes on.
                score = d / reach + dt_s / 43_200.0
                if h[k, 6] == 0:
                    score += 1.0  # a hull seen twice is the likelier one
                a = _class(h[k, 5])
                b = _class(kind[i])
                if a != 0 and b != 0 and a != b:
                    score += 2.0
                if score < best_score:
                    best_score = score
                    best = k
            if best < 0:
                if n_heads < MAX_HEADS:
                    best = n_heads
                    n_heads += 1
                else:
                    best = 0
                    for k in range(1, n_heads):
                        single = h[k, 6] == 0
                        best_single = h[best, 6] == 0
                        if (single and not best_single) or (single == best_single and h[k, 1] < h[best, 1]):
                            best = k
                new_id = (np.int64(mmsi[i]) << 33) | (t[i] // _SECOND)
                taken = True
                while taken:
                    taken = False
                    for k in range(n_heads):
                        if k != best and h[k, 0] == new_id:
                            taken = True
                            new_id += 1
                            break
                h[best, 0] = new_id
                h[best, 6] = -1
                h[best, 7] = 0
                for j in range(INTERVALS):
                    iv[best, j] = 0
                prev_t[i] = np.iinfo(np.int64).min
                pace[i] = sog[i]
            else:
                dt = t[i] - h[best, 1]
                prev_t[i] = h[best, 1]
                pace[i] = sog[i]
                if sog[i] < 0 and dt > 0:
                    d = float(distance_mm(h[best, 2], h[best, 3], lat[i], lon[i]))
                    pace[i] = min(32767, round(d / _DKN_MM_PER_S / (dt / _SECOND)))
                iv[best, h[best, 7] % INTERVALS] = dt // _SECOND
                h[best, 7] += 1
            h[best, 1] = t[i]
            h[best, 2] = lat[i]
            h[best, 3] = lon[i]
            h[best, 4] = pace[i]
            h[best, 5] = kind[i]
            h[best, 6] += 1
            track[i] = h[best, 0]
            fix_no[i] = h[best, 6]
            if h[best, 7] >= 3:
                # One silence says nothing of a habit, so the longest is left out. The mean counts reports;
                # the second longest is what a satellite's passes leave between them, however many reports
                # each pass brings.
                known = min(h[best, 7], INTERVALS)
                longest = second_s = total = np.int64(0)
                for j in range(INTERVALS):
                    v = iv[best, j]
                    total += v
                    second_s = max(second_s, min(longest, v))
                    longest = max(longest, v)
                interval[i] = min((total - longest) // (known - 1), 2_000_000_000)
                bridge[i] = min(max(bridge_times * second_s, least_bridge_s), most_bridge_s)
            else:
                interval[i] = _NULL
                bridge[i] = first_bridge_s
        if n_out + n_heads > len(out):
            out = np.concatenate((out, np.empty_like(out)))
            out_intervals = np.concatenate((out_intervals, np.empty_like(out_intervals)))
            out_mmsi = np.concatenate((out_mmsi, np.empty_like(out_mmsi)))
        # In order of track id, so that the same heads are always written the same way.
        for k in np.argsort(h[:n_heads, 0]) if n_heads > 1 else _ONE:
            for j in range(8):
                out[n_out, j] = h[k, j]
            for j in range(INTERVALS):
                out_intervals[n_out, j] = iv[k, j]
            out_mmsi[n_out] = mmsi[edges[g]]
            n_out += 1
    return (
        track, fix_no, prev_t, interval, bridge, pace, out[:n_out], out_intervals[:n_out], out_mmsi[:n_out]
    )  # fmt: skip

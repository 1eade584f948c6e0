"""Windows of a track whose reports are steadier than a ship and a receiver at sea can be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import distance_mm, wrap

__all__ = ["CITED_ELSEWHERE", "RULES", "find_steady"]

RULES = 5
"""Smooth, even, contrary, hasty, elsewhere: in this order in the columns of what is found."""
CITED_ELSEWHERE = 3
"""Reports of another track of the MMSI that show it elsewhere; so many are cited."""

_ESTABLISHED = 3
_MM_PER_E7 = 11.1195
"""1e-7 degree of latitude on the sphere of `shiomi.geo`, millimetres."""
_RAD = math.pi / 180e7
_DKN_MM_PER_S = 1852.0 * 1000.0 / 36_000.0
_SECOND = 1_000_000


@njit(cache=True, nogil=True)
def _residual_mm(t: Any, lat: Any, lon: Any, a: int, b: int, c: int) -> int:
    """How far report b lies from where even sailing from a to c would have it."""
    f = (t[b] - t[a]) / (t[c] - t[a])
    north = (lat[b] - lat[a]) - f * (lat[c] - lat[a])
    east = (wrap(lon[b] - lon[a]) - f * wrap(lon[c] - lon[a])) * math.cos(lat[b] * _RAD)
    return round(math.sqrt(north * north + east * east) * _MM_PER_E7)


@njit(cache=True, nogil=True)
def _seconds(us: int) -> int:
    return (us + _SECOND // 2) // _SECOND


@njit(cache=True, nogil=True)
def _is_hasty(dt_us: int, pace: int) -> bool:
    """Four times as often as class A under way may report (M.1371-5, table 1); in a turn it is three."""
    nominal_s = 10 if pace <= 140 else 6 if pace <= 230 else 2
    return bool(dt_us * 4 < nominal_s * _SECOND)


@njit(cache=True, nogil=True)
def find_steady(
    edges: Any, t: Any, track: Any, fix_no: Any, lat: Any, lon: Any, pace: Any, sog: Any, kind: Any,
    told: Any, watermark: int, fixes: int, allowed: int, residual_mm: int, min_pace: int, leg_us: int,
    min_even_s: int, uneven_s: int, contrary_dkn: int, again_us: int,
) -> Any:  # fmt: skip
    """Windows of `fixes` reports of one track in which two rules hold, one of them smooth or even.

    A window begins at every report whose `fix_no` is a multiple of `fixes`, so that its own rows alone
    give it back. It is given up as soon as more than `allowed` of its legs are neither smooth nor even,
    for most ships within a dozen reports, and with a leg longer than `leg_us`. A track is told again after
    `again_us`.

    Args:
        edges: group edges of rows sorted by (mmsi, t, message_id).
        told: whether the row ends a window that was told.

    Returns:
        found: (n, 4 + RULES): number of rules that hold, legs of each rule or reports elsewhere, 95th
            percentile of the residuals in millimetres, interval in seconds, row that ends the window.
        row_edges, rows: its rows and those elsewhere. keep, told: per row, to carry on.
    """
    n = 0
    found = np.empty((8, 4 + RULES), np.int64)
    row_edges = np.zeros(9, np.int64)
    rows = np.empty(8 * (fixes + CITED_ELSEWHERE), np.int64)
    keep = np.zeros(len(t), np.bool_)
    told_now = told.copy()
    win = np.empty(fixes, np.int64)
    residuals = np.empty(fixes, np.int64)
    elsewhere = np.empty(CITED_ELSEWHERE, np.int64)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        carry_from = hi
        for i in range(lo, hi):
            if told_now[i] or fix_no[i] % fixes != 0:
                continue
            was_told = False
            for k in range(lo, i):
                was_told = was_told or (told_now[k] and track[k] == track[i] and t[i] - t[k] <= again_us)
            if was_told:
                continue
            win[0] = i
            m = 1
            rough = 0
            uneven = 0
            even_s = np.int64(-1)
            n_res = 0
            dead = False
            for j in range(i + 1, hi):
                if track[j] != track[i]:
                    continue
                if fix_no[j] != fix_no[i] + m:
                    dead = True
                    break
                dt = t[j] - t[win[m - 1]]
                if dt > leg_us:
                    dead = True
                    break
                win[m] = j
                m += 1
                moving = pace[j] >= min_pace and dt > 0
                if moving:
                    # A receiver that repeats one place is no ship under way, whatever speed it gives.
                    way_mm = distance_mm(lat[win[m - 2]], lon[win[m - 2]], lat[j], lon[j])
                    moving = way_mm * 1e6 >= min_pace * _DKN_MM_PER_S * dt
                dt_s = _seconds(dt)
                if even_s < 0:
                    even_s = dt_s
                if not moving or even_s < min_even_s or abs(dt_s - even_s) > uneven_s:
                    uneven += 1
                if not moving:
                    rough += 1
                elif m > 2:
                    r = _residual_mm(t, lat, lon, win[m - 3], win[m - 2], j)
                    residuals[n_res] = r
                    n_res += 1
                    if r > residual_mm:
                        rough += 1
                if rough > allowed and uneven > allowed:
                    dead = True
                    break
                if m == fixes:
                    break
            if dead:
                continue
            if m < fixes:
                if watermark - t[win[m - 1]] <= leg_us:
                    carry_from = min(carry_from, i)
                continue
            last = win[fixes - 1]
            if told[last]:
                continue
            smooth = rough <= allowed
            even = uneven <= allowed
            contrary = 0
            hasty = 0
            is_class_a = True
            for k in range(1, fixes):
                a = win[k - 1]
                b = win[k]
                dt = t[b] - t[a]
                if sog[a] >= 0 and sog[b] >= 0 and dt > 0:
                    implied = distance_mm(lat[a], lon[a], lat[b], lon[b]) * 1e6 / dt / _DKN_MM_PER_S
                    if min(abs(implied - sog[a]), abs(implied - sog[b])) > contrary_dkn:
                        contrary += 1
                is_class_a = is_class_a and 1 <= kind[b] <= 3
                if _is_hasty(dt, pace[b]):
                    hasty += 1
            if not is_class_a:
                hasty = 0
            n_else = 0
            for k in range(i, last):
                if track[k] != track[i] and fix_no[k] >= _ESTABLISHED and n_else < CITED_ELSEWHERE:
                    elsewhere[n_else] = k
                    n_else += 1
            half = (fixes - 1) // 2
            rules = int(smooth) + int(even) + int(contrary > half) + int(hasty > half)
            rules += int(n_else == CITED_ELSEWHERE)
            if rules < 2:
                continue
            if n == len(found):
                found = np.concatenate((found, np.empty_like(found)))
                row_edges = np.concatenate((row_edges, np.zeros(len(found) + 1 - len(row_edges), np.int64)))
                rows = np.concatenate((rows, np.empty_like(rows)))
            residuals[:n_res].sort()
            found[n, 0] = rules
            found[n, 1] = fixes - 1 - rough
            found[n, 2] = fixes - 1 - uneven
            found[n, 3] = contrary
            found[n, 4] = hasty
            found[n, 5] = n_else
            found[n, 6] = residuals[n_res * 95 // 100] if n_res > 0 else 0
            found[n, 7] = even_s
            found[n, 8] = last
            k = row_edges[n]
            for c in range(fixes):
                rows[k] = win[c]
                k += 1
            for c in range(n_else):
                rows[k] = elsewhere[c]
                k += 1
            rows[row_edges[n] : k].sort()
            row_edges[n + 1] = k
            n += 1
            told_now[last] = True
        for k in range(lo, hi):
            # What was told must be known for as long as a window that it forbids may be looked at again.
            ask_t = min(watermark, t[carry_from]) if carry_from < hi else watermark
            keep[k] = k >= carry_from or (told_now[k] and ask_t - t[k] <= again_us)
    return found[:n], row_edges[: n + 1], rows[: row_edges[n]], keep, told_now

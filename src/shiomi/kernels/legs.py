"""Straight legs side by side: the lines of a survey, and of much else."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import wrap

__all__ = ["CLOSED", "OPEN", "find_lines"]

OPEN, CLOSED = 0, 1
_MM_PER_E7 = 6_371_008_800.0 * math.pi / 180e7
_RAD = math.pi / 180e7


@njit(cache=True, nogil=True)
def _away(lat0: int, lon0: int, lat: int, lon: int) -> tuple[float, float]:
    """East and north of a point from another, millimetres."""
    y = (lat - lat0) * _MM_PER_E7
    x = wrap(lon - lon0) * _MM_PER_E7 * math.cos(0.5 * (lat + lat0) * _RAD)
    return x, y


@njit(cache=True, nogil=True)
def _within(ax: float, ay: float, bx: float, by: float, cosine: float) -> bool:
    return ax * bx + ay * by >= cosine * math.sqrt((ax * ax + ay * ay) * (bx * bx + by * by))


@njit(cache=True, nogil=True)
def _fits(
    legs: Any, n: int, first: int, at: int, lat: Any, lon: Any, prev_lat: Any, prev_lon: Any,
    t: Any, step_us: int, turn_us: int, cosine: float, min_gap_mm: int, max_spread: float, gaps: Any,
) -> bool:  # fmt: skip
    """Whether the leg from row `first` to row `at` is the next line of a chain of n legs.

    Writes its distance from the line before into `gaps[n - 1]`.
    """
    last = legs[n - 1]
    if t[first] - step_us - t[last[1]] > turn_us:
        return False
    # The direction of the chain is that of its first line; sides are told from it.
    dx, dy = _away(prev_lat[legs[0][0]], prev_lon[legs[0][0]], lat[legs[0][2]], lon[legs[0][2]])
    nx, ny = _away(prev_lat[first], prev_lon[first], lat[at], lon[at])
    if not (_within(dx, dy, nx, ny, cosine) or _within(dx, dy, -nx, -ny, cosine)):
        return False
    length = math.sqrt(dx * dx + dy * dy)
    lx, ly = _away(prev_lat[last[0]], prev_lon[last[0]], lat[last[1]], lon[last[1]])
    sx, sy = _away(prev_lat[last[0]], prev_lon[last[0]], prev_lat[first], prev_lon[first])
    mx = sx + 0.5 * nx
    my = sy + 0.5 * ny
    # Beside the line before, not beyond its ends.
    along = (mx * lx + my * ly) / (lx * lx + ly * ly)
    if along < 0.0 or along > 1.0:
        return False
    # From the middle of one line to the middle of what is known of the other, across.
    gap = ((mx - 0.5 * lx) * dy - (my - 0.5 * ly) * dx) / length
    if abs(gap) < min_gap_mm or (n > 1 and (gap < 0.0) != (gaps[0] < 0.0)):
        return False
    gaps[n - 1] = gap
    mean = 0.0
    for k in range(n):
        mean += gaps[k] / n
    spread = 0.0
    for k in range(n):
        spread += (gaps[k] - mean) ** 2 / n
    return math.sqrt(spread) <= max_spread * abs(mean)


@njit(cache=True, nogil=True)
def find_lines(
    edges: Any, t: Any, lat: Any, lon: Any, prev_lat: Any, prev_lon: Any, way: Any, told: Any,
    watermark: int, step_us: int, min_way: int, max_way: int, cosine: float, min_leg_mm: int,
    min_legs: int, turn_us: int, break_us: int, min_gap_mm: int, max_spread: float,
) -> Any:  # fmt: skip
    """Chains of straight legs, each beside the one before and as far from it as the others.

    Args:
        edges: tracks; t, lat, lon: end of each step; prev_lat, prev_lon: its beginning.
        way: distance made good over a step; a leg keeps to `min_way` and `max_way`.
        told: whether the chain that a row belongs to was told open.
        cosine: of the largest angle within a leg, and between legs.
        min_leg_mm: a leg counts from this length on, and is judged by what it is then.
        turn_us: longest time from one leg to the next.
        break_us: a chain is over when no leg was added for so long.
        max_spread: of the distances between legs: standard deviation over mean.

    Returns:
        chains: (n, 4) int64: status, known since, track number, mean distance between legs in mm.
        leg_edges, legs: chain i has legs[leg_edges[i]:leg_edges[i + 1]]: first row, last row.
        spread_pct of each chain.
        keep, told: per row, whether to carry it, and whether its chain was told.
    """
    n_rows = len(t)
    keep = np.zeros(n_rows, np.bool_)
    told_now = np.zeros(n_rows, np.bool_)
    most = 0
    for g in range(len(edges) - 1):
        most = max(most, edges[g + 1] - edges[g])
    # No row is of two legs, no leg of two chains; a loop that may let its arrays grow runs many times slower.
    chains = np.empty((n_rows, 4), np.int64)
    spreads = np.empty(n_rows, np.int64)
    leg_edges = np.zeros(n_rows + 1, np.int64)
    out = np.empty((n_rows, 2), np.int64)
    n_out = 0
    m = 0
    legs = np.empty((most, 3), np.int64)
    gaps = np.empty(most, np.float64)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        n = 0
        is_told = False
        new_open = -1
        first = -1
        fx = 0.0
        fy = 0.0
        is_leg = False
        in_chain = False
        i = lo
        while i <= hi:
            # Is a chain over before this row, or, after the last row, before the watermark?
            if n > 0 and (i == hi or not in_chain):
                over = t[legs[n - 1][1]] + break_us
                if (t[i] > over) if i < hi else (watermark > over):
                    if n >= min_legs:
                        if new_open >= 0:
                            m = new_open
                            n_out = leg_edges[m]
                        n_out = _write(
                            chains, spreads, leg_edges, out, m, n_out, CLOSED, over, g, legs, n, gaps
                        )
                        m += 1
                    n = 0
                    is_told = False
                    new_open = -1
            if i == hi:
                break
            x, y = _away(prev_lat[i], prev_lon[i], lat[i], lon[i])
            good = way[i] >= min_way and way[i] <= max_way
            if first >= 0:
                if not (good and t[i] - t[i - 1] == step_us and _within(fx, fy, x, y, cosine)):
                    first = -1
                    if in_chain:
                        in_chain = False
                        continue  # the chain may be over before this very row
            if first < 0:
                if not good:
                    i += 1
                    continue
                first = i
                fx = x
                fy = y
                is_leg = False
                in_chain = False
            if in_chain:
                legs[n - 1, 1] = i
            elif not is_leg:
                ex, ey = _away(prev_lat[first], prev_lon[first], lat[i], lon[i])
                if ex * ex + ey * ey >= float(min_leg_mm) ** 2:
                    is_leg = True
                    fits = n > 0 and _fits(
                        legs, n, first, i, lat, lon, prev_lat, prev_lon, t, step_us, turn_us, cosine,
                        min_gap_mm, max_spread, gaps,
                    )  # fmt: skip
                    if not fits and 0 < n < min_legs:
                        # The last leg may begin a chain with this one; if not, this one does.
                        legs[0] = legs[n - 1]
                        n = 1
                        fits = _fits(
                            legs, n, first, i, lat, lon, prev_lat, prev_lon, t, step_us, turn_us, cosine,
                            min_gap_mm, max_spread, gaps,
                        )  # fmt: skip
                        if not fits:
                            n = 0
                    if fits or n == 0:
                        legs[n, 0] = first
                        legs[n, 1] = i
                        legs[n, 2] = i
                        n += 1
                        in_chain = True
                        for k in range(legs[0, 0], i + 1):
                            is_told = is_told or told[k]
                        if n == min_legs and not is_told:
                            new_open = m
                            n_out = _write(
                                chains, spreads, leg_edges, out, m, n_out, OPEN, t[i], g, legs, n, gaps
                            )
                            m += 1
            i += 1
        # A leg can only go on with the step that follows.
        if first >= 0 and t[hi - 1] + step_us >= watermark:
            for k in range(first, hi):
                keep[k] = True
        for leg in range(n):
            for k in range(legs[leg, 0], legs[leg, 1] + 1):
                keep[k] = True
                told_now[k] = n >= min_legs
    return chains[:m], leg_edges[: m + 1], out[:n_out], spreads[:m], keep, told_now


@njit(cache=True, nogil=True)
def _write(
    chains: Any, spreads: Any, leg_edges: Any, out: Any, m: int, n_out: int,
    status: int, known: int, g: int, legs: Any, n: int, gaps: Any,
) -> int:  # fmt: skip
    """Chain m of n legs, whose first is written to `out[n_out]`; where the next will be."""
    mean = 0.0
    for k in range(n - 1):
        mean += gaps[k] / (n - 1)
    spread = 0.0
    for k in range(n - 1):
        spread += (gaps[k] - mean) ** 2 / (n - 1)
    chains[m, 0] = status
    chains[m, 1] = known
    chains[m, 2] = g
    chains[m, 3] = round(abs(mean))
    spreads[m] = round(100.0 * math.sqrt(spread) / max(abs(mean), 1.0))
    for k in range(n):
        out[n_out, 0] = legs[k, 0]
        out[n_out, 1] = legs[k, 1]
        n_out += 1
    leg_edges[m + 1] = n_out
    return n_out

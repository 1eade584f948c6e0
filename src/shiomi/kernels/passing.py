"""Two vessels over one step of a clock: how close they came, and whose bow was crossed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import wrap

__all__ = ["closest_approach", "middles", "pass_pairs"]

_MM_PER_E7 = 6_371_008_800.0 * math.pi / 180e7
_RAD = math.pi / 180e7
_PARTS = 300
"""The closest approach is told to a three-hundredth of the step: to the second in five minutes."""
_ENDS = 5
"""The course at an end of the step is that of a fifth of it: a minute of five. Analyst-set."""


@njit(cache=True, nogil=True)
def closest_approach(x: float, y: float, dx: float, dy: float) -> tuple[float, float]:
    """Part of the way 0 to 1 at which a point that goes from (x, y) by (dx, dy) is nearest to the origin.

    Right where nothing moves (there is no nearest instant: the first is taken) and where the nearest
    instant is past or still to come.

    Returns:
        the part, and the square of the distance there.
    """
    d2 = dx * dx + dy * dy
    part = 0.0
    if d2 > 0.0:
        part = min(1.0, max(0.0, -(x * dx + y * dy) / d2))
    x += part * dx
    y += part * dy
    return part, x * x + y * y


@njit(cache=True, nogil=True)
def middles(lat: Any, lon: Any, prev_lat: Any, prev_lon: Any, rows: Any) -> Any:
    """Latitude and longitude half-way between the two places of some rows, int32."""
    out = np.empty((2, len(rows)), np.int32)
    for k in range(len(rows)):
        i = rows[k]
        out[0, k] = lat[i] - (lat[i] - prev_lat[i]) // 2
        out[1, k] = wrap(lon[i] - wrap(lon[i] - prev_lon[i]) // 2)
    return out


@njit(cache=True, nogil=True)
def _ddeg(east: float, north: float) -> int:
    return round(math.degrees(math.atan2(east, north)) * 10.0) % 3600


@njit(cache=True, nogil=True)
def _later(us: Any, k: int, last: int, begun: int) -> int:
    """The fix that begins the piece in which `begun` lies."""
    while k + 1 < last and us[k + 1] <= begun:
        k += 1
    return k


@njit(cache=True, nogil=True)
def _crosses(
    x0: float, y0: float, x1: float, y1: float,
    back_x: float, back_y: float, kx: float, ky: float,
    us: Any, north: Any, east: Any, k: int, last: int, step_us: int, min_side_mm: int,
) -> Any:  # fmt: skip
    """Whether another goes from one side of a vessel to the other, as seen along its course at both ends.

    The mean course will not do: in a bend, or to a vessel that turns about, whoever goes ahead in line lies
    to one side of it before, to the other after.

    Args:
        x0, y0, x1, y1: where the other is from the vessel at both ends of the step.
        back_x, back_y: the way made good over the step.
    """
    first_us = step_us // _ENDS - step_us
    k = _later(us, k, last, first_us)
    f = (first_us - us[k]) / (us[k + 1] - us[k])
    first_x = back_x + (east[k] + wrap(east[k + 1] - east[k]) * f) * kx
    first_y = back_y + (north[k] + (north[k + 1] - north[k]) * f) * ky
    last_us = -(step_us // _ENDS)
    k = _later(us, k, last, last_us)
    f = (last_us - us[k]) / (us[k + 1] - us[k])
    last_x = -(east[k] + wrap(east[k + 1] - east[k]) * f) * kx
    last_y = -(north[k] + (north[k + 1] - north[k]) * f) * ky
    side0 = x0 * first_y - y0 * first_x
    side1 = x1 * last_y - y1 * last_x
    return (
        (side0 < 0.0) != (side1 < 0.0)
        and 2.0 * abs(side0) > min_side_mm * math.sqrt(first_x * first_x + first_y * first_y)
        and 2.0 * abs(side1) > min_side_mm * math.sqrt(last_x * last_x + last_y * last_y)
    )


@njit(cache=True, nogil=True)
def pass_pairs(
    first: Any, second: Any,
    lat: Any, lon: Any, prev_lat: Any, prev_lon: Any, way: Any,
    edges: Any, fix_id: Any, us: Any, north: Any, east: Any,
    step_us: int, near_mm: int, min_company_mm: int, max_company_mm: int,
    cos_course: float, max_way_gap_mm: int, min_side_mm: int,
) -> Any:  # fmt: skip
    """Which pairs came near each other or went in company, and how.

    Args:
        first, second: row numbers of pairs.
        edges: row i has the fixes edges[i] to edges[i + 1] of `fix_id`, `us`, `north` and `east`.
        near_mm: two are near that come, or on steady courses came or would come within a step more,
            this close.
        min_company_mm, max_company_mm, cos_course, max_way_gap_mm: two are in company in this range,
            with courses and ways as alike as that.
        min_side_mm: how far across the bow a crossing goes at the least, more than half of it to each side.

    Returns:
        pairs: numbers of the pairs written.
        found: (n, 21) int64: see `shiomi.detectors.passing`.
    """
    n = 0
    chosen = np.empty(len(first), np.int64)
    found = np.empty((len(first), 21), np.int64)
    side = np.empty((2, 7), np.float64)
    for pair in range(len(first)):
        i = first[pair]
        j = second[pair]
        # Results must not depend on which of the two is called the first.
        swapped = fix_id[edges[i]] > fix_id[edges[j]]
        if swapped:
            i, j = j, i
        ky = _MM_PER_E7
        kx = _MM_PER_E7 * math.cos(0.5 * (lat[i] + lat[j]) * _RAD)
        x0 = wrap(prev_lon[j] - prev_lon[i]) * kx
        y0 = (prev_lat[j] - prev_lat[i]) * ky
        x1 = wrap(lon[j] - lon[i]) * kx
        y1 = (lat[j] - lat[i]) * ky
        dx = x1 - x0
        dy = y1 - y0
        d1 = math.sqrt(x1 * x1 + y1 * y1)
        ax = wrap(lon[i] - prev_lon[i]) * kx
        ay = (lat[i] - prev_lat[i]) * ky
        bx = wrap(lon[j] - prev_lon[j]) * kx
        by = (lat[j] - prev_lat[j]) * ky
        a = math.sqrt(ax * ax + ay * ay)
        b = math.sqrt(bx * bx + by * by)
        company = (
            min_company_mm <= d1 <= max_company_mm
            and abs(way[i] - way[j]) <= max_way_gap_mm
            and ax * bx + ay * by >= cos_course * a * b
        )
        steady = closest_approach(x0 - dx, y0 - dy, 3.0 * dx, 3.0 * dy)[1]
        # Inside the step the two may leave the straight by as much as they turn.
        if not company and steady > (1.5 * near_mm) ** 2:
            continue
        origin_x = wrap(lon[j] - lon[i])
        origin_y = lat[j] - lat[i]
        p = edges[i]
        q = edges[j]
        p_end = edges[i + 1] - 1
        q_end = edges[j + 1] - 1
        begun = -step_us
        least = 1e300
        at = 0.0
        piece = 0.0
        at_p = p
        at_q = q
        ahead_i = 1e300
        ahead_j = 1e300
        vx = x0
        vy = y0
        while begun < 0:
            p = _later(us, p, p_end, begun)
            q = _later(us, q, q_end, begun)
            until = min(us[p + 1], us[q + 1], 0)
            f = (until - us[p]) / (us[p + 1] - us[p])
            g = (until - us[q]) / (us[q + 1] - us[q])
            wx = origin_x + (east[q] + wrap(east[q + 1] - east[q]) * g)
            wx = (wx - (east[p] + wrap(east[p + 1] - east[p]) * f)) * kx
            wy = origin_y + (north[q] + (north[q + 1] - north[q]) * g)
            wy = (wy - (north[p] + (north[p + 1] - north[p]) * f)) * ky
            part, d2 = closest_approach(vx, vy, wx - vx, wy - vy)
            if d2 < least:
                least = d2
                at = begun + part * (until - begun)
                at_p = p
                at_q = q
                piece = math.sqrt((wx - vx) ** 2 + (wy - vy) ** 2) * (
                    (min(us[p + 1], us[q + 1]) - max(us[p], us[q])) / (until - begun)
                )
            # Abeam of i and of j before and after this piece, to starboard positive.
            i0 = (vx * ay - vy * ax) / a
            i1 = (wx * ay - wy * ax) / a
            if (i0 < 0.0) != (i1 < 0.0):
                f = i0 / (i0 - i1)
                w = ((vx + (wx - vx) * f) * ax + (vy + (wy - vy) * f) * ay) / a
                if w > 0.0:
                    ahead_i = min(ahead_i, w)
            j0 = (vy * bx - vx * by) / b
            j1 = (wy * bx - wx * by) / b
            if (j0 < 0.0) != (j1 < 0.0):
                f = j0 / (j0 - j1)
                w = -((vx + (wx - vx) * f) * bx + (vy + (wy - vy) * f) * by) / b
                if w > 0.0:
                    ahead_j = min(ahead_j, w)
            vx = wx
            vy = wy
            begun = until
        closest = math.sqrt(least)
        if not company and steady > float(near_mm) ** 2 and closest > near_mm:
            continue
        before = max(us[at_p], us[at_q])
        after = min(us[at_p + 1], us[at_q + 1])
        grain = step_us / _PARTS
        instant = min(max(round(round(at / grain) * grain), before), after)
        f = (instant - us[at_p]) / (us[at_p + 1] - us[at_p])
        g = (instant - us[at_q]) / (us[at_q + 1] - us[at_q])
        mid_y = 0.5 * (
            origin_y
            + (north[at_p] + (north[at_p + 1] - north[at_p]) * f)
            + (north[at_q] + (north[at_q + 1] - north[at_q]) * g)
        )
        mid_x = 0.5 * (
            origin_x
            + (east[at_p] + wrap(east[at_p + 1] - east[at_p]) * f)
            + (east[at_q] + wrap(east[at_q + 1] - east[at_q]) * g)
        )
        chosen[n] = pair
        r = found[n]
        r[0] = lat[i] + round(mid_y)
        r[1] = wrap(lon[i] + round(mid_x))
        r[2] = round(d1)
        r[3] = round(math.sqrt(x0 * x0 + y0 * y0))
        r[4] = round(piece)
        r[5] = round(closest)
        r[6] = instant
        r[7] = before
        r[8] = after
        crossed_i = ahead_i < 1e300 and _crosses(
            x0, y0, x1, y1, ax, ay, kx, ky, us, north, east, edges[i], p_end, step_us, min_side_mm
        )
        crossed_j = ahead_j < 1e300 and _crosses(
            -x0, -y0, -x1, -y1, bx, by, kx, ky, us, north, east, edges[j], q_end, step_us, min_side_mm
        )
        for who in range(2):
            k = at_p if who == 0 else at_q
            sx = 1.0 if who == 0 else -1.0
            ahead = ahead_i if who == 0 else ahead_j
            crossed = crossed_i if who == 0 else crossed_j
            leg_x = wrap(east[k + 1] - east[k]) * kx
            leg_y = (north[k + 1] - north[k]) * ky
            side[who, 0] = _ddeg(ax, ay) if who == 0 else _ddeg(bx, by)
            side[who, 1] = _ddeg(sx * x1, sx * y1)
            side[who, 2] = _ddeg(sx * x0, sx * y0)
            side[who, 3] = max(1.0, round(ahead)) if crossed else 0.0
            side[who, 4] = us[k + 1] - us[k]
            side[who, 5] = round(math.sqrt(leg_x * leg_x + leg_y * leg_y))
        for who in range(2):
            of = 1 - who if swapped else who
            for c in range(6):
                r[9 + 6 * who + c] = np.int64(side[of, c])
        n += 1
    return chosen[:n].copy(), found[:n].copy()

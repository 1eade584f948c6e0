"""Ships that move about a point as told: places in metres east and north of it, at times.

For behaviours whose shape matters more than the voyage around them: before the first place a ship comes
straight from far away, after the last it goes straight on. A straight line on the plane is a great circle
(the projection is gnomonic), and over 200 nautical miles speeds are a tenth of a per cent wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shiomi.simulate.cast import PLAIN, UNDER_WAY, Hull, Radio
from shiomi.simulate.chart import Chart, LatLon
from shiomi.simulate.motion import KNOT_M_S, STEP_S, Floats, Rng, boxed, shifted, unit, wander

__all__ = ["Place", "hull_of", "sail", "then"]

Place = tuple[float, float, float]
"""Seconds from the start, metres east, metres north."""

_FAR_S = 1e7


def then(places: list[Place], course_rad: float, length_m: float, speed_kn: float) -> None:
    """Adds the place reached from the last one on a course, at a speed."""
    t, east, north = places[-1]
    places.append(
        (
            t + length_m / (speed_kn * KNOT_M_S),
            east + length_m * np.sin(course_rad),
            north + length_m * np.cos(course_rad),
        )
    )


def sail(n: int, at: LatLon, places: Sequence[Place], smooth_s: float = 180.0) -> Floats:
    """The track through the places, corners and changes of pace smoothed over some minutes."""
    table = np.asarray(places, np.float64)
    steps_t = np.arange(n) * float(STEP_S)
    ends = []
    for near, next_, sign in ((0, 1, -1), (-1, -2, 1)):
        v = (table[near, 1:] - table[next_, 1:]) / max(abs(table[near, 0] - table[next_, 0]), 1.0)
        ends.append([table[near, 0] + sign * _FAR_S, *(table[near, 1:] + v * _FAR_S)])
    table = np.vstack([ends[0], table, ends[1]])
    east, north = (
        boxed(np.interp(steps_t, table[:, 0], table[:, k]), max(3, int(smooth_s / STEP_S))) for k in (1, 2)
    )
    return shifted(np.broadcast_to(unit(at), (n, 3)), east, north)


def hull_of(
    c: Chart,
    rng: Rng,
    at: LatLon,
    places: Sequence[Place],
    kind: str,
    *,
    smooth_s: float = 180.0,
    status: int = UNDER_WAY,
    radio: Radio = PLAIN,
    weave_m: float = 12.0,
) -> Hull:
    """A hull through the places, weaving by some metres as helms do."""
    n = round(c.scenario.hours * 3600 / STEP_S) + 1
    p = sail(n, at, places, smooth_s)
    p = shifted(p, wander(rng, n, 900, weave_m), wander(rng, n, 900, weave_m))
    return Hull(p, np.full(n, status, np.int8), kind, radio)

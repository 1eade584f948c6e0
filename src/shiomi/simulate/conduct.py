"""How ships under way behave towards one another: crossings at short range, shadows, bows crossed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.simulate.cast import Act, Claim, Hull
from shiomi.simulate.chart import Chart, LatLon
from shiomi.simulate.local import Place, hull_of, then
from shiomi.simulate.meetings import Sites
from shiomi.simulate.motion import STEP_S, Rng, blend, shifted, wander
from shiomi.simulate.traffic import merchant, steps
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["blocking", "crossing", "parting", "shadowing"]

Spec = Mapping[str, Any]

_COURSES = 2 * np.pi
_HOUR_S = 3600.0


def _when(c: Chart, rng: Rng, hours: float) -> float:
    end_s = c.scenario.hours * _HOUR_S
    return float(rng.uniform(0.2 * end_s, max(0.2 * end_s, 0.8 * end_s - hours * _HOUR_S)))


def _straight(
    c: Chart, rng: Rng, at: LatLon, when_s: float, course: float, off: Place, speed_kn: float
) -> Hull:
    """A ship that is at `off` (seconds after `when_s`, metres east, north) on a straight course."""
    places: list[Place] = [(when_s + off[0], off[1], off[2])]
    then(places, course, 3 * NAUTICAL_MILE_M, speed_kn)
    return hull_of(c, rng, at, places, merchant(rng), weave_m=4.0)


def crossing(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Two ships cross each other's course and pass at a short distance, neither giving way."""
    _, at = sites.take(rng, spec["area"])
    when_s, course = _when(c, rng, 1), rng.uniform(0, _COURSES)
    turn = rng.choice([-1, 1]) * np.radians(rng.uniform(40, 140))
    apart_m = rng.uniform(*spec["apart_m"])
    slow, fast = sorted(float(rng.uniform(*spec["speed_kn"])) for _ in range(2))
    # Abeam of the relative course, so that this is the closest approach.
    v = slow * np.array([np.sin(course), np.cos(course)]) - fast * np.array(
        [np.sin(course + turn), np.cos(course + turn)]
    )
    side = apart_m * np.array([v[1], -v[0]]) / np.hypot(*v)
    hulls = [
        _straight(c, rng, at, when_s, course, (0, 0, 0), slow),
        _straight(c, rng, at, when_s, course + turn, (0, side[0], side[1]), fast),
    ]
    return Act(hulls, [Claim("close_manoeuvre", spec["subkind"], (0, 1), "told", when_s - 60, when_s + 60)])


def parting(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Two ships cross at a distance that ships at sea keep: a mile or two."""
    act = crossing(c, rng, spec, sites)
    claim = act.claims[0]
    kinds = "close_manoeuvre,blocking,shadowing,encounter"
    return Act(act.hulls, [claim._replace(kind="lookalike", must_find=False, must_not=kinds)])


def shadowing(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """One ship keeps a place astern or abeam of another for hours and turns when it turns."""
    _, at = sites.take(rng, spec["area"])
    hours, speed = rng.uniform(*spec["hours"]), rng.uniform(*spec["speed_kn"])
    t0, n = _when(c, rng, hours), steps(c)
    turns = int(rng.integers(spec["turns"][0], spec["turns"][1] + 1))
    course = rng.uniform(0, _COURSES)
    places: list[Place] = [(t0, 0.0, 0.0)]
    for k in range(turns + 1):
        then(places, course, hours / (turns + 1) * speed * NAUTICAL_MILE_M, speed)
        if k < turns:
            course += rng.choice([-1, 1]) * np.radians(rng.uniform(28, 75))
    lead = hull_of(c, rng, at, places, merchant(rng), smooth_s=240)
    t1 = places[-1][0]
    off_m, bearing = rng.uniform(*spec["distance_nm"]) * NAUTICAL_MILE_M, rng.uniform(0, _COURSES)
    joined = blend(n, t0 - 5400, t0) * (1 - blend(n, t1, t1 + 5400))
    # It comes from six miles off, across the lead's way, and leaves so.
    away = off_m + (1 - joined) * 6 * NAUTICAL_MILE_M
    east, north = away * np.sin(bearing), away * np.cos(bearing)
    shade = lead._replace(
        p=shifted(lead.p, east + wander(rng, n, 1800, 60.0), north + wander(rng, n, 1800, 60.0))
    )
    return Act([lead, shade], [Claim("shadowing", spec["subkind"], (0, 1), "told", t0, t1)])


def blocking(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """One ship weaves ahead of another, from bow to bow, some cables off."""
    _, at = sites.take(rng, spec["area"])
    speed, course, crossings = (
        rng.uniform(*spec["speed_kn"]),
        rng.uniform(0, _COURSES),
        int(rng.integers(3, 6)),
    )
    period_s, wide_m = rng.uniform(20, 36) * 60, rng.uniform(500, 1000)
    t0, n = _when(c, rng, 2), steps(c)
    t1 = t0 + (crossings - 1) * period_s / 2
    ship = _straight(c, rng, at, t0, course, (0, 0, 0), speed)
    t = np.arange(n) * float(STEP_S)
    at_work = blend(n, t0 - 3000, t0 - period_s / 4) * (1 - blend(n, t1 + period_s / 4, t1 + 3000))
    ahead = rng.uniform(*spec["ahead_m"]) + (1 - at_work) * 5 * NAUTICAL_MILE_M
    across = wide_m * np.sin(2 * np.pi * (t - t0) / period_s) * at_work + (1 - at_work) * 4_000
    east = ahead * np.sin(course) + across * np.cos(course)
    north = ahead * np.cos(course) - across * np.sin(course)
    other = ship._replace(p=shifted(ship.p, east, north))
    claims = [
        Claim("blocking", spec["subkind"], (0, 1), "told", t0, t1),
        # To pass so close ahead is to pass closely.
        Claim("close_manoeuvre", "ahead", (0, 1), "told", t0 - period_s, t1 + period_s, must_find=False),
    ]
    return Act([ship, other], claims)

"""Ships that lie together for a night or for days, and one that sails lines side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.simulate.cast import ANCHORED, UNDER_WAY, Act, Claim, Hull
from shiomi.simulate.chart import Chart
from shiomi.simulate.local import Place, hull_of, then
from shiomi.simulate.meetings import Sites
from shiomi.simulate.motion import KNOT_M_S, STEP_S, Rng, current_m, drifted, ramp, shifted, swing_m, wander
from shiomi.simulate.traffic import steps
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["raft", "shuttle", "survey", "swarm"]

Spec = Mapping[str, Any]

_HOUR_S = 3600.0


def _count(rng: Rng, spec: Spec) -> int:
    return int(rng.integers(spec["ships"][0], spec["ships"][1] + 1))


def _comes_and_goes(
    c: Chart, rng: Rng, at: list[float], off_m: tuple[float, float], t0: float, t1: float, kind: str
) -> Hull:
    """A hull that comes from the sea to a spot, lies there, and goes off on another course."""
    speed = rng.uniform(7, 11) * KNOT_M_S
    inward, outward = rng.uniform(0, 2 * np.pi, 2)
    far_m = 40 * NAUTICAL_MILE_M
    slow_m, slow_s = 1_500.0, 1_500.0 / (2.5 * KNOT_M_S)
    places: list[Place] = []
    for way, sign, t in ((inward, -1, t0), (outward, 1, t1)):
        near_by = (t + sign * slow_s, off_m[0] + slow_m * np.sin(way), off_m[1] + slow_m * np.cos(way))
        far = (
            near_by[0] + sign * far_m / speed,
            near_by[1] + far_m * np.sin(way),
            near_by[2] + far_m * np.cos(way),
        )
        rest = (t, *off_m)
        places += [far, near_by, rest] if sign < 0 else [rest, near_by, far]
    return hull_of(c, rng, at, places, kind, weave_m=1.5)


def swarm(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Many vessels lie at anchor within cables of each other, far from any port, for a day and more."""
    _, at = sites.take(rng, spec["area"])
    ships, hours = _count(rng, spec), rng.uniform(*spec["hours"])
    end_s, n = c.scenario.hours * _HOUR_S, steps(c)
    t0 = rng.uniform(0.08, 0.2) * end_s
    t1 = min(t0 + hours * _HOUR_S, 0.95 * end_s)
    hulls, come, go = [], [], []
    apart_m = rng.uniform(*spec["apart_m"])
    width = int(np.ceil(np.sqrt(ships)))
    for k in range(ships):
        row, column = divmod(k, width)
        off = (column * apart_m + rng.normal(0, 25), row * apart_m + rng.normal(0, 25))
        come.append(t0 - rng.uniform(0, 2) * _HOUR_S if k else t0)
        go.append(t1 + rng.uniform(0, 2) * _HOUR_S if k else t1)
        hull = _comes_and_goes(c, rng, at, off, come[-1], go[-1], str(spec.get("ship", "coaster")))
        gate = ramp(n, come[-1], go[-1])
        east, north = swing_m(rng, n, rng.uniform(25, 60))
        status = np.where(gate > 0.99, ANCHORED, UNDER_WAY).astype(np.int8)
        hulls.append(hull._replace(p=shifted(hull.p, east * gate, north * gate), status=status))
    everyone = tuple(range(ships))
    claims = [Claim("swarm", spec["subkind"], everyone, "told", t0, t1)]
    # Side by side for so long, any two of them lie together, and each lies there.
    claims += [
        Claim("encounter", "in_a_swarm", (b, a), "told", t0, t1, must_find=False)
        for a in everyone
        for b in range(a)
    ]
    claims += [
        Claim("raft", "in_a_swarm", everyone, "told", t0, t1, must_find=False),
        *(Claim("loitering", "in_a_swarm", (k,), "told", t0, t1, must_find=False) for k in everyone),
    ]
    return Act(hulls, claims)


def raft(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Three vessels and more made fast side by side, adrift."""
    _, at = sites.take(rng, spec["area"])
    ships, duration_s, n = _count(rng, spec), rng.uniform(*spec["hours"]) * _HOUR_S, steps(c)
    t0 = rng.uniform(0.2, 0.45) * c.scenario.hours * _HOUR_S
    t1 = t0 + duration_s
    across, apart_m = rng.uniform(0, 2 * np.pi), rng.uniform(*spec["apart_m"])
    carried = current_m(rng, n, t0 - _HOUR_S, t1 + _HOUR_S, rng.uniform(0.1, 0.25), 0.1)
    hulls = []
    for k in range(ships):
        off = (k * apart_m * np.sin(across), k * apart_m * np.cos(across))
        late_s, early_s = (0.0, 0.0) if k == 0 else rng.uniform(0, 900, 2)
        kind = str(spec.get("ship", "coaster"))
        hull = _comes_and_goes(c, rng, at, off, t0 - late_s, t1 + early_s, kind)
        hulls.append(hull._replace(p=drifted(hull.p, carried, t1 + 4 * _HOUR_S)))
    everyone = tuple(range(ships))
    claims = [Claim("raft", spec["subkind"], everyone, "told", t0 + 600, t1 - 600)]
    claims += [
        Claim("encounter", "in_a_raft", (b, a), "told", t0, t1, must_find=False)
        for a in everyone
        for b in range(a)
    ]
    return Act(hulls, claims)


def _lines(
    rng: Rng, t0: float, lines: int, length_m: float, spacing_m: list[float], speed_kn: float
) -> tuple[list[Place], float]:
    course = rng.uniform(0, 2 * np.pi)
    side = course + rng.choice([-1, 1]) * np.pi / 2
    # It comes on another course than that of its lines, or the way there would be one of them.
    come, lead_m = course + rng.choice([-1, 1]) * rng.uniform(0.7, 1.4), 10 * NAUTICAL_MILE_M
    lead_s = lead_m / (speed_kn * KNOT_M_S)
    places: list[Place] = [(t0 - lead_s, -lead_m * np.sin(come), -lead_m * np.cos(come)), (t0, 0.0, 0.0)]
    for k in range(lines):
        then(places, course + np.pi * (k % 2), length_m, speed_kn)
        if k < lines - 1:
            then(places, side, max(spacing_m[k], 1.0), speed_kn * 0.7)
    return places, places[-1][0]


def survey(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """A vessel sails parallel lines at one distance from each other, at survey speed."""
    _, at = sites.take(rng, spec["area"])
    lines = int(rng.integers(spec["lines"][0], spec["lines"][1] + 1))
    spacing_m = rng.uniform(*spec["spacing_m"])
    spaces = [spacing_m * (1 + 0.06 * rng.standard_normal()) for _ in range(lines)]
    t0 = rng.uniform(0.08, 0.25) * c.scenario.hours * _HOUR_S
    length_m = rng.uniform(*spec["length_nm"]) * NAUTICAL_MILE_M
    places, t1 = _lines(rng, t0, lines, length_m, spaces, rng.uniform(*spec["speed_kn"]))
    hull = hull_of(c, rng, at, places, "coaster", smooth_s=150, weave_m=6.0)
    return Act([hull], [Claim("survey_pattern", spec["subkind"], (0,), "told", t0, t1)])


def shuttle(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """A dredger goes to and fro between where it digs and where it drops, again and again on one line."""
    _, at = sites.take(rng, spec["area"])
    trips = int(rng.integers(5, 9))
    t0 = 0.1 * c.scenario.hours * _HOUR_S
    length_m = rng.uniform(*spec["length_nm"]) * NAUTICAL_MILE_M
    places, _ = _lines(rng, t0, trips, length_m, [0.0] * trips, rng.uniform(*spec["speed_kn"]))
    hull = hull_of(c, rng, at, places, "barge", smooth_s=300)
    n = steps(c)
    hull = hull._replace(p=shifted(hull.p, wander(rng, n, 3600, 40.0), wander(rng, n, 3600, 40.0)))
    end_s = min(places[-1][0], n * float(STEP_S))
    kinds = "survey_pattern,encounter,swarm"
    return Act([hull], [Claim("lookalike", "dredger", (0,), "told", t0, end_s, False, kinds)])

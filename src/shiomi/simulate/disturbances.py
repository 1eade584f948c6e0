"""What goes wrong with the radio or the receiver of a ship under way: silence, two hulls with one MMSI,
places that are not where the ship is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.errors import BadParameter
from shiomi.geo import EARTH_RADIUS_M
from shiomi.simulate.cast import MOORED, PLAIN, Act, Claim, Hull, Radio
from shiomi.simulate.chart import Chart, LatLon, berth, latlon_of, pick_port, route
from shiomi.simulate.every import port_discs
from shiomi.simulate.motion import STEP_S, Floats, Rng, apart_m, path_through, shifted, speed_kn, unit
from shiomi.simulate.reception import shore_chance
from shiomi.simulate.traffic import SERVICE_KN, merchant, trawl_hull, voyage
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["gap", "outlier", "position_jump", "shared_identity", "under_way"]

Spec = Mapping[str, Any]

_TRIES = 60
_WELL_HEARD = 0.12
"""Satellite detection of a ship whose every pass should count: 99 % of passes hear it."""


def under_way(c: Chart, rng: Rng, radio: Radio = PLAIN, *, whole: bool = True) -> Hull:
    """A merchant ship on a voyage that, if `whole`, begins before and ends after the simulated time."""
    end_s = c.scenario.hours * 3600
    for _ in range(_TRIES):
        a = pick_port(c, rng)
        b = pick_port(c, rng, but=a, gates=a not in c.gates)
        kind = merchant(rng)
        speed = rng.uniform(*SERVICE_KN[kind])
        way = [berth(c, rng, a), *route(c, rng, a, b), berth(c, rng, b)]
        duration_s = float(path_through([way]).marks[-1]) / (speed * 0.5144)
        if duration_s > end_s or not whole:
            break
    first, last = sorted((end_s - duration_s, 0.0))
    leave_s = rng.uniform(first, last)
    return voyage(c, rng, [way], [speed], leave_s, 0, [(0.0, MOORED), (0.0, MOORED)], kind, radio)


def _mean(x: Any, from_s: float, to_s: float) -> float:
    i, j = max(0, int(from_s / STEP_S)), max(1, int(to_s / STEP_S))
    part = np.asarray(x)[i:j]
    return float(part.mean()) if len(part) else 0.0


def _is_at_sea(c: Chart, hull: Hull, at_s: float) -> bool:
    """Whether a hull is farther from every port than those that are switched off in it."""
    p = hull.p[int(at_s / STEP_S)]
    return all(
        float(apart_m(p, unit(at))) > radius_m + 2 * NAUTICAL_MILE_M
        for _, at, radius_m in port_discs(c.scenario.world)
    )


def gap(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A well-heard ship falls silent; it comes back, or not before the end of the data."""
    subkind, end_s = spec["subkind"], c.scenario.hours * 3600
    lasting = subkind == "to_the_end"
    radio = Radio(detection=_WELL_HEARD)
    best, best_score = None, -1.0
    for _ in range(_TRIES):
        hull = under_way(c, rng, radio, whole=subkind == "offshore")
        if lasting:
            t0, t1 = rng.uniform(0.15, 0.65) * end_s, np.inf
            if end_s - t0 < 13 * 3600 <= 0.85 * end_s:
                t0 = end_s - 13.5 * 3600
        else:
            duration_s = rng.uniform(*spec["hours"]) * 3600
            t0 = rng.uniform(0.1 * end_s, max(0.1 * end_s, 0.93 * end_s - duration_s))
            t1 = t0 + duration_s
        t0, t1 = t0 // STEP_S * STEP_S, t1 // STEP_S * STEP_S if np.isfinite(t1) else t1
        shore, sog = shore_chance(c, hull.p, False), speed_kn(hull.p)
        before = _mean(shore, t0 - 7200, t0)
        after = _mean(shore, t1, t1 + 7200) if not lasting else before
        moving = min(_mean(sog > 5, t0 - 7200, t0 + 600), 1.0) * _is_at_sea(c, hull, t0)
        wanted = min(1 - before, 1 - after) if subkind == "offshore" else min(before, after)
        if wanted * moving > best_score:
            best, best_score = (hull, t0, t1), wanted * moving
        if best_score > 0.75:
            break
    assert best is not None
    hull, t0, t1 = best
    silent = hull._replace(radio=radio._replace(silent_s=((t0, t1),)))
    how = "silence_to_end" if lasting else "silence"
    return Act([silent], [Claim("gap", subkind, (0,), how, t0, t1)])


def shared_identity(c: Chart, rng: Rng, spec: Spec) -> Act:
    """Two hulls transmit one MMSI at once: far apart, or close enough to look like one restless ship."""
    low, high = (x * NAUTICAL_MILE_M for x in spec["distance_nm"])
    radio = Radio(detection=_WELL_HEARD)
    if spec["subkind"] == "near":
        first = trawl_hull(c, rng, _best_heard_ground(c), radio)
        angle, away_m = rng.uniform(0, 2 * np.pi), rng.uniform(low, high)
        second = first._replace(p=shifted(first.p, away_m * np.sin(angle), away_m * np.cos(angle)))
    else:
        for _ in range(_TRIES):
            first, second = under_way(c, rng, radio), under_way(c, rng, radio)
            away = apart_m(first.p[::20], second.p[::20])
            if away.min() >= low and away.max() <= 2 * high and float(np.median(away)) <= high:
                break
    return Act(
        [first, second._replace(same_mmsi_as=0)],
        [Claim("shared_identity", spec["subkind"], (0, 1), "both_heard", 0, c.scenario.hours * 3600)],
    )


def _best_heard_ground(c: Chart) -> Mapping[str, Any]:
    grounds = [g for g in c.scenario.world["ground"] if g.get("trawlers", 0)]
    if not grounds:
        raise BadParameter("shared_identity near needs a [[ground]] with trawlers; add one")
    heard = [float(shore_chance(c, unit(g["at"])[None, :], False)[0]) for g in grounds]
    return dict(grounds[int(np.argmax(heard))])


def _bearing_shift(p: Floats, rng: Rng, away_m: float) -> LatLon:
    north = np.asarray([0.0, 0.0, 1.0])
    east = np.cross(north, p)
    east /= max(float(np.linalg.norm(east)), 1e-12)
    up = np.cross(p, east)
    angle, arc = rng.uniform(0, 2 * np.pi), away_m / EARTH_RADIUS_M
    return latlon_of(np.cos(arc) * p + np.sin(arc) * (np.sin(angle) * east + np.cos(angle) * up))


def outlier(c: Chart, rng: Rng, spec: Spec) -> Act:
    """One to three single reports of a ship under way that say a place it was never at."""
    hull = under_way(c, rng, Radio(detection=_WELL_HEARD))
    low, high = c.scenario.feed.wild_repeats
    end_s = c.scenario.hours * 3600
    count = int(rng.integers(low, high + 1))
    third_s = 0.8 * end_s / count
    wild = []
    for k in range(count):
        # Hours apart: in so long a ship can sail from one wild place to the next, and may seem to have done.
        at_s = 0.1 * end_s + third_s * (k + rng.uniform(0.1, 0.6))
        p = hull.p[int(at_s / STEP_S)]
        lat, lon = _wild_place(rng, p, spec)
        wild.append((at_s, lat, lon))
    claims = [
        Claim("outlier", spec["subkind"], (0,), "wild", at, at, True, "position_jump,shared_identity,gap")
        for at, _, _ in wild
    ]
    return Act([hull._replace(wild=tuple(wild))], claims)


def _wild_place(rng: Rng, p: Floats, spec: Spec) -> LatLon:
    lat, lon = latlon_of(p)
    if spec["subkind"] == "mirrored":
        return [-lat, lon]
    if spec["subkind"] == "swapped":
        if abs(lon) > 90:
            raise BadParameter("swapped places need longitudes within 90 degrees; plant `mirrored` here")
        return [lon, lat]
    return _far(rng, p, spec)


def _far(rng: Rng, p: Floats, spec: Spec) -> LatLon:
    return _bearing_shift(p, rng, rng.uniform(*spec["distance_nm"]) * NAUTICAL_MILE_M)


def position_jump(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A ship's reports suddenly go on hundreds of kilometres away, as under a deceived GNSS receiver."""
    end_s = c.scenario.hours * 3600
    lasting = spec["subkind"] == "to_the_end"
    duration_s = rng.uniform(*spec["hours"]) * 3600
    for _ in range(_TRIES):
        hull = under_way(c, rng, Radio(detection=_WELL_HEARD))
        t0 = (
            end_s - duration_s
            if lasting
            else rng.uniform(0.1 * end_s, max(0.1 * end_s, 0.9 * end_s - duration_s))
        )
        shore = shore_chance(c, hull.p, False)
        if min(_mean(shore, t0 - 3600, t0), _mean(shore, t0, t0 + duration_s)) > 0.5:
            break
    t1 = np.inf if lasting else t0 + duration_s
    p = hull.p[int(t0 / STEP_S)]
    here, there = latlon_of(p), _far(rng, p, spec)
    move = (t0, t1, there[0] - here[0], there[1] - here[1])
    how = "displaced_to_end" if lasting else "displaced"
    return Act(
        [hull._replace(displaced=(move,))], [Claim("position_jump", spec["subkind"], (0,), how, t0, t1)]
    )

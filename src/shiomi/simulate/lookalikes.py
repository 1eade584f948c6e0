"""What must not alert: everyday work that looks like a meeting, or reception that looks like a silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.errors import BadParameter
from shiomi.simulate.cast import ANCHORED, MOORED, Act, Claim, Hull, Radio
from shiomi.simulate.chart import Chart, berth, latlon_of, near, pick_anchorage, pick_port, route, spread
from shiomi.simulate.disturbances import under_way
from shiomi.simulate.every import closest_m
from shiomi.simulate.local import hull_of
from shiomi.simulate.motion import (
    KNOT_M_S,
    STEP_S,
    Rng,
    boxed,
    follow,
    path_through,
    shifted,
    timeline,
    unit,
    wander,
)
from shiomi.simulate.reception import shore_chance
from shiomi.simulate.traffic import SERVICE_KN, lying, merchant, steps, trawl_hull, voyage
from shiomi.units import NAUTICAL_MILE_M, nautical_miles

__all__ = [
    "anchorage_neighbours",
    "berth_neighbours",
    "convoy",
    "leaving_coverage",
    "pair_trawlers",
    "passing",
    "passing_port",
    "pilot_boarding",
    "sparse_reporter",
    "tug_and_tow",
]

Spec = Mapping[str, Any]


_TOO_NEAR_M = 120.0
"""Nearer than a hundred yards, and what reports err by, is close on any course (the catalogue's severe)."""
_LANE = "encounter,close_manoeuvre,shadowing,blocking,dual_identity"
_NOT = {
    "convoy": _LANE,
    "tug_and_tow": _LANE,
    "passing": _LANE,
    "pair_trawlers": "encounter,survey_pattern,dual_identity",
    "pilot_boarding": "encounter,shadowing,blocking,dual_identity",
    "anchorage_neighbours": "encounter,swarm,raft,rendezvous",
    "berth_neighbours": "encounter,swarm,raft,rendezvous",
    "bunkering": "encounter,raft,rendezvous",
}
"""Kinds that each must not be taken for, by the catalogue's lists of false positives."""


def _pair(c: Chart, subkind: str, hulls: list[Hull], how: str, t0: float = 0, t1: float = np.inf) -> Act:
    until = min(t1, c.scenario.hours * 3600)
    claim = Claim("lookalike", subkind, (0, 1), how, t0, until, False, _NOT.get(subkind, "encounter"))
    return Act(hulls, [claim])


def _beside(rng: Rng, at: list[float], spec: Spec) -> list[float]:
    apart_m, angle = rng.uniform(*spec["apart_m"]), rng.uniform(0, 2 * np.pi)
    return near(at, apart_m * np.sin(angle), apart_m * np.cos(angle))


def anchorage_neighbours(c: Chart, rng: Rng, spec: Spec) -> Act:
    """Two ships anchor near each other in a port's anchorage; half of the time one arrives and leaves."""
    port, centre, radius_m = pick_anchorage(c, rng)
    spot = spread(rng, centre, radius_m * 0.85, 1, 0)[0]
    beside = _beside(rng, spot, spec)
    first = lying(c, rng, spot, ANCHORED, merchant(rng))
    if rng.uniform() < 0.5:
        second = lying(c, rng, beside, ANCHORED, merchant(rng))
    else:
        end_s = c.scenario.hours * 3600
        inner = [list(x) for x in reversed(c.ends[port]["channel"])]
        legs = [[berth(c, rng, port), *inner, beside], [beside, *reversed(inner), berth(c, rng, port)]]
        rest = (rng.uniform(0.2, 0.5) * end_s, ANCHORED)
        arrive_s = rng.uniform(0.1, 0.35) * end_s
        second = voyage(c, rng, legs, [8, 8], arrive_s, 1, [(0, MOORED), rest, (0, MOORED)], merchant(rng))
    return _pair(c, "anchorage_neighbours", [first, second], "near")


def berth_neighbours(c: Chart, rng: Rng, spec: Spec) -> Act:
    """Two ships moored along the same quays."""
    at = berth(c, rng, pick_port(c, rng, gates=False))
    hulls = [lying(c, rng, x, MOORED, merchant(rng)) for x in (at, _beside(rng, at, spec))]
    return _pair(c, "berth_neighbours", hulls, "near")


def _in_line(c: Chart, rng: Rng, spec: Spec, kinds: tuple[str, str]) -> list[Hull]:
    speed, apart_m = rng.uniform(*spec["speed_kn"]), rng.uniform(*spec["apart_m"])
    end_s = c.scenario.hours * 3600
    for _ in range(60):
        a = pick_port(c, rng, gates=False)
        b = pick_port(c, rng, gates=False, but=a)
        way = [berth(c, rng, a), *route(c, rng, a, b), berth(c, rng, b)]
        duration_s = float(path_through([way]).marks[-1]) / (speed * KNOT_M_S)
        if duration_s > end_s:
            break
    leave_s, same = -rng.uniform(0.1, 0.5) * duration_s, int(rng.integers(2**32))
    behind_s = apart_m / (speed * KNOT_M_S)
    holds = [(0.0, MOORED), (0.0, MOORED)]
    return [
        voyage(c, np.random.default_rng(same), [way], [speed], leave_s + k * behind_s, 0, holds, kind)
        for k, kind in enumerate(kinds)
    ]


def tug_and_tow(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A tug tows a barge that carries its own transponder."""
    return _pair(c, "tug_and_tow", _in_line(c, rng, spec, ("tug", "barge")), "near_moving")


def convoy(c: Chart, rng: Rng, spec: Spec) -> Act:
    """Two ships keep station one astern of the other."""
    return _pair(c, "convoy", _in_line(c, rng, spec, (merchant(rng), merchant(rng))), "near_moving")


def pair_trawlers(c: Chart, rng: Rng, spec: Spec) -> Act:
    """Two trawlers tow one net between them for hours."""
    grounds = [g for g in c.scenario.world["ground"] if g.get("trawlers", 0)]
    if not grounds:
        raise BadParameter("pair_trawlers needs a [[ground]] with trawlers; add one")
    first = trawl_hull(
        c, rng, grounds[int(rng.integers(len(grounds)))], Radio(), rng.uniform(*spec["speed_kn"])
    )
    n, angle, apart_m = steps(c), rng.uniform(0, 2 * np.pi), rng.uniform(*spec["apart_m"])
    wide = apart_m * (1 + wander(rng, n, 1800, 0.04))
    second = first._replace(p=shifted(first.p, wide * np.sin(angle), wide * np.cos(angle)))
    return _pair(c, "pair_trawlers", [first, second], "near")


def pilot_boarding(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A pilot boat runs alongside an inbound ship for some minutes and goes home."""
    end_s = c.scenario.hours * 3600
    port = pick_port(c, rng, gates=False)
    origin = pick_port(c, rng, gates=False, but=port)
    slow, kind = rng.uniform(*spec["speed_kn"]), merchant(rng)
    channel = [list(x) for x in c.ends[port]["channel"]]
    way = route(c, rng, origin, port)
    station = way[-len(channel) - 1]
    legs = [[berth(c, rng, origin), *way[: -len(channel)]], [station, *channel, berth(c, rng, port)]]
    meet_s = rng.uniform(0.2, 0.8) * end_s
    speeds, holds = [rng.uniform(*SERVICE_KN[kind]), slow], [(0.0, MOORED), (0.0, MOORED), (0.0, MOORED)]
    ship = voyage(c, rng, legs, speeds, meet_s, 1, holds, kind, approach_kn=slow)
    return _pair(
        c,
        "pilot_boarding",
        [ship, _pilot(c, rng, spec, port, ship, meet_s)],
        "near",
        meet_s - 3600,
        meet_s + 3600,
    )


def _pilot(c: Chart, rng: Rng, spec: Spec, port: str, ship: Hull, meet_s: float) -> Hull:
    n, hours = steps(c), c.scenario.hours
    alongside_s = rng.uniform(*spec["minutes"]) * 60
    on, off = int(meet_s / STEP_S), int((meet_s + alongside_s) / STEP_S)
    home, inner = berth(c, rng, port), [list(x) for x in reversed(c.ends[port]["channel"])]
    at_on, at_off = latlon_of(ship.p[on]), latlon_of(ship.p[min(off, n - 1)])
    out, back = path_through([[home, *inner, at_on]]), path_through([[at_off, *reversed(inner), home]])
    p = shifted(ship.p, 18.0, 8.0)
    p[:on] = follow(out, *timeline(out, [16.0], meet_s, 1, [0], 10.0, 1000.0), hours)[:on]
    p[off:] = follow(back, *timeline(back, [16.0], meet_s + alongside_s, 0, [0], 10.0, 1000.0), hours)[off:]
    p = boxed(p, 9)
    p /= np.sqrt(np.einsum("ij,ij->i", p, p))[:, None]
    status = np.zeros(n, np.int8)
    status[: max(0, on - 240)] = MOORED
    status[off + 240 :] = MOORED
    return Hull(p, status, "pilot")


def passing(c: Chart, rng: Rng, spec: Spec) -> Act:
    """Two ships meet on reciprocal courses and pass a cable or two apart."""
    end_s, meet_s = c.scenario.hours * 3600, rng.uniform(0.15, 0.85) * c.scenario.hours * 3600
    for _ in range(60):
        a = pick_port(c, rng, gates=False)
        b = pick_port(c, rng, gates=False, but=a)
        way = [berth(c, rng, a), *route(c, rng, a, b), berth(c, rng, b)]
        # Less than an hour and a half from a berth both would still be gathering way.
        if float(path_through([way]).marks[-1]) > nautical_miles(60):
            break
    k = len(way) // 2 - 1
    u, v = unit(way[k]), unit(way[k + 1])
    middle = (u + v) / np.linalg.norm(u + v)
    half = latlon_of(middle)
    east_deg = (way[k + 1][1] - way[k][1] + 180) % 360 - 180
    course = np.arctan2(east_deg * np.cos(np.radians(half[0])), way[k + 1][0] - way[k][0])
    apart_m = rng.uniform(*spec["apart_m"])
    holds = [(0.0, MOORED)] * 3
    hulls = []
    for legs, side in (
        ([[*way[: k + 1], half], [half, *way[k + 1 :]]], 0.0),
        ([[*reversed(way[k + 1 :]), half], [half, *reversed(way[: k + 1])]], apart_m),
    ):
        speed = rng.uniform(*spec["speed_kn"])
        hull = voyage(c, rng, legs, [speed, speed], meet_s, 1, holds, merchant(rng), approach_kn=99.0)
        hulls.append(
            hull._replace(
                p=shifted(hull.p, side * np.sin(course + np.pi / 2), side * np.cos(course + np.pi / 2))
            )
        )
    act = _pair(c, "passing", hulls, "near", max(0, meet_s - 3600), min(end_s, meet_s + 3600))
    if float(closest_m(hulls[0].p, hulls[1].p).min()) > _TOO_NEAR_M:
        return act
    # Helms wander: what came so near is no ordinary passing.
    return Act(hulls, [act.claims[0]._replace(must_not="encounter,shadowing,blocking,dual_identity")])


def sparse_reporter(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A ship of which the feed passes on one report in every so many hours: no silence, only a thin feed."""
    radio = Radio(shore=False, detection=0.25, min_interval_s=round(spec["every_hours"] * 3600))
    claim = Claim("lookalike", "sparse_reporter", (0,), "heard", 0, 0, False, "gap")
    return Act([under_way(c, rng, radio)], [claim])


def leaving_coverage(c: Chart, rng: Rng, _spec: Spec) -> Act:
    """A ship known by shore stations alone sails out of their range and is not heard again."""
    end_s, radio = c.scenario.hours * 3600, Radio(satellite=False)
    for _ in range(60):
        hull = under_way(c, rng, radio, whole=False)
        heard = np.flatnonzero(shore_chance(c, hull.p, False) > 0.3) * STEP_S
        if len(heard) and 0.1 * end_s < heard[-1] < end_s - 14 * 3600:
            break
    claim = Claim("lookalike", "leaving_coverage", (0,), "tail", 0, 0, False, "gap")
    return Act([hull], [claim])


def passing_port(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A ship that goes by close off a port's quays, slowly, and does not stop."""
    port = pick_port(c, rng, gates=False)
    quay = berth(c, rng, port)
    off_m = rng.uniform(*spec["distance_nm"]) * NAUTICAL_MILE_M
    course, speed = rng.uniform(0, 2 * np.pi), rng.uniform(*spec["speed_kn"])
    when_s, half_s = rng.uniform(0.2, 0.8) * c.scenario.hours * 3600, 2 * 3600.0
    across = (off_m * np.cos(course), -off_m * np.sin(course))
    far_m = speed * KNOT_M_S * half_s
    ends = [
        (when_s + s * half_s, across[0] + s * far_m * np.sin(course), across[1] + s * far_m * np.cos(course))
        for s in (-1, 1)
    ]
    hull = hull_of(c, rng, quay, ends, merchant(rng))
    claim = Claim("lookalike", "passing_port", (0,), "heard", 0, 0, False, "port_visit,stop,loitering")
    return Act([hull], [claim])

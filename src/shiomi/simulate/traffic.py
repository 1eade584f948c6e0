"""The traffic nobody planted: voyages, ships in port and at anchor, ferries, harbour craft, fishing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from shiomi.simulate.cast import ANCHORED, FISHING, MOORED, PLAIN, Act, Hull, Radio, status_when
from shiomi.simulate.chart import Chart, LatLon, anchorage_weights, berth, near, pick_port, route, spread
from shiomi.simulate.motion import (
    KNOT_M_S,
    STEP_S,
    Path,
    Rng,
    boxed,
    current_m,
    follow,
    path_through,
    ramp,
    shifted,
    swing_m,
    timeline,
    unit,
    wander,
)
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["SERVICE_KN", "at_berth", "jiggers", "lying", "steps", "traffic", "trawl", "trawl_hull", "voyage"]

SERVICE_KN = {
    "container": (14.0, 20.0),
    "bulker": (10.0, 13.5),
    "tanker": (10.0, 14.0),
    "coaster": (8.0, 12.0),
    "car_carrier": (14.0, 18.0),
}
"""Service speeds by kind, knots: slow steaming as reported since 2010."""
_SHARE = {"container": 0.22, "bulker": 0.26, "tanker": 0.2, "coaster": 0.27, "car_carrier": 0.05}
ANCHOR_RADIUS_M = (35.0, 110.0)
"""Antenna about the anchor: cable of 4 to 6 depths less the catenary, bow to bridge or stern added."""


def steps(c: Chart) -> int:
    """Number of steps of the grid."""
    return round(c.scenario.hours * 3600 / STEP_S) + 1


def merchant(rng: Rng) -> str:
    """A kind of merchant ship."""
    return str(rng.choice(list(_SHARE), p=list(_SHARE.values())))


def voyage(
    c: Chart,
    rng: Rng,
    legs: list[list[LatLon]],
    speeds_kn: Sequence[float],
    at_s: float,
    stop: int,
    holds: Sequence[tuple[float, int]],
    kind: str,
    radio: Radio = PLAIN,
    approach_kn: float = 5.0,
) -> Hull:
    """A hull along legs with rests between.

    Args:
        at_s: arrives at stop number `stop` then; stop 0 is where the first leg begins.
        holds: (seconds, navigational status) at each stop, the first and the last included.
    """
    n, path = steps(c), path_through(legs)
    times, dist = timeline(path, speeds_kn, at_s, stop, [h for h, _ in holds], approach_kn)
    p = follow(path, times, dist, c.scenario.hours)
    arrive = [-np.inf, *[float(t) for t in times[4::4]]]
    leave = [*[float(t) for t in times[1::4]], np.inf]
    spans = [(a + 600, d - 300, s) for a, d, (_, s) in zip(arrive, leave, holds, strict=True)]
    moving = boxed((np.diff(np.interp(np.arange(n + 1) * STEP_S, times, dist)) > 0).astype(float), 40)
    p = shifted(p, wander(rng, n, 1800, 90.0) * moving, wander(rng, n, 1800, 90.0) * moving)
    for a, d, status in spans:
        if status == ANCHORED:
            east, north = swing_m(rng, n, rng.uniform(*ANCHOR_RADIUS_M))
            gate = ramp(n, max(a, -1e6) - 600, min(d, 1e7) + 300)
            p = shifted(p, east * gate, north * gate)
    return Hull(p, status_when(n, spans), kind, radio)


def lying(c: Chart, rng: Rng, at: LatLon, status: int, kind: str, radio: Radio = PLAIN) -> Hull:
    """A hull that lies at one place for all of the time."""
    n = steps(c)
    p = np.broadcast_to(unit(at), (n, 3)).copy()
    if status == ANCHORED:
        p = shifted(p, *swing_m(rng, n, rng.uniform(*ANCHOR_RADIUS_M)))
    return Hull(p, np.full(n, status, np.int8), kind, radio)


def at_berth(c: Chart, rng: Rng, port: str, kind: str) -> Hull:
    """A hull moored in a port for all of the time."""
    return lying(c, rng, berth(c, rng, port), MOORED, kind)


def _transit(c: Chart, rng: Rng) -> Hull:
    a = pick_port(c, rng)
    b = pick_port(c, rng, but=a, gates=a not in c.gates)
    kind = merchant(rng)
    end_s = c.scenario.hours * 3600
    quay_a, quay_b = berth(c, rng, a), berth(c, rng, b)
    way = [quay_a, *route(c, rng, a, b), quay_b]
    speed = rng.uniform(*SERVICE_KN[kind])
    off = [x for x in c.anchorages if x[0] == b]
    legs, holds = [way], [(0.0, MOORED), (0.0, MOORED)]
    if off and rng.uniform() < 0.5:
        _, centre, radius_m = off[int(rng.integers(len(off)))]
        spot = spread(rng, centre, radius_m, 1, 0)[0]
        channel = len(c.ends[b]["channel"])
        legs = [[*way[: -channel - 1], spot], [spot, *way[-channel - 1 :]]]
        holds = [(0.0, MOORED), (rng.uniform(3, 30) * 3600, ANCHORED), (0.0, MOORED)]
    duration = float(timeline(path_through([way]), [speed], 0, 0, [0])[0][-1])
    first, last = -duration, end_s
    if a in c.gates:
        last = 0.0
    if b in c.gates:
        first = max(first, end_s - duration)
    return voyage(c, rng, legs, [speed] * len(legs), rng.uniform(first, max(first, last)), 0, holds, kind)


def _ferry(c: Chart, rng: Rng, line: Mapping[str, Any]) -> Hull:
    a, b = line["between"]
    speed_kn = rng.uniform(*line["speed_kn"])
    quays = {a: berth(c, rng, a), b: berth(c, rng, b)}
    legs: list[list[LatLon]] = []
    holds = [(0.0, MOORED)]
    time, here, there = 0.0, a, b
    while time < c.scenario.hours * 3600 * 2:
        legs.append([quays[here], *route(c, rng, here, there), quays[there]])
        path = path_through(legs[-1:])
        wait = rng.uniform(0.7, 3.0) * 3600
        time += float(path.marks[-1]) / (speed_kn * 0.5) + wait
        holds.append((wait, MOORED))
        here, there = there, here
    offset = -rng.uniform(0, c.scenario.hours * 3600 * 0.7)
    return voyage(c, rng, legs, [speed_kn] * len(legs), offset, 0, holds, "ferry")


def _harbour(c: Chart, rng: Rng) -> Hull:
    port = pick_port(c, rng, gates=False)
    home, channel = berth(c, rng, port), [list(x) for x in reversed(c.ends[port]["channel"])]
    legs, holds = [], [(0.0, MOORED)]
    for _ in range(12):
        out = [near(x, rng.normal(0, 250), rng.normal(0, 250)) for x in channel[: int(rng.integers(1, 4))]]
        legs.append([home, *out, *[near(x, 150, 150) for x in reversed(out[:-1])], home])
        holds.append((rng.uniform(1, 5) * 3600, MOORED))
    radio = Radio(class_b=bool(rng.uniform() < 0.3))
    return voyage(c, rng, legs, [rng.uniform(6, 10)] * 12, -rng.uniform(0, 8) * 3600, 0, holds, "tug", radio)


def _small_craft(c: Chart, rng: Rng) -> Hull:
    port = pick_port(c, rng, gates=False)
    node = c.nodes[c.ends[port]["node"]]
    home = berth(c, rng, port)
    legs, holds = [], [(0.0, MOORED)]
    for _ in range(5):
        inner = [near(x, rng.normal(0, 200), rng.normal(0, 200)) for x in reversed(c.ends[port]["channel"])]
        far = near(node, rng.normal(0, 6_000), rng.normal(0, 6_000))
        legs.append([home, *inner, far, *[near(x, 200, -200) for x in reversed(inner)], home])
        holds.append((rng.uniform(4, 14) * 3600, MOORED))
    kind = "yacht" if rng.uniform() < 0.5 else "angler"
    return voyage(
        c,
        rng,
        legs,
        [rng.uniform(6, 15)] * 5,
        -rng.uniform(0, 20) * 3600,
        0,
        holds,
        kind,
        Radio(class_b=True),
    )


def trawl(c: Chart, rng: Rng, centre: LatLon, radius_m: float, speed_kn: float) -> Path:
    """The path of a trawler over its ground for all of the time: tows of some miles, back and across."""
    need_m = speed_kn * NAUTICAL_MILE_M * (c.scenario.hours + 4)
    place = np.asarray([rng.uniform(-0.7, 0.7), rng.uniform(-0.7, 0.7)]) * radius_m
    heading, line, made = rng.uniform(0, 2 * np.pi), [place], 0.0
    while made < need_m:
        tow = rng.uniform(3, 8) * NAUTICAL_MILE_M
        heading += rng.choice([np.pi, np.pi / 2, -np.pi / 2]) + rng.normal(0, 0.3)
        ahead = place + tow * np.asarray([np.sin(heading), np.cos(heading)])
        if np.hypot(*ahead) > radius_m:
            inward = -place
            heading = np.arctan2(inward[0], inward[1]) + rng.normal(0, 0.4)
            ahead = place + tow * np.asarray([np.sin(heading), np.cos(heading)])
        line.append(ahead)
        place, made = ahead, made + tow
    return path_through([[near(centre, float(e), float(n)) for e, n in line]])


def trawl_hull(
    c: Chart, rng: Rng, ground: Mapping[str, Any], radio: Radio, speed_kn: float | None = None
) -> Hull:
    """A trawler at work on a ground for all of the time, at 2.8 to 4.4 kn unless told."""
    hours = c.scenario.hours
    speed = rng.uniform(2.8, 4.4) if speed_kn is None else speed_kn
    path = trawl(c, rng, ground["at"], ground["radius_nm"] * NAUTICAL_MILE_M, speed)
    times = np.asarray([-3600.0, (hours + 2) * 3600])
    made = np.asarray([0.0, (times[1] - times[0]) * speed * KNOT_M_S])
    p = follow(path, times, made, hours)
    return Hull(p, np.full(steps(c), FISHING, np.int8), "trawler", radio)


def _trawlers(c: Chart, rng: Rng, ground: Mapping[str, Any]) -> Iterator[Hull]:
    for _ in range(ground.get("trawlers", 0)):
        class_b = bool(rng.uniform() < c.scenario.fleet.get("trawler_class_b", 0.4))
        yield trawl_hull(c, rng, ground, Radio(class_b=class_b))


def jiggers(c: Chart, rng: Rng, centre: LatLon, radius_m: float, count: int) -> Iterator[Hull]:
    """Squid jiggers on parachute anchors: spread out, carried together by the current."""
    n, hours = steps(c), c.scenario.hours
    carried = current_m(rng, n, -7200, (hours + 2) * 3600, rng.uniform(0.2, 0.45), 0.35)
    for at in spread(rng, centre, radius_m * 0.8, count, 4_500):
        p = np.broadcast_to(unit(at), (n, 3))
        own = wander(rng, n, 7200, 120.0), wander(rng, n, 7200, 120.0)
        p = shifted(p, carried[0] + own[0], carried[1] + own[1])
        class_b = bool(rng.uniform() < 0.3)
        yield Hull(p, np.full(n, FISHING, np.int8), "jigger", Radio(class_b=class_b))


def traffic(c: Chart, rng: Rng) -> Act:
    """All of it, as the scenario's fleet, ferries and grounds ask."""
    fleet, world = c.scenario.fleet, c.scenario.world
    hulls = [_transit(c, rng) for _ in range(fleet.get("transit", 0))]
    hulls += [
        at_berth(c, rng, pick_port(c, rng, gates=False), merchant(rng))
        for _ in range(fleet.get("berthed", 0))
    ]
    hulls += _anchored(c, rng, fleet.get("anchored", 0))
    for f in world["ferry"]:
        hulls += [_ferry(c, rng, f) for _ in range(f["count"])]
    hulls += [_harbour(c, rng) for _ in range(fleet.get("harbour", 0))]
    hulls += [_small_craft(c, rng) for _ in range(fleet.get("coastal_class_b", 0))]
    for g in world["ground"]:
        hulls += _trawlers(c, rng, g)
        hulls += jiggers(c, rng, g["at"], g["radius_nm"] * NAUTICAL_MILE_M, g.get("jiggers", 0))
    return Act(hulls, [])


def _anchored(c: Chart, rng: Rng, count: int) -> list[Hull]:
    if not count or not c.anchorages:
        return []
    share = rng.multinomial(count, anchorage_weights(c))
    return [
        lying(c, rng, spot, ANCHORED, merchant(rng))
        for (_, centre, radius_m), k in zip(c.anchorages, share, strict=True)
        for spot in spread(rng, centre, radius_m, int(k), 450)
    ]

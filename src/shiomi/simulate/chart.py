"""The scenario's chart: routes from port to port through the sea lanes, and spots to lie at."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from shiomi.errors import BadParameter
from shiomi.geo import EARTH_RADIUS_M
from shiomi.simulate.motion import Rng, apart_m, shifted, unit
from shiomi.simulate.scenario import Scenario
from shiomi.units import NAUTICAL_MILE_M

__all__ = [
    "Chart",
    "LatLon",
    "anchorage_weights",
    "berth",
    "chart",
    "latlon_of",
    "near",
    "pick_anchorage",
    "pick_port",
    "route",
    "sea_leg",
    "spread",
]

LatLon = list[float]

_LANE_M = (400.0, 3_500.0)
"""How far to starboard of the drawn lane ships keep: two streams, each about 1.5 nm wide."""


class Chart(NamedTuple):
    """A scenario's world, ready to be asked."""

    nodes: dict[str, LatLon]
    edges: dict[str, list[tuple[str, float]]]
    ends: dict[str, Mapping[str, Any]]
    """Ports and gates by name."""
    gates: frozenset[str]
    scenario: Scenario
    anchorages: list[tuple[str, LatLon, float]]
    """Port, centre, radius in metres."""


def chart(scenario: Scenario) -> Chart:
    """The chart of a scenario."""
    world = scenario.world
    nodes = {k: list(v) for k, v in world["sea"].get("nodes", {}).items()}
    edges: dict[str, list[tuple[str, float]]] = {k: [] for k in nodes}
    for a, b in world["sea"].get("edges", []):
        length_m = float(apart_m(unit(nodes[a]), unit(nodes[b])))
        edges[a].append((b, length_m))
        edges[b].append((a, length_m))
    gates = {g["name"]: {**g, "channel": [], "quays": [[g["at"], g["at"]]]} for g in world["gate"]}
    ports = {p["name"]: p for p in world["port"]}
    anchorages = [
        (p["name"], list(a["at"]), a["radius_nm"] * NAUTICAL_MILE_M)
        for p in world["port"]
        for a in p.get("anchorages", [])
    ]
    return Chart(nodes, edges, {**ports, **gates}, frozenset(gates), scenario, anchorages)


def near(at: LatLon, east_m: float, north_m: float) -> LatLon:
    """A place so many metres from another."""
    return latlon_of(shifted(unit(at), east_m, north_m))


def latlon_of(p: Any) -> LatLon:
    """[latitude, longitude] in degrees of a unit vector."""
    return [float(np.degrees(np.arcsin(np.clip(p[2], -1, 1)))), float(np.degrees(np.arctan2(p[1], p[0])))]


def pick_port(c: Chart, rng: Rng, *, gates: bool = True, but: str = "") -> str:
    """A port, or gate, drawn by weight."""
    names = [n for n in c.ends if n != but and (gates or n not in c.gates)]
    if not names:
        raise BadParameter("traffic needs at least two [[port]] tables; add one")
    weights = np.asarray([float(c.ends[n].get("weight", 1)) for n in names])
    return str(rng.choice(names, p=weights / weights.sum()))


def berth(c: Chart, rng: Rng, port: str) -> LatLon:
    """A place along the quays of a port."""
    quays = c.ends[port]["quays"]
    a, b = (np.asarray(x, np.float64) for x in quays[int(rng.integers(len(quays)))])
    f = rng.uniform()
    return near([float(x) for x in a + f * (b - a)], rng.normal(0, 25), rng.normal(0, 25))


def pick_anchorage(c: Chart, rng: Rng) -> tuple[str, LatLon, float]:
    """An anchorage (port, centre, radius in metres), drawn by its size and its port's weight."""
    if not c.anchorages:
        raise BadParameter("no [[port]] has anchorages; add one to anchor in")
    weights = anchorage_weights(c)
    return c.anchorages[int(rng.choice(len(weights), p=weights))]


def anchorage_weights(c: Chart) -> Any:
    """Share of anchored ships by anchorage."""
    size = np.asarray([r**2 * float(c.ends[p].get("weight", 1)) for p, _, r in c.anchorages])
    return size / size.sum()


def _nodes_between(c: Chart, a: str, b: str) -> list[str]:
    queue: list[tuple[float, str, tuple[str, ...]]] = [(0.0, a, (a,))]
    seen: set[str] = set()
    while queue:
        length, node, way = heapq.heappop(queue)
        if node == b:
            return list(way)
        if node in seen:
            continue
        seen.add(node)
        for other, step in c.edges[node]:
            if other not in seen:
                heapq.heappush(queue, (length + step, other, (*way, other)))
    raise BadParameter(f"no lane leads from sea node {a} to {b}; add an edge to [sea]")


def _starboard(line: list[LatLon], away_m: float) -> list[LatLon]:
    """Each inner point moved to the right of the way through it."""
    out = [line[0]]
    for before, here, after in zip(line[:-2], line[1:-1], line[2:], strict=True):
        v = unit([before, here, after])
        way = v[2] - v[0]
        right = np.cross(way, v[1])
        size = float(np.linalg.norm(right))
        out.append(latlon_of(v[1] + right / size * (away_m / EARTH_RADIUS_M)) if size > 1e-9 else here)
    return [*out, line[-1]] if len(line) > 1 else out


def sea_leg(c: Chart, rng: Rng, a: str, b: str) -> list[LatLon]:
    """Places from sea node to sea node, kept to starboard of the lane by this ship's own distance."""
    away_m = float(rng.uniform(*_LANE_M))
    line = [c.nodes[n] for n in _nodes_between(c, a, b)]
    return [near(x, rng.normal(0, 400), rng.normal(0, 400)) for x in _starboard(line, away_m)]


def route(c: Chart, rng: Rng, port: str, end: str, via: list[str] | None = None) -> list[LatLon]:
    """Places from just off one port's quay to just off another's, channels and lanes between."""
    start, goal = c.ends[port], c.ends[end]
    stops = [str(start["node"]), *(via or []), str(goal["node"])]
    sea: list[LatLon] = []
    for a, b in itertools.pairwise(stops):
        leg = sea_leg(c, rng, a, b)
        sea += leg if not sea else leg[1:]
    out = [near(x, rng.normal(0, 80), rng.normal(0, 80)) for x in reversed(start["channel"])]
    inward = [near(x, rng.normal(0, 80), rng.normal(0, 80)) for x in goal["channel"]]
    return [*out, *sea, *inward]


def spread(
    rng: Rng, centre: LatLon, radius_m: float, count: int, spacing_m: float, taken: list[LatLon] | None = None
) -> list[LatLon]:
    """Places in a disc, at least `spacing_m` from each other and from those taken, while there is room.

    The best of thirty draws is taken each time, so that a full disc crowds evenly.
    """
    chosen = unit(taken) if taken else np.zeros((0, 3))
    out: list[LatLon] = []
    for _ in range(count):
        r = radius_m * np.sqrt(rng.uniform(0, 1, 30))
        angle = rng.uniform(0, 2 * np.pi, 30)
        draws = shifted(np.broadcast_to(unit(centre), (30, 3)), r * np.sin(angle), r * np.cos(angle))
        best = 0
        if len(chosen):
            room = apart_m(draws[:, None, :], chosen[None, :, :]).min(axis=1)
            enough = np.flatnonzero(room >= spacing_m)
            best = int(enough[0]) if len(enough) else int(np.argmax(room))
        chosen = np.concatenate([chosen, draws[best : best + 1]])
        out.append(latlon_of(draws[best]))
    return out

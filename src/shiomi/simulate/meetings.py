"""Meetings at sea, bunkering and drifts: ships that lie together, or alone, where no place explains it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.errors import BadParameter
from shiomi.simulate.cast import ANCHORED, MOORED, UNDER_WAY, Act, Claim, Hull, Radio
from shiomi.simulate.chart import Chart, LatLon, berth, near, pick_anchorage, pick_port, route, spread
from shiomi.simulate.motion import (
    STEP_S,
    Rng,
    apart_m,
    blend,
    current_m,
    drifted,
    ramp,
    shifted,
    swing_m,
    unit,
    wander,
)
from shiomi.simulate.traffic import SERVICE_KN, steps, voyage
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["Site", "Sites", "bunkering", "drift", "meeting", "offshore_stop"]

_SITE_APART_M = 7_500.0
HEARD = 0.09
"""Detection by satellite of a ship that a pass should hear: it transmits some 48 times in eight minutes."""
_ONE_A_PASS_S = 900
"""A feed that keeps one report of each satellite pass: intervals are then those between passes."""
HEARD_AT_ANCHOR = 0.6
"""The same for three transmissions."""

Spec = Mapping[str, Any]
Site = tuple[Mapping[str, Any], LatLon]


class Sites:
    """Hands out spots in the scenario's offshore areas, far enough apart to stay strangers."""

    def __init__(self, c: Chart) -> None:
        self._chart = c
        self._taken: list[LatLon] = []
        self._turn: dict[str, int] = {}

    def take(self, rng: Rng, reception: str) -> Site:
        """The next spot with that reception, areas in turn, larger ones more often."""
        areas = [a for a in self._chart.scenario.world["area"] if a["reception"] == reception]
        if not areas:
            raise BadParameter(f"no [[area]] has reception = {reception!r}; add one for what is planted")
        room = [a for a in areas for _ in range(max(1, int(a["radius_nm"] / 6)))]
        turn = self._turn.get(reception, 0)
        self._turn[reception] = turn + 1
        area = room[turn % len(room)]
        radius_m = area["radius_nm"] * NAUTICAL_MILE_M
        at = spread(rng, area["at"], radius_m, 1, _SITE_APART_M, self._taken)[0]
        self._taken.append(at)
        return area, at


def _current(c: Chart, area: Spec, from_s: float, to_s: float) -> Any:
    # One current for all who drift in an area, so that strangers there stay as far apart as they were.
    areas = [a["name"] for a in c.scenario.world["area"]]
    rng = np.random.default_rng([c.scenario.seed, 77, areas.index(area["name"])])
    return current_m(rng, steps(c), from_s, to_s, rng.uniform(0.2, 0.5), 0.2)


def _when(c: Chart, rng: Rng, duration_s: float) -> float:
    end_s = c.scenario.hours * 3600
    low, high = 0.12 * end_s, 0.92 * end_s - duration_s
    return float(rng.uniform(low, max(low, high)))


def _midnight(c: Chart, rng: Rng, duration_s: float) -> float:
    day_s = 86_400
    first_s = -(c.scenario.t_start // 1_000_000) % day_s
    while first_s < duration_s + 3600:
        first_s += day_s
    return first_s - rng.uniform(0.3, 0.7) * duration_s


def _visit(
    c: Chart, rng: Rng, area: Spec, spot: LatLon, arrive_s: float, leave_s: float, status: int, radio: Radio
) -> Hull:
    """From a port to a spot at sea, a rest there, and on to another port."""
    first, last = pick_port(c, rng, gates=False), pick_port(c, rng, gates=False)
    via = [str(rng.choice(area["via"])), str(rng.choice(area["via"]))]
    legs = _legs(c, rng, first, via[0], spot, last, via[1])
    kind = str(rng.choice(["tanker", "tanker", "coaster", "bulker"]))
    speed = rng.uniform(*SERVICE_KN[kind])
    holds = [(0.0, MOORED), (leave_s - arrive_s, status), (0.0, MOORED)]
    # The swing at anchor is shared by all who lie there, so it is added by the caller.
    rest = UNDER_WAY if status == ANCHORED else status
    hull = voyage(
        c, rng, legs, [speed, speed], arrive_s, 1, [holds[0], (holds[1][0], rest), holds[2]], kind, radio
    )
    if status == ANCHORED:
        hull = hull._replace(status=_anchored_status(hull, c, arrive_s, leave_s))
    return hull


def _anchored_status(hull: Hull, c: Chart, arrive_s: float, leave_s: float) -> Any:
    t = np.arange(steps(c)) * float(STEP_S)
    out = hull.status.copy()
    out[(t >= arrive_s + 600) & (t <= leave_s - 300)] = ANCHORED
    return out


def _legs(
    c: Chart, rng: Rng, first: str, via_in: str, spot: LatLon, last: str, via_out: str
) -> list[list[LatLon]]:
    inward = route(c, rng, first, first, [via_in])
    outward = route(c, rng, last, last, [via_out])
    middle_in = _turning_point(c, inward, via_in)
    middle_out = _turning_point(c, outward, via_out)
    return [
        [berth(c, rng, first), *inward[: middle_in + 1], spot],
        [spot, *outward[middle_out:], berth(c, rng, last)],
    ]


def _turning_point(c: Chart, line: list[LatLon], node: str) -> int:
    return int(np.argmin(apart_m(unit(line), unit(c.nodes[node]))))


def meeting(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Two or three ships lie together offshore for hours; each pair of them is a truth."""
    subkind = spec["subkind"]
    n, duration_s = steps(c), rng.uniform(*spec["hours"]) * 3600
    start_s = (_midnight if subkind == "over_midnight" else _when)(c, rng, duration_s)
    area, at = sites.take(rng, spec["area"])
    anchored, joint = subkind == "anchored", subkind == "joint_voyage"
    ships = 3 if subkind == "raft_of_three" else 2
    first_s = start_s if joint else start_s - rng.uniform(0.4, 2.0) * 3600
    across, apart_m = rng.uniform(0, 2 * np.pi), rng.uniform(*spec["apart_m"])
    if anchored:
        carried = swing_m(rng, n, rng.uniform(60, 110))
    else:
        carried = _current(c, area, first_s, c.scenario.hours * 7200)
    shared_seed = int(rng.integers(2**32))
    hulls = []
    for k in range(ships):
        arrive_s = first_s if k == 0 or joint else start_s + (k - 1) * rng.uniform(0.2, 0.6) * 3600
        leave_s = start_s + duration_s + (0.0 if k == 1 or joint else rng.uniform(0.3, 1.5) * 3600)
        sparse = subkind in ("sparse_both", "sparse_in_bursts") or (subkind == "sparse_one" and k == 1)
        radio = Radio(shore=not sparse, detection=HEARD)
        if sparse and not spec.get("bursts", False):
            radio = radio._replace(min_interval_s=_ONE_A_PASS_S)
        east, north = k * apart_m * np.sin(across), k * apart_m * np.cos(across)
        own = np.random.default_rng(shared_seed) if joint else rng
        spot = at if joint else near(at, east, north)
        status = ANCHORED if anchored else UNDER_WAY
        hull = _visit(c, own, area, spot, arrive_s, leave_s, status, radio)
        p = hull.p
        if joint:
            wide = 1 + (800 / apart_m - 1) * (
                1 - blend(n, first_s - 2400, first_s) + blend(n, leave_s, leave_s + 3600)
            )
            p = shifted(p, east * wide, north * wide)
        if anchored:
            gate = ramp(n, arrive_s - 900, leave_s + 900)
            p = shifted(p, carried[0] * gate, carried[1] * gate)
        else:
            p = drifted(p, carried, leave_s)
        hulls.append(hull._replace(p=shifted(p, wander(rng, n, 1200, 3.0), wander(rng, n, 1200, 3.0))))
    pairs = [(i, j) for i in range(ships) for j in range(i)]
    end_s = start_s + duration_s
    return Act(hulls, [Claim("encounter", subkind, pair, "near_slow", start_s, end_s) for pair in pairs])


def bunkering(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A barge comes alongside a ship that lies in a port's anchorage: what anchorages are for."""
    n, duration_s = steps(c), rng.uniform(*spec["hours"]) * 3600
    start_s = _when(c, rng, duration_s)
    port, centre, radius_m = pick_anchorage(c, rng)
    spot = spread(rng, centre, radius_m * 0.8, 1, 0)[0]
    swing = swing_m(rng, n, rng.uniform(40, 100))
    base = np.broadcast_to(unit(spot), (n, 3))
    ship = Hull(shifted(base, *swing), np.full(n, ANCHORED, np.int8), "bulker")
    apart_m, across = rng.uniform(*spec["apart_m"]), rng.uniform(0, 2 * np.pi)
    beside = near(spot, apart_m * np.sin(across), apart_m * np.cos(across))
    quay = berth(c, rng, port)
    inner = [list(x) for x in reversed(c.ends[port]["channel"])]
    legs = [[quay, *inner, beside], [beside, *reversed(inner), quay]]
    holds = [(0.0, MOORED), (duration_s, UNDER_WAY), (0.0, MOORED)]
    barge = voyage(c, rng, legs, [8.0, 8.0], start_s, 1, holds, "bunker")
    gate = ramp(n, start_s - 900, start_s + duration_s + 900)
    barge = barge._replace(p=shifted(barge.p, swing[0] * gate, swing[1] * gate))
    claim = Claim("lookalike", "bunkering", (0, 1), "near", start_s, start_s + duration_s, False, "encounter")
    return Act([ship, barge], [claim])


def drift(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """One ship stops its engine offshore and drifts."""
    duration_s = rng.uniform(*spec["hours"]) * 3600
    start_s = _when(c, rng, duration_s)
    area, at = sites.take(rng, spec["area"])
    end_s = start_s + duration_s
    interval_s = None if spec.get("bursts", True) else _ONE_A_PASS_S
    radio = Radio(detection=HEARD, min_interval_s=interval_s)
    hull = _visit(c, rng, area, at, start_s, end_s, UNDER_WAY, radio)
    carried = _current(c, area, start_s, end_s + 3600)
    hull = hull._replace(p=drifted(hull.p, carried, end_s))
    return Act([hull], [Claim("loitering", spec["subkind"], (0,), "slow", start_s, end_s)])


def offshore_stop(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """One ship anchors on a bank far from any port."""
    n, duration_s = steps(c), rng.uniform(*spec["hours"]) * 3600
    start_s = _when(c, rng, duration_s)
    area, at = sites.take(rng, spec["area"])
    end_s = start_s + duration_s
    hull = _visit(c, rng, area, at, start_s, end_s, ANCHORED, Radio(detection=HEARD_AT_ANCHOR))
    swing, gate = swing_m(rng, n, rng.uniform(60, 110)), ramp(n, start_s - 900, end_s + 900)
    hull = hull._replace(p=shifted(hull.p, swing[0] * gate, swing[1] * gate))
    return Act([hull], [Claim("stop", spec["subkind"], (0,), "rest", start_s, end_s)])

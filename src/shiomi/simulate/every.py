"""Everything of a kind that happens in a scenario, planted or not: stays in zones, calls at ports, passings.

A claim without hulls asks for all of a kind; here it becomes one claim for each time it is true of a hull.
What must be found is what was received well enough to be seen at all; the rest stands in the truth so that
an event of it is no false one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.geo import EARTH_RADIUS_M
from shiomi.simulate.cast import Act, Claim
from shiomi.simulate.chart import Chart
from shiomi.simulate.motion import STEP_S, Floats, apart_m, shifted, speed_kn, unit
from shiomi.simulate.reception import Heard
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["all_of", "closest_m", "port_discs"]

_RIBBON_M = 150.0
"""Nearer to the line than this, a position and its error may lie on either side."""
_SMALL_BREAK_S = 15 * 60
"""Out of a zone for no longer is no exit (the catalogue's hysteresis)."""
_ENTER_M, _LEAVE_M = 3_000.0, 4_000.0
"""Entry to and exit from a port (Global Fishing Watch, port visits)."""
_REST_KN = 0.2
"""A stop begins below this speed (the same)."""
_MIN_REST_S = 3600.0
_CLOSE_M, _CLOSE_KN = 463.0, 3.0
"""Two under way within 500 yards of each other, and what of the reports' errors may count as it."""

_Bools = npt.NDArray[np.bool_]


def port_discs(world: Mapping[str, Any]) -> list[tuple[str, list[float], float]]:
    """Name, centre and radius in metres of the waters of every port: its quays and its anchorages."""
    discs = []
    for port in world["port"]:
        discs += [(port["name"], list(quay[0]), 2.0 * NAUTICAL_MILE_M) for quay in port["quays"]]
        discs += [
            (port["name"], list(a["at"]), a["radius_nm"] * NAUTICAL_MILE_M)
            for a in port.get("anchorages", [])
        ]
    return discs


def all_of(asked: Claim, c: Chart, act: Act, heard: Heard) -> Iterator[Claim]:
    """The claims that a claim stands for: itself, or one for each time it is true."""
    ways = {"every_stay": _stays, "every_call": _calls, "every_passing": _passings, "every_ship": _ships}
    if asked.how not in ways:
        yield asked
        return
    yield from ways[asked.how](asked, c, act, heard)


def _runs(inside: _Bools, max_break_steps: int) -> list[tuple[int, int]]:
    """First and last step of each stretch, breaks of no more than so many steps included."""
    i = np.flatnonzero(inside)
    if not len(i):
        return []
    cut = np.flatnonzero(np.diff(i) > max_break_steps + 1)
    return list(zip(i[np.r_[0, cut + 1]].tolist(), i[np.r_[cut, len(i) - 1]].tolist(), strict=True))


def _heard_steps(heard: Heard, hull: int) -> npt.NDArray[np.int64]:
    i, j = np.searchsorted(heard.hull, [hull, hull + 1])
    return np.asarray(heard.t_s[i:j] // STEP_S, np.int64)


def _claim(asked: Claim, hulls: tuple[int, ...], name: str, span: tuple[int, int], must_find: bool) -> Claim:
    return Claim(asked.kind, name, hulls, "told", span[0] * STEP_S, span[1] * STEP_S, must_find)


def _ships(asked: Claim, _c: Chart, act: Act, _heard: Heard) -> Iterator[Claim]:
    for k in range(len(act.hulls)):
        yield Claim(asked.kind, "any_ship", (k,), "heard", 0, 0, False, asked.must_not)


def _stays(asked: Claim, c: Chart, act: Act, heard: Heard) -> Iterator[Claim]:
    for zone in c.scenario.world["zone"]:
        if zone.get("kind", "area") not in ("area", "around"):
            continue
        for k, hull in enumerate(act.hulls):
            if hull.displaced or hull.deceived:
                continue
            inside = _inside(zone, hull.p)
            if not inside.any():
                continue
            surely = inside.copy()
            for east, north in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                surely &= _inside(zone, shifted(hull.p, east * _RIBBON_M, north * _RIBBON_M))
            seen = np.zeros(len(inside), np.bool_)
            seen[np.minimum(_heard_steps(heard, k), len(seen) - 1)] = True
            for i, j in _runs(inside, _SMALL_BREAK_S // STEP_S):
                yield _claim(asked, (k,), zone["name"], (i, j), bool((seen & surely)[i : j + 1].any()))


def _inside(zone: Mapping[str, Any], p: Floats) -> _Bools:
    if "ring" not in zone:
        return np.asarray(apart_m(p, unit(zone["at"])) <= zone["radius_nm"] * NAUTICAL_MILE_M)
    ring = np.asarray(zone["ring"], np.float64)
    first_lon = ring[0, 1]
    x, y = (ring[:, 1] - first_lon + 180) % 360 - 180, ring[:, 0]
    lat = np.degrees(np.arcsin(p[:, 2]))
    lon = (np.degrees(np.arctan2(p[:, 1], p[:, 0])) - first_lon + 180) % 360 - 180
    # Even-odd: edges are straight in latitude and longitude, as GeoJSON has them.
    inside = np.zeros(len(p), np.bool_)
    for k in range(len(ring)):
        xa, ya, xb, yb = x[k - 1], y[k - 1], x[k], y[k]
        if ya == yb:
            continue
        inside ^= ((ya > lat) != (yb > lat)) & (lon < (xb - xa) * (lat - ya) / (yb - ya) + xa)
    return inside


def _calls(asked: Claim, c: Chart, act: Act, heard: Heard) -> Iterator[Claim]:
    discs = port_discs(c.scenario.world)
    for k, hull in enumerate(act.hulls):
        edge_m = np.min([apart_m(hull.p, unit(at)) - radius_m for _, at, radius_m in discs], axis=0)
        resting = speed_kn(hull.p) < _REST_KN
        seen = _heard_steps(heard, k)
        for i, j in _runs(edge_m <= _LEAVE_M, 0):
            near = np.flatnonzero(edge_m[i : j + 1] <= _ENTER_M) + i
            if not len(near):
                continue
            first, rest = int(near[0]), resting[i : j + 1]
            longest = max((b - a for a, b in _runs(rest, 0)), default=-1)
            if longest < 0:
                continue
            heard_at_rest = int(rest[seen[(seen >= i) & (seen <= j)] - i].sum())
            yield _claim(
                asked, (k,), "call", (first, j), longest * STEP_S >= _MIN_REST_S and heard_at_rest >= 2
            )


def closest_m(p: Floats, q: Floats) -> Floats:
    """Least distance between each step and the next, each going straight."""
    here = (q - p) * EARTH_RADIUS_M
    way = np.diff(here, axis=0, append=here[-1:])
    along = np.einsum("ij,ij->i", way, way)
    f = np.clip(-np.einsum("ij,ij->i", here, way) / np.maximum(along, 1e-9), 0, 1)
    least = here + f[:, None] * way
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", least, least)))


def _passings(asked: Claim, _c: Chart, act: Act, _heard: Heard) -> Iterator[Claim]:
    forbidden = {frozenset(o.hulls) for o in act.claims if asked.kind in o.must_not.split(",")}
    planted = {frozenset(o.hulls) for o in act.claims if o.kind == asked.kind and o.hulls}
    speed = [speed_kn(h.p) > _CLOSE_KN for h in act.hulls]
    for a in range(len(act.hulls)):
        for b in range(a):
            pair = frozenset((a, b))
            if pair in forbidden or pair in planted:
                continue
            p, q = act.hulls[a].p, act.hulls[b].p
            # A knot is 15 m a step: who is this far away now is not near in a quarter of an hour.
            coarse = np.flatnonzero(apart_m(p[::30], q[::30]) < 30_000)
            if not len(coarse):
                continue
            i, j = max(0, int(coarse[0]) - 1) * 30, min(len(p), (int(coarse[-1]) + 2) * 30)
            close = (closest_m(p[i:j], q[i:j]) <= _CLOSE_M) & speed[a][i:j] & speed[b][i:j]
            for first, last in _runs(close, 20):
                yield _claim(asked, (b, a), "by_chance", (i + first, i + last), False)

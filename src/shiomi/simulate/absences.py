"""What is not heard: silences that meet, unheard partners, approaches; and slow ways over a cable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.errors import BadParameter
from shiomi.simulate.cast import UNDER_WAY, Act, Claim, Radio
from shiomi.simulate.chart import Chart, LatLon, near
from shiomi.simulate.local import Place, hull_of, then
from shiomi.simulate.meetings import Sites, meeting
from shiomi.simulate.motion import KNOT_M_S, Rng
from shiomi.simulate.traffic import merchant
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["approach", "dark_partner", "over_cable", "silences_apart", "silences_that_meet"]

Spec = Mapping[str, Any]

_HOUR_S = 3600.0


def _out_and_home(
    c: Chart,
    rng: Rng,
    at: LatLon,
    toward: float,
    silent: tuple[float, float],
    reach_m: float,
    speed: float,
    start_m: float,
) -> Any:
    """A ship that falls silent `start_m` from the point, goes `reach_m` on, lies, and is heard again."""
    t0, t1 = silent
    go_s = reach_m / (speed * KNOT_M_S)
    u, v = -np.sin(toward), -np.cos(toward)

    def off(metres: float) -> tuple[float, float]:
        return metres * np.sin(toward), metres * np.cos(toward)

    begin, rest = off(start_m), off(start_m - reach_m)
    back = toward + rng.uniform(-0.4, 0.4)
    end = (rest[0] + reach_m * np.sin(back), rest[1] + reach_m * np.cos(back))
    hour_m = speed * KNOT_M_S * _HOUR_S
    places: list[Place] = [
        (t0 - _HOUR_S, begin[0] - u * hour_m, begin[1] - v * hour_m),
        (t0, *begin),
        (t0 + go_s, *rest),
        (t1 - go_s, *rest),
        (t1, *end),
        (t1 + _HOUR_S, end[0] + hour_m * np.sin(back), end[1] + hour_m * np.cos(back)),
    ]
    radio = Radio(silent_s=((t0, t1),))
    return hull_of(c, rng, at, places, str(rng.choice(["tanker", "bulker", "coaster"])), radio=radio)


def _two_silences(c: Chart, rng: Rng, spec: Spec, at: LatLon, start_m: float, reach_m: float) -> Act:
    end_s, toward, speed = (
        c.scenario.hours * _HOUR_S,
        rng.uniform(0, 2 * np.pi),
        rng.uniform(*spec["speed_kn"]),
    )
    middle = rng.uniform(0.4, 0.6) * end_s
    hulls = []
    for k in range(2):
        half_s = rng.uniform(*spec["hours"]) * _HOUR_S / 2
        late_s = rng.uniform(-0.5, 0.5) * _HOUR_S
        silent = (middle - half_s + late_s, middle + half_s + late_s)
        way = toward + k * np.pi + rng.uniform(-0.3, 0.3)
        hulls.append(_out_and_home(c, rng, at, way, silent, reach_m, speed, start_m))
    # Nobody else sails there, so that reception may well be unknown.
    spans = [hull.radio.silent_s[0] for hull in hulls]
    gaps = [Claim("gap", "of_a_pair", (k,), "silence", t0, t1, False) for k, (t0, t1) in enumerate(spans)]
    return Act(hulls, gaps)


def silences_that_meet(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Two ships fall silent on ways towards each other, lie together unheard, and part."""
    _, at = sites.take(rng, spec["area"])
    reach_m = rng.uniform(*spec["distance_nm"]) * NAUTICAL_MILE_M
    act = _two_silences(c, rng, spec, at, reach_m, reach_m - 100)
    spans = [h.radio.silent_s[0] for h in act.hulls]
    t0, t1 = max(s[0] for s in spans), min(s[1] for s in spans)
    return Act(act.hulls, [*act.claims, Claim("mirror_gap", spec["subkind"], (0, 1), "told", t0, t1)])


def silences_apart(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Two ships silent at once, too far from each other to have met and to be where they are heard again."""
    _, at = sites.take(rng, spec["area"])
    apart_m = rng.uniform(*spec["distance_nm"]) * NAUTICAL_MILE_M / 2
    act = _two_silences(c, rng, spec, at, apart_m, 4 * NAUTICAL_MILE_M)
    t0, t1 = act.hulls[0].radio.silent_s[0]
    not_met = Claim("lookalike", "silences_apart", (0, 1), "told", t0, t1, False, "mirror_gap,encounter")
    return Act(act.hulls, [*act.claims, not_met])


def dark_partner(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """A ship lies for hours beside one that does not transmit at all."""
    act = meeting(c, rng, {**spec, "subkind": "drifting"}, sites)
    first, second = act.hulls
    claim = act.claims[0]
    hulls = [first, second._replace(radio=second.radio._replace(silent_s=((-1.0, np.inf),)))]
    seen = Claim("rendezvous", spec["subkind"], (0,), "slow", claim.t0_s, claim.t1_s)
    return Act(hulls, [seen, seen._replace(kind="loitering", must_find=False)])


def _zone(c: Chart, kind: str) -> Mapping[str, Any]:
    for zone in c.scenario.world["zone"]:
        if zone.get("kind") == kind:
            return dict(zone)
    raise BadParameter(f"no [[zone]] is a {kind}; add one for what is planted")


def approach(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A ship falls silent on a course for a watched port and is heard again where it came from.

    Subkind `from_it` is the look-alike: its course leads away.
    """
    port = _zone(c, "watched_port")
    seaward = np.radians(port["seaward_deg"]) + rng.uniform(-0.5, 0.5)
    away_m, speed = rng.uniform(*spec["distance_nm"]) * NAUTICAL_MILE_M, rng.uniform(*spec["speed_kn"])
    end_s, duration_s = c.scenario.hours * _HOUR_S, rng.uniform(*spec["hours"]) * _HOUR_S
    t0 = rng.uniform(0.2 * end_s, 0.85 * end_s - duration_s)
    silent = (t0, t0 + duration_s)
    if spec["subkind"] == "from_it":
        start = near(port["at"], away_m * np.sin(seaward), away_m * np.cos(seaward))
        hull = _out_and_home(c, rng, start, seaward + np.pi, silent, away_m / 2, speed, 0.0)
        claims = [Claim("lookalike", "away_from_port", (0,), "silence", *silent, False, "port_approach")]
    else:
        reach_m = min(away_m - 500, speed * KNOT_M_S * duration_s / 2.5)
        hull = _out_and_home(c, rng, port["at"], seaward, silent, reach_m, speed, away_m)
        claims = [Claim("port_approach", spec["subkind"], (0,), "silence", *silent)]
    gap = Claim("gap", "off_a_port", (0,), "silence", *silent, must_find=False)
    return Act([hull], [*claims, gap])


def over_cable(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A ship at sea speed slows down over a cable, for an hour or more, and goes on.

    Subkind `at_speed` is the look-alike: it crosses as all ships do.
    """
    (lat0, lon0), (lat1, lon1) = _zone(c, "cable")["line"]
    f = rng.uniform(0.25, 0.75)
    at = [lat0 + f * (lat1 - lat0), lon0 + f * (lon1 - lon0)]
    along = np.arctan2((lon1 - lon0) * np.cos(np.radians(lat0)), lat1 - lat0)
    course, speed = along + rng.choice([-1, 1]) * rng.uniform(0.9, 1.5), rng.uniform(*spec["speed_kn"])
    slows = spec["subkind"] != "at_speed"
    t0, inside_m = rng.uniform(0.15, 0.75) * c.scenario.hours * _HOUR_S, 1400.0 / np.sin(abs(course - along))
    slow = rng.uniform(0.15, 0.45) * speed if slows else speed
    before: Place = (
        t0 - 4 * _HOUR_S,
        -(inside_m + 4 * _HOUR_S * speed * KNOT_M_S) * np.sin(course),
        -(inside_m + 4 * _HOUR_S * speed * KNOT_M_S) * np.cos(course),
    )
    places: list[Place] = [before, (t0, -inside_m * np.sin(course), -inside_m * np.cos(course))]
    if slows:
        # To and fro over it, as a ship does that drags or waits.
        until_s = t0 + rng.uniform(45, 120) * 60
        while places[-1][0] < until_s:
            then(places, course, 1.2 * inside_m, slow)
            then(places, course + np.pi - 0.5, 0.9 * inside_m, slow)
    t1 = places[-1][0]
    then(places, course, 20 * NAUTICAL_MILE_M, speed)
    hull = hull_of(c, rng, at, places, merchant(rng), smooth_s=240, status=UNDER_WAY)
    if slows:
        return Act([hull], [Claim("cable_area", spec["subkind"], (0,), "told", t0 + 300, t1 - 300)])
    return Act([hull], [Claim("lookalike", "over_cable", (0,), "heard", 0, 0, False, "cable_area")])

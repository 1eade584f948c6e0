"""Numbers and places that are not a ship's own: computed tracks, two numbers on a hull, a number changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.simulate.cast import Act, Claim, Hull, Radio
from shiomi.simulate.chart import Chart
from shiomi.simulate.disturbances import under_way
from shiomi.simulate.local import hull_of, then
from shiomi.simulate.meetings import Sites
from shiomi.simulate.motion import STEP_S, Floats, Rng, shifted, speed_kn
from shiomi.simulate.reception import has_stations, shore_chance
from shiomi.simulate.traffic import merchant
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["autopilot", "computed", "switched", "two_numbers"]

Spec = Mapping[str, Any]

_HOUR_S = 3600.0
_HEARD = 0.12
_TRIES = 80


def _way(c: Chart, rng: Rng, at: list[float], t0: float, t1: float, speed_kn_: float, weave_m: float) -> Hull:
    """A ship on two or three straight stretches between two times."""
    course, places = rng.uniform(0, 2 * np.pi), [(t0, 0.0, 0.0)]
    stretches = int(rng.integers(1, 4))
    for _ in range(stretches):
        then(places, course, (t1 - t0) / _HOUR_S / stretches * speed_kn_ * NAUTICAL_MILE_M, speed_kn_)
        course += rng.choice([-1, 1]) * np.radians(rng.uniform(15, 60))
    return hull_of(c, rng, at, places, merchant(rng), smooth_s=90, weave_m=weave_m)


def computed(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Reports that somebody computed: on the line to the decimetre, at one interval to the second.

    Subkind `clone`: under the number of a ship that sails elsewhere meanwhile.
    """
    _, at = sites.take(rng, spec["area"])
    duration_s = rng.uniform(*spec["hours"]) * _HOUR_S
    t0 = rng.uniform(0.1, 0.6) * c.scenario.hours * _HOUR_S
    t1 = t0 + duration_s
    radio = Radio(clockwork=(t0, t1, int(rng.integers(6, 13))))
    hull = _way(c, rng, at, t0, t1, rng.uniform(9, 18), 0.0)._replace(radio=radio)
    claim = Claim("fabricated_track", spec["subkind"], (0,), "told", t0, t1)
    if spec["subkind"] != "clone":
        return Act([hull], [claim])
    genuine = under_way(c, rng, Radio(detection=_HEARD))
    # Two at once under one number is another thing that is true, and found as such.
    shared = Claim("shared_identity", "clone", (0, 1), "told", t0, t1, must_find=False)
    return Act([genuine, hull._replace(same_mmsi_as=0)], [claim._replace(hulls=(1,)), shared])


def autopilot(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """A ship that an autopilot keeps on its line to the metre, heard through an ordinary receiver."""
    _, at = sites.take(rng, spec["area"])
    end_s = c.scenario.hours * _HOUR_S
    hull = _way(c, rng, at, 0.2 * end_s, 0.6 * end_s, rng.uniform(*spec["speed_kn"]), 0.0)
    claim = Claim("lookalike", "autopilot", (0,), "heard", 0, 0, False, "fabricated_track,survey_pattern")
    return Act([hull], [claim])


def _heard(c: Chart, hull: Hull) -> Floats:
    """The chance of each step to be heard from shore; one everywhere in waters without any station."""
    chance = shore_chance(c, hull.p, False).astype(np.float64)
    return chance if has_stations(c) else np.ones(len(hull.p))


def two_numbers(c: Chart, rng: Rng, spec: Spec) -> Act:
    """One hull with two transmitters, each with its own number and nearly one name."""
    for _ in range(_TRIES):
        first = under_way(c, rng, Radio(detection=_HEARD), whole=False)
        going = speed_kn(first.p) > 6.0
        if going.sum() * STEP_S > 4 * _HOUR_S and _heard(c, first)[going].mean() > 0.6:
            break
    away_m, angle = rng.uniform(*spec["apart_m"]), rng.uniform(0, 2 * np.pi)
    second = first._replace(p=shifted(first.p, away_m * np.sin(angle), away_m * np.cos(angle)), resembles=0)
    end_s = c.scenario.hours * _HOUR_S
    kinds = "encounter,raft,swarm,shadowing,close_manoeuvre"
    claims = [
        Claim("dual_identity", spec["subkind"], (0, 1), "both_under_way", 0, end_s),
        Claim("lookalike", "one_hull", (0, 1), "both_under_way", 0, end_s, False, kinds),
    ]
    return Act([first, second], claims)


def switched(c: Chart, rng: Rng, spec: Spec) -> Act:
    """A ship under way changes its number: the old one is heard no more, the new one goes on."""
    end_s = c.scenario.hours * _HOUR_S
    for _ in range(_TRIES):
        hull = under_way(c, rng, Radio(detection=_HEARD), whole=False)
        t = rng.uniform(0.2, 0.7) * end_s
        around = slice(int((t - 5400) / STEP_S), int((t + 5400) / STEP_S))
        # In the midst of reception: where it ends, ships come and go under whatever number they have.
        heard = _heard(c, hull)[around]
        if float(speed_kn(hull.p)[around].min()) > 6.0 and float(heard.min()) > 0.6:
            break
    off_s = rng.uniform(*spec["minutes"]) * 60
    old = hull._replace(radio=hull.radio._replace(silent_s=((t, np.inf),)))
    new = hull._replace(radio=hull.radio._replace(silent_s=((-1.0, t + off_s),)))
    return Act([old, new], [Claim("identity_switch", spec["subkind"], (0, 1), "handed_over", t, t + off_s)])

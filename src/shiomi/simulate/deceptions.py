"""Receivers that are deceived together: ships that report an airport, a circle or anywhere at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shiomi.simulate.cast import ANCHORED, Act, Claim, Deceived
from shiomi.simulate.chart import Chart, near
from shiomi.simulate.local import hull_of
from shiomi.simulate.meetings import Sites
from shiomi.simulate.motion import KNOT_M_S, Rng
from shiomi.simulate.traffic import lying, merchant
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["jamming"]

Spec = Mapping[str, Any]

_NOT = "gap,fabricated_track,position_jump,shared_identity,encounter,mirror_gap,port_approach"


def jamming(c: Chart, rng: Rng, spec: Spec, sites: Sites) -> Act:
    """Ships within some miles, at anchor and under way, report false places for hours, and nothing else of
    what is found about them then is theirs.

    Subkinds: `spot`, all at one place far off; `circle`, all round one place; `scatter`, each anywhere about
    where it is.
    """
    _, at = sites.take(rng, spec["area"])
    ships, hours = int(rng.integers(spec["ships"][0], spec["ships"][1] + 1)), rng.uniform(*spec["hours"])
    t0 = rng.uniform(0.25, 0.55) * c.scenario.hours * 3600
    t1 = t0 + hours * 3600
    away_m, angle = rng.uniform(*spec["distance_nm"]) * NAUTICAL_MILE_M, rng.uniform(0, 2 * np.pi)
    spot = near(at, away_m * np.sin(angle), away_m * np.cos(angle))
    radius_m = rng.uniform(200, 1500) if spec["subkind"] == "circle" else 0.0
    hulls = []
    for k in range(ships):
        reach_m, where = rng.uniform(2, 14) * NAUTICAL_MILE_M, rng.uniform(0, 2 * np.pi)
        off_m = (reach_m * np.sin(where), reach_m * np.cos(where))
        if k % 2:
            hull = lying(c, rng, near(at, *off_m), ANCHORED, merchant(rng))
        else:
            course, far_m = rng.uniform(0, 2 * np.pi), rng.uniform(9, 14) * KNOT_M_S * 36_000
            there = (off_m[0] + far_m * np.sin(course), off_m[1] + far_m * np.cos(course))
            hull = hull_of(c, rng, at, [(t0, *off_m), (t0 + 36_000, *there)], merchant(rng))
        onset_s = rng.uniform(0, 420)
        here = spot if spec["subkind"] != "scatter" else near(at, *off_m)
        scatter_m = rng.uniform(4_000, 30_000) if spec["subkind"] == "scatter" else rng.uniform(5, 40)
        false = Deceived(
            t0 + onset_s,
            t1 + rng.uniform(0, 900),
            here[0],
            here[1],
            radius_m,
            rng.uniform(240, 900),
            scatter_m,
        )
        hulls.append(hull._replace(deceived=(false,)))
    everyone = tuple(range(ships))
    claims = [Claim("gnss_interference", spec["subkind"], everyone, "told", t0, t1 + 450)]
    # Who lies at anchor out there does loiter, whatever its receiver says.
    claims += [
        Claim("lookalike", "jammed", (k,), "told", t0, t1, False, _NOT + ("" if k % 2 else ",loitering"))
        for k in everyone
    ]
    return Act(hulls, claims)

"""Zones around the sites of the worlds, which turn with the globe where a law turns it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from law_worlds import SITES

from shiomi.places.derived import row_of
from shiomi.places.zones import CABLE, WATCHED_PORT, hold_zones, zones_table

__all__ = ["LAW_ZONES", "turned_stage"]

_E7_PER_M = 1 / 0.011131949


def _zones(by_e7: int = 0) -> int:
    """The hash of a table of discs, belts and areas that the ships of every world enter and leave."""
    rows = []
    for site, (lat, lon) in SITES.items():
        per_lon = _E7_PER_M / max(np.cos(np.radians(lat / 1e7)), 1e-3)
        about = {"claimed_by": "", "basis": "given", "source": "made up", "line_m": 40}

        def at(
            north_m: list[int], east_m: list[int], lat: int = lat, lon: int = lon, per: float = per_lon
        ) -> Any:
            lats = lat + np.rint(np.array(north_m) * _E7_PER_M).astype(np.int64)
            lons = lon + by_e7 + np.rint(np.array(east_m) * per).astype(np.int64)
            lons = (lons + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
            return np.clip(lats, -900_000_000, 900_000_000), lons

        disc, belt, area = f"disc at {site}", f"belt at {site}", f"area at {site}"
        box = at([-2_000, -2_000, 9_000, 9_000], [-9_000, 1_500, 1_500, -9_000])
        rows += [
            row_of([at([0], [0])], name=disc, kind="around", outer_m=2_000, **about),
            row_of([at([0], [0])], name=belt, kind="belt", inner_m=2_000, outer_m=6_000, **about),
            row_of([at([500], [0])], name=f"port at {site}", kind=WATCHED_PORT, **about),
            row_of(
                [at([-900, 900], [-9_000, 9_000])],
                name=f"cable at {site}",
                kind=CABLE,
                outer_m=1_500,
                **about,
            ),
            row_of([box], name=area, kind="area", shape="area", **about),
        ]
    return hold_zones(zones_table(rows))


LAW_ZONES = _zones()


def turned_stage(stage: Any, by_e7: int) -> Any:
    """A stage whose zones have turned with the globe."""
    return replace(stage, zones_hash=_zones(by_e7)) if hasattr(stage, "zones_hash") else stage

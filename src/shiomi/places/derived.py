"""Belts that we derive ourselves from coasts, and the ports whose approaches are watched.

A derived belt is no legal line. Limits run from baselines that states declare; here they run from the
coast of `land.parquet`, and `line_m` says by how much that may be wrong. Every claimant of a feature is
kept as the source gives it, in its order, and none is preferred. See docs/zones.md.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.geo import distance_m
from shiomi.places.land import land_rings
from shiomi.places.zones import WATCHED_PORT
from shiomi.units import nautical_miles

__all__ = ["feature_belts", "row_of", "watched_ports"]

TERRITORIAL_M = nautical_miles(12)
"""Breadth of the territorial sea at most: UNCLOS, article 3."""
CONTIGUOUS_M = nautical_miles(24)
"""The contiguous zone reaches this far at most: UNCLOS, article 33."""

_COAST_LINE_M = 300
"""Natural Earth 1:10m is generalised by some hundred metres. Analyst-set."""
_ARC_MINUTE_LINE_M = 1_000
"""A position to one minute of arc is good to half of one: 926 m."""
_OWN_COAST_M = 3_000
"""Polygons wholly nearer than this to a feature are its own coast; the largest reaches 2.0 km."""

_BESIDE_E7 = 1_000_000
"""Farther north or south than a tenth of a degree nothing can be own coast."""
_MAIN_KM2 = 0.05
"""Of a group, the islands from this size on decide how sure its line is."""

_I64 = npt.NDArray[np.int64]


def row_of(
    parts: list[tuple[_I64, _I64]],
    *,
    name: str,
    kind: str,
    claimed_by: str,
    basis: str,
    source: str,
    alt_names: str | None = None,
    administered_by: str | None = None,
    shape: str = "belt",
    inner_m: int = -1,
    outer_m: int = 0,
    line_m: int = 0,
    seaward_deg: int | None = None,
    rivals: list[tuple[_I64, _I64]] | None = None,
) -> dict[str, Any]:
    """A zone as `zones_table` wants it; `parts` are latitudes and longitudes of its lines or rings."""
    every = [*parts, *(rivals or [])]
    sizes = [len(lat) for lat, _ in every]
    return {
        "name": name,
        "alt_names": alt_names,
        "kind": kind,
        "claimed_by": claimed_by,
        "administered_by": administered_by,
        "basis": basis,
        "source": source,
        "shape": shape,
        "inner_m": inner_m,
        "outer_m": outer_m,
        "line_m": line_m,
        "seaward_deg": seaward_deg,
        "part_start": np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int).tolist(),
        "rival_part": len(parts),
        "lat_e7": np.concatenate([lat for lat, _ in every]).tolist(),
        "lon_e7": np.concatenate([lon for _, lon in every]).tolist(),
    }


def feature_belts() -> list[dict[str, Any]]:
    """0-12 and 12-24 mile belts of the features of the East and South China Seas.

    The Senkaku group has one belt of each kind, the others one each. Around low-tide elevations and what
    lies under water no territorial sea is derived: their zone is only what lies within 12 miles.
    """
    features = _rows("features.csv")
    groups: dict[str, list[dict[str, str]]] = {}
    for f in features:
        groups.setdefault(f["group"] if f["group"] == "Senkaku/Diaoyu" else f["name"], []).append(f)
    return [zone for name, members in groups.items() for zone in _belts(name, members)]


def _belts(name: str, members: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    names = [n for f in members for n in (f["name"], *f["alt_names"].split("|")) if n and n != name]
    main = [f for f in members if float(f["area_km2"]) >= _MAIN_KM2] or members
    about: dict[str, Any] = {
        "alt_names": "|".join(dict.fromkeys(names)) or None,
        "claimed_by": members[0]["claimed_by"],
        "administered_by": members[0]["administered_by"],
        "basis": "derived",
        "source": "coast of land.parquet around " + "; ".join(f["source"] for f in members),
        "line_m": max(_line_m(f) for f in main),
    }
    if len(about["source"]) > 200:
        about["source"] = f"coast of land.parquet around {len(members)} features of features.csv"
    parts = {int(p[0][0]) << 32 ^ int(p[1][0]): p for f in members for p in _coast_of(f)}
    lines, kind = list(parts.values()), members[0]["kind"]
    if "LTE" in kind or kind == "submerged":
        yield row_of(lines, name=f"{name} within 12 NM", kind="around", outer_m=TERRITORIAL_M, **about)
        return
    yield row_of(lines, name=f"{name} 0-12 NM", kind="territorial_belt", outer_m=TERRITORIAL_M, **about)
    yield row_of(
        lines,
        name=f"{name} 12-24 NM",
        kind="contiguous_belt",
        inner_m=TERRITORIAL_M,
        outer_m=CONTIGUOUS_M,
        **about,
    )


def _coast_of(feature: dict[str, str]) -> list[tuple[_I64, _I64]]:
    """Its polygons of the coast as closed lines, or its position where it has none."""
    at = [np.array([round(float(feature[c]) * 1e7)], np.int64) for c in ("lat", "lon")]
    rings = land_rings()
    polygon, lat, lon = (rings[c].to_numpy().astype(np.int64) for c in ("polygon", "lat_e7", "lon_e7"))
    away_m = np.full(len(lat), np.inf)
    beside = np.flatnonzero(np.abs(lat - at[0]) < _BESIDE_E7)
    away_m[beside] = distance_m(lat[beside], lon[beside], *(np.repeat(c, len(beside)) for c in at))
    parts = []
    for p in np.unique(polygon[away_m < _OWN_COAST_M]):
        mine = polygon == p
        if away_m[mine].max() < _OWN_COAST_M:
            ring = np.flatnonzero(mine)
            ring = np.append(ring, ring[0])
            parts.append((lat[ring], lon[ring]))
    return parts or [(at[0], at[1])]


def _line_m(feature: dict[str, str]) -> int:
    """How far off its belt may be: by its position, and by being drawn as a circle of equal area."""
    if "arc-minute" in feature["source"] or not float(feature["area_km2"]):
        return _ARC_MINUTE_LINE_M
    drawn_as_circle = feature["add_to_land"] == "1"
    radius_m = (float(feature["area_km2"]) * 1e6 / np.pi) ** 0.5 if drawn_as_circle else 0.0
    return _COAST_LINE_M + round(radius_m / 2)


def watched_ports() -> list[dict[str, Any]]:
    """Ports of North Korea, with the bearing (analyst-set) towards their open water."""
    rows = []
    for f in _rows("watched_ports.csv"):
        at = tuple(np.array([round(float(f[c]) * 1e7)], np.int64) for c in ("lat", "lon"))
        rows.append(
            row_of(
                [(at[0], at[1])],
                name=f["name"],
                alt_names=f["unlocode"] or None,
                kind=WATCHED_PORT,
                claimed_by=f["claimed_by"],
                basis="given",
                source=f["source"],
                line_m=_ARC_MINUTE_LINE_M,
                seaward_deg=int(f["seaward_deg"]),
            )
        )
    return rows


def _rows(name: str) -> list[dict[str, str]]:
    with files("shiomi.places").joinpath(name).open("r", encoding="utf-8") as f:
        return list(csv.DictReader(f))

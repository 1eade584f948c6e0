"""Belts along all coasts of one country: 0-12 and 12-24 miles, and what is nearest to it within 200.

Whose coast it is, is who holds it in fact as Natural Earth draws it; a coast with several claimants
(`features.csv`) bears the belts of 12 and 24 miles of each of them, and none of 200. All of it is derived
and none of it a legal line: no baselines, no agreed boundaries. See docs/zones.md.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from shiomi.errors import BadParameter
from shiomi.geo import HALF_E7, unit_vectors
from shiomi.kernels.nearest import morton_order, nearest_edge_chord2, tree_boxes
from shiomi.places.derived import CONTIGUOUS_M, TERRITORIAL_M, row_of
from shiomi.places.land import land_rings
from shiomi.units import nautical_miles

__all__ = ["coast_countries", "country_belts"]

EXCLUSIVE_M = nautical_miles(200)
"""Breadth of the exclusive economic zone at most: UNCLOS, article 57."""

_LINE_M = 300
"""Natural Earth 1:10m is generalised by some hundred metres. Analyst-set."""
_RIVAL_CHORD = 2 * np.sin(nautical_miles(420) / 6_371_008.8 / 2)
"""Coasts of others beyond twice 200 miles and some are never the nearer ones within 200."""

_I64 = npt.NDArray[np.int64]


@cache
def _claims() -> npt.NDArray[np.object_]:
    """Claimants of each vertex of the coast, separated by |."""
    with files("shiomi.places").joinpath("coast_claims.parquet").open("rb") as f:
        runs = pq.read_table(f)
    first = runs["first"].to_numpy()
    sizes = np.diff(np.append(first, land_rings().num_rows))
    return np.repeat(np.array(runs["claimed_by"].to_pylist(), object), sizes)


def coast_countries() -> list[str]:
    """ISO 3166 alpha-3 of every country that has a coast."""
    return sorted({code for claim in set(_claims().tolist()) for code in claim.split("|") if code})


def country_belts(code: str) -> list[dict[str, Any]]:
    """Three zones of a country, as `zones_table` wants them.

    Raises:
        BadParameter: no coast is known to be of that country.
    """
    claims = _claims()
    unique = {c: code in c.split("|") for c in set(claims.tolist())}
    is_own = np.array([unique[c] for c in claims.tolist()], np.bool_)
    if not is_own.any():
        raise BadParameter(f"no coast of {code} is known; write the country like JPN (ISO 3166 alpha-3)")
    is_sole = claims == code
    own, sole = _lines(is_own), _lines(is_sole)
    source = "coast of land.parquet, held in fact as Natural Earth 4.1.0 draws it"
    about: dict[str, Any] = {
        "claimed_by": code,
        "basis": "derived",
        "source": source,
        "line_m": _LINE_M,
    }
    zones = [
        row_of(own, name=f"{code} 0-12 NM", kind="territorial_belt", outer_m=TERRITORIAL_M, **about),
        row_of(
            own,
            name=f"{code} 12-24 NM",
            kind="contiguous_belt",
            inner_m=TERRITORIAL_M,
            outer_m=CONTIGUOUS_M,
            **about,
        ),
    ]
    if is_sole.any():
        other = np.array([bool(c) and "|" not in c and c != code for c in claims.tolist()], np.bool_)
        rivals = _lines(other & _near(is_sole))
        nearest = about | {"line_m": 2 * _LINE_M}
        zones.append(
            row_of(
                sole,
                name=f"{code} nearest coast within 200 NM",
                kind="nearest_200nm",
                outer_m=EXCLUSIVE_M,
                rivals=rivals,
                **nearest,
            )
        )
    return zones


def _near(own: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Vertices of the coast that may lie nearer to a point within 200 miles of these."""
    rings = land_rings()
    at = unit_vectors(rings["lat_e7"].to_numpy(), rings["lon_e7"].to_numpy())
    mine = at[own]
    mine = np.ascontiguousarray(mine[morton_order(mine)])
    away2 = nearest_edge_chord2(at, mine, mine, tree_boxes(mine, mine), 0.0)
    return np.asarray(away2 <= _RIVAL_CHORD**2, np.bool_)


def _lines(chosen: npt.NDArray[np.bool_]) -> list[tuple[_I64, _I64]]:
    """The coast along these vertices, each stretch up to the next vertex after it."""
    rings = land_rings()
    ring, lat, lon = (rings[c].to_numpy().astype(np.int64) for c in ("ring", "lat_e7", "lon_e7"))
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    ahead = np.arange(1, len(ring) + 1)
    ahead[np.append(first[1:], len(ring)) - 1] = first
    # An edge along 180 degrees is where Natural Earth cuts a polygon, and no coast.
    real = chosen & ~((lon == -HALF_E7) & (lon[ahead] == -HALF_E7))
    rows = np.flatnonzero(real)
    begins = np.flatnonzero((np.diff(rows, prepend=-2) != 1) | (np.diff(ring[rows], prepend=-1) != 0))
    lines = []
    for low, high in zip(begins, np.append(begins[1:], len(rows)), strict=True):
        stretch = np.append(rows[low:high], ahead[rows[high - 1]])
        lines.append((lat[stretch], lon[stretch]))
    return lines

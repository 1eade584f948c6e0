"""Build `src/shiomi/places/coast_claims.parquet`: whose coast each vertex of `land.parquet` is.

Run by hand after `tools/build_land.py`:

    .venv/bin/python tools/build_claims.py

It fetches two npm packages with the ordinary npm client into a temporary folder: world-atlas (Natural
Earth 1:10m countries, public domain, whose vertices are those of its land) and i18n-iso-countries (for
ISO 3166-1 numbers and letters). Natural Earth draws who holds a coast in fact; features of `features.csv`
have every claimant that stands there.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.geo import distance_m, wrap_e7
from shiomi.places.land import land_rings

SCRIPT_VERSION = "1"
WORLD_ATLAS = "world-atlas@2.0.2"
ISO_COUNTRIES = "i18n-iso-countries@7.14.0"
PLACES = Path(__file__).resolve().parent.parent / "src" / "shiomi" / "places"

WITHOUT_NUMBER = {
    "Dhekelia": "GBR", "Akrotiri": "GBR", "Somaliland": "SOM", "N. Cyprus": "CYP",
    "Indian Ocean Ter.": "AUS", "Coral Sea Is.": "AUS", "Clipperton I.": "FRA",
    "USNB Guantanamo Bay": "CUB",
}  # fmt: skip
"""Coasts to which Natural Earth gives no ISO number, by the member state that UN lists have them under;
the others (Spratly Is., Scarborough Reef, two banks in the Caribbean) stay nobody's here."""
OWN_COAST_M = 3_000


def fetch(folder: Path, package: str, member: str) -> Any:
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob(f"{package.partition('@')[0]}*.tgz"))) as archive:
        file = archive.extractfile(f"package/{member}")
        assert file is not None
        return json.load(file)


def holders(topology: dict[str, Any], letters: dict[str, str]) -> dict[tuple[int, int], str]:
    """Vertex of a coast to who holds it: arcs that only one country has, and no other."""
    scale, shift = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    users: dict[int, set[str]] = {}
    for g in topology["objects"]["countries"]["geometries"]:
        code = letters.get(g.get("id", ""), WITHOUT_NUMBER.get(g["properties"]["name"], ""))
        polygons = g["arcs"] if g["type"] == "MultiPolygon" else [g["arcs"]] if g["type"] == "Polygon" else []
        for number in (n for polygon in polygons for ring in polygon for n in ring):
            users.setdefault(number if number >= 0 else ~number, set()).add(code)
    held: dict[tuple[int, int], str] = {}
    for number, codes in users.items():
        if len(codes) == 1 and "" not in codes:
            at = np.rint((np.cumsum(np.array(topology["arcs"][number]), axis=0) * scale + shift) * 1e7)
            lon = wrap_e7(at[:, 0].astype(np.int64)).tolist()
            held.update(dict.fromkeys(zip(at[:, 1].astype(np.int64).tolist(), lon, strict=True), *codes))
    return held


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        topology = fetch(Path(folder), WORLD_ATLAS, "countries-10m.json")
        letters = {
            number: alpha3 for _, alpha3, number, *_ in fetch(Path(folder), ISO_COUNTRIES, "codes.json")
        }
    held = holders(topology, letters)
    rings = land_rings()
    ring, lat, lon = (rings[c].to_numpy().astype(np.int64) for c in ("ring", "lat_e7", "lon_e7"))
    claims = [held.get(at, "") for at in zip(lat.tolist(), lon.tolist(), strict=True)]
    # Vertices that split a long edge, and the few where two countries meet, are the one's before them.
    for i in range(1, len(claims)):
        if not claims[i] and ring[i] == ring[i - 1]:
            claims[i] = claims[i - 1]
    with (PLACES / "features.csv").open(encoding="utf-8", newline="") as f:
        for feature in csv.DictReader(f):
            at = [np.full(len(lat), round(float(feature[c]) * 1e7)) for c in ("lat", "lon")]
            beside = np.flatnonzero(np.abs(lat - at[0]) < 1_000_000)
            near = distance_m(lat[beside], lon[beside], at[0][beside], at[1][beside]) < OWN_COAST_M
            own = {int(r) for r in ring[beside[near]]}
            for r in own:
                mine = np.flatnonzero(ring == r)
                if distance_m(lat[mine], lon[mine], at[0][mine], at[1][mine]).max() < OWN_COAST_M:
                    for i in mine.tolist():
                        claims[i] = feature["claimed_by"]
    first = [i for i in range(len(claims)) if i == 0 or claims[i] != claims[i - 1]]
    table = pa.table(
        {
            "first": pa.array(first, pa.int32()),
            "claimed_by": pa.array([claims[i] for i in first]).dictionary_encode(),
        }
    ).replace_schema_metadata(
        {
            "source": "Natural Earth 1:10m countries, public domain; features.csv",
            "fetched_as": f"{WORLD_ATLAS}, {ISO_COUNTRIES}",
            "script_version": SCRIPT_VERSION,
        }
    )
    out = PLACES / "coast_claims.parquet"
    pq.write_table(table, out, compression="zstd", compression_level=19)
    unheld = sum(not c for c in claims)
    print(f"{out.name}: {len(first)} runs, {out.stat().st_size} bytes; {unheld} vertices nobody's")


if __name__ == "__main__":
    sys.exit(main())

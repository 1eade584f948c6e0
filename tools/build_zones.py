"""Build `src/shiomi/places/zones.parquet`, the zones and watched ports that come with Shiomi.

Run by hand when `land.parquet`, `features.csv` or `watched_ports.csv` changes, and put the hash that it
prints into `BUNDLED` of src/shiomi/places/zones.py:

    .venv/bin/python tools/build_zones.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq

from shiomi.places.derived import feature_belts, watched_ports
from shiomi.places.zones import zones_hash, zones_table

OUT = Path(__file__).resolve().parent.parent / "src" / "shiomi" / "places" / "zones.parquet"


def main() -> None:
    zones = zones_table([*feature_belts(), *watched_ports()])
    pq.write_table(zones, OUT, compression="zstd")
    print(f"{OUT.name}: {zones.num_rows} zones, {OUT.stat().st_size} bytes, hash {zones_hash(zones)}")


if __name__ == "__main__":
    sys.exit(main())

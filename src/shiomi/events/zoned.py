"""The zones of a store, and which zone an event tells of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from shiomi.errors import BadParameter
from shiomi.events.tables import read_run
from shiomi.places.country_belts import country_belts
from shiomi.places.zone_files import read_zones
from shiomi.places.zones import (
    bundled_zones,
    hold_zones,
    keep_zones,
    recall_zones,
    zones_by_hash,
    zones_table,
)

__all__ = ["PARAMETER", "settle_zones", "zone_of", "zones_of_store", "zones_with"]

PARAMETER = "zones_hash"
"""The parameter by which a stage names its table of zones."""


def zones_with(files: Iterable[Path]) -> pa.Table:
    """The bundled zones and those of files; a zone of a file stands for any bundled one of its name.

    Args:
        files: GeoJSON, GeoPackage or Shapefile; or, as JPN or KOR, a country whose belts to derive.

    Raises:
        Unreadable: a file is no zones.
        BadParameter: no coast of such a country is known.
    """
    given = [row for path in files for row in _given(path)]
    names = {row["name"] for row in given}
    kept = [row for row in bundled_zones().to_pylist() if row["name"] not in names]
    return zones_table([*kept, *given])


def _given(path: Path) -> list[dict[str, Any]]:
    is_country = re.fullmatch("[A-Z]{3}", str(path)) and not path.exists()
    return country_belts(str(path)) if is_country else read_zones(path)


def settle_zones(store: Path, files: Sequence[Path], stages: Iterable[Any]) -> list[str]:
    """Settings that give every stage the zones of these files, or those the store was made with.

    Raises:
        Unreadable: a file is no zones.
        BadParameter: the store holds a table that is not what its name says.
    """
    recall_zones(store)
    if files:
        key = keep_zones(store, zones_with(files))
    else:
        made_with = _hash_of_store(store)
        if made_with is None:
            return []
        key = made_with
    return [f"{s.name}.{PARAMETER}={key}" for s in stages if _takes_zones(s)]


def _takes_zones(stage: Any) -> bool:
    return is_dataclass(stage) and PARAMETER in {f.name for f in fields(stage)}


def zones_of_store(store: Path) -> pa.Table:
    """The table of zones that a store was made with; the bundled one where it says nothing."""
    recall_zones(store)
    made_with = _hash_of_store(store)
    return bundled_zones() if made_with is None else zones_by_hash(made_with)


def _hash_of_store(store: Path) -> int | None:
    stages = read_run(store).get("stages", {}) if (store / "run.json").exists() else {}
    hashes = {s["parameters"][PARAMETER] for s in stages.values() if PARAMETER in s["parameters"]}
    return int(hashes.pop()) if len(hashes) == 1 else None


def zone_of(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The zone that an event tells of, as a row of ZONES; None if it tells of none, or none that is held."""
    zone = dict(event["measures"]).get("zone_hash")
    key = json.loads(event["parameters"] or "{}").get(PARAMETER)
    if zone is None or key is None:
        return None
    hold_zones(bundled_zones())
    try:
        rows = zones_by_hash(key).to_pylist()
    except BadParameter:
        return None
    return next((r for r in rows if r["zone_hash"] == zone), None)

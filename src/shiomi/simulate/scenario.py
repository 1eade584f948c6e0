"""What is simulated: a TOML file read into frozen parameters, and nothing drawn yet.

`docs/simulate.md` explains every key. Places are [latitude, longitude] in degrees; a two-element range is
[low, high], to draw from uniformly.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shiomi.errors import BadParameter, Unreadable
from shiomi.units import SECOND, microseconds

__all__ = ["Feed", "Satellite", "Scenario", "Shore", "bundled", "load"]

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """What the network does to what its receivers heard. Probabilities are per report."""

    min_interval_s: int = 60
    satellite_min_interval_s: int = 240
    duplicates: float = 0.004
    delay_s: Range = (1, 40)
    satellite_delay_s: Range = (300, 5400)
    invalid_per_million: int = 150
    sog_missing: float = 0.0004
    heading_missing: float = 0.03
    wild_repeats: tuple[int, int] = (1, 3)
    keep: float = 1.0
    """Share of the reports that get through, each by chance: a feed thinned evenly."""
    late_share: float = 0.0
    """Share of the reports that come in a file of their own, long after the others."""


@dataclasses.dataclass(frozen=True, slots=True)
class Shore:
    """A terrestrial station: hears `quality` of transmissions well inside its range."""

    quality: float = 0.93
    edge_nm: float = 4.0
    class_b_range: float = 0.55


@dataclasses.dataclass(frozen=True, slots=True)
class Satellite:
    """Passes over the region; `detection` is per transmission of class A in a quiet cell."""

    revisit_min: Range = (20, 70)
    pass_min: Range = (5, 11)
    detection: Range = (0.04, 0.20)
    class_b_detection: float = 0.5
    pass_miss: float = 0.02
    crowding: float = 180
    cell_deg: float = 2.0


@dataclasses.dataclass(frozen=True, slots=True)
class Scenario:
    """A world, its traffic, its receivers and what is planted in it."""

    name: str
    title: str
    t_start: int
    """Microseconds UTC."""
    hours: float
    seed: int
    feed: Feed
    shore: Shore
    satellite: Satellite
    world: Mapping[str, Any]
    """sea, gate, port, stations, area, ground, ferry, deaf, zone: as in the file."""
    fleet: Mapping[str, Any]
    planted: tuple[Mapping[str, Any], ...]
    text: str
    """The file itself, so that what was used can stand beside what was made."""

    @property
    def t_end(self) -> int:
        """End of the simulated time, microseconds UTC."""
        return self.t_start + round(self.hours * 3600) * SECOND

    def text_with_seed(self, seed: int) -> str:
        """The file as used, with the seed that was used."""
        return re.sub(r"(?m)^seed\s*=.*$", f"seed = {seed}", self.text, count=1)


_WORLD = ("sea", "gate", "port", "stations", "area", "ground", "ferry", "deaf", "zone")
_TOP = {"name", "title", "start", "hours", "seed", "feed", "shore", "satellite", "fleet", "planted", *_WORLD}
_RECEPTIONS = ("shore", "satellite", "anchor")


def bundled() -> list[str]:
    """Names of the scenarios that come with the program."""
    folder = resources.files("shiomi.simulate") / "scenarios"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load(name_or_path: str | Path) -> Scenario:
    """The scenario of a bundled name, or of a TOML file.

    Raises:
        Unreadable: there is no such scenario, or the file is not TOML.
        BadParameter: a key is unknown or its value cannot be.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = Path(str(resources.files("shiomi.simulate") / "scenarios" / f"{name_or_path}.toml"))
        if not path.is_file():
            raise Unreadable(name_or_path, "no such scenario", f"choose one of {', '.join(bundled())}")
    try:
        text = path.read_text(encoding="utf-8")
        return parse(text)
    except OSError as e:
        raise Unreadable(path, e.strerror or "cannot be read", "check the path") from e
    except tomllib.TOMLDecodeError as e:
        raise Unreadable(path, f"not TOML ({e})", "correct the file") from e


def parse(text: str) -> Scenario:
    """The scenario a TOML text states; raises as `load` does."""
    raw = tomllib.loads(text)
    _known("scenario", raw, _TOP)
    for key in ("name", "start", "hours", "seed"):
        if key not in raw:
            raise BadParameter(f"scenario lacks `{key}`; add it at the top of the file")
    hours = float(raw["hours"])
    if not 0 < hours <= 24 * 31:
        raise BadParameter(f"hours = {hours} is not between 0 and {24 * 31}; simulate a month at most")
    start = raw["start"]
    if not isinstance(start, dt.datetime | str):
        raise BadParameter("start is not a time; write it as 2024-03-01T00:00:00Z")
    world = {key: raw.get(key, {} if key in ("sea", "stations") else []) for key in _WORLD}
    _check_world(world)
    return Scenario(
        name=str(raw["name"]),
        title=str(raw.get("title", raw["name"])),
        t_start=microseconds(start),
        hours=hours,
        seed=int(raw["seed"]),
        feed=_part(Feed, "feed", raw),
        shore=_part(Shore, "shore", raw),
        satellite=_part(Satellite, "satellite", raw),
        world=MappingProxyType(world),
        fleet=MappingProxyType(raw.get("fleet", {})),
        planted=tuple(MappingProxyType(p) for p in raw.get("planted", [])),
        text=text,
    )


def _part(kind: type[Any], name: str, raw: dict[str, Any]) -> Any:
    values = raw.get(name, {})
    _known(name, values, {f.name for f in dataclasses.fields(kind)})
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _known(where: str, values: Mapping[str, Any], keys: set[str]) -> None:
    if unknown := sorted(set(values) - keys):
        raise BadParameter(f"{where} has no key {', '.join(unknown)}; it knows {', '.join(sorted(keys))}")


def _check_world(world: dict[str, Any]) -> None:
    nodes = world["sea"].get("nodes", {})
    named = [(f"edge {a}-{b}", n) for a, b in world["sea"].get("edges", []) for n in (a, b)]
    named += [(f"port {p['name']}", p["node"]) for p in world["port"]]
    named += [(f"gate {g['name']}", g["node"]) for g in world["gate"]]
    named += [(f"area {a['name']}", n) for a in world["area"] for n in a["via"]]
    for where, node in named:
        if node not in nodes:
            raise BadParameter(
                f"{where} names the sea node {node}, which is not in [sea.nodes]; add it there"
            )
    ports = {p["name"] for p in world["port"]}
    for ferry in world["ferry"]:
        if missing := set(ferry["between"]) - ports:
            raise BadParameter(f"a ferry sails to {', '.join(sorted(missing))}, which is no [[port]]; add it")
    for area in world["area"]:
        if area["reception"] not in _RECEPTIONS:
            raise BadParameter(f"area {area['name']}: reception is one of {', '.join(_RECEPTIONS)}")

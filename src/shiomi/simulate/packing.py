"""Packs: small seas with a few planted behaviours, each under one way of reporting.

The measure of right and wrong runs over all of them (`shiomi score --packs`, docs/score.md). A pack says
where it lies, how it is heard and what is planted; the sea itself, two ports, lanes, waters to meet in and
ordinary traffic, is the same everywhere, laid out in nautical miles around a point of the open ocean.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from shiomi.errors import BadParameter
from shiomi.simulate.chart import near
from shiomi.simulate.scenario import Scenario, parse
from shiomi.units import nautical_miles

__all__ = ["REGIMES", "Pack", "load_pack", "pack_names"]

Pack = Mapping[str, Any]

_EVERYWHERE_NM = 120.0
REGIMES: dict[str, dict[str, dict[str, Any]]] = {
    "dense": {"feed": {"min_interval_s": 10, "satellite_min_interval_s": 240}},
    "mixed": {"feed": {"min_interval_s": 60, "satellite_min_interval_s": 240}},
    "sparse": {"feed": {"min_interval_s": 60, "satellite_min_interval_s": 900}},
}
"""How a pack is heard. dense: shore stations over all of it, every report that a feed of ten seconds keeps;
mixed: shore stations near ports and lanes, one report a minute, satellites beyond; sparse: satellites alone,
a pass every 20 to 70 minutes."""

_NODES = {"west": (-60, 0), "middle": (0, 0), "east": (60, 0), "north": (0, 45), "south": (0, -45)}
_EDGES = [
    ["west", "middle"],
    ["middle", "east"],
    ["north", "middle"],
    ["south", "middle"],
    ["west", "north"],
    ["east", "south"],
]
_PORTS = {"West": ("west", -1), "East": ("east", 1)}
_GATES = {"Far north": ("north", (0, 900)), "Far south": ("south", (0, -900))}
_AREAS = {
    "shore": [(24, 24, 9), (-24, 22, 9), (26, -24, 9)],
    "satellite": [(-26, -26, 10), (4, -34, 9)],
    "anchor": [(0, 24, 7)],
}
"""Waters to meet, drift or anchor in, by how they are heard where not all are alike: east, north, radius."""


def pack_names() -> list[str]:
    """Names of the packs that come with the program."""
    folder = resources.files("shiomi.simulate") / "packs"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_pack(name: str) -> tuple[Pack, Scenario]:
    """What a pack says, and the scenario it stands for.

    Raises:
        BadParameter: there is no such pack, or it asks for a regime that nobody knows.
    """
    if name not in pack_names():
        raise BadParameter(f"no pack is called {name}; choose one of {', '.join(pack_names())}")
    text = (resources.files("shiomi.simulate") / "packs" / f"{name}.toml").read_text(encoding="utf-8")
    pack = tomllib.loads(text)
    if pack["regime"] not in REGIMES:
        raise BadParameter(f"pack {name}: {pack['regime']} is no regime; choose one of {', '.join(REGIMES)}")
    return pack, parse(_as_toml(_scenario(name, pack)))


def _scenario(name: str, pack: Pack) -> dict[str, Any]:
    centre, regime = list(pack["at"]), pack["regime"]

    def at(east_nm: float, north_nm: float) -> list[float]:
        return [round(x, 6) for x in near(centre, nautical_miles(east_nm), nautical_miles(north_nm))]

    areas = [
        {
            "name": f"{heard} {k + 1}",
            "at": at(east, north),
            "radius_nm": radius,
            "reception": heard,
            "via": ["middle"],
        }
        for heard, where in _AREAS.items()
        for k, (east, north, radius) in enumerate(where)
    ]
    heard = (*_AREAS["shore"], *_AREAS["anchor"])
    stations: dict[str, list[tuple[float, float, float]]] = {
        "dense": [(0, 0, _EVERYWHERE_NM)],
        "mixed": [(0, 0, 42), *((east, north, 35) for east, north, _ in heard)],
        "sparse": [],
    }
    return {
        "name": name,
        "title": pack["title"],
        "start": pack.get("start", dt.datetime(2024, 3, 1, 6, tzinfo=dt.UTC)),
        "hours": pack["hours"],
        "seed": pack["seed"],
        "feed": REGIMES[regime]["feed"] | pack.get("feed", {}),
        "sea": {"nodes": {k: at(*v) for k, v in _NODES.items()}, "edges": _EDGES},
        "gate": [
            {"name": k, "node": node, "at": at(*where), "weight": 2} for k, (node, where) in _GATES.items()
        ],
        "port": [_port(k, node, side, at, regime) for k, (node, side) in _PORTS.items()],
        "stations": {"at": [[*at(e, n), reach] for e, n, reach in stations[regime]]},
        "area": areas,
        "ground": [{"name": "Bank", "at": at(-4, 34), "radius_nm": 7, "trawlers": 4}],
        "fleet": {"transit": 12, "berthed": 16, "anchored": 14, "harbour": 3} | pack.get("fleet", {}),
        "ferry": pack.get("ferry", []),
        "deaf": [_placed(d, at) for d in pack.get("deaf", [])],
        "zone": [_placed(z, at) for z in pack.get("zone", [])],
        "planted": pack["planted"],
    }


def _placed(what: Pack, at: Any) -> dict[str, Any]:
    """What a pack lays out in nautical miles, `at_nm`, `ring_nm`, `line_nm`, in degrees."""
    out: dict[str, Any] = {}
    for key, value in what.items():
        if key == "at_nm":
            out["at"] = at(*value)
        elif key.endswith("_nm") and isinstance(value, list):
            out[key.removesuffix("_nm")] = [at(*v) for v in value]
        else:
            out[key] = value
    return out


def _port(name: str, node: str, side: int, at: Any, regime: str) -> dict[str, Any]:
    quays = [[at(side * 72, k), at(side * 72.6, k + 0.4)] for k in (-1.0, 0.0, 1.0)]
    port: dict[str, Any] = {
        "name": name,
        "node": node,
        "channel": [at(side * 64, 0), at(side * 69, 0.2)],
        "quays": quays,
        "anchorages": [{"at": at(side * 66, 4), "radius_nm": 1.3}],
        "weight": 5,
    }
    return port | ({"stations": [[*at(side * 72, 0), 35]]} if regime == "mixed" else {})


def _as_toml(scenario: dict[str, Any]) -> str:
    """The scenario as the file it could have been, so that what was used can stand beside what was made."""
    plain = [f"{k} = {_value(v)}" for k, v in scenario.items() if not _is_table(v)]
    tables = [(k, v) for k, v in scenario.items() if _is_table(v)]
    lines = [*plain]
    for key, value in tables:
        for one in value if isinstance(value, list) else [value]:
            lines += ["", f"[[{key}]]" if isinstance(value, list) else f"[{key}]"]
            lines += [f"{k} = {_value(v)}" for k, v in one.items()]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return repr(value)

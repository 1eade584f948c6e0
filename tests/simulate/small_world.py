"""A small world for tests: two ports a day apart, a ground, offshore areas, and any place on earth for it."""

from __future__ import annotations

import math

__all__ = ["plant", "small"]


def small(
    planted: str = "",
    *,
    lat: float = 30.0,
    lon: float = 125.0,
    hours: float = 24,
    fleet: str = "transit = 6\nberthed = 3\nanchored = 4\nharbour = 1\ncoastal_class_b = 2",
    feed: str = "",
    start: str = "2024-03-01T00:00:00Z",
    stations: bool = True,
) -> str:
    """The TOML of a scenario whose middle is at (lat, lon); ports lie 240 nm apart, east and west of it."""

    def at(north_nm: float, east_nm: float) -> str:
        return f"[{lat + north_nm / 60:.6f}, {lon + east_nm / 60 / math.cos(math.radians(lat)):.6f}]"

    heard = ", ".join(at(0, x)[:-1] + ", 45]" for x in range(-120, 121, 30)) if stations else ""
    return f"""
name = "small"
title = "Two ports"
start = {start}
hours = {hours}
seed = 7
[feed]
{feed}
[sea.nodes]
west = {at(0, -110)}
middle = {at(0, 0)}
east = {at(0, 110)}
[sea]
edges = [["west", "middle"], ["middle", "east"]]
[[port]]
name = "West"
node = "west"
channel = [{at(0, -115)}]
quays = [[{at(1, -120)}, {at(-1, -120)}]]
anchorages = [{{ at = {at(4, -114)}, radius_nm = 2.0 }}]
[[port]]
name = "East"
node = "east"
channel = [{at(0, 115)}]
quays = [[{at(1, 120)}, {at(-1, 120)}]]
anchorages = [{{ at = {at(4, 114)}, radius_nm = 2.0 }}]
[stations]
at = [{heard}]
[[area]]
name = "Near shelf"
at = {at(25, 10)}
radius_nm = 8
reception = "shore"
via = ["middle"]
[[area]]
name = "Far shelf"
at = {at(-120, 10)}
radius_nm = 12
reception = "satellite"
via = ["middle"]
[[area]]
name = "Bank"
at = {at(-100, -60)}
radius_nm = 12
reception = "anchor"
via = ["middle"]
[[ground]]
name = "Ground"
at = {at(15, -40)}
radius_nm = 10
trawlers = 2
jiggers = 2
[fleet]
{fleet}
{planted}
"""


def plant(kind: str, subkind: str, count: int = 1, **keys: object) -> str:
    """A [[planted]] table."""
    lines = [f'kind = "{kind}"', f'subkind = "{subkind}"', f"count = {count}"]
    lines += [
        f"{k} = {str(v).lower() if isinstance(v, bool) else repr(v)}".replace("'", '"')
        for k, v in keys.items()
    ]
    return "[[planted]]\n" + "\n".join(lines) + "\n"

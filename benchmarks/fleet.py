"""A made fleet: one row a ship, saying who it is, how it moves, how often it reports, when it is silent.

Every ship has three legs of steady speed: before `turn_s`, until `leave_s`, and after. An ordinary ship has
the same speed on all three; a planted one comes, does what was planted, and goes. On top lies a circle: the
swing of an anchored ship, the rounds of a fishing one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["DAY_S", "Plan", "fleet"]

DAY_S = 86_400
_HOUR_S = 3_600
_NM_DEG = 1 / 60
_M_DEG = 1 / (1852 * 60)
_PORTS = 400
_OPEN_SEA = np.array(
    [
        (-35, -10, -27, -15),
        (20, 40, -55, -35),
        (-40, -5, -125, -112),
        (30, 45, -178, -140),
        (-38, -22, 62, 95),
        (-5, 15, 84, 91),
    ]
)
"""Boxes without land: south, north, west, east, in degrees. Nothing planted there is set apart as inland."""

_Floats = npt.NDArray[np.float64]
_Columns = dict[str, npt.NDArray[np.generic]]

MEETINGS = ("open_sea", "antimeridian", "high_latitude", "silence_within")
APART = ("brief", "far", "fast", "never_near")
"""Pairs that are no encounters of two hours within 500 m below 2 kn, each for another reason."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the day is and what is planted in it."""

    rows: int
    vessels: int
    planted: int
    """So many of each: meetings, pairs that are none, drifts, stops, silences."""
    meeting_s: tuple[int, int] = (3 * _HOUR_S, 8 * _HOUR_S)
    """Least and greatest length of a meeting."""
    is_even: bool = False
    """Whether every ship reports equally often; otherwise a moored one seldom and one under way often."""
    seed: int = 7


def fleet(plan: Plan) -> tuple[pa.Table, list[dict[str, object]]]:
    """The ships, and the truth about those with a planted behaviour (a row of `shiomi score` each)."""
    rng = np.random.default_rng(plan.seed)
    special = plan.planted * (2 + 2 + 1 + 1 + 1)
    ordinary = plan.vessels - special
    if ordinary < 0:
        raise SystemExit(f"{plan.vessels} vessels are too few for {plan.planted} of each planted behaviour")
    parts, truth, first = [_ordinary(rng, ordinary)], [], ordinary
    for make in (_pairs_that_meet, _pairs_apart, _drifts, _stops, _silences):
        part, told = make(rng, plan)
        truth += [{**row, "ships": tuple(first + i for i in row.pop("who"))} for row in told]
        parts.append(part)
        first += len(part["lat"])
    ships = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    weight = np.ones(plan.vessels) if plan.is_even else np.array([1.0, 1.0, 3.0, 2.0, 2.5])[ships["habit"]]
    heard = 1 - (ships["silent_to_s"] - ships["silent_from_s"]) / DAY_S
    ships["interval_s"] = DAY_S * (weight * heard).sum() / (plan.rows * weight)
    ships |= _identities(rng, plan.vessels)
    mmsi = ships["mmsi"]
    for row in truth:
        who = sorted(int(mmsi[i]) for i in row.pop("ships"))
        row |= {"mmsi": who[0], "partner_mmsi": who[1] if len(who) > 1 else None}
    return pa.table(ships), truth


def _identities(rng: np.random.Generator, n: int) -> _Columns:
    mmsi = np.zeros(0, np.int64)
    while len(mmsi) < n:
        mmsi = np.unique(np.concatenate([mmsi, rng.integers(201_000_000, 775_000_000, n)]))
    mmsi = rng.permutation(mmsi)[:n].astype(np.uint32)
    return {
        "mmsi": mmsi,
        "imo": np.where(rng.random(n) < 0.6, rng.integers(5_000_000, 9_999_999, n), 0).astype(np.uint32),
        "ship_type": rng.choice([30, 36, 37, 52, 60, 70, 79, 80, 89, 0], n).astype(np.uint8),
        "draught_m": np.round(rng.uniform(0, 18, n), 1).astype(np.float32),
        "port": rng.integers(0, _PORTS, n).astype(np.int32),
    }


def _ships(n: int, lat: _Floats, lon: _Floats, habit: int | npt.NDArray[np.int64]) -> _Columns:
    """Ships at rest, heard all day."""
    none = dict.fromkeys(("before_n", "before_e", "during_n", "during_e", "after_n", "after_e"), 0.0)
    calm = {**none, "orbit_nm": 0.0, "orbit_s": float(DAY_S), "silent_from_s": 0.0, "silent_to_s": 0.0}
    ends = {"turn_s": 0.0, "leave_s": float(DAY_S)}
    return {
        "lat": lat,
        "lon": lon,
        "habit": np.full(n, habit) if isinstance(habit, int) else habit,
        **{name: np.full(n, value) for name, value in {**calm, **ends}.items()},
    }


def _ordinary(rng: np.random.Generator, n: int) -> _Columns:
    """Moored (0), anchored (1), under way (2) and fishing (3) about ports of very different size."""
    port_lat, port_lon = rng.uniform(-45, 62, _PORTS), rng.uniform(-180, 180, _PORTS)
    share = np.arange(1, _PORTS + 1) ** -0.8
    port = rng.choice(_PORTS, n, p=share / share.sum())
    habit = rng.choice(4, n, p=[0.30, 0.15, 0.45, 0.10])
    reach_nm = np.array([2.0, 3.0, 60.0, 30.0])[habit] * (0.5 + share[port] ** 0.5)
    lat = port_lat[port] + rng.normal(0, 1, n) * reach_nm * _NM_DEG
    lon = port_lon[port] + rng.normal(0, 1, n) * reach_nm * _NM_DEG / np.cos(np.radians(lat))
    ships = _ships(n, lat, lon, habit)
    under_way, fishing, anchored = habit == 2, habit == 3, habit == 1
    speed, course = rng.uniform(6, 20, n) * under_way, rng.uniform(0, 2 * np.pi, n)
    for leg in ("before", "during", "after"):
        ships |= {f"{leg}_n": speed * np.cos(course), f"{leg}_e": speed * np.sin(course)}
    # A hundred metres of swing for an anchored ship; a trawler goes round in some four hours at 2 to 5 kn.
    ships["orbit_nm"] = np.where(fishing, rng.uniform(1.3, 3.2, n), np.where(anchored, 0.06, 0.0))
    ships["orbit_s"] = np.where(fishing, 4 * _HOUR_S, 12 * _HOUR_S) * rng.uniform(0.8, 1.2, n)
    # One in twenty is out of reach for some hours: no silence of twelve, but a hole to bridge or not.
    hole = rng.random(n) < 0.05
    ships["silent_from_s"] = rng.uniform(0, 16, n) * _HOUR_S * hole
    ships["silent_to_s"] = ships["silent_from_s"] + rng.uniform(2, 5, n) * _HOUR_S * hole
    return ships


def _scattered(rng: np.random.Generator, n: int) -> tuple[_Floats, _Floats]:
    south, north, west, east = _OPEN_SEA[rng.integers(0, len(_OPEN_SEA), n)].T
    return rng.uniform(south, north), rng.uniform(west, east)


def _times(rng: np.random.Generator, n: int, least_s: float, most_s: float) -> tuple[_Floats, _Floats]:
    """Start and end of something of this length, with two hours before and after it."""
    length = rng.uniform(least_s, most_s, n)
    start = rng.uniform(2 * _HOUR_S, 22 * _HOUR_S - length)
    return start, start + length


def _row(
    kind: str, subkind: str, found: bool, never: str,
    who: tuple[int, ...], span: tuple[float, float], place: tuple[float, float],
) -> dict[str, object]:  # fmt: skip
    names = ("kind", "subkind", "must_find", "must_not", "who", "start_s", "end_s", "lat", "lon")
    return dict(zip(names, (kind, subkind, found, never, who, *map(float, (*span, *place))), strict=True))


def _pairs(
    rng: np.random.Generator, subkind: list[str], start: _Floats, end: _Floats, apart_m: _Floats, kn: _Floats
) -> tuple[_Columns, list[tuple[float, float]]]:
    """Two ships that come from opposite sides at 10 kn, keep `apart_m` at `kn`, and part as they came."""
    n, kinds = len(subkind), np.array(subkind)
    lat, lon = _scattered(rng, n)
    dateline, north = kinds == "antimeridian", kinds == "high_latitude"
    lat[dateline], lon[dateline] = (
        rng.uniform(30, 45, n)[dateline],
        180 + rng.uniform(-0.002, 0.002, n)[dateline],
    )
    lat[north], lon[north] = rng.uniform(72, 75, n)[north], rng.uniform(-5, 12, n)[north]
    way = rng.uniform(0, 2 * np.pi, n)
    sides = []
    for side in (-1.0, 1.0):
        across_n, across_e = side * -np.sin(way), side * np.cos(way)
        half = apart_m / 2 * _M_DEG
        ship = _ships(n, lat + half * across_n, lon + half * across_e / np.cos(np.radians(lat)), 4)
        ship |= {"turn_s": start, "leave_s": end, "during_n": kn * np.cos(way), "during_e": kn * np.sin(way)}
        ship |= {"before_n": -10 * across_n, "before_e": -10 * across_e}
        ship |= {"after_n": 10 * across_n, "after_e": 10 * across_e}
        sides.append(ship)
    both = {name: np.stack([s[name] for s in sides], axis=1).ravel() for name in sides[0]}
    return both, list(zip(lat.tolist(), ((lon + 180) % 360 - 180).tolist(), strict=True))


def _pairs_that_meet(rng: np.random.Generator, plan: Plan) -> tuple[_Columns, list[dict[str, object]]]:
    n = plan.planted
    kinds = [MEETINGS[i % len(MEETINGS)] for i in range(n)]
    start, end = _times(rng, n, *plan.meeting_s)
    ships, places = _pairs(rng, kinds, start, end, rng.uniform(80, 380, n), rng.uniform(0.1, 1.2, n))
    hole = np.repeat(np.array(kinds) == "silence_within", 2) & (np.arange(2 * n) % 2 == 0)
    middle = np.repeat((start + end) / 2, 2)
    ships["silent_from_s"] = np.where(hole, middle, 0.0)
    ships["silent_to_s"] = np.where(hole, middle + 25 * 60, 0.0)
    truth = [
        _row("encounter", kinds[i], True, "", (2 * i, 2 * i + 1), (start[i], end[i]), places[i])
        for i in range(n)
    ]
    return ships, truth


def _pairs_apart(rng: np.random.Generator, plan: Plan) -> tuple[_Columns, list[dict[str, object]]]:
    n = plan.planted
    kinds = [APART[i % len(APART)] for i in range(n)]
    kind = np.array(kinds)
    start, end = _times(rng, n, *plan.meeting_s)
    end = np.where(kind == "brief", start + 80 * 60, end)
    apart_m = np.where(kind == "far", 900, np.where(kind == "never_near", 5000, rng.uniform(80, 380, n)))
    kn = np.where(kind == "fast", 6.0, rng.uniform(0.1, 1.2, n))
    ships, places = _pairs(rng, kinds, start, end, apart_m, kn)
    truth = [
        _row("encounter", kinds[i], False, "encounter", (2 * i, 2 * i + 1), (start[i], end[i]), places[i])
        for i in range(n)
    ]
    return ships, truth


def _interludes(
    rng: np.random.Generator, n: int, start: _Floats, end: _Floats, kn: _Floats
) -> tuple[_Columns, list[tuple[float, float]]]:
    """Ships under way that for a while go at `kn`."""
    lat, lon = _scattered(rng, n)
    ships = _ships(n, lat, lon, 4)
    way = rng.uniform(0, 2 * np.pi, n)
    for leg, speed in (("before", np.full(n, 11.0)), ("during", kn), ("after", np.full(n, 11.0))):
        ships |= {f"{leg}_n": speed * np.cos(way), f"{leg}_e": speed * np.sin(way)}
    return ships | {"turn_s": start, "leave_s": end}, list(zip(lat.tolist(), lon.tolist(), strict=True))


def _drifts(rng: np.random.Generator, plan: Plan) -> tuple[_Columns, list[dict[str, object]]]:
    """Half of them for five hours and more, half for three: loitering and not."""
    n = plan.planted
    is_long = np.arange(n) % 2 == 0
    start, end = _times(rng, n, 5 * _HOUR_S, 8 * _HOUR_S)
    end = np.where(is_long, end, start + 3 * _HOUR_S)
    ships, places = _interludes(rng, n, start, end, rng.uniform(0.8, 1.3, n))
    truth = []
    for i, long in enumerate(is_long.tolist()):
        said = ("drift", True, "") if long else ("brief", False, "loitering")
        truth.append(_row("loitering", *said, (i,), (start[i], end[i]), places[i]))
    return ships, truth


def _stops(rng: np.random.Generator, plan: Plan) -> tuple[_Columns, list[dict[str, object]]]:
    n = plan.planted
    start, end = _times(rng, n, 3 * _HOUR_S, 6 * _HOUR_S)
    ships, places = _interludes(rng, n, start, end, np.zeros(n))
    return ships, [_row("stop", "pause", True, "", (i,), (start[i], end[i]), places[i]) for i in range(n)]


def _silences(rng: np.random.Generator, plan: Plan) -> tuple[_Columns, list[dict[str, object]]]:
    """Under way and unheard for half a day or more."""
    n = plan.planted
    lat, lon = _scattered(rng, n)
    ships = _ships(n, lat, lon, 4)
    way = rng.uniform(0, 2 * np.pi, n)
    for leg in ("before", "during", "after"):
        ships |= {f"{leg}_n": 12 * np.cos(way), f"{leg}_e": 12 * np.sin(way)}
    start = rng.uniform(3, 5, n) * _HOUR_S
    end = start + rng.uniform(12.5, 16, n) * _HOUR_S
    ships |= {"silent_from_s": start, "silent_to_s": end}
    places = zip(lat.tolist(), lon.tolist(), strict=True)
    truth = [_row("gap", "silence", True, "", (i,), (start[i], end[i]), p) for i, p in enumerate(places)]
    return ships, truth

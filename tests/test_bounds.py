"""Bounds hold the truth, however seldom a vessel is heard: what began, began between them, and ended so.

Ships come from sea, keep to a place, drift or meet, and leave again. They are heard at intervals of every
length, also in bursts with long silences between. No event may deny what really was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from shiomi.engine.local import Running, newest
from shiomi.engine.plan import plan, registered, upstream
from shiomi.ids import message_ids
from shiomi.schema import POSITIONS, mmsi_of
from shiomi.tracks.clean import clean
from shiomi.units import SECOND, microseconds

Floats = npt.NDArray[np.float64]
Way = Callable[[Floats], tuple[Floats, Floats, Floats]]
"""Seconds to metres east, metres north, and knots."""

T0 = microseconds("2024-03-01T00:00:00Z")
_M_PER_E7 = 111_195e-7
KN_M_S = 1852 / 3600
START_S, END_S, LAST_S = 30_000.0, 63_000.0, 100_000.0
SLOWS_S = 1_200.0
"""From sea speed to rest."""


def at_rest(rng: np.random.Generator) -> Way:
    """13 knots from the south, a swing of 80 m from START_S to END_S, 13 knots on to the north."""
    phase = rng.uniform(0, 6)
    full, a = 13 * KN_M_S, 13 * KN_M_S / SLOWS_S

    def way(t: Floats) -> tuple[Floats, Floats, Floats]:
        out = np.maximum(START_S - t, t - END_S)
        slow = np.clip(out, 0, SLOWS_S)
        y = np.sign(t - START_S) * (a * slow**2 / 2 + full * np.maximum(out - SLOWS_S, 0)) * (out > 0)
        angle = phase + np.clip(t, START_S, END_S) / 9_000
        return 80 * np.sin(angle), y + 80 * np.cos(angle), a / KN_M_S * slow

    return way


def adrift(rng: np.random.Generator) -> Way:
    """The same with a current of 0.3 to 1.2 knots while the engine is off."""
    kn, sea = rng.uniform(0.3, 1.2), at_rest(rng)

    def way(t: Floats) -> tuple[Floats, Floats, Floats]:
        x, y, under_way_kn = sea(t)
        drifted = (np.clip(t, START_S, END_S) - START_S) * kn * KN_M_S
        return x + drifted, y, np.maximum(under_way_kn, kn * ((t >= START_S) & (t <= END_S)))

    return way


def when_heard(rng: np.random.Generator, *, in_bursts: bool) -> Floats:
    """Seconds of the reports: at an interval between ten seconds and seventy minutes, or in bursts."""
    first = rng.uniform(0, 3_000)
    if not in_bursts:
        mean = 10 ** rng.uniform(1, np.log10(4_200))
        steps = mean * rng.uniform(0.5, 1.5, int(3 * LAST_S / mean))
    else:
        within = rng.uniform(30, 300)
        steps = np.where(
            rng.random(4_000) < within / rng.uniform(600, 3_000), rng.uniform(1_200, 6_000, 4_000), within
        )
    t = first + np.cumsum(steps)
    t = t[t < LAST_S]
    return t[(t < 1.0) | (rng.random(len(t)) > 0.1)]


def reports(
    ships: list[tuple[int, Way, float, float]], rng: np.random.Generator, *, in_bursts: bool
) -> pa.Table:
    """POSITIONS of ships: MMSI, way, and where they lie."""
    parts = []
    for mmsi, way, lat, lon in ships:
        t = np.floor(when_heard(rng, in_bursts=in_bursts))
        x, y, kn = way(t)
        noise = rng.normal(0, 5, (2, len(t)))
        lat_e7 = lat * 1e7 + (y + noise[0]) / _M_PER_E7
        lon_e7 = lon * 1e7 + (x + noise[1]) / _M_PER_E7 / np.cos(np.radians(lat))
        sog = np.maximum(np.rint(kn * 10), 0)
        parts.append((np.full(len(t), mmsi), T0 + t.astype(np.int64) * SECOND, lat_e7, lon_e7, sog))
    mmsi, t, lat_e7, lon_e7, sog = (np.concatenate(c) for c in zip(*parts, strict=True))
    n = len(t)
    given = {
        "message_id": np.zeros(n),
        "mmsi": mmsi,
        "t": t,
        "lat_e7": np.rint(lat_e7),
        "lon_e7": np.rint(lon_e7),
        "sog_dkn": sog,
        "source_id": np.zeros(n),
        "source_row": np.arange(n),
    }
    columns = [
        pa.array(given[f.name].astype(f.type.to_pandas_dtype())) if f.name in given else pa.nulls(n, f.type)
        for f in POSITIONS
    ]
    table = pa.Table.from_arrays(columns, schema=POSITIONS)
    table = table.set_column(0, POSITIONS.field(0), pa.array(message_ids(table)))
    return clean(table)[0]


def found_in(kind: str, positions: pa.Table) -> pa.Table:
    stages = plan(registered())
    chain = upstream(stages, next(s for s in stages if s.name == kind))
    return newest(Running(chain).advance({"positions": positions}, T0 + 400_000 * SECOND)["events"])


def denied(kind: str, events: pa.Table) -> list[str]:
    """Events that say it began after, or ended before, it truly did."""
    limit_kn = {"stop": 1, "loitering": 2, "encounter": 2}[kind]
    creeping_us = round(SLOWS_S * limit_kn / 13) * SECOND
    began, ended = T0 + int(START_S) * SECOND - creeping_us, T0 + int(END_S) * SECOND + creeping_us
    return [
        f"{mmsi_of(e['subjects'][0])} {e['t_start_earliest'] - began} {e['t_end_latest']}"
        for e in events.to_pylist()
        if e["t_start_earliest"] > began or (e["t_end_latest"] is not None and e["t_end_latest"] < ended)
    ]


def fleet(kind: str, n: int, rng: np.random.Generator, *, in_bursts: bool) -> pa.Table:
    """n ships, or pairs of them 100 m apart, in cells of two degrees."""
    ships = []
    for i in range(n):
        way = (at_rest if kind == "stop" else adrift)(rng)
        lat, lon = -60 + (i % 60) * 2.0, -170 + (i // 60) * 20.0
        ships.append((201_000_000 + 2 * i, way, lat, lon))
        if kind == "encounter":
            ships.append((201_000_001 + 2 * i, way, lat, lon + 0.001))
    return reports(ships, rng, in_bursts=in_bursts)


@pytest.mark.parametrize("in_bursts", [False, True], ids=["at intervals", "in bursts"])
@pytest.mark.parametrize("kind", ["stop", "loitering"])
def test_no_bound_of_one_ship_denies_what_was(kind: str, in_bursts: bool) -> None:
    events = found_in(kind, fleet(kind, 80, np.random.default_rng(6), in_bursts=in_bursts))
    assert events.num_rows >= 20
    assert denied(kind, events) == []


def test_hardly_a_bound_of_a_pair_denies_what_was() -> None:
    events = found_in("encounter", fleet("encounter", 60, np.random.default_rng(6), in_bursts=False))
    assert events.num_rows >= 60
    assert len(denied("encounter", events)) <= 1


@pytest.mark.xfail(
    strict=True, reason="a lone report that no leg joins says nothing of a pair, yet bounds it"
)
def test_no_bound_of_a_pair_heard_in_bursts_each_at_its_own_times_denies_what_was() -> None:
    events = found_in("encounter", fleet("encounter", 60, np.random.default_rng(6), in_bursts=True))
    assert events.num_rows >= 20
    assert denied("encounter", events) == []

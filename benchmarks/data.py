"""Days of made traffic as Parquet, with the truth of what was planted in them beside it.

    python -m benchmarks.data day --rows 1e7 --vessels 60000 out/day.parquet
    python -m benchmarks.data ships out/ships.parquet

`day` is a global day in order of time, like the archive of a provider. `ships` is a small one: 1,000 ships
that report once a minute, with 20 meetings of three hours. Rows are made hour by hour, so that a day of any
size fits in memory, and the same arguments give the same bytes. The truth (`out/day.truth.csv`) has the
columns of `shiomi score`.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.fleet import DAY_S, Plan, fleet

__all__ = ["DAY", "SCHEMA", "SHIPS", "day", "truth_path", "write"]

_HOUR_S = 3_600
_MIDNIGHT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_NM_DEG = 1 / 60
_AIS_STEP = 600_000
"""AIS sends 1/10,000 minute (ITU-R M.1371-5, table 48)."""
_REPEATS = 0.003
"""Share of reports that a feed delivers twice."""
_HEADING_UNKNOWN = 511
_NOISE_DEG = 4e-5
"""Some four metres, as of a good GNSS receiver."""

DAY = Plan(rows=10_000_000, vessels=60_000, planted=100)
SHIPS = Plan(rows=1_420_000, vessels=1_000, planted=20, meeting_s=(3 * _HOUR_S, 3 * _HOUR_S), is_even=True)

_Text = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("mmsi", pa.uint32()),
        ("ts", pa.timestamp("ms")),
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("sog", pa.float32()),
        ("cog", pa.float32()),
        ("heading", pa.uint16()),
        ("nav_status", pa.uint8()),
        ("draught", pa.float32()),
        ("ship_type", pa.uint8()),
        ("imo", pa.uint32()),
        ("name", _Text),
        ("destination", _Text),
    ]
)
_ROUGH = ("ts", "lat", "lon")
"""Columns in which a dictionary only costs."""
_NAV_STATUS = np.array([5, 1, 0, 7, 0], np.uint8)
"""Navigational status of each habit of `fleet.py`."""

_Ship = dict[str, npt.NDArray[np.generic]]


def truth_path(path: Path) -> Path:
    """Where the truth about a day lies."""
    return path.with_suffix(".truth.csv")


def write(plan: Plan, path: Path) -> int:
    """A day as Parquet and its truth as CSV; the number of rows."""
    ships, truth = fleet(plan)
    rows = 0
    part = path.with_suffix(".part")
    plain = [c for c in SCHEMA.names if c not in _ROUGH]
    with pq.ParquetWriter(part, SCHEMA, compression="zstd", compression_level=3, use_dictionary=plain) as out:
        for hour in day(ships, plan.seed):
            out.write_table(hour, row_group_size=1_000_000)
            rows += hour.num_rows
    _write_truth(truth, truth_path(path))
    part.replace(path)
    return rows


def day(ships: pa.Table, seed: int) -> Iterator[pa.Table]:
    """Every report of these ships, an hour at a time, in order of time."""
    ship = {name: ships[name].to_numpy() for name in ships.column_names}
    phase = np.random.default_rng(seed).random(ships.num_rows)
    names = pa.array([f"VESSEL {i * 7919 % 999_983:06d}" for i in range(ships.num_rows)])
    ports = pa.array([f"PORT {i:03d}" for i in range(int(ship["port"].max()) + 1)])
    for hour in range(DAY_S // _HOUR_S):
        rng = np.random.default_rng([seed, hour])
        who, t_s = _when(ship, phase, hour * _HOUR_S, rng)
        yield _reports(ship, who, t_s, rng, names, ports)


def _when(
    ship: _Ship, phase: npt.NDArray[np.float64], from_s: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Ship and second of every report of an hour: steady, a tenth early or late, some of them twice."""
    every_s = ship["interval_s"]
    first = np.ceil(from_s / every_s - phase).astype(np.int64)
    count = np.ceil((from_s + _HOUR_S) / every_s - phase).astype(np.int64) - first
    who = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count) + first[who]
    t_s = (number + phase[who] + 0.2 * (rng.random(len(who)) - 0.5)) * every_s[who]
    t_s = np.clip(t_s, from_s, from_s + _HOUR_S - 0.001)
    silent = (t_s >= ship["silent_from_s"][who]) & (t_s < ship["silent_to_s"][who])
    who, t_s = who[~silent], t_s[~silent]
    again = np.flatnonzero(rng.random(len(who)) < _REPEATS)
    who, t_s = np.append(who, who[again]), np.append(t_s, t_s[again])
    t_ms = np.floor(t_s * 1000).astype(np.int32)
    order = np.lexsort((who, t_ms))
    return who[order], t_ms[order] / 1000


def _reports(
    ship: _Ship, who: npt.NDArray[np.int64], t_s: npt.NDArray[np.float64], rng: np.random.Generator,
    names: pa.Array, ports: pa.Array,
) -> pa.Table:  # fmt: skip
    def of(name: str) -> npt.NDArray[np.generic]:
        return ship[name][who]

    turn_s, leave_s = of("turn_s"), of("leave_s")
    is_before, is_after = t_s < turn_s, t_s >= leave_s
    legs = (
        ("before", np.minimum(t_s - turn_s, 0)),
        ("during", np.clip(t_s, turn_s, leave_s) - turn_s),
        ("after", np.maximum(t_s - leave_s, 0)),
    )
    angle, radius = 2 * np.pi * (t_s / of("orbit_s") + who % 97 / 97), of("orbit_nm")
    swing_kn = 2 * np.pi * radius / of("orbit_s") * _HOUR_S
    nm_n, nm_e = radius * np.sin(angle), radius * np.cos(angle)
    kn_n, kn_e = swing_kn * np.cos(angle), -swing_kn * np.sin(angle)
    for leg, lasted_s in legs:
        now = is_before if leg == "before" else is_after if leg == "after" else ~is_before & ~is_after
        for axis, nm, kn in (("n", nm_n, kn_n), ("e", nm_e, kn_e)):
            speed = of(f"{leg}_{axis}")
            nm += speed * lasted_s / _HOUR_S
            kn += speed * now
    is_new = np.append(True, (np.diff(t_s) > 0) | (np.diff(who) != 0))[: len(who)]
    noise = rng.standard_normal((2, len(who)), np.float32)[:, np.cumsum(is_new) - 1]
    lat = of("lat") + nm_n * _NM_DEG + noise[0] * _NOISE_DEG
    lon = of("lon") + nm_e * _NM_DEG / np.cos(np.radians(of("lat")))
    sog = np.abs(np.hypot(kn_n, kn_e) + 0.1 * noise[1])
    cog = np.degrees(np.arctan2(kn_e, kn_n)) % 360
    heading = np.where(who % 5 == 0, _HEADING_UNKNOWN, cog).astype(np.uint16)
    at_ms = (int(_MIDNIGHT.timestamp()) * 1000 + np.rint(t_s * 1000).astype(np.int64)).view("M8[ms]")
    columns = {
        "mmsi": of("mmsi"),
        "ts": at_ms,
        "lat": np.rint(lat * _AIS_STEP) / _AIS_STEP,
        "lon": np.rint(((lon + 180) % 360 - 180) * _AIS_STEP) / _AIS_STEP,
        "sog": (np.rint(sog * 10) / 10).astype(np.float32),
        "cog": (np.rint(cog * 10) % 3600 / 10).astype(np.float32),
        "heading": heading,
        "nav_status": _NAV_STATUS[of("habit")],
        "draught": of("draught_m"),
        "ship_type": of("ship_type"),
        "imo": of("imo"),
        "name": pa.DictionaryArray.from_arrays(pa.array(who.astype(np.int32)), names),
        "destination": pa.DictionaryArray.from_arrays(pa.array(of("port")), ports),
    }
    return pa.table(columns, schema=SCHEMA)


def _write_truth(truth: list[dict[str, object]], path: Path) -> None:
    names = ("truth_id", "kind", "subkind", "must_find", "must_not", "mmsi", "partner_mmsi")
    with path.open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow([*names, "t_start", "t_end", "lat", "lon"])
        for i, row in enumerate(truth):
            span = [
                (_MIDNIGHT + dt.timedelta(seconds=round(row[k]))).isoformat() for k in ("start_s", "end_s")
            ]
            who = [row["mmsi"], row["partner_mmsi"] or ""]
            said = [row["kind"], row["subkind"], str(row["must_find"]).lower(), row["must_not"]]
            out.writerow([f"T{i + 1:04d}", *said, *who, *span, round(row["lat"], 5), round(row["lon"], 5)])


def main() -> None:
    """Write one day."""
    ask = argparse.ArgumentParser(prog="benchmarks.data", description=__doc__.split("\n")[0])
    ask.add_argument("which", choices=("day", "ships"))
    ask.add_argument("path", type=Path)
    ask.add_argument("--rows", type=float, help="reports of the day, about")
    ask.add_argument("--vessels", type=float)
    ask.add_argument("--planted", type=int, help="so many of each planted behaviour")
    given = ask.parse_args()
    base = DAY if given.which == "day" else SHIPS
    vessels = int(given.vessels or base.vessels)
    planted = given.planted or min(base.planted, vessels // 14)
    plan = Plan(int(given.rows or base.rows), vessels, planted, base.meeting_s, base.is_even, base.seed)
    given.path.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    rows = write(plan, given.path)
    size = given.path.stat().st_size
    took = time.perf_counter() - start
    print(f"{given.path}: {rows:,} rows, {vessels:,} vessels, {size / rows:.1f} B a row, {took:.0f} s")


if __name__ == "__main__":
    main()

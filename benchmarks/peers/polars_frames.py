"""polars: meetings by a join on slot and cell, silences and drifts by shifts, and three bare yardsticks."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.peers.found import MEETING, arguments, runs, write

_RADIUS_M = 6_371_008.8


def slots(data: Path) -> pl.DataFrame:
    """Every slow ship at every slot, in space (metres)."""
    lat, lon = pl.col("lat").radians(), pl.col("lon").radians()
    return (
        pl.scan_parquet(data)
        .select("mmsi", "lat", "lon", "sog", slot=pl.col("ts").dt.epoch("s") // MEETING["slot_s"])
        .group_by("mmsi", "slot")
        .agg(pl.col("lat").mean(), pl.col("lon").first(), pl.col("sog").mean())
        .filter(pl.col("sog") < MEETING["slow_kn"])
        .select(
            pl.col("mmsi").cast(pl.Int64),
            "slot",
            x=_RADIUS_M * lat.cos() * lon.cos(),
            y=_RADIUS_M * lat.cos() * lon.sin(),
            z=_RADIUS_M * lat.sin(),
        )
        .collect()
    )


def _meetings(data: Path) -> list[tuple[object, ...]]:
    cells = slots(data).with_columns(
        (pl.col(axis) // MEETING["near_m"]).cast(pl.Int32).alias(cell) for axis, cell in ("xi", "yj", "zk")
    )
    steps = pl.DataFrame({"d": [-1, 0, 1]}, schema={"d": pl.Int32})
    around = cells
    for cell in "ijk":
        around = around.join(steps, how="cross").with_columns(pl.col(cell) + pl.col("d")).drop("d")
    near = around.join(cells, on=["slot", "i", "j", "k"], suffix="_b").filter(
        (pl.col("mmsi") < pl.col("mmsi_b"))
        & (sum((pl.col(c) - pl.col(f"{c}_b")) ** 2 for c in "xyz") <= MEETING["near_m"] ** 2)
    )
    a, b, first, last = runs(*(near[c].to_numpy() for c in ("mmsi", "mmsi_b", "slot")))
    step = MEETING["slot_s"]
    return [("encounter", *row) for row in zip(a, b, first * step, last * step, strict=True)]


def _gaps(data: Path) -> list[tuple[object, ...]]:
    found = (
        pl.scan_parquet(data)
        .select("mmsi", t=pl.col("ts").dt.epoch("s"))
        .sort("mmsi", "t")
        .with_columns(before=pl.col("t").shift(1).over("mmsi"))
        .filter(pl.col("t") - pl.col("before") >= 12 * 3600)
        .select(pl.lit("gap").alias("kind"), "mmsi", pl.lit("").alias("partner"), "before", "t")
        .collect()
    )
    return found.rows()


def _drifts(data: Path) -> list[tuple[object, ...]]:
    slow = pl.col("sog") <= MEETING["slow_kn"]
    found = (
        pl.scan_parquet(data)
        .select("mmsi", "sog", t=pl.col("ts").dt.epoch("s"))
        .sort("mmsi", "t")
        .with_columns(run=(slow != slow.shift(1)).fill_null(True).cum_sum().over("mmsi"))
        .filter(slow)
        .group_by("mmsi", "run")
        .agg(first=pl.col("t").first(), last=pl.col("t").last())
        .filter(pl.col("last") - pl.col("first") >= 4 * 3600)
        .select(pl.lit("loitering").alias("kind"), "mmsi", pl.lit("").alias("partner"), "first", "last")
        .collect()
    )
    return found.rows()


def _sort(data: Path) -> list[tuple[object, ...]]:
    frame = pl.read_parquet(data).sort("mmsi", "ts")
    return [("rows", frame.height)]


def _csv(data: Path) -> list[tuple[object, ...]]:
    frame = pl.read_csv(data, try_parse_dates=True)
    return [("rows", frame.height)]


_TASKS = {"meetings": _meetings, "gaps": _gaps, "drifts": _drifts, "sort": _sort, "csv": _csv}

if __name__ == "__main__":
    task, data, out = arguments()
    write(out, _TASKS[task](data))

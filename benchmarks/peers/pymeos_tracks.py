"""PyMEOS: meetings by tDwithin of whole trajectories in space, stops by its own rule."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
from pymeos import TGeomPointSeq, pymeos_finalize, pymeos_initialize

from benchmarks.peers.found import MEETING, arguments, write

_RADIUS_M = 6_371_008.8

if __name__ == "__main__":
    task, data, out = arguments()
    pymeos_initialize()
    lat, lon = pl.col("lat").radians(), pl.col("lon").radians()
    space = {
        "x": _RADIUS_M * lat.cos() * lon.cos(),
        "y": _RADIUS_M * lat.cos() * lon.sin(),
        "z": _RADIUS_M * lat.sin(),
    }
    at = pl.col("ts").dt.to_string("%Y-%m-%d %H:%M:%S%.3f")
    frame = (
        pl.scan_parquet(data)
        .select("mmsi", "ts", **{axis: place.round(1) for axis, place in space.items()})
        .unique(["mmsi", "ts"])
        .sort("mmsi", "ts")
        .with_columns(text=pl.format("POINT Z({} {} {})@{}+00", *space, at))
        .group_by("mmsi", maintain_order=True)
        .agg(
            pl.col("text").str.join(", "),
            *(pl.col(axis).min().alias(f"{axis}0") for axis in space),
            *(pl.col(axis).max().alias(f"{axis}1") for axis in space),
        )
        .collect()
    )
    mmsi = frame["mmsi"].to_list()
    ships = [TGeomPointSeq(f"[{text}]") for text in frame["text"]]
    found = []
    if task == "stops":
        for ship, who in zip(ships, mmsi, strict=True):
            stops = ship.stops(500.0, timedelta(hours=2))
            for stop in stops.sequences() if stops is not None else []:
                ends = stop.start_timestamp(), stop.end_timestamp()
                found.append(("stop", who, "", *(round(t.timestamp()) for t in ends)))
    else:
        low = frame.select("x0", "y0", "z0").to_numpy() - MEETING["near_m"]
        high = frame.select("x1", "y1", "z1").to_numpy()
        for i in range(len(ships)):
            meet = (low[i + 1 :] <= high[i]).all(axis=1) & (low[i] <= high[i + 1 :]).all(axis=1)
            for j in (np.flatnonzero(meet) + i + 1).tolist():
                near = ships[i].within_distance(ships[j], MEETING["near_m"])
                spans = near.at(True) if near is not None else None
                for span in spans.time().spans() if spans is not None else []:
                    ends = span.lower(), span.upper()
                    if ends[1] - ends[0] >= timedelta(seconds=MEETING["least_s"]):
                        a, b = sorted((mmsi[i], mmsi[j]))
                        found.append(("encounter", a, b, *(round(t.timestamp()) for t in ends)))
    write(out, found)
    pymeos_finalize()

"""MovingPandas: silences and stops of trajectories, one object a ship."""

from __future__ import annotations

import warnings
from datetime import timedelta
from itertools import pairwise

warnings.filterwarnings("ignore")

import movingpandas as mpd  # noqa: E402
import polars as pl  # noqa: E402

from benchmarks.peers.found import arguments, write  # noqa: E402

if __name__ == "__main__":
    task, data, out = arguments()
    frame = pl.read_parquet(data, columns=["mmsi", "ts", "lat", "lon"]).unique(["mmsi", "ts"]).to_pandas()
    ships = mpd.TrajectoryCollection(frame, traj_id_col="mmsi", t="ts", x="lon", y="lat", crs=4326)
    found = []
    if task == "gaps":
        for ship in ships:
            legs = mpd.ObservationGapSplitter(ship).split(gap=timedelta(hours=12)).trajectories
            for before, after in pairwise(legs):
                ends = before.get_end_time(), after.get_start_time()
                found.append(("gap", ship.id, "", *(round(t.timestamp()) for t in ends)))
    else:
        for ship in ships:
            stops = mpd.TrajectoryStopDetector(ship).get_stop_segments(
                max_diameter=500, min_duration=timedelta(hours=2)
            )
            for stop in stops:
                ends = stop.get_start_time(), stop.get_end_time()
                found.append(("stop", ship.id, "", *(round(t.timestamp()) for t in ends)))
    write(out, found)

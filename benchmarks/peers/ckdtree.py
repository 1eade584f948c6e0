"""scipy: a k-d tree of the slow ships at each slot."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.peers.found import MEETING, arguments, runs, write
from benchmarks.peers.polars_frames import slots

if __name__ == "__main__":
    _, data, out = arguments()
    frame = slots(data).sort("slot", "mmsi")
    mmsi, slot = frame["mmsi"].to_numpy(), frame["slot"].to_numpy()
    places = frame.select("x", "y", "z").to_numpy()
    edges = np.append(np.flatnonzero(np.diff(slot, prepend=-1)), len(slot))
    pairs = [
        start + cKDTree(places[start:end]).query_pairs(MEETING["near_m"], output_type="ndarray")
        for start, end in pairwise(edges)
    ]
    near = np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)
    a, b, first, last = runs(mmsi[near[:, 0]], mmsi[near[:, 1]], slot[near[:, 0]])
    step = MEETING["slot_s"]
    write(out, [("encounter", *row) for row in zip(a, b, first * step, last * step, strict=True)])

"""One row a track, kept up to date step by step."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.kernels.order import group_edges
from shiomi.kernels.way import ways_m
from shiomi.schema import TRACK_SUMMARIES

__all__ = ["OUTLIER", "summarise"]

OUTLIER, TRACK = "outlier", "track"


def summarise(known: pa.Table, rows: pa.Table) -> pa.Table:
    """Summaries after more reports; whole metres are summed, so steps of any size give the same.

    Args:
        known: TRACK_SUMMARIES so far.
        rows: new rows of TRACKS sorted by (track_id, t).
    """
    if rows.num_rows == 0:
        return known
    track, t = numpy_of(rows, "track_id"), numpy_of(rows, "t")
    lat, lon = numpy_of(rows, "lat_e7"), numpy_of(rows, "lon_e7")
    edges = group_edges(track)
    first, last = edges[:-1], edges[1:] - 1
    ids = track[first]
    at = np.searchsorted(numpy_of(known, "track_id"), ids)
    is_known = np.zeros(len(ids), np.bool_)
    inside = at < known.num_rows
    is_known[inside] = numpy_of(known, "track_id")[at[inside]] == ids[inside]
    old = at[is_known]

    # The leg into the first row of a track comes from its summary, if there is one.
    from_lat, from_lon = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    from_lat[is_known], from_lon[is_known] = (numpy_of(known, c)[old] for c in ("lat_e7", "lon_e7"))
    way_m, south, north = ways_m(edges, lat, lon, is_known, from_lat, from_lon)

    columns = {
        "track_id": ids,
        "mmsi": numpy_of(rows, "mmsi")[first],
        "t_first": t[first],
        "t_last": t[last],
        "fixes": np.diff(edges),
        "distance_m": way_m,
        "lat_e7_min": south,
        "lat_e7_max": north,
        "lat_e7": lat[last].astype(np.int64),
        "lon_e7": lon[last].astype(np.int64),
    }
    columns["t_first"][is_known] = numpy_of(known, "t_first")[old]
    for name in ("fixes", "distance_m"):
        columns[name][is_known] += numpy_of(known, name)[old]
    for name, of in (("lat_e7_min", np.minimum), ("lat_e7_max", np.maximum)):
        columns[name][is_known] = of(columns[name][is_known], numpy_of(known, name)[old])
    kinds = pa.array((columns["fixes"] > 1).astype(np.int8)), pa.array([OUTLIER, TRACK])
    kind = pa.DictionaryArray.from_arrays(*kinds)
    fresh = pa.Table.from_arrays(
        [(kind if f.name == "kind" else pa.array(columns[f.name])).cast(f.type) for f in TRACK_SUMMARIES],
        schema=TRACK_SUMMARIES,
    )
    untouched = np.ones(known.num_rows, np.bool_)
    untouched[old] = False
    return pa.concat_tables([known.filter(pa.array(untouched)), fresh]).sort_by("track_id").combine_chunks()

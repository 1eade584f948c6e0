"""Land or sea, over whole columns, in integers.

The meridian north of a point crosses the coast an odd number of times exactly when the point is on land,
because the North Pole is sea; so Antarctica needs no closing line along the South Pole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit

__all__ = ["on_land_by_column"]

_Any = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def on_land_by_column(
    lat: _Any, lon: _Any, edges: _Any, column_start: _Any, column_edges: _Any, column_e7: int
) -> npt.NDArray[np.bool_]:
    """Whether the meridian north of each point crosses the coast an odd number of times.

    All in integers of 1e-7 degree, so a point is on the same side on every machine. `edges` has the rows
    lat, lon, dlat, dlon; the edges of column c are column_edges[column_start[c]:column_start[c + 1]].
    """
    half, full = 1_800_000_000, 3_600_000_000
    out = np.zeros(len(lat), np.bool_)
    for n in range(len(lat)):
        p_lat, p_lon = np.int64(lat[n]), np.int64(lon[n])
        c = (p_lon + half) // column_e7
        odd = False
        for k in range(column_start[c], column_start[c + 1]):
            e = column_edges[k]
            east = (p_lon - edges[e, 1] + half) % full - half
            dlon = edges[e, 3]
            # Half open, so that a meridian through a vertex crosses one of its two edges.
            if dlon > 0:
                if east < 0 or east >= dlon:
                    continue
                above = (edges[e, 0] - p_lat) * dlon + edges[e, 2] * east > 0
            else:
                if east >= 0 or east < dlon:
                    continue
                above = (edges[e, 0] - p_lat) * dlon + edges[e, 2] * east < 0
            if above:
                odd = not odd
        out[n] = odd
    return out

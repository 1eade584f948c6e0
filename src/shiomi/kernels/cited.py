"""What findings cite: reports of several columns put in one line."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.room import room

__all__ = ["in_order_of_time"]


@njit(cache=True, nogil=True)
def in_order_of_time(edges: Any, ids: Any, times: Any) -> tuple[Any, Any]:
    """The ids that each finding cites, once each, in order of (time, id).

    Rows come nearly in order of time, so that an id seldom moves far to its place.

    Args:
        edges: finding g owns rows edges[g] to edges[g + 1] of every column.
        ids, times: a column of ids a row, and when each was made.

    Returns:
        edges of the findings among what they cite; the ids.
    """
    cited = np.empty(1024, np.int64)
    cited_t = np.empty(1024, np.int64)
    cited_edges = np.zeros(len(edges), np.int64)
    n = 0
    for g in range(len(edges) - 1):
        lo = n
        need = n + len(ids) * (edges[g + 1] - edges[g])
        cited = room(cited, need)
        cited_t = room(cited_t, need)
        for k in range(edges[g], edges[g + 1]):
            for c in range(len(ids)):
                t = times[c, k]
                at = n
                while at > lo and (
                    cited_t[at - 1] > t or (cited_t[at - 1] == t and cited[at - 1] > ids[c, k])
                ):
                    at -= 1
                if at > lo and cited_t[at - 1] == t and cited[at - 1] == ids[c, k]:
                    continue
                for j in range(n, at, -1):
                    cited[j] = cited[j - 1]
                    cited_t[j] = cited_t[j - 1]
                cited[at] = ids[c, k]
                cited_t[at] = t
                n += 1
        cited_edges[g + 1] = n
    return cited_edges, cited[:n].copy()

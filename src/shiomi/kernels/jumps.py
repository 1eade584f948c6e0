"""Where an MMSI goes on from a place it cannot have reached."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.room import room

__all__ = ["find_jumps"]


@njit(cache=True, nogil=True)
def find_jumps(
    edges: Any, t: Any, track: Any, fix_no: Any, prev_t: Any, watermark: int,
    absent_us: int, min_fixes: int, min_stay_us: int,
) -> Any:  # fmt: skip
    """Changes of track that stay, in rows grouped by MMSI and sorted by t.

    Row i begins a jump if its track is new or was unheard for `absent_us`, if the track heard last
    before it (for at least `min_fixes` reports) stays unheard for `absent_us` after it, and if its
    own track has `min_fixes` reports and lasts `min_stay_us` within that time.

    Returns:
        jumps: (n, 2 + min_fixes): row before; the first min_fixes - 1 rows of the new track and the
            row that completes the condition; row i is column 1. Last column: group.
        keep: rows to carry to the next step.
    """
    least = np.iinfo(np.int64).min
    jumps = np.empty((16, 2 + min_fixes), np.int64)
    n = 0
    keep = np.zeros(len(t), np.bool_)
    cited = np.empty(min_fixes, np.int64)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        jumps = room(jumps, n + hi - lo)
        newest = -1  # the newest row of an established track
        for i in range(lo, hi):
            before = newest
            if before >= 0 and track[before] == track[i]:
                before = -1  # silent in between, but nowhere else: no jump
            starts = prev_t[i] == least or t[i] - prev_t[i] >= absent_us
            if starts and before >= 0:
                alone = True
                count = 0
                done = -1
                k = i
                while k < hi and t[k] <= t[i] + absent_us:
                    if track[k] == track[before]:
                        alone = False
                        break
                    if track[k] == track[i]:
                        if count < min_fixes - 1:
                            cited[count] = k
                        count += 1
                        if done < 0 and count >= min_fixes and t[k] - t[i] >= min_stay_us:
                            done = k
                    k += 1
                if alone and watermark - 1 < t[i] + absent_us:
                    # Not decided: carry what decides it.
                    keep[before] = True
                    for j in range(i, hi):
                        keep[j] = True
                elif alone and done >= 0:
                    jumps[n, 0] = before
                    for j in range(min_fixes - 1):
                        jumps[n, 1 + j] = cited[j]
                    jumps[n, min_fixes] = done
                    jumps[n, min_fixes + 1] = g
                    n += 1
            if fix_no[i] >= min_fixes - 1:
                newest = i
        if newest >= 0:
            keep[newest] = True
    return jumps[:n], keep

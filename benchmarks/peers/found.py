"""What every contender writes: kind, one or two MMSIs, start and end in seconds since 1970."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["MEETING", "arguments", "runs", "write"]

MEETING = {"slot_s": 600, "near_m": 500.0, "slow_kn": 2.0, "least_s": 7200, "bridge_slots": 4}
"""Within 500 m and below 2 kn for two hours, on a grid of ten minutes; apart for at most 40 minutes."""


def arguments() -> tuple[str, Path, Path]:
    """Task, input and where to write what was found."""
    task, data, out = sys.argv[1:4]
    return task, Path(data), Path(out)


def write(out: Path, rows: Iterable[tuple[object, ...]]) -> None:
    """Findings as CSV: kind, mmsi, partner or nothing, start, end."""
    with out.open("w", newline="") as f:
        csv.writer(f).writerows(rows)


def runs(a, b, slot):  # type: ignore[no-untyped-def]
    """Meetings of pairs near at these slots: columns a, b, first and last slot, long enough."""
    import numpy as np

    order = np.lexsort((slot, b, a))
    a, b, slot = a[order], b[order], slot[order]
    new = np.ones(len(a), bool)
    new[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1]) | (np.diff(slot) > MEETING["bridge_slots"])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(a)) - 1 if len(a) else first
    long = slot[last] - slot[first] >= MEETING["least_s"] // MEETING["slot_s"] - 1
    return a[first][long], b[first][long], slot[first][long], slot[last][long]

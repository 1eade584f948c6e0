"""Position jump: an MMSI goes on from a place its hull cannot have reached.

Satellite navigation that is spoofed or jammed moves many ships at once, often onto an airport or
into circles; a transponder moved to another boat, an identity handed to a decoy, a provider that
merged two ships and a simulator on the feed look the same from one track. The finding says only
that the way between two reports was impossible. See docs/detectors/position_jump.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import Evidence, Found, events_of
from shiomi.geo import distance_m
from shiomi.kernels.jumps import find_jumps
from shiomi.kernels.order import group_edges
from shiomi.schema import TRACKS, columns_of
from shiomi.units import KNOT_MM_PER_S, SECOND, hours, knots, minutes

__all__ = ["PositionJump"]


@dataclass(frozen=True, slots=True)
class PositionJump:
    """Report every impossible change of place that lasts, and that leaves the old place silent."""

    name: ClassVar[str] = "position_jump"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "fix_no", "prev_t"
    )

    min_absence_s: int = hours(1)
    """The old place is not heard for this long after, nor the new one before: else two hulls share the
    MMSI. Analyst-set."""
    min_implied_dkn: int = knots(40)
    """Slower changes of track are a doubt of the segmentation, not of the ship. Analyst-set."""
    min_fixes: int = 4
    """Reports that establish a place; fewer are stray ones. Analyst-set."""
    min_stay_s: int = minutes(10)
    """The new place lasts at least this long. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """Told once the old place has been silent long enough."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to jumps."""
        p = Columns(state, rows, "mmsi")
        t = p["t"]
        jumps, keep = find_jumps(
            group_edges(p["mmsi"]),
            t,
            p["track_id"],
            p["fix_no"],
            p.times("prev_t"),
            watermark,
            self.min_absence_s * SECOND,
            self.min_fixes,
            self.min_stay_s * SECOND,
        )
        moved_m, implied = _way(p, jumps[:, 0], jumps[:, 1])
        fast = implied >= self.min_implied_dkn
        moved_m, implied, cited = moved_m[fast], implied[fast], jumps[fast, :-1]
        before, after = cited[:, 0], cited[:, 1]
        silence_us = t[after] - t[before]
        edges = np.arange(len(cited) + 1, dtype=np.int64) * cited.shape[1]
        pair = np.sort(np.stack([p["track_id"][before], p["track_id"][after]]), axis=0)
        found = Found(
            is_open=np.zeros(len(cited), np.bool_),
            subjects=[pair[0], pair[1]],
            t_start=t[before],
            t_end=t[after],
            t_start_earliest=t[before],
            t_start_latest=t[before],
            t_end_earliest=t[after],
            t_end_latest=t[after],
            known_t=t[after] + self.min_absence_s * SECOND,
            lat_e7=p.at("lat_e7", after).astype(np.int64),
            lon_e7=p.at("lon_e7", after).astype(np.int64),
            measures={
                "silence_s": silence_us // SECOND,
                "distance_m": moved_m,
                "implied_dkn": implied,
            },
            evidence=Evidence(edges, p.at("message_id", cited.reshape(-1))),
        )
        return Step(p.table(keep), events_of(self, found))


def _way(
    p: Columns, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Metres and deciknots of the way between the reports on both sides of each jump."""
    t = p["t"]
    moved_m = distance_m(*(p.at(c, at) for at in (a, b) for c in ("lat_e7", "lon_e7")))
    seconds = np.maximum((t[b] - t[a]) / SECOND, 1)
    implied = np.minimum(moved_m * 1000 / seconds / KNOT_MM_PER_S * 10, 1e9)
    return np.rint(moved_m).astype(np.int64), np.rint(implied).astype(np.int64)

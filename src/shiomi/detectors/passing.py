"""Passing: which vessels under way came near each other over a step, and which went in company.

Second link of the chains that judge how two vessels move with each other. Between two reports a vessel
is taken to keep its course and speed; within a step, every report of both counts, so that the closest
approach is as good as the reports around it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import lists_of, numpy_of, taken
from shiomi.contracts import Step
from shiomi.ids import pair_ids
from shiomi.kernels.gather import gather
from shiomi.kernels.order import group_edges
from shiomi.kernels.pairs import close_pairs
from shiomi.kernels.passing import middles, pass_pairs
from shiomi.schema import PASSINGS
from shiomi.units import SECOND, knots, minutes, nautical_miles

__all__ = ["Passing"]

_BOTH = ("lat_e7", "lon_e7", "distance_mm", "prev_distance_mm", "relative_mm", "closest_mm")
_BOTH_US = ("closest_us", "before_us", "after_us")
_SIDE = ("course_ddeg", "bearing_ddeg", "prev_bearing_ddeg", "ahead_mm", "leg_us", "leg_mm")
_FOUND = (*_BOTH, *_BOTH_US, *_SIDE, *(f"partner_{c}" for c in _SIDE))
"""The columns that the kernel gives, in its order."""


@dataclass(frozen=True, slots=True)
class Passing:
    """Pairs of tracks of different MMSIs, both under way, near each other or in company."""

    name: ClassVar[str] = "passing"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "patrols"
    writes: ClassVar[str] = "passings"
    by: ClassVar[str] = "t"
    state: ClassVar[pa.Schema] = pa.schema([])

    slot_s: int = minutes(5)
    """Step of the clock, as in `patrol`."""
    min_pace_dkn: int = knots(3)
    """Both make good at least this. As the close-encounter analysis of the Danish Maritime Authority's
    AisAbnormal, which leaves out vessels under 3 kn."""
    max_near_m: int = 1_000
    """Two that come, or on steady courses would come, this close are near. Analyst-set: above every limit
    of the detectors that read it."""
    min_company_m: int = nautical_miles(0.3)
    max_company_m: int = nautical_miles(3)
    """Two in this range, with like course and speed, are in company. Analyst-set."""
    max_course_gap_deg: int = 20
    max_pace_gap_dkn: int = knots(2)
    min_side_m: int = nautical_miles(0.1)
    """How far one moves across the bow of the other for it to be a crossing, more than half of it to each
    side. Analyst-set: more than two ships in line wander."""

    @property
    def latency_s(self) -> int:
        """A step is judged as soon as it is complete."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PATROLS to rows of PASSINGS; nothing is carried."""
        way = numpy_of(rows, "way_mm")
        fast = np.flatnonzero(way >= -(-self.min_pace_dkn * self.slot_s * 1852 // 36))
        places = [numpy_of(rows, c) for c in ("lat_e7", "lon_e7", "prev_lat_e7", "prev_lon_e7")]
        lat, lon = middles(*places, fast)
        first, second, _ = close_pairs(
            group_edges(gather(numpy_of(rows, "t"), fast)),
            lat,
            lon,
            gather(numpy_of(rows, "mmsi"), fast),
            self.max_company_m * 1000,
        )
        first, second = fast[first], fast[second]
        (edges, ids), *fixes = (lists_of(rows[f"fix_{c}"]) for c in ("ids", "us", "north_e7", "east_e7"))
        chosen, found = pass_pairs(
            first,
            second,
            *places,
            way,
            edges,
            ids,
            *(values for _, values in fixes),
            self.slot_s * SECOND,
            self.max_near_m * 1000,
            self.min_company_m * 1000,
            self.max_company_m * 1000,
            math.cos(math.radians(self.max_course_gap_deg)),
            self.max_pace_gap_dkn * self.slot_s * 1852 // 36,
            self.min_side_m * 1000,
        )
        a, b = first[chosen], second[chosen]
        track = numpy_of(rows, "track_id")
        columns: dict[str, Any] = {c: found[:, i] for i, c in enumerate(_FOUND)}
        columns |= {
            "pair_id": pair_ids(track[a], track[b]),
            "track_id": track[a],
            "partner_track_id": track[b],
            "t": numpy_of(rows, "t")[a],
            "way_mm": way[a],
            "partner_way_mm": way[b],
        }
        for side, of in (("", a), ("partner_", b)):
            lists = taken(rows.select(["fix_ids", "fix_us"]), of)
            columns |= {f"{side}{c}": lists[c] for c in lists.column_names}
        arrays = [
            pa.array(v).cast(f.type) if isinstance(v := columns[f.name], np.ndarray) else v for f in PASSINGS
        ]
        return Step(state, pa.Table.from_arrays(arrays, schema=PASSINGS))

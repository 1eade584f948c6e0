"""Pairs of tracks at slots: how `proximity` and `twins` write them, how runs of them become events."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns, numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Found, events_of, evidence_rows
from shiomi.geo import wrap_e7
from shiomi.ids import pair_ids
from shiomi.kernels.gather import gather
from shiomi.runs import ANY_PACE, NEW_ROW, runs_in
from shiomi.schema import PAIRS
from shiomi.units import SECOND

__all__ = ["pair_runs", "pairs_of"]

_I64 = npt.NDArray[np.int64]

FAR_MM = 1 << 62
"""Beyond every distance."""
_SIDE = ("before_id", "after_id", "before_t", "after_t", "since_t")
_REPORTS = [f"{side}{c}" for side in ("", "partner_") for c in ("before", "after", "was_before", "was_after")]


def pairs_of(
    slots: pa.Table, first: _I64, second: _I64, distance_mm: _I64, *, parted: bool = False
) -> pa.Table:
    """Rows of PAIRS from pairs of rows of SLOTS; the lower track id comes first.

    The place is half-way between the two, which is meant for neighbours.

    Args:
        parted: what tells them is the slot before too, so that its reports are named.
    """
    track = numpy_of(slots, "track_id")
    swap = track[first] > track[second]
    a, b = np.where(swap, second, first), np.where(swap, first, second)
    lat, lon = numpy_of(slots, "lat_e7").astype(np.int64), numpy_of(slots, "lon_e7").astype(np.int64)
    half_lat = lat[a] + (lat[b] - lat[a]) // 2
    half_lon = wrap_e7(lon[a] + wrap_e7(lon[b] - lon[a]) // 2)
    pace = numpy_of(slots, "pace_dkn")
    was = [f"prev_{c}" if parted else c for c in _SIDE[:4]]
    names = (*_SIDE, *was)
    of_slots = {c: numpy_of(slots, c) for c in names}
    sides = [{c: gather(column, i) for c, column in of_slots.items()} for i in (a, b)]
    columns = [
        pair_ids(track[a], track[b]),
        track[a],
        track[b],
        numpy_of(slots, "t")[a],
        distance_mm,
        half_lat.astype(np.int32),
        half_lon.astype(np.int32),
        np.maximum(pace[a], pace[b]),
        *(side[c] for side in sides for c in names),
    ]
    return pa.Table.from_arrays([pa.array(c) for c in columns], schema=PAIRS)


def pair_runs(
    detector: Any,
    state: pa.Table,
    rows: pa.Table,
    watermark: int,
    *,
    max_distance_mm: int = FAR_MM,
    max_pace_dkn: int = ANY_PACE - 1,
    max_silence_s: int = 0,
) -> Step:
    """Runs of PAIRS as events of `detector`, with bounds from the reports around the first and last slot.

    Args:
        max_distance_mm, max_pace_dkn: rows beyond either break the run and show by when it had ended.
        max_silence_s: as in `runs_in`.
        detector: has `min_duration_s`, `max_break_s`, `keep_s`; its state is PAIRS `with_run`.
    """
    p = Columns(state, rows, "pair_id", **NEW_ROW)
    r = runs_in(
        p,
        "pair_id",
        watermark,
        rest_s=np.full(len(p), detector.max_break_s, np.int64),
        max_break_s=detector.max_break_s,
        keep_s=detector.keep_s,
        min_duration_s=detector.min_duration_s,
        stay_dkn=max_pace_dkn,
        start_dkn=max_pace_dkn,
        pace_dkn=np.where(p["distance_mm"] <= max_distance_mm, p["pace_dkn"].astype(np.int64), ANY_PACE),
        lowest_of="distance_mm",
        max_silence_s=max_silence_s,
    )
    t = p["t"]
    t_start, t_end = r.times(t)
    cited = r.cited.values
    lat_e7, lon_e7 = r.mean_place(p)

    def earlier(name: str, at: _I64) -> _I64:
        return np.minimum(p.at(name, at), p.at(f"partner_{name}", at))

    def later(name: str, at: _I64) -> _I64:
        return np.maximum(p.at(name, at), p.at(f"partner_{name}", at))

    kept = r.kept.values
    unheard = [p.at(f"{side}after_t", kept) - p.at(f"{side}before_t", kept) for side in ("", "partner_")]
    found = Found(
        is_open=r.is_open,
        subjects=[p.at("track_id", r.first), p.at("partner_track_id", r.first)],
        t_start=t_start,
        t_end=t_end,
        t_start_earliest=earlier("since_t", r.since),
        t_start_latest=later("after_t", r.first),
        t_end_earliest=np.where(r.is_open, UNKNOWN, earlier("before_t", r.last)),
        t_end_latest=np.where(r.is_open | (r.broke < 0), UNKNOWN, later("after_t", np.maximum(r.broke, 0))),
        known_t=r.known_t,
        lat_e7=lat_e7,
        lon_e7=lon_e7,
        measures={
            "duration_s": r.duration_s(t),
            "slots": np.diff(r.kept.edges),
            "distance_min_m": r.least(p["distance_mm"]) // 1000,
            "distance_max_m": r.most(p["distance_mm"]) // 1000,
            "pace_max_dkn": r.most(p["pace_dkn"]),
            # Between two reports of either vessel, as far as an instant compared lies between them.
            "longest_silence_s": r.most(np.maximum(*unheard), gathered=True) // SECOND,
        },
        evidence=evidence_rows(
            r.cited.edges,
            [p.at(f"{c}_id", cited) for c in _REPORTS],
            [p.at(f"{c}_t", cited) for c in _REPORTS],
        ),
    )
    return Step(r.state, events_of(detector, found))

"""What is true: times and places of the claims, found in the tracks and in the rows, not in the plan.

`how` of a claim says what is looked for between its planned times (an hour either side):
    near_slow    both hulls within 500 m and below 2 kn (meetings)
    near         both within 500 m (look-alikes); near_moving: and above 3 kn
    slow, rest   below 2 kn; below 1 kn
    silence      last row before to first row after; silence_to_end: last row, no end
    displaced    last genuine row before to first genuine row after; displaced_to_end: no end
    wild         the wild row itself
    both_under_way   while the first goes faster than 3 kn, the longest time; both are heard
    handed_over  from the last row of the first hull to the first of the second
    both_heard   while rows of both hulls are in the file
    told         the planned times, which whoever planned them took from the tracks
    heard, tail  first to last row; last row, no end
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.events.score import TRUTH
from shiomi.simulate.cast import Act, Claim
from shiomi.simulate.chart import Chart
from shiomi.simulate.every import all_of
from shiomi.simulate.motion import STEP_S, Floats, apart_m, speed_kn
from shiomi.simulate.reception import Heard
from shiomi.simulate.rows import Reports
from shiomi.units import SECOND

__all__ = ["truth_table"]

ENCOUNTER_M, ENCOUNTER_KN = 500.0, 2.0
"""What "together" means in the truth (Global Fishing Watch's encounter rule: 500 m, 2 knots)."""
_MARGIN_S = 3600.0

_Span = tuple[float, float | None]


def truth_table(
    act: Act, heard: Heard, reports: Reports, mmsi: npt.NDArray[np.int64], chart: Chart
) -> tuple[pa.Table, list[Claim]]:
    """Schema TRUTH, one row a claim, in order of time; and the claims that did not come true."""
    t_start = chart.scenario.t_start
    rows: list[dict[str, Any]] = []
    failed: list[Claim] = []
    for claim in [c for asked in act.claims for c in all_of(asked, chart, act, heard)]:
        span = _span(act, heard, claim)
        if span is None:
            failed.append(claim)
            continue
        start_s, end_s = span
        lat, lon = _place(act, heard, reports, claim, start_s, end_s)
        identity = [int(mmsi[h]) for h in claim.hulls]
        rows.append(
            {
                "truth_id": "",
                "kind": claim.kind,
                "subkind": claim.subkind,
                "must_find": claim.must_find,
                "must_not": claim.must_not,
                "mmsi": min(identity),
                "partner_mmsi": max(identity) if len(set(identity)) == 2 else None,
                "others": ",".join(map(str, sorted(set(identity))[1:])) if len(set(identity)) > 2 else None,
                "t_start": t_start + round(start_s) * SECOND,
                "t_end": None if end_s is None else t_start + round(end_s) * SECOND,
                "lat": round(lat, 5),
                "lon": round(lon, 5),
            }
        )
    rows.sort(key=lambda r: (r["t_start"], r["kind"], r["mmsi"], r["partner_mmsi"] or 0))
    for k, r in enumerate(rows):
        r["truth_id"] = f"T{k + 1:04d}"
    return pa.Table.from_pylist(rows, TRUTH), failed


def _rows_of(heard: Heard, hull: int) -> Any:
    i, j = np.searchsorted(heard.hull, [hull, hull + 1])
    return np.arange(i, j)


def _span(act: Act, heard: Heard, claim: Claim) -> _Span | None:
    if claim.how == "told":
        return claim.t0_s, None if claim.t1_s == np.inf else claim.t1_s
    if claim.how in ("near_slow", "near", "near_moving", "slow", "rest"):
        return _moving_span(act, claim)
    t = heard.t_s[_rows_of(heard, claim.hulls[0])]
    if not len(t):
        return None
    if claim.how == "both_heard":
        other = heard.t_s[_rows_of(heard, claim.hulls[1])]
        if not len(other):
            return None
        start, end = max(t[0], other[0]), min(t[-1], other[-1])
        return (float(start), float(end)) if end > start else None
    if claim.how == "both_under_way":
        return _under_way_span(act, heard, claim)
    if claim.how == "handed_over":
        new = heard.t_s[_rows_of(heard, claim.hulls[1])]
        if not len(new) or t[-1] < claim.t0_s - _MARGIN_S or new[0] > claim.t1_s + _MARGIN_S:
            return None
        return float(t[-1]), float(new[0])
    if claim.how == "heard":
        return float(t[0]), float(t[-1])
    if claim.how == "tail":
        return float(t[-1]), None
    if claim.how == "wild":
        r = int(np.searchsorted(t, claim.t0_s))
        return (float(t[r]), float(t[r])) if r < len(t) else None
    before, after = t[t < claim.t0_s], t[t >= claim.t1_s]
    if not len(before) or (not claim.how.endswith("to_end") and not len(after)):
        return None
    if claim.how.startswith("displaced") and not ((t >= claim.t0_s) & (t < claim.t1_s)).any():
        return None
    return float(before[-1]), float(after[0]) if len(after) else None


def _moving_span(act: Act, claim: Claim) -> _Span | None:
    p = [act.hulls[h].p for h in claim.hulls]
    i = max(0, int((claim.t0_s - _MARGIN_S) / STEP_S))
    j = min(len(p[0]), int((claim.t1_s + _MARGIN_S) / STEP_S) + 1)
    if claim.how in ("slow", "rest"):
        ok = _speed(p[0], i, j) < (ENCOUNTER_KN if claim.how == "slow" else 1.0)
    else:
        ok = apart_m(p[0][i:j], p[1][i:j]) <= ENCOUNTER_M
        if claim.how == "near_slow":
            ok &= np.maximum(_speed(p[0], i, j), _speed(p[1], i, j)) < ENCOUNTER_KN
        if claim.how == "near_moving":
            ok &= np.minimum(_speed(p[0], i, j), _speed(p[1], i, j)) > 3.0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ok.astype(np.int8), [0]])))
    if not len(edges):
        return None
    starts, ends = edges[::2], edges[1::2] - 1
    longest = int(np.argmax(ends - starts))
    if ends[longest] == starts[longest] and claim.how != "near":
        return None
    return float((i + starts[longest]) * STEP_S), float((i + ends[longest]) * STEP_S)


def _under_way_span(act: Act, heard: Heard, claim: Claim) -> _Span | None:
    """The longest time that the first goes faster than 3 kn, both being heard."""
    fast = speed_kn(act.hulls[claim.hulls[0]].p) > 3.0
    for hull in claim.hulls:
        t = heard.t_s[_rows_of(heard, hull)] // STEP_S
        if not len(t):
            return None
        fast[: t[0]] = fast[t[-1] + 1 :] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], fast.astype(np.int8), [0]])))
    if not len(edges):
        return None
    k = int(np.argmax(edges[1::2] - edges[::2]))
    return float(edges[2 * k] * STEP_S), float((edges[2 * k + 1] - 1) * STEP_S)


def _speed(p: Floats, i: int, j: int) -> Floats:
    return speed_kn(p)[i:j]


def _place(
    act: Act, heard: Heard, reports: Reports, claim: Claim, start_s: float, end_s: float | None
) -> tuple[float, float]:
    hull = claim.hulls[0]
    if claim.how == "wild":
        rows = _rows_of(heard, hull)
        r = int(rows[np.searchsorted(heard.t_s[rows], start_s)])
        return float(reports.lat[r]), float(reports.lon[r])
    at = start_s if end_s is None or claim.kind in ("gap", "position_jump") else (start_s + end_s) / 2
    p = act.hulls[hull].p[min(len(act.hulls[hull].p) - 1, int(at / STEP_S))]
    return float(np.degrees(np.arcsin(p[2]))), float(np.degrees(np.arctan2(p[1], p[0])))

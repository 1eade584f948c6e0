"""Runs, beside a plain walk that keeps everything and carries nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.order import group_edges
from shiomi.kernels.runs import find_runs
from shiomi.kernels.sphere import distance_mm

S = 1_000_000


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(0, 60))
    group = np.sort(rng.integers(0, 3, n))
    t = np.cumsum(rng.choice([1, 30, 59, 60, 61, 300, 900, 5_000], n)) * S
    return {
        "edges": group_edges(group),
        "t": t,
        "lat": rng.choice([0, 10_000, 40_000], n).astype(np.int64),
        "lon": rng.choice([1_799_999_999, -1_799_999_999], n).astype(np.int64),
        "pace": rng.choice(
            [-32_768, 0, 5, 10, 11, 20, 21, 99], n, p=[0.1, 0.2, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05]
        ),
        "rest_s": rng.choice([60, 600, 3_600], n),
        "value": rng.integers(0, 50, n),
        "told": np.zeros(n, np.bool_),
        "mark": np.zeros(n, np.int8),
        "watermark": int(t.max(initial=0)) + draw(st.sampled_from([1, 60 * S, 61 * S, 3_600 * S + 1])),
        "start_pace": 10,
        "stay_pace": draw(st.sampled_from([10, 20])),
        "radius_mm": draw(st.sampled_from([0, 300_000])),
        "break_us": draw(st.sampled_from([0, 60, 600])) * S,
        "keep_us": draw(st.sampled_from([0, 100, 1_000])) * S,
        "min_us": draw(st.sampled_from([0, 60, 600])) * S,
        "silence_us": draw(st.sampled_from([0, 1_000, 9_000])) * S,
    }


def runs(p: dict[str, Any]) -> list[dict[str, Any]]:
    """Group by group, run by run, from the definition."""
    found = []
    for low, high in zip(p["edges"][:-1].tolist(), p["edges"][1:].tolist(), strict=True):
        i, lead = low, []
        while i < high:
            may_begin = _slow(p, i)
            if p["pace"][i] >= 0 and lead and not (may_begin and _leads(p, lead[0], lead[1], i)):
                lead = []
            if not may_begin:
                i += 1
                continue
            members, broke, known, told_open, base = _follow(p, i, high)
            last = members[-1]
            run = {"open": False, "rows": members, "broke": broke, "known": known, "lead": lead}
            if known is None:
                if told_open is not None:
                    rows = [r for r in members if r <= told_open]
                    found.append(run | {"open": True, "rows": rows, "known": p["t"][told_open]})
                break
            if p["t"][last] - p["t"][i] >= p["min_us"]:
                found.append(run)
            i = broke if broke is not None else last + 1
            begins = [lead[0], base] if lead and base == run["rows"][0] else [base]
            calm = broke is None and _slow(p, base) and _slow(p, last)
            lead = next(([b, last] for b in begins if calm and _leads(p, b, b, last)), [])
    return found


def _slow(p: dict[str, Any], i: int) -> bool:
    return bool(0 <= p["pace"][i] <= p["start_pace"])


def _near(p: dict[str, Any], a: int, b: int) -> bool:
    places = (int(p[c][k]) for k in (a, b) for c in ("lat", "lon"))
    return p["radius_mm"] == 0 or bool(distance_mm(*places) <= p["radius_mm"])


def _leads(p: dict[str, Any], first: int, last: int, i: int) -> bool:
    """Whether what was seen from `first` to `last` may have gone on until row i."""
    return _near(p, first, i) and bool(p["t"][i] - p["t"][last] <= p["silence_us"] > 0)


def _follow(
    p: dict[str, Any], first: int, high: int
) -> tuple[list[int], int | None, int | None, int | None, int]:
    """Its rows, the row that broke it, when its end was known, what made it long, its first since a break."""
    members, broke, told_open, base = [first], None, None, first
    for i in [*range(first + 1, high), None]:
        last = members[-1]
        if broke is None:
            end = p["t"][last] + int(p["rest_s"][last]) * S
        else:
            end = max(p["t"][broke], p["t"][last] + p["break_us"])
        now = p["watermark"] if i is None else p["t"][i]
        if now > end:
            return members, broke, int(end), told_open, base
        if i is None:
            break
        if _near(p, first, i) and p["pace"][i] <= p["stay_pace"]:
            long_before = p["t"][last] - p["t"][first] >= p["min_us"]
            members.append(i)
            base = i if broke is not None else base
            broke = None
            if not long_before and p["t"][i] - p["t"][first] >= p["min_us"]:
                told_open = i
        elif broke is None:
            broke = i
    return members, None, None, told_open, base


@given(tables())
def test_runs_are_those_of_the_definition(p: dict[str, Any]) -> None:
    found, edges, rows, *_ = find_runs(*p.values())
    expected = runs(p)
    got = []
    for k, (status, first, last, broke, known, _, leads) in enumerate(found.tolist()):
        cited = rows[edges[k] + leads : edges[k + 1]].tolist()
        lead = rows[edges[k] : edges[k] + leads].tolist()
        got.append((status == 0, first, last, None if broke < 0 else broke, known, lead))
        e = expected[k] if k < len(expected) else {"rows": []}
        kept = [r for r in cited if r != broke]
        assert set(kept) <= set(e["rows"]), "it cites a row that does not keep the run"
        assert kept == sorted(set(kept))
        assert (kept[0], kept[-1]) == (first, last)
        lows = np.minimum.accumulate(p["value"][e["rows"]])
        new_lows = [r for r, v, w in zip(e["rows"][1:], lows[1:], lows[:-1], strict=True) if v < w]
        assert set(new_lows) <= set(kept), "a new minimum is not cited"
        t = p["t"]
        for a, b in pairwise(kept):
            between = [r for r in e["rows"] if a < r < b]
            assert not between or t[b] - t[a] <= p["keep_us"] or t[between[-1]] - t[a] <= p["keep_us"]
    assert got == [
        (e["open"], e["rows"][0], e["rows"][-1], e["broke"], e["known"], sorted(set(e["lead"])))
        for e in expected
    ]

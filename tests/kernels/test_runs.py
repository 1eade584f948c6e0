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
        "watermark": int(t.max(initial=0)) + draw(st.sampled_from([1, 60 * S, 61 * S, 3_600 * S + 1])),
        "start_pace": 10,
        "stay_pace": draw(st.sampled_from([10, 20])),
        "radius_mm": draw(st.sampled_from([0, 300_000])),
        "break_us": draw(st.sampled_from([0, 60, 600])) * S,
        "keep_us": draw(st.sampled_from([0, 100, 1_000])) * S,
        "min_us": draw(st.sampled_from([0, 60, 600])) * S,
    }


def runs(p: dict[str, Any]) -> list[dict[str, Any]]:
    """Group by group, run by run, from the definition."""
    found = []
    for low, high in zip(p["edges"][:-1].tolist(), p["edges"][1:].tolist(), strict=True):
        i = low
        while i < high:
            if not 0 <= p["pace"][i] <= p["start_pace"]:
                i += 1
                continue
            members, broke, known, told_open = _follow(p, i, high)
            last = members[-1]
            long_enough = p["t"][last] - p["t"][i] >= p["min_us"]
            if known is not None:
                if long_enough:
                    found.append({"open": False, "rows": members, "broke": broke, "known": known})
                i = broke if broke is not None else last + 1
            else:
                if told_open is not None:
                    rows = [r for r in members if r <= told_open]
                    found.append({"open": True, "rows": rows, "broke": None, "known": p["t"][told_open]})
                break
    return found


def _follow(p: dict[str, Any], first: int, high: int) -> tuple[list[int], int | None, int | None, int | None]:
    """Rows that keep a run, the row that broke it, when its end was known, and the row that made it long."""
    members, broke, told_open = [first], None, None
    for i in [*range(first + 1, high), None]:
        last = members[-1]
        if broke is None:
            end = p["t"][last] + int(p["rest_s"][last]) * S
        else:
            end = max(p["t"][broke], p["t"][last] + p["break_us"])
        now = p["watermark"] if i is None else p["t"][i]
        if now > end:
            return members, broke, int(end), told_open
        if i is None:
            break
        near = p["radius_mm"] == 0 or (
            distance_mm(*(int(p[c][k]) for k in (first, i) for c in ("lat", "lon"))) <= p["radius_mm"]
        )
        if near and p["pace"][i] <= p["stay_pace"]:
            long_before = p["t"][last] - p["t"][first] >= p["min_us"]
            members.append(i)
            broke = None
            if not long_before and p["t"][i] - p["t"][first] >= p["min_us"]:
                told_open = i
        elif broke is None:
            broke = i
    return members, None, None, told_open


@given(tables())
def test_runs_are_those_of_the_definition(p: dict[str, Any]) -> None:
    found, edges, rows, _, _ = find_runs(*p.values())
    expected = runs(p)
    got = []
    for k, (status, first, last, broke, known, _) in enumerate(found.tolist()):
        got.append((status == 0, first, last, None if broke < 0 else broke, known))
        cited = rows[edges[k] : edges[k + 1]].tolist()
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
    assert got == [(e["open"], e["rows"][0], e["rows"][-1], e["broke"], e["known"]) for e in expected]

"""Lines of a survey: what cannot be part of one may as well not be there."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.legs import CLOSED, OPEN, find_lines
from shiomi.kernels.order import group_edges
from shiomi.kernels.still import fixed

STEP = 300_000_000
MIN_LEGS = 3
MIN_WAY, MAX_WAY = 400_000, 1_300_000


def mown(rng: np.random.Generator, steps: int) -> dict[str, np.ndarray]:
    """A vessel that sails to and fro at some paces, in lines about evenly apart, and does other things."""
    north = rng.choice([30_000, 40_000, 60_000, 130_000], steps, p=[0.05, 0.45, 0.45, 0.05])
    line = np.arange(steps) // int(rng.integers(4, 7))
    lat = np.concatenate([[0], np.cumsum(np.where(line % 2, -1, 1) * north)])
    lon = np.concatenate([[0], line * int(rng.choice([0, 30_000])) + rng.integers(0, 300, steps)])
    t = np.arange(steps) * STEP
    far = rng.random(steps) < 0.02
    return {
        "t": t + np.cumsum(far) * 9 * STEP,
        "lat": lat[1:],
        "lon": lon[1:],
        "prev_lat": lat[:-1],
        "prev_lon": lon[:-1],
        "way": np.rint(np.hypot(np.diff(lat), np.diff(lon)) * 11.12).astype(np.int64),
        "told": np.full(steps, rng.random() < 0.2),
    }


def lines_in(track: np.ndarray, p: dict[str, np.ndarray], watermark: int) -> tuple[list, list]:
    """The chains found as times of their legs, and the rows kept, with their track and whether told."""
    forms = {"t": np.int64, "way": np.int64, "told": np.bool_}
    columns = [fixed(column, forms.get(name, np.int32)) for name, column in p.items()]
    chains, leg_edges, legs, spread_pct, keep, told = find_lines(
        group_edges(track), *columns, watermark, STEP, MIN_WAY, MAX_WAY, math.cos(math.radians(10)),
        1_500_000, MIN_LEGS, 2 * STEP, 8 * STEP, 100_000, 0.3,
    )  # fmt: skip
    found = [
        (status, known, gap, pct, p["t"][legs[a:b]].tolist())
        for (status, known, _, gap), pct, a, b in zip(
            chains.tolist(), spread_pct.tolist(), leg_edges[:-1], leg_edges[1:], strict=True
        )
    ]
    return found, [*zip(track[keep].tolist(), p["t"][keep].tolist(), told[keep].tolist(), strict=True)]


@given(st.integers(0, 2**32 - 1))
def test_steps_too_slow_or_fast_for_a_line_may_be_left_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracks = [mown(rng, int(rng.integers(1, 80))) for _ in range(3)]
    p = {name: np.concatenate([x[name] for x in tracks]) for name in tracks[0]}
    track = np.repeat(np.arange(3), [len(x["t"]) for x in tracks])
    watermark = int(p["t"].max()) + int(rng.integers(1, 12 * STEP))
    at_pace = (p["way"] >= MIN_WAY) & (p["way"] <= MAX_WAY)
    few = {name: values[at_pace] for name, values in p.items()}
    assert lines_in(track, p, watermark) == lines_in(track[at_pace], few, watermark)


def test_such_a_vessel_is_seen_to_sail_lines() -> None:
    seen = set()
    for seed in range(40):
        p = mown(np.random.default_rng(seed), 60)
        found, kept = lines_in(np.zeros(60, np.int64), p, int(p["t"][-1]) + STEP)
        assert all(len(legs) >= MIN_LEGS for *_, legs in found)
        seen |= {status for status, *_ in found}
        assert len(kept) <= 60
    assert seen == {OPEN, CLOSED}

"""Legs of a coarse clock, beside one step computed at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import distance_m, wrap_e7
from shiomi.kernels.patrol import cut_legs

STEP = 300_000_000
E7 = 2
"""Rounding of an interpolated place, 1e-7 degree: 2 cm."""


@st.composite
def tracks(draw: st.DrawFn) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(0, 40))
    t = np.cumsum(rng.choice([1, 999_999, 60_000_000, 150_000_000, 300_000_000, 700_000_001], n))
    prev_t = np.roll(t, 1)
    prev_t[rng.random(n) < 0.1] -= 5
    return {
        "track": np.sort(rng.integers(0, 3, n)),
        "t": t - 2_000_000_000,
        "lat": rng.choice([0, 600_000_000]) + np.cumsum(rng.integers(-40_000, 60_000, n)),
        "lon": wrap_e7(1_799_990_000 + np.cumsum(rng.integers(-40_000, 90_000, n))),
        "prev_t": prev_t - 2_000_000_000,
        "bridge_s": rng.choice([0, 200, 900], n),
    }


def whole_steps(p: dict[str, np.ndarray]) -> list[tuple[int, int, int]]:
    """For every step of the clock and every stretch of a track: is the step within, and whose reports?"""
    out = []
    n = len(p["t"])
    joined = np.zeros(n, np.bool_)
    for i in range(1, n):
        is_next = p["track"][i] == p["track"][i - 1] and p["prev_t"][i] == p["t"][i - 1]
        joined[i] = is_next and p["t"][i] - p["t"][i - 1] <= p["bridge_s"][i - 1] * 1_000_000
    for a in range(n):
        b = a
        while b + 1 < n and joined[b + 1]:
            b += 1
        # Every stretch once, from its first row.
        if joined[a]:
            continue
        t = p["t"][a : b + 1]
        end = -(-int(t[0]) // STEP) * STEP + STEP
        while end <= t[-1]:
            first = int(np.flatnonzero(t <= end - STEP)[-1])
            last = int(np.flatnonzero(t >= end)[0])
            out.append((a + first, a + last, end))
            end += STEP
    return sorted(out)


@given(tracks())
def test_every_whole_step_is_written_with_the_reports_around_it(p: dict[str, np.ndarray]) -> None:
    seen = np.zeros(len(p["t"]), np.bool_)
    legs, way_mm, keep = cut_legs(*p.values(), seen, STEP, 0)
    assert [tuple(r) for r in legs[:, :3].tolist()] == whole_steps(p)
    for (first, last, end, lat, lon, *_), way in zip(legs.tolist(), way_mm.tolist(), strict=True):
        part = (end - p["t"][last - 1]) / (p["t"][last] - p["t"][last - 1])
        assert abs(lat - p["lat"][last - 1] - part * (p["lat"][last] - p["lat"][last - 1])) <= E7
        east = wrap_e7(np.array([p["lon"][last] - p["lon"][last - 1], lon - p["lon"][last - 1]]))
        assert abs(east[1] - part * east[0]) <= E7
        assert first < last
        assert way >= 0
    if len(legs):
        lat1, lon1, lat2, lon2 = legs[:, 5], legs[:, 6], legs[:, 3], legs[:, 4]
        true_mm = 1000 * distance_m(lat1, lon1, lat2, lon2)
        assert (np.abs(way_mm - true_mm) <= 2 + 0.001 * true_mm).all()
    # What is carried lets the next step be cut as if all were there.
    last = np.append(p["track"][1:] != p["track"][:-1], True)[: len(keep)]
    assert keep[last].all()

"""Tracks on the shared clock, beside one slot computed at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.geo import distance_m, wrap_e7
from shiomi.kernels.order import group_edges
from shiomi.kernels.resample import UNKNOWN_PACE, resample
from shiomi.kernels.sphere import between_e7

STEP, COARSE = 120_000_000, 600_000_000
STILL_DKN, STILL_MM = 5, 50_000


@st.composite
def legs(draw: st.DrawFn) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(0, 30))
    track = np.sort(rng.integers(0, 3, n))
    dt = rng.choice([1, 999_999, 10_000_000, 119_999_999, 120_000_000, 600_000_000, 1_800_000_001], n)
    t = np.cumsum(dt) - 3_000_000_000
    prev_t = np.roll(t, 1)
    broken = rng.random(n) < 0.2
    prev_t[broken] -= 5
    lat = np.clip(rng.choice([0, 850_000_000, 899_990_000]) + rng.integers(-90_000, 90_000, n), -9e8, 9e8)
    lon = wrap_e7(rng.choice([0, 1_799_990_000]) + rng.integers(-90_000, 90_000, n))
    if n > 1 and rng.random() < 0.5:
        lat[1], lon[1] = lat[0], lon[0]
    return {
        "track": track,
        "t": t,
        "lat": lat.astype(np.int32),
        "lon": lon.astype(np.int32),
        "pace": rng.choice([-32_768, 0, 7, 200], n).astype(np.int16),
        "prev_t": prev_t,
        "bridge_s": rng.choice([0, 120, 1_800], n).astype(np.int32),
    }


def slots(p: dict[str, np.ndarray]) -> list[tuple[int, ...]]:
    """For every multiple of the step and every leg: is it in there, and where?"""
    out = []
    t = p["t"].tolist()
    for i in range(1, len(t)):
        a = i - 1
        if p["track"][i] != p["track"][a] or p["prev_t"][i] != t[a]:
            continue
        if t[i] - t[a] > int(p["bridge_s"][a]) * 1_000_000:
            continue
        leg_m = distance_m(*(p[c][k : k + 1] for k in (a, i) for c in ("lat", "lon")))[0]
        kn10 = leg_m * 1000 / 1852 / ((t[i] - t[a]) / 3_600e6) / 100 if t[i] - t[a] >= COARSE else 0.0
        speeds = [max(int(p["pace"][k]), 0) for k in (a, i)]
        for s in range(t[0] // STEP * STEP, t[-1] + STEP, STEP):
            if t[a] <= s < t[i]:
                part = (s - t[a]) / (t[i] - t[a])
                place = between_e7(
                    *(int(p[c][k]) for k in (a, i) for c in ("lat", "lon")), s - t[a], t[i] - t[a]
                )
                speed = max(speeds[0] + (speeds[1] - speeds[0]) * part, kn10)
                out.append((a, s, *place, speed))
    return out


def resampled(p: dict[str, np.ndarray], max_pace: int) -> tuple[np.ndarray, ...]:
    edges = group_edges(p["track"])
    newest = [np.full(len(edges) - 1, first, np.int64) for first in (*[np.iinfo(np.int64).min] * 4, -1)]
    columns = [c for name, c in p.items() if name != "track"]
    return tuple(resample(edges, *columns, *newest, STEP, COARSE, max_pace, STILL_DKN, STILL_MM))


@given(legs())
def test_slots_of_fast_vessels_are_left_out_but_the_first_after_a_slow_one(p: dict[str, np.ndarray]) -> None:
    every = list(zip(*(c.tolist() for c in resampled(p, 32_767)), strict=True))
    slow = list(zip(*(c.tolist() for c in resampled(p, 20)), strict=True))
    track = p["track"].tolist()
    expected = []
    known: dict[tuple[int, int], tuple[int, ...]] = {}
    for row in every:
        before, _, t, lat, lon, pace, *_ = row
        was = known.get((track[before], t - STEP))
        known[track[before], t] = (lat, lon, pace, before)
        was_slow = was is not None and was[2] <= 20
        if pace <= 20 or was_slow:
            now = (before, t, lat, lon, pace)
            expected.append((*now, *was) if was is not None and was_slow else (*now, None))
    got = [
        (before, *now, *was, was_before) if was[2] != UNKNOWN_PACE else (before, *now, None)
        for before, was_before, *now, was in [(*r[:6], r[6:9]) for r in slow]
    ]
    assert got == expected


@given(legs())
def test_a_leg_is_still_that_is_short_between_slow_ends(p: dict[str, np.ndarray]) -> None:
    before, _, slot_t, *_, is_still = resampled(p, 32_767)
    for a, s, still in zip(before.tolist(), slot_t.tolist(), is_still.tolist(), strict=True):
        ends = (a, a + 1)
        (t, after_t), lat, lon = (p[c][[*ends]] for c in ("t", "lat", "lon"))
        mm = 1000 * distance_m(lat[:1], lon[:1], lat[1:], lon[1:])[0]
        slow = all(p["pace"][k] <= STILL_DKN for k in ends)
        begins = s - STEP < t and t - p["prev_t"][a] >= COARSE
        ends_late = s + STEP >= after_t and after_t - t >= COARSE
        expected = slow and mm <= STILL_MM and not begins and not ends_late
        assert abs(mm - STILL_MM) < 1 or still == expected


@given(legs())
def test_every_slot_of_every_bridged_leg_and_no_other(p: dict[str, np.ndarray]) -> None:
    before, _, t, lat, lon, pace, *_ = resampled(p, 32_767)
    expected = slots(p)
    assert list(zip(before.tolist(), t.tolist(), strict=True)) == [e[:2] for e in expected]
    for got, e in zip(zip(lat.tolist(), lon.tolist(), pace.tolist(), strict=True), expected, strict=True):
        assert abs(got[0] - e[2]) <= 1
        assert abs(int(wrap_e7(np.array(got[1] - e[3]))) * np.cos(np.radians(e[2] / 1e7))) <= 1
        # Whole 0.1 knots, rounded down; a millimetre of way is far less than one.
        assert abs(got[2] - min(e[4], 32_767)) <= 1.001

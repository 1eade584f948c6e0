"""How two met, in one pass, against the slow way."""

from __future__ import annotations

from typing import Any

import numpy as np
from plain_meetings import Side, met

from shiomi.findings import UNKNOWN
from shiomi.kernels.meetings import ASKED, Limits, how_met
from shiomi.kernels.still import fixed

MINUTE = 60_000_000
LIMITS = Limits(
    near_us=60 * MINUTE, at_once_us=15 * MINUTE, step_us=10 * MINUTE, moving_dkn=5, no_heading=-(1 << 15)
)
NULL = LIMITS.no_heading


def side(random: Any) -> Side:
    """Reports of a vessel that drifts, with silences, speeds and bows that are told or are not."""
    n = int(random.integers(0, 24))
    t = np.sort(random.choice(240, n, replace=False)) * MINUTE
    return Side(
        t=t,
        lat=300_000_000 + np.cumsum(random.integers(-900, 900, n)),
        lon=(1_799_999_000 + np.cumsum(random.integers(-900, 900, n)) + 1_800_000_000) % 3_600_000_000
        - 1_800_000_000,
        pace=np.where(random.random(n) < 0.1, NULL, random.integers(0, 30, n)),
        cog=np.where(random.random(n) < 0.1, NULL, random.integers(0, 3600, n)),
        heading=np.where(random.random(n) < 0.5, NULL, random.integers(0, 360, n)),
        prev_t=np.where(random.random(n) < 0.1, -1, np.concatenate([[-1], t])[:n]),
        bridge_us=random.integers(1, 60, n) * MINUTE,
    )


def measured(pairs: list[tuple[Side, Side]], starts: list[int], ends: list[int | None]) -> Any:
    sides = [s for pair in pairs for s in pair]
    whole = Side(*(np.concatenate(c) for c in zip(*sides, strict=True)))
    lengths = [len(a.t) + len(b.t) for a, b in pairs]
    track = np.repeat(np.arange(len(sides)), [len(s.t) for s in sides])
    turn = np.radians(np.maximum(whole.cog, 0) / 10)
    ints = [np.cumsum([0, *lengths]), *np.arange(len(sides)).reshape(-1, 2).T, starts]
    return how_met(
        *(fixed(c, np.int64) for c in ints),
        fixed([UNKNOWN if e is None else e for e in ends], np.int64),
        *(fixed(c, np.int64) for c in (track, whole.t, whole.lat, whole.lon)),
        fixed(whole.pace * np.sin(turn), np.float64),
        fixed(whole.pace * np.cos(turn), np.float64),
        fixed((whole.pace >= 0) & ((whole.cog >= 0) | (whole.pace == 0)), np.bool_),
        *(fixed(c, np.int64) for c in (whole.heading, whole.prev_t, whole.bridge_us)),
        fixed(np.cos(np.radians(whole.lat / 1e7)), np.float64),
        LIMITS,
    )


def test_what_is_measured_of_a_meeting_is_what_the_slow_way_measures() -> None:
    random = np.random.default_rng(7)
    pairs = [(side(random), side(random)) for _ in range(600)]
    starts = [int(m) * MINUTE for m in random.integers(0, 120, len(pairs))]
    lasted = [None if x < 0.2 else int(240 * x) * MINUTE for x in random.random(len(pairs))]
    ends = [None if d is None else s + d for s, d in zip(starts, lasted, strict=True)]
    found, sides = measured(pairs, starts, ends)
    seen = np.zeros(len(ASKED), np.int64)
    for i, (a, b) in enumerate(pairs):
        enough = min(len(a.t), len(b.t)) >= 2
        expected = met(a, b, starts[i], ends[i], LIMITS) if enough else {}
        assert {k: v for k, v in zip(ASKED, found[i].tolist(), strict=True) if v != UNKNOWN} == expected
        assert (sides[i, 0] >= 0) == enough
        if enough:
            assert np.diff(sides[i]).tolist() == [len(a.t), 0, len(b.t)]
        seen += [name in expected for name in ASKED]
    assert seen.min() >= 20, "each measure is made of some"


def test_of_events_that_are_not_about_two_nothing_is_measured() -> None:
    random = np.random.default_rng(1)
    pairs = [(side(random), side(random))]
    empty = [(Side(*(c[:0] for c in a)), b) for a, b in pairs]
    found, sides = measured(empty, [0], [None])
    assert (found == UNKNOWN).all()
    assert (sides == -1).all()

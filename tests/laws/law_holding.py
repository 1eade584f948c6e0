"""A law is held for one chain over many worlds, and only counts where there was something to judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from law_stages import CHAINS, EVENT_CHAINS
from law_worlds import World, worlds

__all__ = ["NothingJudged", "each_chain", "each_event_chain", "each_intermediate", "hold"]

each_chain = pytest.mark.parametrize("chain", CHAINS, ids=lambda c: c.name)
each_event_chain = pytest.mark.parametrize("chain", EVENT_CHAINS, ids=lambda c: c.name)
each_intermediate = pytest.mark.parametrize(
    "chain", [c for c in CHAINS if not c.writes_events], ids=lambda c: c.name
)

_TRAFFIC = worlds()

Law = Callable[[World, Any], int]
"""Judges one world; returns how many findings it judged."""


def hold(law: Law, traffic: st.SearchStrategy[World] = _TRAFFIC, *, per_world: float = 0.25) -> None:
    """Hold a law over worlds; fewer findings than `per_world` on average make it worthless."""
    judged: list[int] = []

    @given(world=traffic, data=st.data())
    def in_every_world(world: World, data: Any) -> None:
        judged.append(law(world, data))

    in_every_world()
    if sum(judged) < per_world * len(judged):
        raise NothingJudged(f"{sum(judged)} findings in {len(judged)} worlds")


class NothingJudged(AssertionError):
    """The law was not broken, and not tried either."""

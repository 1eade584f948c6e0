"""A law is held for one chain over many worlds, and only counts where there was something to judge."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from law_running import share, whole
from law_stages import CHAINS, EVENT_CHAINS, Chain
from law_worlds import World, hostile_worlds, worlds

__all__ = ["NothingJudged", "each_chain", "each_event_chain", "each_intermediate", "hold"]

each_chain = pytest.mark.parametrize("chain", CHAINS, ids=lambda c: c.name)
each_event_chain = pytest.mark.parametrize("chain", EVENT_CHAINS, ids=lambda c: c.name)
each_intermediate = pytest.mark.parametrize(
    "chain", [c for c in CHAINS if not c.writes_events], ids=lambda c: c.name
)

Law = Callable[[World, Any], int]
"""Judges one world; returns how many findings it judged."""

CANDIDATES, FEW, TIMES = 12, 3, 3
"""Of so many worlds that all stages share, each takes a few in which it finds something, and tries a law
so often: in the fast suite. The whole suite draws worlds for each law and stage beside them."""


def hold(chain: Chain, law: Law, *, hostile: bool = False, per_world: float = 0.25) -> None:
    """Hold a law over worlds; fewer findings than `per_world` on average make it worthless.

    Args:
        hostile: also in worlds that no segmentation writes.
    """
    is_fast = settings.get_current_profile_name() == "fast"
    drawn = worlds() | hostile_worlds() if hostile else worlds()
    few = st.sampled_from(_few(chain, hostile))
    traffic = few if is_fast else drawn | few
    judged: list[int] = []

    @settings(max_examples=TIMES if is_fast else settings.default.max_examples)
    @given(world=traffic, data=st.data())
    def in_every_world(world: World, data: Any) -> None:
        judged.append(law(world, data))

    in_every_world()
    if sum(judged) < per_world * len(judged):
        raise NothingJudged(f"{sum(judged)} findings in {len(judged)} worlds")


@cache
def _candidates(hostile: bool) -> list[World]:
    made: list[World] = []

    @settings(max_examples=CANDIDATES, derandomize=True, phases=[Phase.generate])
    @given(world=hostile_worlds() if hostile else worlds())
    def collect(world: World) -> None:
        made.append(world)

    collect()
    for world in made:
        share(world)
    return made


@cache
def _few(chain: Chain, hostile: bool) -> list[World]:
    """Worlds in which a chain finds something, small ones first; one of them hostile if that is asked."""

    def worth(world: World) -> tuple[int, int]:
        return -min(whole(chain, chain.rows(world), world.end).num_rows, 8), world.positions.num_rows

    few = sorted(_candidates(False), key=worth)[:FEW]
    return [*few[: FEW - 1], min(_candidates(True), key=worth)] if hostile else few


class NothingJudged(AssertionError):
    """The law was not broken, and not tried either."""

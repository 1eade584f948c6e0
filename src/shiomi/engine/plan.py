"""Plan: which stages there are, and in which order they must run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points
from typing import Any

from shiomi.contracts import Detector
from shiomi.errors import PlanError
from shiomi.findings import parameters_of

__all__ = ["EVENTS_TABLE", "GROUP", "parameters", "plan", "registered", "upstream"]

EVENTS_TABLE = "events"
GROUP = "shiomi.detectors"
"""Entry point group under which stages register, ours and those of others alike."""


def registered() -> list[Detector]:
    """Every stage that an installed package registers, with default parameters, by name.

    Raises:
        PlanError: an entry point does not load, or is not a detector.
    """
    stages: list[Detector] = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            stage = point.load()()
        except (ImportError, AttributeError, TypeError) as why:
            raise PlanError(
                f"detector {point.name} ({point.value}) does not load: {why}; remove it or mend it"
            ) from why
        if not isinstance(stage, Detector):
            raise PlanError(
                f"{point.value} lacks parts of the detector contract; see docs/detectors/writing.md"
            )
        stages.append(stage)
    return stages


def plan(stages: Iterable[Detector], given: Sequence[str] = ("positions",)) -> list[Detector]:
    """The stages in an order in which each reads only what is given or written before it.

    Raises:
        PlanError: two stages share a name, a table is never written, or stages form a ring.
    """
    waiting = sorted(stages, key=lambda s: s.name)
    names = [s.name for s in waiting]
    for name in {n for n in names if names.count(n) > 1}:
        raise PlanError(f"two detectors are named {name}; rename one")
    ordered: list[Detector] = []
    while waiting:
        unwritten = {s.writes for s in waiting}
        ready = [s for s in waiting if s.reads not in unwritten]
        if not ready:
            raise PlanError(
                f"detectors {', '.join(s.name for s in waiting)} wait for each other; break the ring"
            )
        ordered += ready
        waiting = [s for s in waiting if s not in ready]
    tables = {*given, *(s.writes for s in ordered)}
    for s in ordered:
        if s.reads not in tables:
            raise PlanError(
                f"detector {s.name} reads {s.reads}, which nothing writes; add the stage that does"
            )
    _agree(ordered)
    return ordered


def _agree(stages: Sequence[Detector]) -> None:
    """A parameter that two stages of one chain share has one value: an event shows it only once."""
    for last in stages:
        values = parameters(last)
        for earlier in upstream(stages, last)[:-1]:
            for name, value in parameters(earlier).items():
                if values.get(name, value) != value:
                    raise PlanError(
                        f"{last.name}.{name} is {values[name]} but {earlier.name}.{name} is {value}; "
                        "set both to the same value"
                    )


def parameters(stage: Detector) -> dict[str, Any]:
    """The parameters of a stage by name."""
    return dict(json.loads(parameters_of(stage)))


def upstream(stages: Sequence[Detector], last: Detector) -> list[Detector]:
    """`last` and the stages it rests on, in order: what recomputes one of its events."""
    chain = [last]
    while feeders := [s for s in stages if s.writes == chain[0].reads]:
        chain[:0] = feeders
    return chain

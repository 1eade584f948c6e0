"""Who takes part: hulls with their tracks and radios, and claims about what they do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.simulate.motion import STEP_S, Floats

__all__ = [
    "ANCHORED",
    "FISHING",
    "MOORED",
    "PLAIN",
    "UNDER_WAY",
    "Act",
    "Claim",
    "Deceived",
    "Hull",
    "Radio",
    "join",
    "status_when",
]

UNDER_WAY, ANCHORED, MOORED, FISHING = 0, 1, 5, 7
"""Navigational status (ITU-R M.1371-5 table 48)."""


class Radio(NamedTuple):
    """How a hull is heard, beside where it is."""

    class_b: bool = False
    shore: bool = True
    """Shore stations hear it where they reach."""
    satellite: bool = True
    detection: float | None = None
    """Of one of its transmissions by a satellite in a quiet cell; None draws it from the scenario."""
    min_interval_s: int | None = None
    """The feed's thinning for this hull; None is the feed's own."""
    clockwork: tuple[float, float, int] | None = None
    """(from s, to s, every s): nobody transmits; somebody writes reports of the track at these seconds."""
    silent_s: tuple[tuple[float, float], ...] = ()
    """It does not transmit in these times (seconds from the start)."""


PLAIN = Radio()
"""Class A, heard as the scenario's receivers hear."""


class Deceived(NamedTuple):
    """What a receiver under interference says in a time: a spot, a circle around it, scatter about it."""

    from_s: float
    to_s: float
    lat: float
    lon: float
    radius_m: float
    period_s: float
    scatter_m: float


class Hull(NamedTuple):
    """One ship."""

    p: Floats
    status: npt.NDArray[np.int8]
    kind: str
    radio: Radio = PLAIN
    displaced: tuple[tuple[float, float, float, float], ...] = ()
    """(from s, to s, degrees north, degrees east): its receiver is deceived by so much."""
    wild: tuple[tuple[float, float, float], ...] = ()
    """(at s, latitude, longitude): the first report from then on says this instead."""
    deceived: tuple[Deceived, ...] = ()
    """Its receiver says this instead of where it is."""
    resembles: int | None = None
    """Index, within its act, of the hull whose particulars it gives as its own, the name turned about."""
    same_mmsi_as: int | None = None
    """Index, within its act, of the hull whose MMSI it transmits."""


class Claim(NamedTuple):
    """What is true of some hulls of an act. `how` says how the times are found; see `truth.py`."""

    kind: str
    subkind: str
    hulls: tuple[int, ...]
    how: str
    t0_s: float
    t1_s: float
    must_find: bool = True
    must_not: str = ""


class Act(NamedTuple):
    """Hulls that belong together, and what is true of them."""

    hulls: list[Hull]
    claims: list[Claim]


def join(acts: Iterable[Act]) -> Act:
    """All acts as one, indices moved along."""
    hulls: list[Hull] = []
    claims: list[Claim] = []
    for act in acts:
        base = len(hulls)
        hulls += [
            h._replace(
                same_mmsi_as=None if h.same_mmsi_as is None else h.same_mmsi_as + base,
                resembles=None if h.resembles is None else h.resembles + base,
            )
            for h in act.hulls
        ]
        claims += [c._replace(hulls=tuple(i + base for i in c.hulls)) for c in act.claims]
    return Act(hulls, claims)


def status_when(
    n: int, spans: Iterable[tuple[float, float, int]], otherwise: int = UNDER_WAY
) -> npt.NDArray[np.int8]:
    """Navigational status at each step: the given one within each span of seconds."""
    out = np.full(n, otherwise, np.int8)
    t = np.arange(n) * float(STEP_S)
    for t0, t1, status in spans:
        out[(t >= t0) & (t <= t1)] = status
    return out

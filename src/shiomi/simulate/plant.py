"""Everything the scenario plants, in the order of the file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from shiomi.errors import BadParameter
from shiomi.simulate import (
    absences,
    conduct,
    deceptions,
    disturbances,
    gatherings,
    impostors,
    lookalikes,
    meetings,
)
from shiomi.simulate.cast import Act, Claim, join
from shiomi.simulate.chart import Chart
from shiomi.simulate.motion import Rng

__all__ = ["plant", "plantable"]

Planter = Callable[[Chart, Rng, Mapping[str, Any]], Act]

_MEETINGS = (
    "drifting",
    "anchored",
    "over_midnight",
    "joint_voyage",
    "sparse_both",
    "sparse_one",
    "sparse_in_bursts",
    "raft_of_three",
)


_EVERY = {
    "presence": "every_stay",
    "port_visit": "every_call",
    "close_manoeuvre": "every_passing",
    "lookalike": "every_ship",
}


def _every(_c: Chart, _rng: Rng, spec: Mapping[str, Any], how: str) -> Act:
    """No ship: everything of the kind that the ships of the scenario do."""
    return Act([], [Claim(spec["kind"], "every", (), how, 0, 0, True, spec.get("must_not", ""))])


def plantable(sites: meetings.Sites) -> dict[tuple[str, str], Planter]:
    """What (kind, subkind) can be planted, and by which function."""
    meet = functools.partial(meetings.meeting, sites=sites)
    drift = functools.partial(meetings.drift, sites=sites)
    table: dict[tuple[str, str], Planter] = {("encounter", s): meet for s in _MEETINGS}
    table |= {("loitering", s): drift for s in ("drifting", "drifting_in_bursts", "drifting_in_range")}
    table |= {("gap", s): disturbances.gap for s in ("coastal", "offshore", "to_the_end")}
    table |= {("shared_identity", s): disturbances.shared_identity for s in ("far", "near")}
    table |= {("outlier", s): disturbances.outlier for s in ("far", "mirrored", "swapped")}
    table |= {("position_jump", s): disturbances.position_jump for s in ("and_back", "to_the_end")}
    jam = functools.partial(deceptions.jamming, sites=sites)
    table |= {("gnss_interference", s): jam for s in ("spot", "circle", "scatter")}
    table |= {(kind, "every"): functools.partial(_every, how=how) for kind, how in _EVERY.items()}
    of_sites = {
        ("close_manoeuvre", "crossing"): conduct.crossing,
        ("lookalike", "parting"): conduct.parting,
        ("shadowing", "through_turns"): conduct.shadowing,
        ("blocking", "weaving_ahead"): conduct.blocking,
        ("swarm", "anchored"): gatherings.swarm,
        ("raft", "adrift"): gatherings.raft,
        ("survey_pattern", "lines"): gatherings.survey,
        ("lookalike", "dredger"): gatherings.shuttle,
        ("fabricated_track", "computed"): impostors.computed,
        ("fabricated_track", "clone"): impostors.computed,
        ("lookalike", "autopilot"): impostors.autopilot,
        ("mirror_gap", "that_meet"): absences.silences_that_meet,
        ("lookalike", "silences_apart"): absences.silences_apart,
        ("rendezvous", "dark_partner"): absences.dark_partner,
    }
    table |= {
        ("dual_identity", "two_numbers"): impostors.two_numbers,
        ("identity_switch", "under_way"): impostors.switched,
        ("port_approach", "falls_silent"): absences.approach,
        ("port_approach", "from_it"): absences.approach,
        ("cable_area", "slows"): absences.over_cable,
        ("cable_area", "at_speed"): absences.over_cable,
    }
    table |= {key: functools.partial(planter, sites=sites) for key, planter in of_sites.items()}
    table[("stop", "anchored_offshore")] = functools.partial(meetings.offshore_stop, sites=sites)
    table[("lookalike", "bunkering")] = meetings.bunkering
    table |= {("lookalike", s): getattr(lookalikes, s) for s in lookalikes.__all__}
    return table


def plant(c: Chart, seed: int) -> Act:
    """All planted acts.

    Raises:
        BadParameter: the scenario asks for something that cannot be planted, or not in this world.
    """
    table = plantable(meetings.Sites(c))
    acts = []
    for k, spec in enumerate(c.scenario.planted):
        key = (str(spec["kind"]), str(spec["subkind"]))
        if key not in table:
            known = ", ".join(f"{a}/{b}" for a, b in sorted(table))
            raise BadParameter(f"[[planted]] {key[0]}/{key[1]} is unknown; choose one of {known}")
        for i in range(int(spec["count"])):
            try:
                acts.append(table[key](c, np.random.default_rng([seed, 3, k, i]), spec))
            except KeyError as e:
                raise BadParameter(f"[[planted]] {key[0]}/{key[1]} lacks {e}; see docs/simulate.md") from e
    return join(acts)

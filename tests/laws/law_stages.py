"""Who is held to the laws: every registered stage, with the stages it rests on, at a small scale."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
from law_worlds import World
from law_zones import LAW_ZONES

from shiomi.contracts import Detector
from shiomi.engine.plan import EVENTS_TABLE, plan, registered, upstream
from shiomi.places.table import PLACES, hold_places

__all__ = ["CHAINS", "EVENT_CHAINS", "Chain", "chain_of"]

POLES = pa.Table.from_pylist(
    [
        {
            "place_id": name,
            "kind": "port",
            "lat_e7": lat_e7,
            "lon_e7": 0,
            "radius_m": radius_m,
            "source": "around a pole",
        }
        for name, lat_e7, radius_m in (
            ("north of 85", 900_000_000, 555_000),
            ("south pole", -900_000_000, 200),
        )
    ],
    PLACES,
)
"""Places that are the same however the globe is turned; some sites of `law_worlds` lie at their edges."""

SMALL: dict[str, dict[str, int]] = {
    "gap": {"min_silence_s": 3600, "min_missing_reports": 3},
    "stop": {"min_duration_s": 1800, "max_break_s": 600, "keep_s": 300},
    "loitering": {"min_duration_s": 1800, "max_break_s": 600, "keep_s": 420},
    "position_jump": {"min_absence_s": 1800, "min_fixes": 3, "min_stay_s": 300},
    "segment": {"max_bridge_s": 5400},
    "resample": {"max_bridge_s": 5400},
    "doubles": {"max_bridge_s": 5400},
    "shared_identity": {"min_duration_s": 600, "max_break_s": 1800, "keep_s": 600},
    "presence": {"zones_hash": LAW_ZONES, "max_silence_s": 3000, "max_break_s": 600, "keep_s": 420},
    "wakes": {"max_leg_s": 2400, "min_pace_dkn": 0},
    "abreast": {"max_abreast_m": 3_000},
    "dual_identity": {"max_distance_m": 1_000, "min_duration_s": 600, "max_break_s": 1200, "keep_s": 900},
    "turnover": {"min_unheard_s": 3000, "min_fixes": 1, "confirm_s": 2000, "min_pace_dkn": 0},
    "identity_switch": {"max_between_s": 90_000, "max_off_m": 25_000_000, "max_change_dkn": 3000},
    "fabricated_track": {
        "window_fixes": 4,
        "max_residual_mm": 900_000,
        "min_pace_dkn": 0,
        "max_leg_s": 4000,
        "max_uneven_s": 2000,
        "min_contrary_dkn": 2,
        "again_s": 3000,
    },
    "displacement": {
        "min_fixes": 1,
        "confirm_s": 5400,
        "quiet_s": 20_000,
        "max_slip_m": 30,
        "margin_dkn": 0,
        "max_leg_s": 1200,
        "rest_s": 6000,
        "max_away_s": 9000,
    },
    "gnss_interference": {"min_vessels": 2, "onset_s": 6000, "radius_m": 21_000_000},
    "cable_area": {"zones_hash": LAW_ZONES, "min_duration_s": 600, "max_silence_s": 3000, "keep_s": 300},
    "port_approach": {
        "zones_hash": LAW_ZONES,
        "min_silence_s": 3600,
        "min_missing_reports": 3,
        "max_course_off_deg": 150,
        "min_pace_dkn": 2,
    },
    "encounter": {"min_duration_s": 1200, "max_break_s": 900, "keep_s": 600},
    "solitude": {"every_s": 240, "min_clear_m": 300},
    "rendezvous": {
        "every_s": 240,
        "min_clear_m": 300,
        "min_duration_s": 1_200,
        "max_break_s": 600,
        "keep_s": 480,
    },
    "unheard": {
        "min_silence_s": 2400,
        "min_missing_reports": 2,
        "max_silence_s": 60_000,
        "min_slow_s": 1800,
        "rest_s": 1500,
        "min_shore_m": 0,
        "keep_s": 900,
    },
    "mirror_gap": {"min_together_s": 600, "max_silence_s": 60_000},
    "port_visit": {
        "places_hash": hold_places(POLES),
        "enter_m": 1_500,
        "leave_m": 2_000,
        "max_rest_dkn": 4,
        "min_gap_s": 1800,
        "max_silence_s": 20_000,
        "keep_s": 6_000,
    },
    "patrol": {"max_silence_s": 5400, "min_under_way_dkn": 2},
    "passing": {
        "min_pace_dkn": 0,
        "max_near_m": 900_000,
        "max_company_m": 900_000,
        "max_course_gap_deg": 180,
        "min_side_m": 0,
        "max_pace_gap_dkn": 400,
    },
    "shadowing": {
        "min_company_m": 556,
        "max_company_m": 900_000,
        "max_course_gap_deg": 180,
        "min_company_dkn": 0,
        "min_duration_s": 900,
        "min_turn_slots": 1,
        "max_pace_gap_dkn": 400,
        "min_turn_deg": 10,
    },
    "muster": {"slot_s": 600},
    "swarm": {
        "slot_s": 600,
        "max_distance_m": 9_000,
        "min_vessels": 2,
        "min_duration_s": 600,
        "max_break_s": 1800,
    },
    "alongside": {"max_link_m": 500, "max_link_dkn": 20, "raft_slot_s": 600},
    "raft": {
        "max_link_m": 500,
        "max_link_dkn": 20,
        "raft_slot_s": 600,
        "min_vessels": 2,
        "min_duration_s": 600,
        "max_break_s": 1800,
    },
    "survey_pattern": {
        "min_legs": 2,
        "min_leg_m": 500,
        "max_course_gap_deg": 60,
        "max_spacing_pct": 900,
        "min_spacing_m": 0,
        "min_pace_dkn": 2,
        "max_pace_dkn": 4_000,
        "max_break_s": 9_000,
    },
    "blocking": {"max_ahead_m": 9_000_000, "min_side_m": 0, "min_crossing_slots": 1, "min_pace_dkn": 0},
    "close_manoeuvre": {
        "notable_distance_m": 900_000,
        "min_own_dkn": 0,
        "min_relative_dkn": 0,
        "min_opening_m": 0,
        "max_lane_deg": 0,
    },
}
"""Parameters at which a few hours of traffic hold many events. A stage of another package is held to
the laws with the parameters it comes with."""


class Chain(NamedTuple):
    """A stage and those it rests on, from the table that is given to them."""

    name: str
    given: str
    """"tracks", or "positions" for a stage that reads what comes before tracks."""
    stages: tuple[Detector, ...]

    @property
    def last(self) -> Detector:
        return self.stages[-1]

    @property
    def writes_events(self) -> bool:
        return self.last.writes == EVENTS_TABLE

    @property
    def latency_s(self) -> int:
        """How much later than the watermark the last stage sees time."""
        return sum(s.latency_s for s in self.stages[:-1])

    def rows(self, world: World) -> pa.Table:
        return world.tracks if self.given == "tracks" else world.positions


def chain_of(stages: list[Detector], last: Detector) -> Chain:
    """The chain that ends in `last`; tracks are given to it ready made."""
    chain = upstream(stages, last)
    while len(chain) > 1 and chain[0].writes == "tracks":
        chain = chain[1:]
    return Chain(last.name, chain[0].reads, tuple(chain))


def _small(stages: list[Detector]) -> list[Detector]:
    return [replace(s, **SMALL.get(s.name, {})) for s in stages]  # type: ignore[type-var]


STAGES = plan(_small(registered()))
CHAINS = [chain_of(STAGES, s) for s in STAGES]
EVENT_CHAINS = [c for c in CHAINS if c.writes_events]

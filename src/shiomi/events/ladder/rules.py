"""Which steps of the ladder bear on which kind of event, and with which limits: one line a kind.

A new detector adds its line to `rules`. A kind without one is judged by data quality alone, is never shown
apart for its place or for what the vessel is, and still says how well its sea was received.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shiomi.units import nautical_miles

__all__ = ["BY_CLASS", "EXPLAINS", "INTERFERENCE", "STEPS", "Ladder", "Rule", "rule_of", "rules", "step_of"]

STEPS = (
    ("S0", "quality"),
    ("S1", "coverage"),
    ("S2", "place"),
    ("S3", "vessel"),
    ("S4", "pair"),
    ("S5", "persistence"),
    ("S6", "rarity"),
)
"""The steps in their fixed order: what is wrong with the data comes before what is ordinary at sea."""

EXPLAINS = ("apart", "explained")
"""What a step says of an event that it shows apart."""


def step_of(trail: Sequence[str]) -> str:
    """The first step that shows an event apart, as `S2 place`, from its `ladder`; empty for none."""
    names = dict(STEPS)
    for said in trail:
        step, _, state = said.partition(":")
        if state in EXPLAINS:
            return f"{step} {names[step]}"
    return ""


INTERFERENCE = ("gnss_interference",)
"""Kinds of events that make others of the same vessel, at the same time, a matter of data quality."""

_SERVICE = ("tug", "pilot", "rescue", "port_tender", "antipollution", "law_enforcement", "medical")
BY_CLASS = {
    "stop": (*_SERVICE, "dredger", "diving", "fishing", "pleasure"),
    "loitering": (*_SERVICE, "dredger", "diving", "fishing", "pleasure"),
    "gathering": (*_SERVICE, "dredger", "diving", "pleasure"),
    "gap": ("tug", "pilot", "port_tender", "pleasure", "naval"),
    "conduct": ("tug", "pilot", "rescue", "port_tender", "dredger", "pleasure"),
}
"""Kinds to the classes of vessel whose ordinary work or habit they are; `conduct` is how two move with each
other, `gathering` how many lie together. Analyst-set: who guards, tows, dredges, dives or fishes stays in one
place and drifts, but many that say they fish and lie still together are what a gathering is about (CSIS Asia
Maritime Transparency Initiative); harbour craft are switched off after work, and pleasure craft and warships
need not carry AIS at all (SOLAS V, regulations 1 and 19)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What may explain events of one kind; the defaults explain nothing but interference."""

    quality: tuple[str, ...] = INTERFERENCE
    """S0: kinds of events that, about the same MMSI at the same time, put it down to the data."""
    is_silence: bool = False
    """S1: whether it says that nothing was heard, so that reception may explain it."""
    is_of_silences: bool = False
    """S1: whether it rests on silences that stand as gaps of their own, which reception may explain."""
    at_place: bool = False
    """S2: whether a known place, or water inside the coastline, makes it ordinary."""
    is_declared_place: bool = False
    """S2: whether only declared places count: who lies somewhere for days makes a learned one there."""
    near_shore_m: int = 0
    """S2: nearer to shore than this it is ordinary; 0 where the shore says nothing."""
    classes: tuple[str, ...] = ()
    """S3: classes of vessel whose ordinary work it is, if all its subjects are of them."""
    is_one_hull: bool = False
    """S4: whether it says that two MMSIs go as one hull, so that what they say tells them apart."""
    is_meeting: bool = False
    """S4, S5: whether it is a meeting of two vessels, judged by what the pair is and how long it lasts."""
    is_dwell: bool = False
    """Whether a change of the stated draught across it is told beside it."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """How near is near, in metres, how silent is silent, how long is always."""

    min_feed_hours: int = 14
    """A silence shared by the feed for more than half of its hours stands only if the feed spoke in this
    many of them: as many reports as `gap` wants missing. Analyst-set."""
    min_possible_hours: int = 3
    """A silence in which a vessel of its class can have been heard in fewer hours is explained by
    reception. Analyst-set: where it was is known to an hour or two of sailing at best."""
    min_expected_hours: int = 6
    """One in which it would have been heard in as many hours as this, others being heard around at the
    time, is unexplained. Analyst-set: half of the shortest silence that is told."""
    min_expected_reports: int = 14
    """The same for the reports that it would have made at its own interval: as many as `gap` wants
    missing. Global Fishing Watch, `files/gaps.md`: at least 14 positions in the 12 h before."""

    at_place_m: int = 3_000
    """This near the edge of a place, a vessel is at it. Global Fishing Watch: port entry at 3 km."""
    encounter_shore_m: int = 10_000
    """Meetings and stops nearer to shore than this are shown apart. Global Fishing Watch keeps meetings at
    least 10 km from coastal anchorages."""
    loitering_shore_m: int = nautical_miles(20)
    """The same for loitering. Global Fishing Watch, `files/loitering.md`: at least 20 nm from shore."""

    def near_shore_m(self, kind: str) -> int | None:
        """Limit for a kind of event, or None where the place says nothing about it."""
        rule = rule_of(kind, self)
        return rule.near_shore_m if rule.at_place else None


def rule_of(kind: str, ladder: Ladder) -> Rule:
    """The rule of a kind of event; that of no kind in particular for one that is not listed."""
    return rules(ladder).get(kind, Rule())


def rules(ladder: Ladder) -> dict[str, Rule]:
    """Kind to its rule: the table of the ladder, one line a kind."""
    doubtful = (*INTERFERENCE, "shared_identity", "position_jump")
    # Off a port and along a coast vessels pass each other closely all day.
    conduct = Rule(
        doubtful, at_place=True, near_shore_m=ladder.encounter_shore_m, classes=BY_CLASS["conduct"]
    )
    gathering = Rule(
        at_place=True,
        is_declared_place=True,
        near_shore_m=ladder.encounter_shore_m,
        classes=BY_CLASS["gathering"],
    )
    return {
        "gap": Rule(doubtful, is_silence=True, at_place=True, classes=BY_CLASS["gap"]),
        "stop": Rule(at_place=True, near_shore_m=ladder.encounter_shore_m, classes=BY_CLASS["stop"]),
        "loitering": Rule(
            at_place=True,
            near_shore_m=ladder.loitering_shore_m,
            classes=BY_CLASS["loitering"],
            is_dwell=True,
        ),
        "port_approach": Rule(doubtful, is_silence=True),
        "encounter": Rule(
            at_place=True, near_shore_m=ladder.encounter_shore_m, is_meeting=True, is_dwell=True
        ),
        "mirror_gap": Rule(
            doubtful,
            is_of_silences=True,
            at_place=True,
            near_shore_m=ladder.encounter_shore_m,
            is_dwell=True,
        ),
        "rendezvous": Rule(
            doubtful,
            at_place=True,
            near_shore_m=ladder.loitering_shore_m,
            classes=BY_CLASS["loitering"],
            is_dwell=True,
        ),
        # A visit is ordinary by what it is; the reason names its place.
        "port_visit": Rule(at_place=True),
        "swarm": gathering,
        "raft": gathering,
        "survey_pattern": Rule(doubtful, at_place=True, classes=("dredger",)),
        "close_manoeuvre": conduct,
        "shadowing": conduct,
        "blocking": conduct,
        # No place makes an impossible way, a double identity or interference ordinary.
        "position_jump": Rule(),
        "shared_identity": Rule(),
        # Off every harbour vessels leave and enter the reach of receivers.
        "identity_switch": Rule(at_place=True, near_shore_m=ladder.encounter_shore_m),
        "dual_identity": Rule(is_one_hull=True),
        "gnss_interference": Rule(quality=()),
    }

"""The steps of the ladder one by one: what each shows apart, what it leaves, and what it cannot tell."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from made_events import CEDAR, MERIT, START, encounter, event, table

from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge
from shiomi.events.ladder.rarity import like_here
from shiomi.events.ladder.rules import STEPS, Ladder, rules, step_of
from shiomi.events.ladder.vessel import class_of
from shiomi.events.query import ranked
from shiomi.places.table import PLACES
from shiomi.schema import PARTICULARS, TRACK_SUMMARIES, mmsi_of
from shiomi.tracks.cells import cell_of
from shiomi.tracks.reception import RECEPTION
from shiomi.units import SECOND, hours

AT_SEA = {"lat_e7": 300_000_000, "lon_e7": 1_260_000_000}
HOUR = hours(1) * SECOND
DAY = 24 * HOUR


def says(mmsi: int, ship_type: int | None, length_m: int | None = None, reports: int = 10) -> dict[str, Any]:
    said = {"mmsi": mmsi, "t": START, "t_last": START, "reports": reports, "source_id": 1}
    return said | {"ship_type": ship_type, "length_m": length_m}


def particulars(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), PARTICULARS)


def pair_of(first: tuple[int, int], second: tuple[int, int]) -> pa.Table:
    return particulars(says(mmsi_of(MERIT), *first), says(mmsi_of(CEDAR), *second))


def reasons(judged: pa.Table, /, **known: Any) -> list[list[str]]:
    return list(judge(judged, Context(**known))["suppressed_by"].to_pylist())


def trail(judged: pa.Table, /, **known: Any) -> list[dict[str, str]]:
    out = judge(judged, Context(**known))["ladder"].to_pylist()
    return [dict(said.split(":") for said in steps) for steps in out]


def test_what_overlaps_interference_of_the_same_vessel_is_a_matter_of_the_data() -> None:
    jammed = event(
        "j", kind="gnss_interference", subjects=[MERIT + 5], t_start=START, t_end=START + HOUR, **AT_SEA
    )
    during = event("a", kind="stop", t_start=START - HOUR, t_start_earliest=START - HOUR, **AT_SEA)
    after = event("b", kind="stop", t_start=START + 2 * HOUR, t_start_earliest=START + 2 * HOUR, **AT_SEA)
    other = event("c", kind="stop", subjects=[CEDAR], **AT_SEA)
    rows = table(jammed, during, after, other)
    assert reasons(rows, events=rows) == [[], ["gnss_interference:j"], [], []]
    withdrawn = table(jammed | {"status": "withdrawn"}, during)
    assert reasons(withdrawn, events=withdrawn) == [[], []]


def test_interference_that_goes_on_bears_on_what_is_found_after_it_was_told() -> None:
    told = {"t_start": START, "t_end": None, "t_end_latest": None, "known_t": START + HOUR}
    jammed = event("j", kind="gnss_interference", **told, **AT_SEA)
    later = event("a", kind="stop", t_start=START + 9 * HOUR, t_start_earliest=START + 9 * HOUR, **AT_SEA)
    rows = table(jammed, later)
    assert reasons(rows, events=rows) == [[], ["gnss_interference:j"]]


def test_a_double_identity_explains_a_silence_and_no_meeting() -> None:
    twins = event("s", kind="shared_identity", subjects=[MERIT, MERIT + 9], **AT_SEA)
    rows = table(twins, event("g", **AT_SEA), encounter("e", **AT_SEA))
    assert reasons(rows, events=rows) == [[], ["shared_identity:s"], []]


@pytest.mark.parametrize(
    ("kind", "ship_type", "apart"),
    [
        ("loitering", 30, "fishing"),
        ("loitering", 50, "pilot"),
        ("loitering", 80, None),
        ("loitering", 70, None),
        ("stop", 33, "dredger"),
        ("stop", 89, None),
        ("gap", 37, "pleasure"),
        ("gap", 30, None),
        ("gap", 80, None),
        ("position_jump", 52, None),
    ],
)
def test_ordinary_work_of_a_class_is_shown_apart(kind: str, ship_type: int, apart: str | None) -> None:
    known = particulars(says(mmsi_of(MERIT), ship_type))
    expected = [f"vessel_class:{apart}"] if apart else []
    assert reasons(table(event("a", kind=kind, **AT_SEA)), particulars=known) == [expected]


def test_the_class_claimed_most_often_counts_and_an_unknown_one_is_said_to_be() -> None:
    mixed = particulars(says(mmsi_of(MERIT), 80, reports=3), says(mmsi_of(MERIT), 50, reports=4))
    rows = table(event("a", kind="stop", **AT_SEA))
    assert reasons(rows, particulars=mixed) == [["vessel_class:pilot"]]
    assert trail(rows, particulars=particulars(says(mmsi_of(MERIT), None, 90)))[0]["S3"] == "unknown"
    assert [class_of(x) for x in (None, 0, 30, 44, 69, 70, 89, 99)] == [
        "", "", "fishing", "high_speed", "passenger", "cargo", "tanker", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ((52, 30), (31, 25), "tug+tug"),
        ((50, 20), (70, 200), "pilot+any"),
        ((55, 50), (30, 20), "law_enforcement+any"),
        ((36, 12), (37, 15), "pleasure+pleasure"),
        ((31, 30), (80, 230), None),  # a tug that pushes a tank barge lightens tankers
        ((80, 230), (80, 90), None),
        ((80, 90), (70, 120), None),  # at sea a small tanker beside a ship is no bunkering
        ((70, 120), (70, 120), None),
        ((30, 30), (70, 120), None),
        ((30, 30), (30, 30), None),
    ],
)
def test_pairs_whose_meetings_are_ordinary(
    first: tuple[int, int], second: tuple[int, int], apart: str | None
) -> None:
    expected = [f"pair_class:{apart}"] if apart else []
    assert reasons(table(encounter("e", **AT_SEA)), particulars=pair_of(first, second)) == [expected]


def test_a_small_tanker_beside_a_ship_near_the_coast_is_taken_to_be_bunkering_it() -> None:
    off_coast = {"lat_e7": 310_000_000, "lon_e7": 1_221_500_000}
    ladder = Ladder(encounter_shore_m=0)
    rows = table(encounter("e", **off_coast))
    known = pair_of((80, 90), (70, 200))
    assert 0 < dict(judge(rows, Context())["measures"].to_pylist()[0])["shore_m"] < 22_000
    assert reasons(rows, particulars=known, ladder=ladder) == [["pair_class:bunkering"]]
    assert reasons(rows, particulars=pair_of((80, 200), (70, 200)), ladder=ladder) == [[]]


def test_two_trawlers_that_move_at_one_distance_have_one_net() -> None:
    moving = [("distance_min_m", 250), ("distance_max_m", 330), ("pace_max_dkn", 18)]
    drifting = [("distance_min_m", 50), ("distance_max_m", 480), ("pace_max_dkn", 18)]
    rows = table(encounter("a", measures=moving, **AT_SEA), encounter("b", measures=drifting, **AT_SEA))
    assert reasons(rows, particulars=pair_of((30, 30), (30, 30))) == [["pair_class:pair_trawl"], []]


def summary(track: int, **changes: Any) -> dict[str, Any]:
    row = {f.name: 0 for f in TRACK_SUMMARIES} | {"track_id": track, "mmsi": track >> 33, "kind": "track"}
    row |= {
        "t_first": START - DAY,
        "t_last": START + DAY,
        "lat_e7_min": 290_000_000,
        "lat_e7_max": 310_000_000,
    }
    return row | {"lat_e7": 305_000_000, "lon_e7": 1_260_000_000} | changes


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({}, True),
        ({"lat_e7": 305_004_000}, True),
        ({"lat_e7": 305_100_000}, False),
        ({"lat_e7_min": 289_000_000}, False),
        ({"t_first": START - 3 * HOUR}, False),
    ],
)
def test_two_tracks_that_go_one_way_all_their_life_are_one_hull_or_a_tow(
    changes: dict[str, int], is_one: bool
) -> None:
    tracks = pa.Table.from_pylist([summary(MERIT), summary(CEDAR, **changes)], TRACK_SUMMARIES)
    expected = ["pair_class:one_hull_or_tow"] if is_one else []
    assert reasons(table(encounter("e", **AT_SEA)), tracks=tracks) == [expected]


def test_two_of_which_one_lay_there_alone_before_are_not_one_hull() -> None:
    tracks = pa.Table.from_pylist([summary(MERIT), summary(CEDAR)], TRACK_SUMMARIES)
    meeting = encounter("e", **AT_SEA)
    for minutes, is_one in ((20, True), (80, False)):
        slow = event(
            "l", kind="loitering", t_start=START - minutes * HOUR // 60, t_end=START + HOUR, **AT_SEA
        )
        rows = table(meeting, slow)
        expected = ["pair_class:one_hull_or_tow"] if is_one else []
        assert reasons(rows, tracks=tracks, events=rows)[0] == expected


def test_two_that_never_moved_are_not_one_hull_for_that() -> None:
    still = {"lat_e7_min": 304_999_000, "lat_e7_max": 305_001_000}
    tracks = pa.Table.from_pylist([summary(MERIT, **still), summary(CEDAR, **still)], TRACK_SUMMARIES)
    assert reasons(table(encounter("e", **AT_SEA)), tracks=tracks) == [[]]


def test_side_by_side_for_three_days_is_shown_apart_and_for_two_is_not() -> None:
    two, four = (encounter(str(n), t_end=START + n * DAY, **AT_SEA) for n in (2, 4))
    assert reasons(table(two, four)) == [[], ["together_for_days"]]


def test_a_pair_that_meets_on_three_days_of_a_week_at_one_place_has_a_habit() -> None:
    days = [
        encounter(str(n), t_start=START + n * DAY, t_end=START + n * DAY + HOUR, **AT_SEA) for n in range(3)
    ]
    elsewhere = days[1] | {"lat_e7": 310_000_000}
    rows = table(*days)
    assert reasons(rows, events=rows) == [[], [], ["met_often:3"]]
    mixed = table(days[0], elsewhere, days[2])
    assert reasons(mixed, events=mixed) == [[], [], []]
    weeks = table(*(d | {"t_start": START + n * 5 * DAY} for n, d in enumerate(days)))
    assert reasons(weeks, events=weeks) == [[], [], []]


def test_later_meetings_say_nothing_of_earlier_ones() -> None:
    days = [
        encounter(str(n), t_start=START + n * DAY, t_end=START + n * DAY + HOUR, **AT_SEA) for n in range(5)
    ]
    whole = table(*days)
    first_three = table(*days[:3])
    assert reasons(whole, events=whole)[:3] == reasons(first_three, events=first_three)


def heard(vessels: int, lat_e7: int = AT_SEA["lat_e7"], lon_e7: int = AT_SEA["lon_e7"]) -> pa.Table:
    """A thousand hours in one cell, with so many vessels each."""
    cell = int(cell_of(pa.array([lat_e7]).to_numpy(), pa.array([lon_e7]).to_numpy())[0])
    rows = [
        {"cell": cell, "transmitter": 0, "hour": h, "vessels": vessels, "reports": vessels, "missed": 0}
        for h in range(1000)
    ]
    return pa.Table.from_pylist(rows, RECEPTION)


def bits(judged: pa.Table, /, **known: Any) -> list[int]:
    return [dict(m)["rarity_bits"] for m in judge(judged, Context(**known))["measures"].to_pylist()]


def test_rarity_is_vessel_days_for_one_event_as_a_power_of_two() -> None:
    one = table(event("a", kind="loitering", **AT_SEA))
    assert bits(one, events=one, reception=heard(24)) == [9]  # 1,000 vessel-days: more than 512
    many = table(*(event(f"{i:02}", kind="loitering", **AT_SEA) for i in range(16)))
    assert bits(many, events=many, reception=heard(24)) == [5] * 16
    assert trail(one, events=one, reception=heard(24))[0]["S6"] == "rare"
    assert trail(many, events=many, reception=heard(24))[0]["S6"] == "common"


def test_where_little_was_heard_the_rate_of_all_seas_stands_in() -> None:
    busy = [event(f"{i:02}", kind="loitering", **AT_SEA) for i in range(40)]
    lonely = event("far", kind="loitering", lat_e7=0, lon_e7=0)
    rows = table(*busy, lonely)
    assert (
        bits(rows, events=rows, reception=heard(24))[-1]
        == bits(rows, events=rows, reception=heard(24))[0] - 1
    )


def test_a_fleet_does_not_make_the_place_that_would_excuse_it() -> None:
    fleet = [event(k, kind=k, subjects=[MERIT, CEDAR], **AT_SEA) for k in ("swarm", "raft", "stop")]
    for kind, apart in (("stationary", [[], [], ["at_place:p"]]), ("anchorage", [["at_place:p"]] * 3)):
        row = {"place_id": "p", "kind": kind, "radius_m": 500, **AT_SEA}
        blank = {f.name: None if f.nullable else "" for f in PLACES}
        places = pa.Table.from_pylist([blank | {"vessels": 9} | row], PLACES)
        assert reasons(table(*fleet), places=places) == apart


def test_the_rarest_come_first_and_what_cannot_be_told_last() -> None:
    rows = [
        event("common", measures=[("rarity_bits", 2)], coverage="unexplained"),
        event("vague", measures=[("rarity_bits", 9)], coverage="undetermined"),
        event("rare", measures=[("rarity_bits", 9)], coverage="heard"),
        event("plain", measures=[], coverage="unknown"),
    ]
    assert ranked(table(*rows))["event_id"].to_pylist() == ["rare", "common", "plain", "vague"]


def test_like_it_here_counts_the_kind_in_its_cell() -> None:
    near = [event(f"{i}", kind="stop", **AT_SEA) for i in range(3)]
    known = table(*near, event("x", kind="gap", **AT_SEA), event("y", kind="stop", lat_e7=0, lon_e7=0))
    assert like_here(table(near[0], event("y", kind="stop", lat_e7=0, lon_e7=0)), known).tolist() == [3, 1]


def test_every_step_that_was_asked_left_its_answer_in_order() -> None:
    rows = table(encounter("e", **AT_SEA), event("p", kind="position_jump", **AT_SEA))
    meeting, jump = judge(rows, Context(events=rows))["ladder"].to_pylist()
    assert [s.split(":")[0] for s in meeting] == ["S0", "S1", "S2", "S4", "S5", "S6"]
    assert [s.split(":")[0] for s in jump] == ["S0", "S1", "S6"]
    assert step_of(["S0:passed", "S1:explained", "S2:apart"]) == "S1 coverage"
    assert step_of(["S0:passed", "S1:heard", "S2:passed"]) == ""


def test_the_table_names_only_what_there_is() -> None:
    assert [s for s, _ in STEPS] == [f"S{i}" for i in range(7)]
    for kind, rule in rules(Ladder()).items():
        assert kind.isidentifier()
        assert rule.near_shore_m == 0 or rule.at_place, kind
        assert not (rule.is_silence and rule.is_meeting), kind


def test_what_no_rule_names_is_never_apart_for_its_place_or_its_class() -> None:
    chengdu = {"lat_e7": 306_500_000, "lon_e7": 1_040_600_000}
    known = particulars(says(mmsi_of(MERIT), 50))
    rows = table(event("a", kind="never_heard_of", **chengdu))
    assert reasons(rows, particulars=known, places=PLACES.empty_table()) == [[]]


def calls_itself(track: int, name: str, callsign: str | None, reports: int = 10) -> dict[str, Any]:
    return says(mmsi_of(track), 31, reports=reports) | {"name": name, "callsign": callsign}


def test_two_that_sail_as_one_are_set_apart_where_they_say_twice_that_they_are_two() -> None:
    as_one = table(encounter("a", kind="dual_identity"))
    tug, barge = (
        calls_itself(MERIT, "CAPT CARL PAGE", "WDC6538"),
        calls_itself(CEDAR, "MIKE WEISEND", "WDI4815"),
    )
    assert reasons(as_one, particulars=particulars(tug, barge)) == [["two_vessels:name+callsign"]]
    seldom = barge | {"reports": 4}
    assert reasons(as_one, particulars=particulars(tug, seldom)) == [[]]


def test_two_that_sail_as_one_under_nearly_one_name_stay_to_be_looked_at() -> None:
    as_one = table(encounter("a", kind="dual_identity"))
    said = particulars(
        calls_itself(MERIT, "SHUN XING 39", "TJAA1"), calls_itself(CEDAR, "XING SHUN 39", "5IMA2")
    )
    judged = judge(as_one, Context(particulars=said))
    assert judged["suppressed_by"].to_pylist() == [[]]
    assert dict(judged["measures"].to_pylist()[0]).items() >= {"name_edits": 0, "name_letters": 10}.items()
    assert trail(as_one, particulars=said)[0]["S4"] == "passed"


def test_two_that_sail_as_one_and_say_nothing_cannot_be_told() -> None:
    as_one = table(encounter("a", kind="dual_identity"))
    assert trail(as_one, particulars=particulars())[0]["S4"] == "unknown"
    assert trail(as_one)[0]["S4"] == "unknown"

"""What a person reads of an event names numbers and thresholds, and claims no more than was seen."""

from __future__ import annotations

from typing import Any

import pytest
from made_events import CEDAR, MERIT, START, encounter, event, positions, table

from shiomi.events.narrate import explain
from shiomi.events.observed import OBSERVED
from shiomi.events.words import LIMITS, REASONS, SENTENCES, Language, place, quantity, when
from shiomi.units import SECOND

SAMPLES: dict[str, dict[str, Any]] = {
    "gap": event("a"),
    "stop": event(
        "b",
        kind="stop",
        parameters='{"max_radius_m":500,"min_duration_s":7200}',
        measures=[("duration_s", 9000), ("radius_m", 120), ("fixes", 50)],
    ),
    "loitering": event(
        "c",
        kind="loitering",
        parameters='{"max_pace_dkn":20,"min_duration_s":14400}',
        measures=[("duration_s", 20_000), ("distance_m", 3_000), ("pace_max_dkn", 18)],
    ),
    "position_jump": event(
        "d",
        kind="position_jump",
        parameters='{"min_absence_s":3600,"min_fixes":4}',
        subjects=[MERIT, MERIT + 5],
        measures=[("distance_m", 900_000), ("silence_s", 60), ("implied_dkn", 291_500)],
    ),
    "shared_identity": event(
        "e",
        kind="shared_identity",
        parameters='{"min_duration_s":1800}',
        subjects=[MERIT, MERIT + 5],
        measures=[("duration_s", 9000), ("slots", 30), ("distance_min_m", 8_000), ("distance_max_m", 90_000)],
    ),
    "encounter": encounter("f"),
    "swarm": event(
        "l",
        kind="swarm",
        parameters='{"min_vessels":5}',
        subjects=[MERIT, CEDAR],
        measures=[
            ("duration_s", 172_800),
            ("slots", 17),
            ("vessels", 6),
            ("vessels_min", 5),
            ("vessels_max", 6),
            ("radius_m", 480),
        ],
    ),
    "raft": event(
        "m",
        kind="raft",
        parameters='{"max_link_m":100}',
        subjects=[MERIT, CEDAR],
        measures=[
            ("duration_s", 25_200),
            ("slots", 8),
            ("vessels", 3),
            ("vessels_min", 3),
            ("vessels_max", 3),
        ],
    ),
    "survey_pattern": event(
        "n",
        kind="survey_pattern",
        parameters='{"max_spacing_pct":30,"min_legs":4}',
        measures=[
            ("duration_s", 25_500),
            ("legs", 4),
            ("leg_min_m", 14_000),
            ("leg_max_m", 15_000),
            ("spacing_m", 905),
            ("spacing_pct", 2),
        ],
    ),
    "close_manoeuvre": event(
        "h",
        kind="close_manoeuvre",
        parameters='{"notable_distance_m":457}',
        subjects=[MERIT, CEDAR],
        measures=[
            ("distance_m", 19),
            ("distance_low_m", 0),
            ("distance_high_m", 97),
            ("leg_max_s", 60),
            ("rule_no", 15),
            ("give_way_mmsi", 440_000_002),
        ],
    ),
    "shadowing": event(
        "i",
        kind="shadowing",
        parameters='{"min_turn_slots":2}',
        subjects=[MERIT, CEDAR],
        measures=[("duration_s", 7200), ("slots", 24), ("turn_slots", 2), ("ahead_mmsi", 431_000_001)],
    ),
    "blocking": event(
        "k",
        kind="blocking",
        parameters='{"max_ahead_m":926}',
        subjects=[MERIT, CEDAR],
        measures=[
            ("crossing_slots", 3),
            ("ahead_min_m", 556),
            ("crossed_mmsi", 431_000_001),
            ("crossing_mmsi", 440_000_002),
        ],
    ),
    "draught_change": event(
        "g", kind="draught_change", parameters="{}", measures=[("freeboard_change_dm", 42)]
    ),
}
CLAIMS = (
    "violat",
    "illegal",
    "illicit",
    "smuggl",
    "cargo",
    "sanction",
    "違反",
    "違法",
    "密輸",
    "瀬取り",
    "貨物",
)
LANGUAGES: tuple[Language, ...] = ("en", "ja")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_is_told_without_a_claim_about_why(kind: str, lang: Language) -> None:
    text = " ".join(explain(SAMPLES[kind], positions(), {MERIT >> 33: "MERIT"}, lang)).lower()
    assert not [word for word in CLAIMS if word in text]
    assert "431000001" in text
    assert "merit" in text
    assert "{" not in text
    assert LIMITS.get(kind, LIMITS[""])[lang].lower() in text


@pytest.mark.parametrize(
    ("kind", "numbers", "thresholds"),
    [
        (
            "gap",
            ["18 h 10 min", "200.0 nm (370.4 km)", "3 min"],
            ["silence at least 12 h (min_silence_s = 43200)"],
        ),
        ("stop", ["2 h 30 min", "120 m", "50 reports"], ["radius at most 500 m", "duration at least 2 h"]),
        (
            "loitering",
            ["5 h 33 min 20 s", "1.6 nm", "1.8 kn"],
            ["speed at most 2.0 kn", "duration at least 4 h"],
        ),
        ("position_jump", ["486.0 nm", "1 min", "29,150.0 kn"], ["reports at least 4 (min_fixes = 4)"]),
        ("shared_identity", ["8", "4.3 nm", "48.6 nm", "2 h 30 min"], ["duration at least 30 min"]),
        ("encounter", ["40 m", "120 m", "1.1 kn", "2 h 30 min"], ["distance at most 500 m", "at least 2 h"]),
        ("swarm", ["6 vessels", "17 musters", "480 m"], ["vessels at least 5"]),
        ("raft", ["3 vessels", "8 instants"], ["link at most 100 m"]),
        ("survey_pattern", ["4 straight lines", "905 m apart", "2 %"], ["at most 30", "lines at least 4"]),
        ("close_manoeuvre", ["19 m", "0 m and 97 m", "rule 15", "MMSI 440000002"], ["at all 457 m"]),
        ("shadowing", ["2 h", "24 steps", "turned 2 times", "MMSI 431000001"], ["turns at least 2"]),
        ("blocking", ["3 steps", "556 m", "MMSI 440000002 crossed ahead"], ["ahead at most 926 m"]),
        ("draught_change", ["freeboard change 4.2 m (freeboard_change_dm = 42)"], ["no parameters"]),
    ],
)
def test_numbers_stand_against_thresholds(kind: str, numbers: list[str], thresholds: list[str]) -> None:
    text = " ".join(explain(SAMPLES[kind]))
    assert [n for n in numbers + thresholds if n not in text] == []


def test_an_open_gap_says_that_no_later_report_is_known() -> None:
    row = event("o", status="open", t_end=None, t_end_earliest=None, t_end_latest=None)
    text = " ".join(explain(row))
    assert "at least 18 h 10 min, and no later report is known" in text
    assert "heard again" not in text
    assert "The event is open" in text


def test_bounds_are_told_and_an_unknown_end_is_called_unknown() -> None:
    text = " ".join(explain(event("a", t_end_latest=None)))
    assert "It began between 2024-03-01 23:50:00 UTC and 2024-03-02 00:00:00 UTC" in text
    assert "It had not ended by 2024-03-02 17:59:00 UTC; when it ended is not known." in text
    assert "A report fixes its start" in " ".join(explain(event("a", t_start_latest=START)))


def test_suppression_coverage_and_withdrawal_are_told_with_their_reasons() -> None:
    row = event(
        "a",
        suppressed_by=["near_port:JPTYO", "odd"],
        coverage="good",
        status="withdrawn",
        reason="late reports",
    )
    text = " ".join(explain(row))
    assert "shown apart; the reason: near_port:JPTYO; odd" in text
    assert "recorded as: good" in text
    assert "withdrawn" in text
    assert "The reason given: late reports." in text
    assert "not known" in " ".join(explain(event("a")))


def test_reasons_of_the_ladder_and_distances_are_put_into_words() -> None:
    judged = [("silence_s", 65_400), ("shore_m", 18_520), ("place_m", 0)]
    text = " ".join(explain(event("a", suppressed_by=["at_place:wxyz", "near_shore"], measures=judged)))
    assert "it is at the known place wxyz, where ships stop and meet; it is nearer to shore" in text
    assert "The nearest shore is 10.0 nm (18.5 km) away. It lies inside a known place." in text
    inland = event("a", measures=[("silence_s", 65_400), ("shore_m", -300), ("place_m", 900)])
    text = " ".join(explain(inland))
    assert "inside the coastline, 300 m from it. The nearest known place is 900 m away." in text


def test_evidence_that_is_not_held_is_said_to_be_missing() -> None:
    assert "all of them are held" in " ".join(explain(SAMPLES["gap"], positions()))
    assert "only 1 are held: it cannot be recomputed here" in " ".join(
        explain(event("a", evidence=[11, 99]), positions())
    )
    assert "only 0 are held" in " ".join(explain(SAMPLES["gap"], positions().slice(0, 0)))


def test_a_kind_told_with_other_measures_falls_back_to_all_of_them() -> None:
    text = " ".join(explain(event("a", kind="stop", measures=[("girth_m", 12)])))
    assert "Measured: girth 12 m (girth_m = 12)." in text


def test_a_name_cannot_command_the_terminal() -> None:
    text = " ".join(explain(event("a"), None, {MERIT >> 33: "\x1b[31mEVIL\n{who}"}))
    assert "\x1b" not in text
    assert "\n" not in text
    assert "EVIL" in text


def test_measures_may_be_a_dict_or_pairs() -> None:
    pairs = event("a")
    assert explain(pairs) == explain(pairs | {"measures": dict(pairs["measures"])})
    assert explain(table(pairs).to_pylist()[0]) == explain(pairs)


def test_both_languages_have_every_sentence_and_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {part.split("}")[0] for part in text.split("{")[1:]}

    for key, phrase in (SENTENCES | LIMITS | REASONS).items():
        assert blanks(phrase["en"]) == blanks(phrase["ja"]), key
    for key, told in OBSERVED.items():
        assert [blanks(s) for s in told["en"]] == [blanks(s) for s in told["ja"]], key


def test_quantities_carry_units_and_places_read_like_a_chart() -> None:
    assert quantity("silence_s", 0, "en") == "0 s"
    assert quantity("silence_s", 3_661, "ja") == "1時間1分1秒"
    assert quantity("distance_m", 1_999, "en") == "1,999 m"
    assert quantity("distance_m", 185_200, "en") == "100.0 nm (185.2 km)"
    assert quantity("pace_dkn", 115, "en") == "11.5 kn"
    assert quantity("is_strict", True, "en") == "true"
    assert place(241_000_000, -582_000_000) == "24°06.00′N 058°12.00′W"
    assert place(-1, 1_799_999_999) == "00°00.00′S 180°00.00′E"
    assert when(START + 12 * 3600 * SECOND, "ja") == "2024-03-02 11:50:00 UTC（JST 03-02 20:50:00）"


def test_an_encounter_names_both_vessels() -> None:
    first = explain(encounter("b"), None, {MERIT >> 33: "MERIT", CEDAR >> 33: "CEDAR"})[0]
    assert "431000001" in first
    assert "440000002" in first
    assert "CEDAR" in first

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from made_events import CEDAR, MERIT, START, event, table

from shiomi.events.canonical import canonical_rows
from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge as by_ladder
from shiomi.events.ladder.rules import Ladder
from shiomi.places.land import shore_m
from shiomi.places.table import PLACES, places_hash
from shiomi.schema import EVENTS
from shiomi.tracks.cells import cell_of
from shiomi.tracks.feed import HOUR
from shiomi.tracks.reception import RECEPTION
from shiomi.units import microseconds


def judge(events: pa.Table, places: pa.Table, **known: Any) -> pa.Table:
    return by_ladder(events, Context(places, **known))


EAST_CHINA_SEA = (300_000_000, 1_260_000_000)
CHENGDU = (306_500_000, 1_040_600_000)
KINDS = ("encounter", "stop", "loitering", "gap", "position_jump", "shared_identity")
NO_PLACES = PLACES.empty_table()


def place(place_id: str, lat_e7: int, lon_e7: int, radius_m: int = 3_000) -> dict[str, Any]:
    return {
        "place_id": place_id,
        "kind": "port",
        "name": place_id,
        "lat_e7": lat_e7,
        "lon_e7": lon_e7,
        "radius_m": radius_m,
        "source": "made",
    }


def places(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), PLACES)


def at(lat_e7: int, lon_e7: int, kind: str = "gap", event_id: str = "e", **more: Any) -> dict[str, Any]:
    return event(event_id, kind=kind, lat_e7=lat_e7, lon_e7=lon_e7, **more)


def reasons(judged: pa.Table) -> list[list[str]]:
    return list(judged["suppressed_by"].to_pylist())


def measures(judged: pa.Table) -> list[dict[str, int]]:
    return [dict(m) for m in judged["measures"].to_pylist()]


def offshore(lat_e7: int, metres: int) -> tuple[int, int]:
    """The point on this latitude east of Honshu that lies so far from the coast, to 20 m."""
    lon = np.arange(1_405_000_000, 1_450_000_000, 1_000, np.int64)
    away = shore_m(np.full(len(lon), lat_e7), lon)
    i = int(np.flatnonzero(away >= metres)[0])
    assert away[i] - metres < 20
    return lat_e7, int(lon[i])


def test_at_sea_far_from_any_place_nothing_is_set_apart() -> None:
    judged = judge(table(*(at(*EAST_CHINA_SEA, k, f"{i}") for i, k in enumerate(KINDS))), NO_PLACES)
    assert reasons(judged) == [[]] * len(KINDS)
    assert judged.schema.equals(EVENTS)


@pytest.mark.parametrize("kind", ["encounter", "stop", "loitering", "gap"])
def test_an_event_at_a_place_is_set_apart_with_its_name(kind: str) -> None:
    lat, lon = EAST_CHINA_SEA
    here = places(place("far", lat + 9_000_000, lon), place("here", lat + 100_000, lon))
    judged = judge(table(at(lat, lon, kind)), here)
    assert reasons(judged) == [["at_place:here"]]
    assert measures(judged)[0]["place_m"] == 0


@pytest.mark.parametrize(("away_m", "is_there"), [(2_990, True), (3_010, False)])
def test_at_a_place_is_within_three_kilometres_of_its_edge(away_m: int, is_there: bool) -> None:
    lat, lon = EAST_CHINA_SEA
    edge = places(place("p", lat + round((3_000 + away_m) / 0.011119508), lon))
    judged = judge(table(at(lat, lon)), edge)
    assert abs(measures(judged)[0]["place_m"] - away_m) <= 1
    assert reasons(judged) == ([["at_place:p"]] if is_there else [[]])


@pytest.mark.parametrize("kind", ["position_jump", "shared_identity"])
def test_what_shows_that_a_place_is_false_is_not_excused_by_a_place(kind: str) -> None:
    here = places(place("here", *CHENGDU))
    judged = judge(table(at(*CHENGDU, kind)), here)
    assert reasons(judged) == [[]]
    assert measures(judged)[0]["shore_m"] < 0


def test_inland_is_said_and_the_distance_to_shore_is_negative() -> None:
    judged = judge(table(*(at(*CHENGDU, k, k) for k in ("encounter", "stop", "loitering", "gap"))), NO_PLACES)
    assert reasons(judged) == [["inland"]] * 4
    assert all(m["shore_m"] < -500_000 for m in measures(judged))


@pytest.mark.parametrize(
    ("kind", "limit_m"), [("encounter", 10_000), ("stop", 10_000), ("loitering", 37_040), ("gap", None)]
)
def test_near_shore_means_nearer_than_the_limit_of_its_kind(kind: str, limit_m: int | None) -> None:
    inside = offshore(370_000_000, (limit_m or 2_000) - 100)
    outside = offshore(370_000_000, (limit_m or 2_000) + 100)
    judged = judge(table(at(*inside, kind, "in"), at(*outside, kind, "out")), NO_PLACES)
    assert reasons(judged) == [["near_shore"] if limit_m else [], []]


def test_the_reasons_stand_in_the_order_of_the_ladder() -> None:
    judged = judge(table(at(*CHENGDU, "stop")), places(place("port", *CHENGDU)))
    assert reasons(judged) == [["at_place:port", "inland"]]


def test_another_ladder_gives_other_reasons() -> None:
    lat, lon = EAST_CHINA_SEA
    near = places(place("p", lat + 1_000_000, lon))
    assert reasons(judge(table(at(lat, lon)), near)) == [[]]
    assert reasons(judge(table(at(lat, lon)), near, ladder=Ladder(at_place_m=20_000))) == [["at_place:p"]]


def test_without_places_the_distance_to_one_is_not_measured() -> None:
    judged = judge(table(at(*EAST_CHINA_SEA)), NO_PLACES)
    assert "place_m" not in measures(judged)[0]
    assert judged["places_id"].to_pylist() == [places_hash(NO_PLACES)]


def test_measures_are_kept_and_stand_in_order_of_their_names() -> None:
    rows = table(at(*EAST_CHINA_SEA, event_id="a"), at(*CHENGDU, "stop", "b", measures=[("z", 1), ("a", 2)]))
    judged = judge(rows, places(place("p", *CHENGDU)))
    keys = [[k for k, _ in m] for m in judged["measures"].to_pylist()]
    assert keys == [
        ["distance_m", "interval_s", "place_m", "shore_m", "silence_s"],
        ["a", "place_m", "shore_m", "z"],
    ]
    assert measures(judged)[0]["silence_s"] == 65_400


def test_events_judged_in_any_order_and_in_any_pieces_are_judged_alike() -> None:
    draw = np.random.default_rng(2)
    rows = table(
        *(
            at(int(lat), int(lon), KINDS[i % 6], f"{i:03}", measures=[("n", i)] * (i % 2))
            for i, (lat, lon) in enumerate(
                zip(
                    draw.integers(200_000_000, 400_000_000, 60),
                    draw.integers(10**9, 1_450_000_000, 60),
                    strict=True,
                )
            )
        )
    )
    some = places(
        *(place(f"p{i}", 300_000_000 + i * 10**7, 1_200_000_000 + i * 10**7, 40_000) for i in range(9))
    )
    whole = judge(rows, some)
    order = draw.permutation(60)
    mixed = judge(rows.take(pa.array(order)), some.take(pa.array(draw.permutation(9))))
    pieces = pa.concat_tables([judge(rows.slice(i, 7), some) for i in range(0, 60, 7)])
    chunked = judge(pa.concat_tables([rows.slice(0, 11), rows.slice(11)]), some)
    assert any(reasons(whole))
    texts = canonical_rows(whole, EVENTS).to_pylist()
    assert [texts[i] for i in order] == canonical_rows(mixed, EVENTS).to_pylist()
    assert texts == canonical_rows(pieces, EVENTS).to_pylist() == canonical_rows(chunked, EVENTS).to_pylist()


def test_of_two_lists_that_hold_one_place_the_same_is_named_whatever_their_order() -> None:
    lat, lon = EAST_CHINA_SEA
    both = places(place("b", lat, lon + 1_000), place("a", lat, lon + 1_000))
    named = [reasons(judge(table(at(lat, lon)), p)) for p in (both, both.take([1, 0]))]
    assert named == [[["at_place:a"]]] * 2


def test_judging_again_replaces_what_an_earlier_judgement_said() -> None:
    lat, lon = EAST_CHINA_SEA
    rows = table(at(lat, lon, event_id="a"), at(lat, lon, "stop", "b", subjects=[MERIT, CEDAR]))
    first = judge(rows, places(place("p", lat, lon)))
    again = judge(first, NO_PLACES)
    assert again.equals(judge(rows, NO_PLACES))
    assert judge(again, places(place("p", lat, lon))).equals(first)


def test_no_events_are_judged_to_none() -> None:
    assert judge(EVENTS.empty_table(), NO_PLACES).num_rows == 0


def heard(*reports: int) -> pa.Table:
    """An hour after the other in the cell of EAST_CHINA_SEA: so many vessels, a report each."""
    hour = microseconds("2024-03-01") // HOUR
    cell = int(cell_of(*(np.array([x]) for x in EAST_CHINA_SEA))[0])
    rows = [
        {"cell": cell, "transmitter": 0, "hour": hour + i, "vessels": n, "reports": n, "missed": 0}
        for i, n in enumerate(reports)
    ]
    return pa.Table.from_pylist(rows, RECEPTION)


def silence(from_h: int, to_h: int) -> pa.Table:
    day = microseconds("2024-03-01")
    return table(at(*EAST_CHINA_SEA, t_start=day + from_h * HOUR, t_end=day + to_h * HOUR))


def test_a_silence_that_the_whole_feed_shared_is_set_apart() -> None:
    one_hour_in_eight = heard(*([900] + [10] * 7) * 6)
    judged = judge(silence(1, 30), NO_PLACES, reception=one_hour_in_eight)
    assert reasons(judged) == [["feed_silent"]]
    assert judged["coverage"].to_pylist() == ["explained"]
    assert measures(judged)[0]["feed_heard_s"] == 3 * 3600
    assert measures(judged)[0]["feed_whole_s"] == 28 * 3600


def test_a_silence_in_a_feed_that_spoke_stands() -> None:
    judged = judge(silence(1, 30), NO_PLACES, reception=heard(*[100] * 48))
    assert reasons(judged) == [[]]
    assert judged["coverage"].to_pylist() == ["unexplained"]


def test_fourteen_hours_of_a_seldom_feed_are_enough() -> None:
    seldom = heard(*([900] + [10] * 7) * 20)
    assert reasons(judge(silence(1, 120), NO_PLACES, reception=seldom)) == [[]]
    assert reasons(judge(silence(1, 104), NO_PLACES, reception=seldom)) == [["feed_silent"]]


@pytest.mark.parametrize(("silent_hours", "state"), [(2, "heard"), (12, "poor")])
def test_every_event_says_how_well_its_sea_was_heard(silent_hours: int, state: str) -> None:
    stop = table(at(*EAST_CHINA_SEA, "stop", t_start=microseconds("2024-03-01"), t_end=START + 19 * HOUR))
    spoke = heard(*[5] * (44 - silent_hours))
    judged = judge(stop, NO_PLACES, reception=spoke)
    assert judged["coverage"].to_pylist() == [state]
    assert measures(judged)[0]["heard_percent"] == 100 * (44 - silent_hours) // 43 - (silent_hours < 1)
    assert "feed_heard_s" not in measures(judged)[0]


def test_where_nothing_is_known_of_reception_coverage_is_unknown() -> None:
    judged = judge(table(at(*EAST_CHINA_SEA), at(*EAST_CHINA_SEA, "stop", "b")), NO_PLACES)
    assert judged["coverage"].to_pylist() == ["unknown", "unknown"]

"""Events are chosen by what they say, and laid flat without losing a number."""

from __future__ import annotations

import pyarrow as pa
import pytest
from made_events import CEDAR, MERIT, START, encounter, event, table

from shiomi.errors import BadParameter
from shiomi.events.query import Near, best_names, flat, select
from shiomi.schema import PARTICULARS
from shiomi.units import SECOND

DAY = 86_400 * SECOND


def ids(events: pa.Table) -> list[str]:
    return list(events["event_id"].to_pylist())


def particulars(*claims: tuple[int, str, int]) -> pa.Table:
    rows = [
        {"mmsi": m, "t": 0, "t_last": i, "reports": n, "name": name, "source_id": 1}
        for i, (m, name, n) in enumerate(claims)
    ]
    return pa.Table.from_pylist(rows, PARTICULARS)


EVENTS = table(
    event("gap"),
    encounter("meeting", suppressed_by=["port"]),
    event("open", status="open", t_end=None, subjects=[CEDAR], lat_e7=-241_000_000, lon_e7=1_799_999_999),
    event("gone", status="withdrawn"),
)


def test_withdrawn_events_are_chosen_only_on_request() -> None:
    assert ids(select(EVENTS)) == ["gap", "meeting", "open"]
    assert ids(select(EVENTS, status=["withdrawn"])) == ["gone"]


def test_each_filter_narrows_the_choice() -> None:
    assert ids(select(EVENTS, kinds=["encounter"])) == ["meeting"]
    assert ids(select(EVENTS, mmsi=[CEDAR >> 33])) == ["meeting", "open"]
    assert ids(select(EVENTS, include_suppressed=False)) == ["gap", "open"]
    assert ids(select(EVENTS, mmsi=[CEDAR >> 33], include_suppressed=False)) == ["open"]
    assert ids(select(EVENTS, kinds=[])) == []


def test_an_interval_chooses_what_overlaps_it_and_an_open_event_has_no_end() -> None:
    assert ids(select(EVENTS, between=(START + 9001 * SECOND, START + DAY))) == ["gap", "open"]
    assert ids(select(EVENTS, between=(START + 30 * DAY, None))) == ["open"]
    assert ids(select(EVENTS, between=(None, START))) == []
    assert ids(select(EVENTS, between=(None, START + 1))) == ["gap", "meeting", "open"]
    with pytest.raises(BadParameter):
        select(EVENTS, between=(START, START - 1))


def test_near_works_across_the_antimeridian() -> None:
    assert ids(select(EVENTS, near=Near(-241_000_000, -1_799_999_999, 1000))) == ["open"]


def test_flat_columns_stand_in_the_declared_order() -> None:
    rows = flat(EVENTS.append_column("revision", pa.array([1, 2, 1, 3], pa.int32())))
    assert rows.column_names == [
        *("event_id", "revision", "kind", "status", "mmsi", "partner_mmsi", "track_id", "partner_track_id"),
        *("t_start", "t_end", "t_start_earliest", "t_start_latest", "t_end_earliest", "t_end_latest"),
        *("lat", "lon", "suppressed_by", "coverage"),
        *("distance_m", "distance_median_m", "distance_min_m", "duration_s", "interval_s", "pace_max_dkn"),
        *("silence_s", "slots", "known_t", "places_id", "version", "parameters"),
    ]
    assert len(rows.to_pylist()) == 4


def test_flat_values_are_those_of_the_event_and_null_where_it_has_none() -> None:
    gap, meeting = flat(EVENTS).to_pylist()[:2]
    assert (gap["mmsi"], gap["partner_mmsi"], gap["partner_track_id"]) == (431_000_001, None, None)
    assert (meeting["mmsi"], meeting["partner_mmsi"]) == (431_000_001, 440_000_002)
    assert gap["track_id"] == "431000001@2024-02-27T02:13:20Z"
    assert gap["t_start"].isoformat() == "2024-03-01T23:50:00+00:00"
    assert (gap["lat"], gap["lon"]) == (24.1, 58.2)
    assert (gap["silence_s"], gap["slots"]) == (65_400, None)
    assert (meeting["silence_s"], meeting["slots"]) == (None, 16)
    assert (gap["suppressed_by"], meeting["suppressed_by"]) == ("", "port")


def test_flat_does_not_depend_on_how_the_table_is_cut() -> None:
    cut = pa.concat_tables([EVENTS.slice(0, 1), EVENTS.slice(1)])
    assert flat(cut).equals(flat(EVENTS))
    assert flat(EVENTS.slice(1, 2)).select(["event_id", "slots"]).to_pylist() == [
        {"event_id": "meeting", "slots": 16},
        {"event_id": "open", "slots": None},
    ]
    assert flat(EVENTS.slice(0, 0)).num_rows == 0


def test_a_measure_named_like_a_column_does_not_hide_it() -> None:
    rows = flat(table(event("a", measures=[("version", 7)])))
    assert rows["version"].to_pylist() == [1]
    assert rows["measure_version"].to_pylist() == [7]


def test_names_come_from_the_claim_made_most_often() -> None:
    claims = particulars((MERIT >> 33, "OLD", 9), (MERIT >> 33, "MERIT", 10), (CEDAR >> 33, "CEDAR", 1))
    assert best_names(claims) == {MERIT >> 33: "MERIT", CEDAR >> 33: "CEDAR"}
    rows = flat(EVENTS, claims).to_pylist()
    assert [(r["name"], r["partner_name"]) for r in rows[:3]] == [
        ("MERIT", None),
        ("MERIT", "CEDAR"),
        ("CEDAR", None),
    ]


def test_two_names_heard_equally_often_give_the_later_one() -> None:
    assert best_names(particulars((1, "B", 2), (1, "A", 2))) == {1: "A"}
    assert best_names(particulars((1, "", 2))) == {}

"""How two met, as far as the reports that a meeting cites show it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from made_events import CEDAR, MERIT, START, encounter, table

from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge
from shiomi.schema import EVENTS, PARTICULARS, TRACK_SUMMARIES, TRACKS, mmsi_of
from shiomi.units import SECOND

AT_SEA = {"lat_e7": 300_000_000, "lon_e7": 1_260_000_000}
METRE_E7 = 90
"""One metre of latitude, near enough."""
MINUTE = 60 * SECOND


def report(track: int, minute: float, north_m: float, **changes: Any) -> dict[str, Any]:
    row = {f.name: 0 for f in TRACKS} | {
        "track_id": track,
        "mmsi": mmsi_of(track),
        "t": START + round(minute * MINUTE),
        "prev_t": START + round((minute - 10) * MINUTE),
        "bridge_s": 3600,
        "lat_e7": AT_SEA["lat_e7"] + round(north_m * METRE_E7),
        "lon_e7": AT_SEA["lon_e7"],
        "heading_deg": None,
        "received_t": None,
        "sog_dkn": 0,
        "pace_dkn": 0,
        "cog_ddeg": 0,
    }
    return row | changes


def lying(track: int, north_m: float = 0, **changes: Any) -> list[dict[str, Any]]:
    """A report every ten minutes from just before the meeting to just after it, all from one place."""
    return [report(track, m, north_m, **changes) for m in range(0, 151, 10)]


def coming_and_leaving(track: int, north_m: float, **changes: Any) -> list[dict[str, Any]]:
    rows = lying(track, north_m, **changes)
    return [rows[0] | {"pace_dkn": 15}, *rows[1:-1], rows[-1] | {"pace_dkn": 40}]


def judged(rows: list[dict[str, Any]], *claims: dict[str, Any], **known: Any) -> dict[str, Any]:
    meeting = table(encounter("e", **AT_SEA))
    schema = pa.schema([EVENTS.field("event_id"), *TRACKS])
    cited = pa.Table.from_pylist([{"event_id": "e"} | r for r in rows], schema)
    particulars = pa.Table.from_pylist(list(claims), PARTICULARS)
    context = Context(particulars=particulars, cited=lambda _events: cited, **known)
    event: dict[str, Any] = judge(meeting, context).to_pylist()[0]
    return event | {"measures": dict(event["measures"])}


def test_who_comes_to_one_that_lies_and_leaves_it_is_told() -> None:
    m = judged(lying(MERIT) + coming_and_leaving(CEDAR, 60))["measures"]
    assert (m["came_vessels"], m["came_mmsi"], m["closing_dkn"]) == (1, mmsi_of(CEDAR), 15)
    assert (m["left_vessels"], m["left_mmsi"], m["parting_dkn"]) == (1, mmsi_of(CEDAR), 40)
    assert m["relative_pace_dkn"] == 0


def test_two_that_drift_on_together_do_not_come_or_leave() -> None:
    ten_minutes = range(0, 151, 10)
    sides = ((MERIT, 0), (CEDAR, 40))
    rows = [report(t, m, off + 9.26 * m, pace_dkn=3) for t, off in sides for m in ten_minutes]
    m = judged(rows)["measures"]
    assert (m["came_vessels"], m["left_vessels"], m["closing_dkn"], m["parting_dkn"]) == (0, 0, 0, 0)
    assert "came_mmsi" not in m
    assert m["relative_pace_dkn"] == 0


def test_what_was_not_heard_at_an_end_is_left_out() -> None:
    early, late = lying(MERIT), coming_and_leaving(CEDAR, 60)
    m = judged(early + [r | {"cog_ddeg": None} for r in late[:1]] + late[1:8])["measures"]
    assert not {"came_vessels", "left_vessels", "closing_dkn", "parting_dkn"} & m.keys()
    assert not {"came_vessels", "relative_pace_dkn"} & judged([]).get("measures", {}).keys()


def test_places_between_reports_of_two_that_are_heard_in_turn_are_compared() -> None:
    in_turn = [r | {c: r[c] + 5 * MINUTE for c in ("t", "prev_t")} for r in lying(CEDAR, 60)]
    assert judged(lying(MERIT) + in_turn)["measures"]["relative_pace_dkn"] == 0


def test_places_between_reports_that_do_not_follow_each_other_are_not_compared() -> None:
    one, other = ([r | {"prev_t": None} for r in lying(track)] for track in (MERIT, CEDAR))
    in_turn = [r | {"t": r["t"] + 5 * MINUTE} for r in other]
    assert "relative_pace_dkn" not in judged(one + in_turn)["measures"]


@pytest.mark.parametrize(
    ("mine", "theirs", "gap"), [(10, 10, 0), (350, 20, 30), (90, 270, 180), (5, 355, 10), (10, None, None)]
)
def test_bows_are_compared_the_short_way_round(mine: int, theirs: int | None, gap: int | None) -> None:
    m = judged(lying(MERIT, heading_deg=mine) + lying(CEDAR, 60, heading_deg=theirs))["measures"]
    assert m.get("heading_gap_deg") == gap


def says(mmsi: int, **changes: Any) -> dict[str, Any]:
    row = {"mmsi": mmsi, "t": START, "t_last": START, "reports": 9, "source_id": 1}
    return row | changes


def test_hulls_lie_between_bounds_where_both_say_their_length() -> None:
    rows = lying(MERIT) + lying(CEDAR, 60)
    small = [says(mmsi_of(t), length_m=8) for t in (MERIT, CEDAR)]
    m = judged(rows, *small)["measures"]
    assert (m["hull_least_m"], m["hull_most_m"]) == (4, 60)  # antennas 40 m apart, 10 m of error each
    assert "hull_least_m" not in judged(rows, small[0])["measures"]


def test_antennas_far_apart_may_stand_on_hulls_that_lie_side_by_side() -> None:
    # Both bows north; hers stands 20 m from the stern, the other's 20 m from the bow, 30 m of water between.
    east_e7 = AT_SEA["lon_e7"] + round(60 * METRE_E7 / 0.866)
    rows = lying(MERIT, heading_deg=0) + lying(CEDAR, 160, heading_deg=0, lon_e7=east_e7)
    claims = [
        says(mmsi_of(MERIT), length_m=200, width_m=30, bow_m=180, port_m=15),
        says(mmsi_of(CEDAR), length_m=200, width_m=30, bow_m=20, port_m=15),
    ]
    m = judged(rows, *claims)["measures"]
    assert m["hull_least_m"] == pytest.approx(10, abs=1)
    assert m["hull_most_m"] == pytest.approx(50, abs=1)
    turned = lying(MERIT, heading_deg=180) + lying(CEDAR, 160, heading_deg=180, lon_e7=east_e7)
    assert judged(turned, *claims)["measures"]["hull_least_m"] > 100, "120 m of water lie between the sterns"


def test_without_headings_hulls_are_only_known_to_be_within_reach_of_their_antennas() -> None:
    claims = [says(mmsi_of(t), length_m=8, width_m=4, bow_m=4, port_m=2) for t in (MERIT, CEDAR)]
    m = judged(lying(MERIT) + lying(CEDAR, 60, heading_deg=0), *claims)["measures"]
    assert (m["hull_least_m"], m["hull_most_m"]) == (4, 60)


def summary(track: int) -> dict[str, Any]:
    row = {f.name: 0 for f in TRACK_SUMMARIES} | {"track_id": track, "mmsi": track >> 33, "kind": "track"}
    span = {"t_last": START + 3600 * SECOND, "lat_e7_min": 290_000_000, "lat_e7_max": 310_000_000}
    return row | span | {"lat_e7": 305_000_000, "lon_e7": 1_260_000_000}


def test_two_that_came_to_each_other_are_not_one_hull_however_alike_their_ways() -> None:
    tracks = pa.Table.from_pylist([summary(MERIT), summary(CEDAR)], TRACK_SUMMARIES)
    as_one = lying(MERIT) + lying(CEDAR, 10)
    met = lying(MERIT) + coming_and_leaving(CEDAR, 10)
    assert judged(as_one, tracks=tracks)["suppressed_by"] == ["pair_class:one_hull_or_tow"]
    assert judged(met, tracks=tracks)["suppressed_by"] == []


END = START + 9000 * SECOND
HOUR = 3600 * SECOND


def test_draught_stated_before_and_after_stands_beside_the_meeting_with_both_times() -> None:
    m = judged(
        [],
        says(mmsi_of(MERIT), t=START - 9 * HOUR, t_last=START - 2 * HOUR, draught_dm=121),
        says(mmsi_of(MERIT), t=END + HOUR, t_last=END + 9 * HOUR, draught_dm=84),
        says(mmsi_of(CEDAR), t=START - HOUR, t_last=END + HOUR, draught_dm=60),
    )["measures"]
    assert (m["draught_change_dm"], m["draught_before_s"], m["draught_after_s"]) == (-37, 7200, 3600)
    assert m["partner_draught_change_dm"] == 0


def test_draught_is_unknown_where_one_side_or_what_was_said_is_not_told() -> None:
    before = says(mmsi_of(MERIT), t=START - HOUR, t_last=START - HOUR, draught_dm=121)
    after = says(mmsi_of(MERIT), t=END + HOUR, t_last=END + HOUR, draught_dm=84)
    too_late = after | {"t": END + 80 * HOUR, "t_last": END + 80 * HOUR}
    another = after | {"draught_dm": 90}
    for claims in (
        [before],
        [after],
        [before, too_late],
        [before, after, another],
        [before, after | {"draught_dm": 0}],
    ):
        assert "draught_change_dm" not in judged([], *claims)["measures"]


def test_a_draught_stated_in_two_files_is_told_as_in_one() -> None:
    start, end = says(mmsi_of(MERIT), t=START - HOUR, draught_dm=121), END + HOUR
    cut = START + 10 * MINUTE
    pieces = [start | {"t_last": cut}, start | {"t": END + 60 * SECOND, "t_last": end, "source_id": 2}]
    assert judged([], *pieces)["measures"] == judged([], start | {"t_last": end})["measures"]

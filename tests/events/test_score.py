from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from shiomi.errors import Unreadable
from shiomi.events.score import TRUTH, read_truth, score, score_rows, write_truth
from shiomi.schema import EVENTS, TRACK_SUMMARIES
from shiomi.units import hours, microseconds

T0 = microseconds("2024-03-01T00:00:00Z")
HOUR = hours(1) * 1_000_000
A, B, C = 431000001, 440000002, 412000003


def truth(*rows: dict[str, Any]) -> pa.Table:
    plain = {
        "subkind": "made",
        "must_find": True,
        "must_not": "",
        "partner_mmsi": None,
        "lat": 30.0,
        "lon": 125.0,
    }
    filled = [{**plain, "truth_id": f"T{k}", **r} for k, r in enumerate(rows)]
    for r in filled:
        r["t_start"], r["t_end"] = T0 + round(r.pop("h0") * HOUR), r.pop("h1")
        r["t_end"] = None if r["t_end"] is None else T0 + round(r["t_end"] * HOUR)
    return pa.Table.from_pylist(filled, TRUTH)


def event(
    kind: str, mmsis: list[int], h0: float, h1: float | None, *, slack_h: float = 0.0, **more: Any
) -> dict[str, Any]:
    start = T0 + round(h0 * HOUR)
    end = None if h1 is None else T0 + round(h1 * HOUR)
    slack = round(slack_h * HOUR)
    row = {
        "event_id": f"{kind}{mmsis}{h0}",
        "kind": kind,
        "version": 1,
        "parameters": "{}",
        "status": "open" if h1 is None else "closed",
        "subjects": sorted((m << 33) + 5 for m in mmsis),
        "t_start": start,
        "t_end": end,
        "t_start_earliest": start - slack,
        "t_start_latest": start,
        "t_end_earliest": end,
        "t_end_latest": None if end is None else end + slack,
        "known_t": start,
        "lat_e7": 0,
        "lon_e7": 0,
        "measures": [],
        "coverage": "unknown",
        "suppressed_by": [],
        "ladder": [],
        "places_id": "",
        "evidence": [],
    }
    return row | more


def judge(
    events: list[dict[str, Any]], truths: pa.Table, summaries: pa.Table | None = None
) -> dict[str, Any]:
    table = score(pa.Table.from_pylist(events, EVENTS), truths, summaries)
    return {r["kind"]: r for r in table.to_pylist()}


MEETING = {"kind": "encounter", "mmsi": A, "partner_mmsi": B, "h0": 10, "h1": 14}
SILENCE = {"kind": "gap", "mmsi": C, "h0": 5, "h1": None}


def test_a_meeting_is_found_whatever_the_order_of_its_vessels() -> None:
    r = judge([event("encounter", [B, A], 11, 13, slack_h=0.5)], truth(MEETING))["encounter"]
    assert (r["found"], r["recall"], r["precision"], r["missed"]) == (1, 1.0, 1.0, [])
    assert r["covered_mean"] == pytest.approx(0.5)
    assert r["bounded_min"] == pytest.approx(0.75)


def test_other_vessels_another_time_or_another_kind_are_no_match() -> None:
    wrong = [
        event("encounter", [A, C], 11, 13),
        event("encounter", [A, B], 15, 17),
        event("loitering", [A, B], 11, 13),
    ]
    r = judge(wrong, truth(MEETING))
    assert (r["encounter"]["found"], r["encounter"]["missed"]) == (0, ["T0"])
    assert (r["encounter"]["false_positives"], r["encounter"]["precision"]) == (2, 0.0)
    assert (r["loitering"]["false_positives"], r["loitering"]["unplanted"]) == (0, 1)
    assert r["loitering"]["precision"] is None


def test_fragments_count_and_the_best_single_event_gives_the_time_covered() -> None:
    parts = [event("encounter", [A, B], 10, 11), event("encounter", [A, B], 12, 14)]
    r = judge(parts, truth(MEETING))["encounter"]
    assert (r["fragments_mean"], r["fragments_max"]) == (2.0, 2)
    assert r["covered_mean"] == pytest.approx(0.5)
    assert (r["true_positives"], r["false_positives"]) == (2, 0)


def test_suppressed_events_are_neither_found_nor_false() -> None:
    quiet = [
        event("encounter", [A, B], 10, 14, suppressed_by=["place"]),
        event("encounter", [B, C], 10, 14, suppressed_by=["place"]),
    ]
    r = judge(quiet, truth(MEETING))["encounter"]
    assert (r["found"], r["found_suppressed"], r["suppressed"], r["events"]) == (0, 1, 2, 0)
    assert (r["false_positives"], r["precision"]) == (0, None)


def test_withdrawn_events_do_not_count() -> None:
    r = judge([event("encounter", [A, B], 10, 14, status="withdrawn")], truth(MEETING))["encounter"]
    assert (r["found"], r["events"], r["suppressed"]) == (0, 0, 0)


def test_an_open_event_finds_a_truth_that_goes_on_to_the_end() -> None:
    r = judge([event("gap", [C], 5, None)], truth(SILENCE))["gap"]
    assert (r["found"], r["recall"]) == (1, 1.0)
    assert r["covered_mean"] is None


def test_an_instant_covers_no_time_and_claims_no_share_of_it() -> None:
    jump = event("position_jump", [C], 5, 5.02)
    r = judge([jump], truth({"kind": "position_jump", "mmsi": C, "h0": 5, "h1": 9}))["position_jump"]
    assert r["found"] == 1
    assert [r[f"{name}_{of}"] for name in ("bounded", "covered") for of in ("min", "mean")] == [None] * 4


def test_shares_for_people_are_rounded_down() -> None:
    table = score(pa.Table.from_pylist([event("encounter", [A, B], 10, 13.99)], EVENTS), truth(MEETING))
    header, rows = score_rows(table)
    assert rows[0][header.index("time within bounds (least / mean)")] == "99% / 99%"


def test_a_sighting_between_outer_bounds_is_an_overlap() -> None:
    near_miss = event("encounter", [A, B], 14.2, 14.4, slack_h=0.5)
    r = judge([near_miss], truth(MEETING))["encounter"]
    assert (r["found"], r["covered_mean"]) == (1, 0.0)
    assert r["bounded_mean"] > 0


def test_a_look_alike_that_alerts_is_a_violation_and_listed_by_its_id() -> None:
    twin = {"kind": "lookalike", "mmsi": A, "partner_mmsi": C, "h0": 0, "h1": 20, "must_find": False}
    thin = {"kind": "lookalike", "mmsi": B, "h0": 0, "h1": 40, "must_find": False, "must_not": "gap, stop"}
    truths = truth(MEETING, {**twin, "must_not": "encounter"}, thin)
    alerts = [
        event("encounter", [A, B], 10, 14),
        event("encounter", [A, C], 3, 6),
        event("gap", [B], 5, 20),
        event("gap", [C], 5, 20),
    ]
    r = judge(alerts, truths)
    assert (r["encounter"]["violations"], r["encounter"]["lookalikes_wrong"]) == (["T1"], 1)
    assert r["encounter"]["precision"] == 0.5
    assert (r["gap"]["violations"], r["gap"]["false_positives"], r["gap"]["unplanted"]) == (["T2"], 1, 1)
    assert (r["stop"]["lookalikes"], r["stop"]["lookalikes_wrong"]) == (1, 0)
    hushed = [{**e, "suppressed_by": ["anchorage"]} for e in alerts]
    assert all(not x["violations"] for x in judge(hushed, truths).values())


def test_shared_identity_is_one_mmsi_with_two_tracks() -> None:
    row = event("shared_identity", [A, A], 2, 9, subjects=[(A << 33) + 5, (A << 33) + 900])
    r = judge([row], truth({"kind": "shared_identity", "mmsi": A, "h0": 1, "h1": 10}))["shared_identity"]
    assert (r["found"], r["recall"]) == (1, 1.0)


def test_outliers_are_judged_by_the_track_summaries_and_not_at_all_without() -> None:
    lone = truth({"kind": "outlier", "mmsi": A, "h0": 7, "h1": 7, "must_not": "position_jump"}, MEETING)
    assert "outlier" not in judge([], lone)
    row = {f.name: 0 for f in TRACK_SUMMARIES} | {"kind": "outlier", "mmsi": A, "track_id": (A << 33) + 1}
    row |= {"t_first": T0 + 7 * HOUR, "t_last": T0 + 7 * HOUR}
    plain = row | {"kind": "track", "mmsi": B}
    r = judge([], lone, pa.Table.from_pylist([row, plain], TRACK_SUMMARIES))
    assert (r["outlier"]["found"], r["outlier"]["events"]) == (1, 1)


def test_no_events_at_all_is_a_recall_of_nothing_and_no_precision() -> None:
    r = judge([], truth(MEETING, SILENCE))
    assert [(r[k]["recall"], r[k]["precision"]) for k in ("encounter", "gap")] == [(0.0, None)] * 2


def test_truth_goes_through_its_file_unchanged(tmp_path: Path) -> None:
    table = truth(MEETING, SILENCE, {**MEETING, "must_find": False, "must_not": "encounter,loitering"})
    write_truth(table, tmp_path / "truth.csv")
    assert read_truth(tmp_path / "truth.csv").equals(table)
    assert "2024-03-01T10:00:00Z" in (tmp_path / "truth.csv").read_text()


def test_a_file_that_is_no_truth_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        read_truth(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Unreadable, match="not a truth table"):
        read_truth(tmp_path / "other.csv")


def test_the_table_for_people_has_a_cell_for_every_heading() -> None:
    table = score(pa.Table.from_pylist([event("encounter", [A, B], 11, 13)], EVENTS), truth(MEETING, SILENCE))
    header, rows = score_rows(table)
    assert [len(r) for r in rows] == [len(header)] * 2
    assert rows[0][:3] == ["encounter", "1 of 1", "100%"]
    assert rows[1][:3] == ["gap", "0 of 1", "0%"]

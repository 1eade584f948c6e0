"""What a silence was, in small seas: dense reports, holes in time and space, thinning, leaving, class B."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.detectors.gap import Gap
from shiomi.engine.local import newest, sorted_by
from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge
from shiomi.ids import message_ids
from shiomi.schema import POSITIONS
from shiomi.tracks.clean import clean
from shiomi.tracks.reception import merge_heard
from shiomi.tracks.seen import nothing_seen
from shiomi.tracks.segment import Segment
from shiomi.units import SECOND, microseconds

DAY = microseconds("2024-03-01")
END_S = 48 * 3600
Way = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def lying(lat: float, lon: float) -> Way:
    return lambda t: (np.full(len(t), lat), np.full(len(t), lon))


def eastward(lat: float, lon: float, kn: float) -> Way:
    return lambda t: (np.full(len(t), lat), lon + kn / 60 / np.cos(np.radians(lat)) * t / 3600)


def reports(
    mmsi: int, way: Way, *, every_s: int = 360, heard: Callable[..., Any] | None = None, kind: int = 1
) -> pa.Table:
    """Reports of one ship over two days, those that `heard(hours, lat, lon)` lets pass."""
    t = np.arange(mmsi % 97, END_S, every_s)
    lat, lon = way(t)
    passed = np.ones(len(t), np.bool_) if heard is None else heard(t / 3600, lat, lon)
    t, lat, lon = t[passed], lat[passed], lon[passed]
    leg_kn = np.hypot(np.gradient(lat), np.gradient(lon) * np.cos(np.radians(lat))) * 60
    sog = np.rint(10 * leg_kn / (np.gradient(t) / 3600)) if len(t) > 1 else np.zeros(len(t))
    n = len(t)
    columns = {f.name: pa.nulls(n, f.type) if f.nullable else pa.array([0] * n, f.type) for f in POSITIONS}
    columns |= {
        "mmsi": pa.array([mmsi] * n, pa.int32()),
        "t": pa.array(DAY + t * SECOND),
        "lat_e7": pa.array(np.rint(lat * 1e7).astype(np.int32)),
        "lon_e7": pa.array(np.rint(lon * 1e7).astype(np.int32)),
        "sog_dkn": pa.array(np.minimum(sog, 500).astype(np.int16)),
        "cog_ddeg": pa.array(np.full(n, 900, np.int16)),
        "message_type": pa.array(np.full(n, kind, np.int8)),
    }
    table = pa.Table.from_pydict(columns, schema=POSITIONS)
    return table.set_column(0, POSITIONS.field(0), pa.array(message_ids(table)))


def judged(*parts: pa.Table, until_h: float = 48.0, mirrored: bool = False) -> list[dict[str, Any]]:
    """All gaps of these reports, judged by what they show of reception themselves."""
    end = DAY + round(until_h * 3600) * SECOND
    rows, _ = clean(pa.concat_tables(parts))
    segment, gap = Segment(), Gap()
    tracks = segment.advance(segment.state.empty_table(), rows, end).found
    reception = merge_heard([nothing_seen().after(sorted_by(tracks, "track_id")).reception])
    found = newest(gap.advance(gap.state.empty_table(), sorted_by(tracks, "mmsi"), end).found)
    if mirrored:
        found = pa.concat_tables([found, mirrors_of(found)])
    out = judge(found, Context(reception=reception, events=found)).to_pylist()
    return [e | {"mmsi": e["subjects"][0] >> 33} | dict(e["measures"]) for e in out]


def mirrors_of(gaps: pa.Table) -> pa.Table:
    """A meeting made possible by the first gap and every other one, within both."""
    first, *others = sorted(gaps.to_pylist(), key=lambda e: e["subjects"])
    rows = []
    for other in others:
        pair = {
            "kind": "mirror_gap",
            "event_id": f"m{other['event_id']}",
            "measures": [("silent_vessels", 2)],
        }
        when = {
            "t_start": max(first["t_start"], other["t_start"]),
            "t_end": min(first["t_end"], other["t_end"]),
        }
        rows.append(first | pair | when | {"subjects": [first["subjects"][0], other["subjects"][0]]})
    return pa.Table.from_pylist(rows, gaps.schema)


def fleet(
    n: int = 8, lat: float = 30.0, lon: float = 126.0, first: int = 431_000_001, **how: Any
) -> list[pa.Table]:
    """Ships that lie some miles apart and report all the time, unless told otherwise."""
    return [reports(first + i, lying(lat + 0.02 * i, lon + 0.01 * (i % 3)), **how) for i in range(n)]


def except_hours(a: float, b: float) -> Callable[..., Any]:
    return lambda h, lat, lon: (h < a) | (h >= b)


def what(events: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(e["coverage"], e["suppressed_by"]) for e in events]


def test_twelve_hours_taken_out_of_a_dense_track_are_one_unexplained_gap() -> None:
    silent = reports(440_000_001, lying(30.05, 126.02), heard=except_hours(20, 33))
    (gap,) = judged(*fleet(), silent)
    assert (gap["coverage"], gap["suppressed_by"], gap["mmsi"]) == ("unexplained", [], 440_000_001)
    assert gap["neighbours"] == 8
    assert gap["reception_percent"] == gap["end_reception_percent"] == 100
    assert 11 <= gap["expected_hours"] <= 13
    assert 110 <= gap["expected_reports"] <= 130


def test_a_hole_in_time_over_an_area_explains_the_silences_of_all_in_it() -> None:
    elsewhere = fleet(12, 20.0, 120.0, first=412_000_001)
    gaps = judged(*fleet(heard=except_hours(20, 33)), *elsewhere)
    assert what(gaps) == [("explained", ["neighbours_silent"])] * 8


def test_a_hole_in_the_whole_feed_explains_every_silence() -> None:
    gaps = judged(*fleet(heard=except_hours(20, 33)))
    assert len(gaps) == 8
    assert {e["suppressed_by"][0] for e in gaps} == {"feed_silent"}


def test_ships_that_cross_waters_where_nobody_is_heard_are_explained() -> None:
    def near_either_shore(h: Any, lat: Any, lon: Any) -> Any:
        return (lon < 126.5) | (lon > 130.0)

    crossing = [
        reports(440_000_001 + i, eastward(30.0 + 0.03 * i, 123.0 - 0.4 * i, 12.0), heard=near_either_shore)
        for i in range(8)
    ]
    gaps = judged(*crossing, *fleet(lat=30.0, lon=126.2), *fleet(lat=30.0, lon=130.2, first=432_000_001))
    assert len(gaps) == 8
    assert {e["coverage"] for e in gaps} == {"explained"}
    # The rim at which they come back is charged with the hours in which they were missed.
    assert {e["suppressed_by"][0] for e in gaps} == {"left_coverage", "poor_reception:class_a"}


def test_a_track_thinned_evenly_among_dense_ones_makes_no_gap() -> None:
    for every_s in (1_800, 7_200, 4 * 3_600):
        assert judged(*fleet(), reports(440_000_001, lying(30.05, 126.02), every_s=every_s)) == []


def test_a_whole_sea_heard_every_eight_hours_makes_none_that_is_unexplained() -> None:
    def snapshots(h: Any, lat: Any, lon: Any) -> Any:
        return h % 8 < 0.1

    gaps = judged(*fleet(heard=snapshots), *fleet(first=432_000_001, lon=127.0, heard=snapshots))
    assert [e for e in gaps if e["coverage"] == "unexplained"] == []


def test_a_ship_that_sails_out_of_reach_and_is_not_heard_again_is_explained() -> None:
    def near_shore(h: Any, lat: Any, lon: Any) -> Any:
        return lon < 126.6

    gaps = judged(*fleet(), reports(440_000_001, eastward(30.05, 125.0, 13.0), heard=near_shore, every_s=120))
    assert what(gaps) == [("explained", ["left_coverage"])]
    assert gaps[0]["status"] == "open"


def test_a_ship_that_lies_among_others_and_is_not_heard_again_is_undetermined() -> None:
    gaps = judged(*fleet(), reports(440_000_001, lying(30.05, 126.02), heard=except_hours(20, 99)))
    assert what(gaps) == [("undetermined", [])]


def test_where_nobody_else_sails_a_silence_is_undetermined() -> None:
    alone = reports(440_000_001, lying(10.0, 140.0), heard=except_hours(20, 33))
    gaps = judged(*fleet(), alone)
    assert what(gaps) == [("undetermined", [])]
    assert gaps[0]["neighbours"] == 0


def test_class_b_is_held_to_what_class_b_is_heard_of() -> None:
    def one_hour_in_eight(phase: int) -> Callable[..., Any]:
        return lambda h, lat, lon: (h + phase) % 8 < 1

    quiet = except_hours(16.9, 32)
    boats = [
        reports(432_000_001 + i, lying(30.02, 126.03 + 0.01 * i), heard=one_hour_in_eight(i), kind=18)
        for i in range(8)
    ]
    boat = reports(
        440_000_001,
        lying(30.05, 126.02),
        heard=lambda h, lat, lon: one_hour_in_eight(0)(h, lat, lon) & quiet(h, lat, lon),
        kind=18,
    )
    ship = reports(440_000_002, lying(30.06, 126.02), heard=quiet)
    gaps = {e["mmsi"]: (e["coverage"], e["suppressed_by"]) for e in judged(*fleet(), *boats, boat, ship)}
    assert gaps[440_000_002] == ("unexplained", [])
    assert gaps[440_000_001] == ("explained", ["poor_reception:class_b"])


def test_what_is_heard_after_a_silence_ended_changes_nothing_of_it() -> None:
    silent = reports(440_000_001, lying(30.05, 126.02), heard=except_hours(20, 33))
    others = fleet()
    later = fleet(30, first=433_000_001, heard=lambda h, lat, lon: h > 34)
    columns = ("coverage", "suppressed_by", "measures", "ladder")
    alone, among = judged(*others, silent), judged(*others, silent, *later)
    assert [[e[c] for c in columns] for e in alone] == [[e[c] for c in columns] for e in among]


def test_a_gap_across_180_degrees_is_judged_as_one_elsewhere() -> None:
    silent = reports(440_000_001, lying(30.05, -179.99), heard=except_hours(20, 33))
    (gap,) = judged(*fleet(lat=30.0, lon=179.97), silent)
    assert gap["coverage"] == "unexplained"
    assert gap["neighbours"] == 8
    assert numpy_of(silent, "lon_e7").max() < 0


def test_silences_that_fit_are_unexplained_only_where_both_are() -> None:
    silent = [
        reports(440_000_001 + i, lying(30.05, 126.02), heard=except_hours(20, 34 + i)) for i in range(2)
    ]
    *_, mirror = judged(*fleet(), *silent, mirrored=True)
    assert (mirror["kind"], *what([mirror])[0]) == ("mirror_gap", "unexplained", [])


def test_reception_explains_silences_that_fit_where_it_explains_all_of_them() -> None:
    elsewhere = fleet(12, 20.0, 120.0, first=412_000_001)
    hole = fleet(heard=except_hours(20, 33))
    mirrors = [e for e in judged(*elsewhere, *hole, mirrored=True) if e["kind"] == "mirror_gap"]
    assert what(mirrors) == [("explained", ["neighbours_silent"])] * 7
    silent = reports(410_000_001, lying(20.05, 120.02), heard=except_hours(18, 36))
    mirrors = [e for e in judged(silent, *elsewhere, *hole, mirrored=True) if e["kind"] == "mirror_gap"]
    assert what(mirrors) == [("undetermined", [])] * 8, "whom nobody could hear may have been met"

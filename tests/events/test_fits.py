"""What judging adds to a mirror gap: how many fit as well, and how often one would by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from shiomi.events.ladder.context import Context
from shiomi.events.ladder.judge import judge
from shiomi.findings import no_events
from shiomi.schema import EVENTS, TRACK_SUMMARIES
from shiomi.units import SECOND

HOUR = 3600 * SECOND


def event(
    kind: str, mmsis: list[int], t0_h: float, t1_h: float, lon: float, **measures: int
) -> dict[str, Any]:
    """An event from one hour to another, on the equator at a longitude."""
    t_start, t_end = round(t0_h * HOUR), round(t1_h * HOUR)
    times = dict.fromkeys(("t_start", "t_start_earliest", "t_start_latest"), t_start)
    times |= dict.fromkeys(("t_end", "t_end_earliest", "t_end_latest", "known_t"), t_end)
    blank = {f.name: [] if pa.types.is_nested(f.type) else "" for f in EVENTS if f.name not in times}
    return {
        **blank,
        **times,
        "event_id": f"{kind}-{mmsis}-{t0_h}",
        "kind": kind,
        "version": 1,
        "status": "closed",
        "subjects": [m << 33 for m in mmsis],
        "lat_e7": 0,
        "lon_e7": round(lon * 1e7),
        "measures": list(measures.items()),
    }


def mirror(a: int, b: int, t0_h: float, t1_h: float) -> dict[str, Any]:
    seconds = round((t1_h - t0_h) * 3600)
    return event("mirror_gap", [a, b], t0_h, t1_h, 0.0, duration_s=seconds, reach_m=100_000)


def measures_of(events: list[dict[str, Any]], watch_h: int = 100) -> list[dict[str, int]]:
    """Measures of every event after judging, in a watch of so many hours."""
    table = pa.Table.from_pylist(events, EVENTS)
    ends = {"t_first": 0, "t_last": watch_h * HOUR}
    tracks = pa.Table.from_pylist(
        [{f.name: "" if f.type == pa.string() else 0 for f in TRACK_SUMMARIES} | ends], TRACK_SUMMARIES
    )
    judged = judge(table, Context(tracks=tracks, events=table))
    return [dict(m) for m in judged["measures"].to_pylist()]


def test_every_mirror_gap_of_either_vessel_at_that_time_fits_as_well() -> None:
    pairs = [mirror(1, 2, 10, 20), mirror(1, 3, 12, 18), mirror(2, 4, 19, 30), mirror(1, 5, 40, 50)]
    assert [m["fits"] for m in measures_of(pairs)] == [3, 2, 2, 1]


def test_chance_follows_from_the_gaps_within_reach_of_other_vessels() -> None:
    gaps = [
        event("gap", [7], 60, 72.5, 0.5),  # 12.5 h of silence beside a pair of 12.5 h: 25 of 100 hours
        event("gap", [8], 60, 72.5, 5.0),  # too far away
        event("gap", [1], 5, 30, 0.5),  # of the pair itself
    ]
    (measures, *_) = measures_of([mirror(1, 2, 10, 22.5), *gaps])
    assert measures["by_chance_bits"] == round(-np.log2(1 - np.exp(-0.25)))


def test_where_no_other_gap_is_known_nothing_is_said_of_chance() -> None:
    (measures,) = measures_of([mirror(1, 2, 10, 20)])
    assert "by_chance_bits" not in measures


def test_nothing_is_added_to_other_kinds() -> None:
    (measures, _) = measures_of([event("gap", [7], 60, 72, 0.5), mirror(1, 2, 10, 20)])
    assert not {"fits", "by_chance_bits"} & measures.keys()
    assert judge(no_events(), Context()).num_rows == 0

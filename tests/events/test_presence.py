"""Presence statistics: intervals, and only then days."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from shiomi.errors import BadParameter
from shiomi.events.flags import flag_of
from shiomi.events.presence import HEARD_SLOT_S, Row, longest_union, presence_rows, stays_in
from shiomi.findings import no_events
from shiomi.schema import EVENTS
from shiomi.units import SECOND, microseconds

JST = ZoneInfo("Asia/Tokyo")
ZONE = 7
ALWAYS = np.arange(1_500_000, 2_500_000)
"""Slots in which something was heard: all of them from 2012 to 2041."""


def jst(text: str) -> int:
    return microseconds(dt.datetime.fromisoformat(text).replace(tzinfo=JST))


def stay(
    mmsi: int,
    start: int,
    end: int | None,
    *,
    before: int | None = None,
    after: int | None = None,
    inside: int = 2,
    zone: int = ZONE,
    coverage: str = "heard",
) -> dict[str, object]:
    return {
        "event_id": f"{mmsi}-{start}",
        "kind": "presence",
        "version": 1,
        "parameters": "{}",
        "status": "open" if end is None else "closed",
        "subjects": [mmsi << 33],
        "t_start": start,
        "t_end": end,
        "t_start_earliest": start - 60 * SECOND if before is None else before,
        "t_start_latest": start,
        "t_end_earliest": end,
        "t_end_latest": after,
        "known_t": end or start,
        "lat_e7": 0,
        "lon_e7": 0,
        "measures": [("inside_reports", inside), ("zone_hash", zone)],
        "coverage": coverage,
        "suppressed_by": [],
        "places_id": "",
        "evidence": [],
    }


def rows_of(
    stays: list[dict[str, object]],
    since: str,
    until: str,
    by: str = "total",
    tz: str = "Asia/Tokyo",
    heard: np.ndarray = ALWAYS,
) -> list[Row]:
    low, high = jst(since), jst(until)
    found = stays_in(pa.Table.from_pylist(stays, EVENTS), ZONE, low, high)
    return presence_rows(found, heard, low, high, tz=tz, by=by)  # type: ignore[arg-type]


def test_a_stay_of_72_h_45_min_is_a_union_over_ships_that_relieve_each_other() -> None:
    """Golden vector H1: 22 December 2022 09:34 to 25 December 10:19, press reports of the coast guard."""
    first = stay(412_000_001, jst("2022-12-22 09:34"), jst("2022-12-24 03:00"))
    second = stay(412_000_002, jst("2022-12-24 02:50"), jst("2022-12-25 10:19"))
    third = stay(412_000_003, jst("2022-12-24 02:55"), jst("2022-12-25 10:12"))
    (row,) = rows_of([first, second, third], "2022-12-20", "2022-12-31")
    assert row.longest_s == 72 * 3600 + 45 * 60
    assert (row.longest_from, row.longest_to) == (jst("2022-12-22 09:34"), jst("2022-12-25 10:19"))
    alone = [r.longest_s for r in rows_of([first, second, third], "2022-12-20", "2022-12-31", "vessel")]
    assert max(alone) < row.longest_s
    assert (row.days, row.vessel_days, row.vessels, row.entries) == (4, 3 + 2 + 2, 3, 3)


def test_a_stay_of_92_h_08_min_counts_to_the_minute() -> None:
    """Press reports of the coast guard: 21 March 2025 01:56 to 24 March 22:04."""
    (row,) = rows_of(
        [stay(412_000_001, jst("2025-03-21 01:56"), jst("2025-03-24 22:04"))], "2025-03-01", "2025-04-01"
    )
    assert row.longest_s == 92 * 3600 + 8 * 60


def test_19_november_to_19_october_are_335_days_in_a_row() -> None:
    """Golden vector H3: both ends count."""
    first = dt.date(2024, 11, 19)
    noons = [jst(f"{first + n * dt.timedelta(days=1)} 12:00") for n in range(335)]
    stays = [stay(412_000_001 + n % 3, t, t + 3600 * SECOND) for n, t in enumerate(noons)]
    (row,) = rows_of(stays, "2024-11-01", "2025-12-01")
    assert (row.run_days, row.run_first, row.run_last) == (335, "2024-11-19", "2025-10-19")
    gap = [s for s in stays if s["t_start"] != jst("2025-03-01 12:00")]
    (row,) = rows_of(gap, "2024-11-01", "2025-12-01")
    assert (row.days, row.run_days, row.run_first) == (334, 232, "2025-03-02")


@pytest.mark.parametrize(
    ("tz", "days"), [("Asia/Tokyo", ["2024-03-01", "2024-03-02"]), ("UTC", ["2024-03-01"])]
)
def test_a_stay_over_midnight_in_japan_is_two_days_there_and_one_in_utc(tz: str, days: list[str]) -> None:
    stays = [stay(412_000_001, jst("2024-03-01 23:00"), jst("2024-03-02 01:00"))]
    rows = rows_of(stays, "2024-03-01", "2024-03-03", "day", tz)
    assert [r.key for r in rows if r.days] == days
    (total,) = rows_of(stays, "2024-03-01", "2024-03-03", "total", tz)
    assert (total.days, total.entries, total.longest_s) == (len(days), 1, 7200)


def test_a_stay_over_midnight_utc_is_one_day_in_japan() -> None:
    stays = [stay(412_000_001, jst("2024-03-02 08:30"), jst("2024-03-02 09:30"))]
    assert rows_of(stays, "2024-03-01", "2024-03-04")[0].days == 1
    assert rows_of(stays, "2024-03-01", "2024-03-04", tz="UTC")[0].days == 2


def test_an_entry_counts_once_though_months_cut_the_stay() -> None:
    stays = [stay(412_000_001, jst("2024-02-29 20:00"), jst("2024-03-01 04:00"))]
    february, march = rows_of(stays, "2024-02-01", "2024-04-01", "month")
    assert (february.key, february.days, february.entries, february.longest_s) == ("2024-02", 1, 1, 4 * 3600)
    assert (march.key, march.days, march.entries, march.longest_s) == ("2024-03", 1, 0, 4 * 3600)


def test_silence_between_two_stays_is_no_new_entry_and_may_be_presence_at_most() -> None:
    one = stay(412_000_001, jst("2024-03-01 01:00"), jst("2024-03-01 05:00"))
    two = stay(412_000_001, jst("2024-03-01 09:00"), jst("2024-03-01 10:00"), before=jst("2024-03-01 05:00"))
    (row,) = rows_of([one, two], "2024-03-01", "2024-03-02")
    assert (row.entries, row.longest_s) == (1, 4 * 3600)
    assert row.longest_at_most_s == 9 * 3600 + 60


def test_one_first_heard_inside_did_not_enter_as_far_as_is_known() -> None:
    t = jst("2024-03-01 01:00")
    (row,) = rows_of([stay(412_000_001, t, t + SECOND, before=t)], "2024-03-01", "2024-03-02")
    assert (row.days, row.entries) == (1, 0)


def test_a_stay_on_the_line_is_undetermined_and_in_no_count() -> None:
    stays = [stay(412_000_001, jst("2024-03-01 01:00"), jst("2024-03-01 05:00"), inside=0)]
    (row,) = rows_of(stays, "2024-03-01", "2024-03-02")
    assert (row.undetermined, row.days, row.entries, row.longest_s) == (1, 0, 0, 0)


def test_another_zone_counts_nothing() -> None:
    stays = [stay(412_000_001, jst("2024-03-01 01:00"), jst("2024-03-01 05:00"), zone=8)]
    (row,) = rows_of(stays, "2024-03-01", "2024-03-02")
    assert (row.days, row.undetermined) == (0, 0)


def test_the_same_events_twice_change_nothing_but_their_own_number() -> None:
    stays = [
        stay(412_000_001, jst("2024-03-01 01:00"), jst("2024-03-01 05:00")),
        stay(440_000_001, jst("2024-03-01 04:00"), jst("2024-03-02 05:00")),
    ]
    once = rows_of(stays, "2024-03-01", "2024-03-03", "flag")
    assert [r.key for r in once] == ["CHN", "KOR"]
    assert once == rows_of(stays[::-1], "2024-03-01", "2024-03-03", "flag")


def test_hours_in_which_nobody_was_heard_make_a_count_a_minimum() -> None:
    since, until = jst("2024-03-01"), jst("2024-03-02")
    slots = np.arange(since // (HEARD_SLOT_S * SECOND), until // (HEARD_SLOT_S * SECOND))
    stays = [stay(412_000_001, jst("2024-03-01 01:00"), jst("2024-03-01 05:00"))]
    (whole,) = rows_of(stays, "2024-03-01", "2024-03-02", heard=slots)
    assert (whole.is_minimum, whole.unheard_s, whole.watched_s) == (False, 0, 86_400)
    (short,) = rows_of(stays, "2024-03-01", "2024-03-02", heard=slots[:-8])
    assert (short.is_minimum, short.unheard_s) == (True, 2 * 3600)
    for coverage in ("poor", "unknown"):
        worse = [stay(412_000_001, t := jst("2024-03-01 01:00"), t + SECOND, coverage=coverage)]
        assert rows_of(worse, "2024-03-01", "2024-03-02", heard=slots)[0].is_minimum
    (nothing,) = rows_of([], "2024-03-01", "2024-03-02", heard=slots[:0])
    assert (nothing.is_minimum, nothing.days) == (True, 0), "an outage must not look like an empty sea"


def test_every_figure_resolves_to_its_events() -> None:
    stays = [stay(412_000_001, t := jst("2024-03-01 01:00"), t + SECOND), stay(412_000_002, t, None)]
    (row,) = rows_of(stays, "2024-03-01", "2024-03-02")
    assert sorted(row.event_ids) == sorted(str(s["event_id"]) for s in stays)


def test_no_stays_at_all_are_rows_of_zeros() -> None:
    low, high = jst("2024-02-28"), jst("2024-03-02")
    rows = presence_rows(stays_in(no_events(), ZONE, low, high), ALWAYS, low, high, by="day")
    assert [(r.key, r.days, r.run_days) for r in rows] == [
        (f"2024-{d}", 0, 0) for d in ("02-28", "02-29", "03-01")
    ]


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadParameter, match="no time zone"):
        rows_of([], "2024-03-01", "2024-03-02", tz="Asia/Edo")


def test_a_union_is_what_a_slow_count_of_minutes_says() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        start = rng.integers(0, 300, 12)
        end = start + rng.integers(0, 40, 12)
        covered = np.zeros(400, bool)
        for a, b in zip(start, end, strict=True):
            covered[a:b] = True
        longest = max((len(run) for run in "".join("x" if c else " " for c in covered).split()), default=0)
        minute = 60 * SECOND
        assert longest_union(start * minute, end * minute)[0] == longest * 60


@pytest.mark.parametrize(
    ("mmsi", "flag"),
    [(431_000_001, "JPN"), (412_345_678, "CHN"), (3_669_999, "USA"), (111_232_000, "GBR"),
     (970_123_456, "?"), (980_000_001, "?"), (984_310_001, "JPN"), (992_111_111, "DEU")],
)  # fmt: skip
def test_a_number_names_a_flag_by_the_digits_of_its_kind(mmsi: int, flag: str) -> None:
    assert flag_of(mmsi) == flag

"""When the feed spoke: hours are compared with the day before them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.tracks.feed import FEED, HOUR, heard_between
from shiomi.units import microseconds

DAY = microseconds("2024-03-01")


def heard(reports_by_hour: list[int], from_h: float, to_h: float) -> tuple[int, int]:
    hours = [DAY // HOUR + i for i, n in enumerate(reports_by_hour) if n]
    feed = pa.table([hours, [n for n in reports_by_hour if n]], schema=FEED)
    start, end = (np.array([DAY + round(h * HOUR)]) for h in (from_h, to_h))
    whole, spoke = heard_between(feed, start, end)
    return int(whole[0]), int(spoke[0])


def test_only_whole_hours_inside_the_silence_count() -> None:
    assert heard([100] * 24, 2.0, 14.0) == (11, 11)
    assert heard([100] * 24, 2.5, 14.5) == (11, 11)
    assert heard([100] * 24, 2.5, 3.5) == (0, 0)


def test_a_feed_looked_at_every_eight_hours_speaks_once_in_eight() -> None:
    assert heard(([900] + [10] * 7) * 3, 0.5, 23.9) == (22, 2)


def test_quiet_nights_are_no_silence_of_the_feed() -> None:
    assert heard([100] * 12 + [60] * 12, 11.5, 23.9) == (11, 11)


def test_what_comes_later_does_not_change_what_was_said() -> None:
    quiet, busy = [5] * 12, [5] * 12 + [5_000] * 12
    assert heard(quiet, 0.5, 11.5) == heard(busy, 0.5, 11.5)


def test_beyond_the_end_of_the_feed_nothing_was_heard() -> None:
    assert heard([100] * 6, 2.5, 20.5) == (17, 3)
    whole, spoke = heard_between(FEED.empty_table(), np.array([DAY]), np.array([DAY + 5 * HOUR]))
    assert (int(whole[0]), int(spoke[0])) == (4, 0)

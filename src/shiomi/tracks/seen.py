"""What is counted beside the detectors: a summary of every track, and in which hours the feed spoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from shiomi.schema import TRACK_SUMMARIES
from shiomi.tracks.feed import FEED, add_hours
from shiomi.tracks.summary import summarise

__all__ = ["Seen", "joined", "nothing_seen"]


class Seen(NamedTuple):
    """Counts over all positions up to a watermark; the order of the positions does not matter."""

    summaries: pa.Table
    """Schema TRACK_SUMMARIES, in order of track_id."""
    feed: pa.Table
    """Schema FEED, in order of time."""

    def after(self, tracks: pa.Table) -> Seen:
        """The counts after more rows of TRACKS, sorted by (track_id, t)."""
        return Seen(summarise(self.summaries, tracks), add_hours(self.feed, tracks))


def nothing_seen() -> Seen:
    """The counts before the first position."""
    return Seen(TRACK_SUMMARIES.empty_table(), FEED.empty_table())


def joined(parts: Sequence[Seen]) -> Seen:
    """The counts of parts of the world as those of the whole; no MMSI is in two parts."""
    summaries = pa.concat_tables([TRACK_SUMMARIES.empty_table(), *(p.summaries for p in parts)])
    hours = pa.concat_tables([FEED.empty_table(), *(p.feed for p in parts)])
    feed = hours.group_by("hour").aggregate([("reports", "sum")]).rename_columns(FEED.names)
    return Seen(summaries.sort_by("track_id").combine_chunks(), feed.sort_by("hour").cast(FEED))

"""What is counted beside the detectors: a summary of every track, and who was heard where in which hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from shiomi.schema import TRACK_SUMMARIES
from shiomi.tracks.reception import RECEPTION, heard_in, merge_heard
from shiomi.tracks.summary import summarise

__all__ = ["Seen", "joined", "nothing_seen"]


class Seen(NamedTuple):
    """Counts over all positions up to a watermark; the order of the positions does not matter."""

    summaries: pa.Table
    """Schema TRACK_SUMMARIES, in order of track_id."""
    reception: pa.Table
    """Schema RECEPTION, in parts that `merge_heard` adds up: a step seldom has an hour of another."""

    def after(self, tracks: pa.Table) -> Seen:
        """The counts after more rows of TRACKS, sorted by (track_id, t)."""
        heard = pa.concat_tables([self.reception, heard_in(tracks, self.summaries)])
        return Seen(summarise(self.summaries, tracks), heard)


def nothing_seen() -> Seen:
    """The counts before the first position."""
    return Seen(TRACK_SUMMARIES.empty_table(), RECEPTION.empty_table())


def joined(parts: Sequence[Seen]) -> Seen:
    """The counts of parts of the world as those of the whole; no MMSI is in two parts."""
    summaries = pa.concat_tables([TRACK_SUMMARIES.empty_table(), *(p.summaries for p in parts)])
    return Seen(summaries.sort_by("track_id").combine_chunks(), merge_heard([p.reception for p in parts]))

"""S1, coverage: whether a silence says anything of the vessel, and how well the sea of an event was heard."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import Context, Said, by_rule, ends_of
from shiomi.findings import UNKNOWN
from shiomi.tracks.feed import HOUR, heard_between
from shiomi.units import SECOND

__all__ = ["FEED_SILENT", "coverage"]

FEED_SILENT = "feed_silent"


def coverage(events: pa.Table, context: Context) -> Said:
    """The state is what `coverage` of the event says; reason `feed_silent` where the feed was silent too."""
    rules, rule = by_rule(events, context.ladder)
    is_silence = np.array([r.is_silence for r in rules], np.bool_)[rule]
    state = np.full(len(rule), "unknown", "U16")
    if context.feed is None:
        return Said(state, [], {})
    whole, heard = heard_between(context.feed, numpy_of(events, "t_start"), ends_of(events))
    silent = is_silence & (2 * heard < whole) & (heard < context.ladder.min_feed_hours)
    state[is_silence] = "feed_heard"
    state[silent] = FEED_SILENT
    hour_s = HOUR // SECOND
    return Said(
        state,
        [(np.flatnonzero(silent), [FEED_SILENT] * int(silent.sum()))],
        {
            "feed_heard_s": np.where(is_silence, heard * hour_s, UNKNOWN),
            "feed_whole_s": np.where(is_silence, whole * hour_s, UNKNOWN),
        },
    )

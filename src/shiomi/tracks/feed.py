"""The feed itself: in which hours it spoke at all.

When everyone falls silent at once it is the feed that fell silent: a receiver went down, or somebody
looks at it only every eight hours. No vessel's silence in such hours says anything about the vessel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.units import SECOND, hours

__all__ = ["FEED", "HOUR", "heard_between"]

HOUR = hours(1) * SECOND

FEED = pa.schema(
    [
        pa.field("hour", pa.int64(), nullable=False, metadata={"meaning": "hours since 1970-01-01 UTC"}),
        pa.field("reports", pa.int64(), nullable=False, metadata={"meaning": "reports of all vessels in it"}),
    ]
)
"""One row an hour in which anything was heard."""

_TRAILING = 24
"""An hour is compared with the day before it, never with what came after: so what was said stays said."""

_I64 = npt.NDArray[np.int64]


def heard_between(feed: pa.Table, start: _I64, end: _I64) -> tuple[_I64, _I64]:
    """Whole hours inside each span of time, and how many of them the feed spoke in.

    It spoke in an hour that brought at least half as many reports as the hours of the day up to then
    did on average.

    Args:
        feed: schema FEED, in order of time.
        start, end: microseconds UTC.
    """
    first, last = start // HOUR + 1, end // HOUR - 1
    whole = np.maximum(last - first + 1, 0)
    if feed.num_rows == 0:
        return whole, np.zeros(len(whole), np.int64)
    hour, reports = numpy_of(feed, "hour"), numpy_of(feed, "reports")
    from_hour = int(hour[0])
    by_hour = np.zeros(int(hour[-1]) - from_hour + 1, np.int64)
    by_hour[hour - from_hour] = reports
    total = np.concatenate([[0], np.cumsum(by_hour)])
    now = np.arange(len(by_hour)) + 1
    before = np.maximum(now - _TRAILING, 0)
    spoke = (by_hour > 0) & (2 * by_hour * (now - before) >= total[now] - total[before])
    spoken = np.concatenate([[0], np.cumsum(spoke)])
    a = np.clip(first - from_hour, 0, len(by_hour))
    b = np.clip(last + 1 - from_hour, 0, len(by_hour))
    return whole, np.where(whole > 0, spoken[np.maximum(a, b)] - spoken[a], 0)

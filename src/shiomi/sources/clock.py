"""When a message was sent: AIS carries only the second of the minute, the rest comes from around it.

A report of second 59 that was logged at 10:00:01 was made at 09:59:59. So the instant nearest to the
logged time is taken whose UTC second is that of the message. It is at most 30 s away; a receiver whose
clock is further off than that shifts reports by whole minutes, which nothing in the message can show.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shiomi.kernels.sentences import NO_TIME
from shiomi.units import SECOND, minutes

__all__ = ["NO_TIME", "first_known", "last_known", "sent_t"]

_MINUTE = minutes(1) * SECOND
_HALF = _MINUTE // 2

_Times = npt.NDArray[np.int64]


def sent_t(near_t: _Times, second: npt.NDArray[np.int8]) -> _Times:
    """The instant nearest to `near_t` (microseconds) at this UTC second; `near_t` where that is -1."""
    off = (second.astype(np.int64) * SECOND - near_t % _MINUTE + _HALF) % _MINUTE - _HALF
    return np.where(second >= 0, near_t + off, near_t)


def first_known(*times: _Times) -> _Times:
    """Of each row the first of these that is not NO_TIME."""
    out = times[0]
    for other in times[1:]:
        out = np.where(out == NO_TIME, other, out)
    return out


def last_known(times: _Times, before: int) -> _Times:
    """The newest time up to each row; `before` until there is one.

    A line without a time of its own takes the last one that the file told: of another line, of a base
    station, or of the receiver's own GNSS.
    """
    known = times != NO_TIME
    newest = np.maximum.accumulate(np.where(known, np.arange(len(times)), -1))
    return np.where(newest < 0, before, times[newest])

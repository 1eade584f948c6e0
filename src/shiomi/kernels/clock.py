"""When a message was sent: AIS carries only the second of the minute, the rest comes from around it.

A report of second 59 that was logged at 10:00:01 was made at 09:59:59. So the instant nearest to the
logged time is taken whose UTC second is that of the message. It is at most 30 s away; a receiver whose
clock is further off than that shifts reports by whole minutes, which nothing in the message can show.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit
from shiomi.kernels.sentences import NO_TIME
from shiomi.units import SECOND, minutes

__all__ = ["NO_TIME", "near_times", "sent_times"]

_MINUTE = minutes(1) * SECOND
_HALF = _MINUTE // 2

_I64 = npt.NDArray[np.int64]


@njit(cache=True)
def _of_message(t: Any, i: int, following: Any) -> Any:
    """The first time that a part has of the message whose first line is i."""
    while i >= 0:
        if t[i] != NO_TIME:
            return t[i]
        i = following[i]
    return NO_TIME


@njit(cache=True, nogil=True)
def near_times(
    logged_t: _I64, heard_t: _I64, clock_t: _I64, heads: _I64, following: _I64, station_t: _I64,
    waits: _I64, past_of: _I64, past_t: int,
) -> tuple[_I64, _I64, _I64, int]:  # fmt: skip
    """Times from around the messages of a block: microseconds UTC, or NO_TIME.

    A line without a time of its own takes the last one that the file told: of another line, of a base
    station, or of the receiver's own GNSS.

    Args:
        logged_t, heard_t, clock_t: of each line, by `Sentences`.
        heads: first line of each message, ascending; `station_t` is the time that the message tells.
        following: the line after each in its message, or -1.
        waits: lines that wait for a part, ascending.
        past_of: for the lines at the beginning that waited, the last time told before each.
        past_t: the last time told before the others.

    Returns:
        near which instant each message was sent, when each was received, for `waits` the last time told
        before each, and the last time told of all.
    """
    near, received, past = np.empty_like(heads), np.empty_like(heads), np.empty_like(waits)
    k = w = 0
    for i in range(len(logged_t)):
        logged, heard = logged_t[i], heard_t[i]
        is_head = k < len(heads) and heads[k] == i
        if is_head and following[i] >= 0:
            logged, heard = _of_message(logged_t, i, following), _of_message(heard_t, i, following)
        own = logged if heard == NO_TIME else heard
        if i < len(past_of):
            so_far = past_of[i]
        else:
            if own != NO_TIME:
                past_t = own
            elif clock_t[i] != NO_TIME:
                past_t = clock_t[i]
            elif is_head and station_t[k] != NO_TIME:
                past_t = station_t[k]
            so_far = past_t
        if is_head:
            near[k] = so_far if own == NO_TIME else own
            received[k] = heard if logged == NO_TIME else logged
            k += 1
        if w < len(waits) and waits[w] == i:
            past[w] = so_far
            w += 1
    return near, received, past, past_t


@njit(cache=True, nogil=True)
def sent_times(near_t: _I64, second: npt.NDArray[np.int8]) -> _I64:
    """The instant nearest to `near_t` (microseconds) at this UTC second; `near_t` where that is -1."""
    out = near_t.copy()
    for i in range(len(out)):
        if second[i] >= 0:
            out[i] += (second[i] * SECOND - near_t[i] % _MINUTE + _HALF) % _MINUTE - _HALF
    return out

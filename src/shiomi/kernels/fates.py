"""What became of the lines of an NMEA log, and which of them make a message."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit
from shiomi.kernels.payload import BAD_LENGTH, BAD_TYPE, OF_TYPE
from shiomi.kernels.sentences import NO_TIME

__all__ = ["Codes", "line_fates", "whole_messages"]

_I8 = npt.NDArray[np.int8]
_I64 = npt.NDArray[np.int64]


class Codes(NamedTuple):
    """Numbers of fates."""

    told: int
    bad_length: int
    bad_type: int
    no_time: int
    type_0: int
    """Of type 0; those of the other types follow."""
    part: int
    lost: int
    waits: int


@njit(cache=True, nogil=True)
def whole_messages(fate: _I8, total: _I8) -> tuple[npt.NDArray[np.bool_], _I64, _I64]:
    """Lines that are a message by themselves, lines that are a part of one, and -1 for each line."""
    n = len(fate)
    is_whole, parts, following = np.empty(n, np.bool_), np.empty(n, np.int64), np.empty(n, np.int64)
    k = 0
    for i in range(n):
        following[i] = -1
        is_whole[i] = fate[i] == 0 and total[i] == 1
        parts[k] = i
        k += fate[i] == 0 and total[i] > 1
    return is_whole, parts[:k].copy(), following


@njit(cache=True, nogil=True)
def line_fates(
    fate: _I8, heads: _I64, message_fate: _I8, kind: _I8, near_t: _I64, following: _I64,
    lost: _I64, waits: _I64, codes: Codes, counts: _I64,
) -> None:  # fmt: skip
    """Writes the fate of every line into `fate`, which holds that of the sentence, and counts them.

    Args:
        heads: first line of each message; the next three are by message.
        following: the line after each in its message, or -1.
        lost: lines whose message is not whole; of them `waits` may become so.
        counts: filled, by fate.
    """
    for i in range(len(following)):
        if following[i] >= 0:
            fate[following[i]] = codes.part
    for i in lost:
        fate[i] = codes.lost
    for i in waits:
        fate[i] = codes.waits
    for k in range(len(heads)):
        of = codes.told
        if message_fate[k] == OF_TYPE:
            of = codes.type_0 + kind[k]
        elif message_fate[k] == BAD_LENGTH:
            of = codes.bad_length
        elif message_fate[k] == BAD_TYPE:
            of = codes.bad_type
        elif near_t[k] == NO_TIME:
            of = codes.no_time
        fate[heads[k]] = of
    for i in range(len(fate)):
        counts[fate[i]] += 1

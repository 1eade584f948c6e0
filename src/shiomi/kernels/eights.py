"""Text eight bytes at a time: a word holds eight characters, the first of them lowest.

Most of a line is passed over, and a byte at a time that is most of the cost of reading it. The tests for a
byte in a word are Mycroft's; a mark they give above the lowest may be wrong, the lowest never is.

All functions are of single words: a loop that hands its arrays to another counts references at every turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit

__all__ = [
    "EIGHT", "across", "all_marks", "each", "how_many", "lowest", "marks", "not_armoured", "six_bits",
    "up_to", "words_of",
]  # fmt: skip

EIGHT = 8

_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)


def words_of(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """The words of a text whose length is a multiple of eight."""
    return text.view("<u8")


def each(character: str) -> np.uint64:
    """A word of this character, eight times."""
    return np.uint64(ord(character)) * _ONES


@njit(cache=True)
def marks(word: Any, character: Any) -> Any:
    """The highest bit of each byte that is this character, which stands in all bytes of `character`."""
    x = word ^ character
    return (x - _ONES) & ~x & _HIGHS


@njit(cache=True)
def lowest(some: Any) -> int:
    """Which byte the lowest of some marks stands in, 0 to 7; there is one."""
    below = (some & (~some + np.uint64(1))) - np.uint64(1)
    return np.int64(((below & _ONES) * _ONES) >> np.uint64(56)) - 1  # type: ignore[return-value]


@njit(cache=True)
def up_to(n: int) -> Any:
    """All bits of the first n bytes, 0 to 7."""
    return (np.uint64(1) << np.uint64(8 * n)) - np.uint64(1)


@njit(cache=True)
def not_armoured(word: Any) -> Any:
    """The highest bit of each byte that is no armoured character: `0` to `W` and `` ` `` to `w`."""
    low = word & ~_HIGHS
    from_0 = low + np.uint64(0x80 - 0x30) * _ONES
    from_x = low + np.uint64(0x80 - 0x58) * _ONES
    from_grave = low + np.uint64(0x80 - 0x60) * _ONES
    above_w = low + np.uint64(0x80 - 0x78) * _ONES
    return (~((from_0 & ~from_x) | (from_grave & ~above_w)) | word) & _HIGHS


@njit(cache=True)
def across(word: Any, following: Any, n: int) -> Any:
    """The eight bytes that begin with byte n of a word, 0 to 7, and go on in the next."""
    off = np.uint64(8 * n)
    return word >> off | (following << np.uint64(1)) << (np.uint64(63) - off)


@njit(cache=True)
def six_bits(word: Any) -> Any:
    """Eight armoured characters as 48 bits, the first highest (IEC 61162-1).

    What is no armoured character spoils only those after it.
    """
    from_grave = ((word + np.uint64(0x20) * _ONES) & _HIGHS) >> np.uint64(4)
    x = word - np.uint64(0x30) * _ONES - from_grave
    pairs = np.uint64(0x003F003F003F003F)
    x = (x & pairs) << np.uint64(6) | (x >> np.uint64(8)) & pairs
    fours = np.uint64(0x0000FFFF0000FFFF)
    x = (x & fours) << np.uint64(12) | (x >> np.uint64(16)) & fours
    return np.int64((x & np.uint64(0xFFFFFFFF)) << np.uint64(24) | x >> np.uint64(32))


@njit(cache=True)
def all_marks(word: Any, character: Any) -> Any:
    """As `marks`, and every one of them right."""
    x = word ^ character
    return ~(((x & ~_HIGHS) + ~_HIGHS) | x | ~_HIGHS)


@njit(cache=True)
def how_many(some: Any) -> int:
    """Number of marks."""
    return np.int64(((some >> np.uint64(7)) * _ONES) >> np.uint64(56))  # type: ignore[return-value]

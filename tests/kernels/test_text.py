"""Numbers as text and netstrings, beside Python's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.text import (
    add_framed_lengths,
    add_framed_number_lengths,
    lay_framed,
    lay_framed_numbers,
)

whole = st.integers(-(2**63), 2**63 - 1) | st.integers(-120, 120) | st.integers(0, 18).map(lambda n: 10**n)


def still(values: object, dtype: type) -> np.ndarray:
    array = np.array(values, dtype)
    array.flags.writeable = False
    return array


def netstrings(texts: list[str | None]) -> bytes:
    coded = [None if t is None else t.encode() for t in texts]
    return b"".join(b"-" if c is None else b"%d:%b," % (len(c), c) for c in coded)


@given(st.lists(st.none() | whole, max_size=30))
def test_numbers_are_written_as_python_writes_them(numbers: list[int | None]) -> None:
    values = still([n or 0 for n in numbers], np.int64)
    valid = still([n is not None for n in numbers], np.bool_)
    lengths = np.zeros(len(numbers), np.int64)
    add_framed_number_lengths(lengths, values, valid)
    ends = np.cumsum(lengths)
    out, at = np.empty(int(lengths.sum()), np.uint8), ends - lengths
    lay_framed_numbers(out, at, values, valid)
    assert out.tobytes() == netstrings([None if n is None else str(n) for n in numbers])
    assert at.tolist() == ends.tolist()


@given(st.lists(st.none() | st.text("aé海 ", max_size=300), max_size=20))
def test_a_netstring_is_its_length_in_bytes_a_colon_the_text_and_a_comma(texts: list[str | None]) -> None:
    coded = [(t or "").encode() for t in texts]
    offsets = still(np.cumsum([0, *map(len, coded)]), np.int64)
    valid = still([t is not None for t in texts], np.bool_)
    lengths = np.zeros(len(texts), np.int64)
    add_framed_lengths(lengths, offsets, valid)
    ends = np.cumsum(lengths)
    out, at = np.empty(int(lengths.sum()), np.uint8), ends - lengths
    lay_framed(out, at, offsets, still(list(b"".join(coded)), np.uint8), valid)
    assert out.tobytes() == netstrings(texts)
    assert at.tolist() == ends.tolist()

"""Numbers as text and netstrings, beside Python's own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.text import add_framed_lengths, decimals, lay_framed

whole = st.integers(-(2**63), 2**63 - 1) | st.integers(-120, 120) | st.integers(0, 18).map(lambda n: 10**n)


def still(values: object, dtype: type) -> np.ndarray:
    array = np.array(values, dtype)
    array.flags.writeable = False
    return array


@given(st.lists(whole, max_size=30))
def test_numbers_are_written_as_python_writes_them(numbers: list[int]) -> None:
    offsets, data = decimals(still(numbers, np.int64))
    text = data.tobytes().decode()
    assert [text[a:b] for a, b in pairwise(offsets)] == [str(n) for n in numbers]


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
    plain = [b"-" if t is None else b"%d:%b," % (len(c), c) for t, c in zip(texts, coded, strict=True)]
    assert out.tobytes() == b"".join(plain)
    assert at.tolist() == ends.tolist()

"""Text eight bytes at a time, beside text a byte at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiomi.kernels.eights import across, all_marks, each, how_many, lowest, marks, not_armoured, six_bits
from shiomi.kernels.rows import lines_of

ARMOUR = "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw"
TEXT = st.binary(max_size=80) | st.lists(st.sampled_from(b'\n\r,;"\x0b-+ab'), max_size=80).map(bytes)


def word(text: bytes) -> np.uint64:
    return np.frombuffer(text, "<u8")[0]


@given(TEXT, st.sampled_from(",;\t|"))
def test_lines_and_their_delimiters_are_those_of_a_split(text: bytes, delimiter: str) -> None:
    ends, delimiters = lines_of(text, delimiter)
    lines = text.split(b"\n")[:-1]
    assert ends.tolist() == [i for i, c in enumerate(text) if c == 10]
    assert delimiters.tolist() == [line.count(delimiter.encode()) for line in lines]


@given(st.lists(st.sampled_from(b"\n\x0b*+!\x20\xff\x80a"), min_size=8, max_size=8).map(bytes))
def test_marks_stand_at_the_character(text: bytes) -> None:
    for c in "\n*!":
        at = [i for i, x in enumerate(text) if x == ord(c)]
        assert how_many(np.uint64(all_marks(word(text), each(c)))) == len(at)
        some = np.uint64(marks(word(text), each(c)))
        assert bool(some) == bool(at)
        if at:
            assert lowest(some) == at[0]


@pytest.mark.parametrize("c", range(256))
def test_armour_is_what_the_standard_lists(c: int) -> None:
    for i in range(8):
        text = bytearray(b"0W`w0W`w")
        text[i] = c
        wrong = np.uint64(not_armoured(word(bytes(text))))
        assert how_many(wrong) == (chr(c) not in ARMOUR)
        assert wrong == 0 or lowest(wrong) == i


@given(st.text(ARMOUR, min_size=16, max_size=16), st.integers(0, 7))
def test_six_bits_are_read_from_any_byte(text: str, n: int) -> None:
    first, following = word(text[:8].encode()), word(text[8:].encode())
    bits = "".join(f"{ARMOUR.index(c):06b}" for c in text[n : n + 8])
    assert six_bits(np.uint64(across(first, following, n))) == int(bits, 2)

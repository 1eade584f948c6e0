"""Cells of delimited text found by the loop, against those that polars finds and Python's own numbers."""

from __future__ import annotations

import struct

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from shiomi.kernels.cells import NUMBER, TEXT, UNUSED, cells_of
from shiomi.kernels.rows import lines_of
from shiomi.sources.delimited import parse, scan

PLAIN = st.one_of(
    st.just(""),
    st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", fullmatch=True),
    st.sampled_from(["-0", "007.50", "0.00000000000001", "999999999999999", "-123456.789012345"]),
)
ODD = st.sampled_from(
    [
        "-",
        "1-",
        "0.1234567890123456",
        "+3",
        ".5",
        "5.",
        "1e5",
        "nan",
        "inf",
        " 7",
        "7 ",
        "abc",
        "1.2.3",
        "7\r",
        "9" * 40,
    ]
)
WORDS = st.one_of(
    st.text(st.characters(blacklist_characters='\n\r",;', blacklist_categories=("Cs",)), max_size=30),
    st.sampled_from(["", "T\r", "abcd", "abcde", "abcdefghijkl", "abcdefghijklm"]),
)
FLOAT, STRING = pl.Float64(), pl.String()
SCHEMA = {"a": FLOAT, "b": STRING, "c": FLOAT, "d": STRING, "e": FLOAT}


def laid(rows: list[tuple[str, ...]], delimiter: str, line_end: str) -> bytes:
    return "".join(delimiter.join(row) + line_end for row in rows).encode()


@given(
    st.lists(st.tuples(PLAIN | ODD, WORDS, PLAIN, WORDS, PLAIN), min_size=1, max_size=12),
    st.sampled_from(",;"),
    st.sampled_from(["\n", "\r\n"]),
    st.sets(st.sampled_from("abcde"), min_size=1).map(sorted),
)
@example([("-0", "x" * 12, "", "", "5")], ",", "\r\n", ["a", "b", "d", "e"])
def test_rows_are_parsed_as_polars_parses_them(rows, delimiter, line_end, wanted):
    data = laid(rows, delimiter, line_end)
    block, _, _ = scan(data, delimiter, len(SCHEMA), 1)
    frame, places, failed = parse(block, SCHEMA, wanted, delimiter)
    theirs = pl.read_csv(
        data,
        has_header=False,
        schema=SCHEMA,
        columns=[list(SCHEMA).index(c) for c in wanted],
        separator=delimiter,
        quote_char=None,
        ignore_errors=True,
    )
    assert (places.tolist(), failed) == (list(range(len(rows))), [])
    assert frame.equals(theirs, null_equal=True)


@given(st.lists(PLAIN, min_size=1, max_size=40))
def test_a_plain_number_is_the_nearest_float(numbers):
    rows = [("skipped", number, "text") for number in numbers]
    data = laid(rows, ",", "\n")
    ends, _ = lines_of(data, ",")
    starts = np.concatenate([[0], ends[:-1] + 1])
    becomes = np.array([UNUSED, NUMBER, TEXT], np.int8)
    (found,), views, is_there, is_plain = cells_of(data, starts, ends, ",", becomes)
    assert is_plain.all()
    assert is_there.all()
    assert views[0].tobytes() == struct.pack("<i12s", 4, b"text") * len(rows)
    assert found.tobytes() == np.array([float(n or "nan") for n in numbers]).tobytes()


def test_a_row_with_an_odd_number_is_told_apart():
    data = laid([("1", "a"), ("1e5", "b"), ("2", "c\r\r")], ",", "\n")
    ends, _ = lines_of(data, ",")
    starts = np.concatenate([[0], ends[:-1] + 1])
    *_, is_plain = cells_of(data, starts, ends, ",", np.array([NUMBER, TEXT], np.int8))
    assert is_plain.tolist() == [True, False, False]

"""Claims are collapsed before they are cleaned, which must not be seen in what comes out."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.schema import PARTICULARS, POSITIONS, REJECTS
from shiomi.sources import claims as module
from shiomi.sources.claims import claims, gathered, in_words, merge_claims, said

TEXTS = st.sampled_from([None, "", " ", "NULL", "Unknown", "ANNA", "ANNA@@", " ANNA", "@", "BEN"])
ROW = st.fixed_dictionaries(
    {
        "mmsi": st.sampled_from([366_000_001, 366_000_002]),
        "t": st.integers(0, 5),
        "imo": st.sampled_from([None, 0, 9_074_729, 9_074_730, -(2**63), 2**63 - 1]),
        "name": TEXTS,
        "destination": TEXTS,
        "ship_type": st.sampled_from(
            [None, "", "70", "70.0", "cargo", "Cargo", "nan", "0", "150"],
        ),
        "length_m": st.sampled_from([None, 0.0, -0.0, 90.0, 90.4, float("nan"), float("inf")]),
        "draught_m": st.sampled_from([None, "", "4.5", "4.50", "x", "NULL"]),
        "bow_m": st.sampled_from([None, 0, 10, 255]),
    }
)
SCHEMA = {
    **dict.fromkeys(("mmsi", "t", "imo"), pl.Int64),
    "name": pl.String,
    "destination": pl.Categorical,
    "ship_type": pl.String,
    "length_m": pl.Float32,
    "draught_m": pl.String,
    "bow_m": pl.UInt8,
}


def plain(rows: pl.DataFrame) -> pa.Table:
    """Each row cleaned by itself."""
    alone = [in_words(rows[i]).with_columns(t_last=pl.col("t"), reports=1) for i in range(rows.height)]
    return merge_claims([claims(row, 7) for row in alone])


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_raw_claims_come_out_as_those_that_were_cleaned_first(rows):
    raw = pl.DataFrame(rows, schema=SCHEMA)
    expected = plain(raw)
    for few in (
        in_words(said(raw)),
        said(in_words(raw)),
        in_words(said(pl.concat([said(raw[:3]), said(raw[3:])]))),
    ):
        assert claims(few, 7).equals(expected)


def chunk(number: int) -> Chunk:
    empty = (POSITIONS.empty_table(), PARTICULARS.empty_table())
    return Chunk(number, *empty, 0, {}, REJECTS.empty_table())


def word(name: str, t: int) -> pl.DataFrame:
    return said(pl.DataFrame({"mmsi": [366_000_001], "t": [t], "name": [name]}))


@pytest.mark.parametrize("many", [1, 2, 100])
def test_every_claim_comes_with_one_of_the_chunks_even_if_the_file_breaks_off(monkeypatch, many):
    monkeypatch.setattr(module, "_MANY_CLAIMS", many)
    names = ["ANNA", "ANNA", "BEN", "ANNA", "NULL"]

    def pieces(*, breaks: bool):
        yield from ((chunk(i), word(name, i)) for i, name in enumerate(names))
        if breaks:
            raise Unreadable("file", "it breaks off", "fetch it again")

    got: list[Chunk] = []
    with pytest.raises(Unreadable):
        got.extend(gathered(pieces(breaks=True), 7))
    whole = list(gathered(pieces(breaks=False), 7))
    for chunks in (got, whole):
        assert [c.rows for c in chunks] == [0, 1, 2, 3, 4]
        told = merge_claims([c.particulars for c in chunks]).to_pylist()
        assert [(c["name"], c["reports"]) for c in told] == [("ANNA", 3), ("BEN", 1)]
    assert list(gathered(iter(()), 7)) == []

"""Claims that cannot all be true, and pairs that say they are two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from shiomi.events.identity import (
    CONFLICTS,
    conflicts,
    differing,
    edits,
    has_check_digit,
    is_slip,
    name_edits,
    said_most,
)
from shiomi.schema import PARTICULARS

VALID = [9191773, 9114555, 9020534, 7389704, 9309588, 6807967, 8528864, 8514045, 8660313]
"""Numbers of ships in published cases; the last but two are of laundering cases, so valid is not genuine."""
QUOTED_WRONG = [8314881, 8814881]
"""As the press quoted those of A LI and YON PUNG 3."""


def particulars(*rows: dict[str, Any]) -> pa.Table:
    blank = dict.fromkeys(PARTICULARS.names)
    filled = [blank | {"t": 0, "t_last": 60, "reports": 20, "source_id": 1} | r for r in rows]
    return pa.Table.from_pylist(filled, PARTICULARS)


def found(*rows: dict[str, Any], **how: Any) -> list[tuple[Any, ...]]:
    table = conflicts(particulars(*rows), **how)
    assert table.schema.equals(CONFLICTS)
    return [(r["rule"], r["mmsi"], r["other_mmsi"], r["claim"]) for r in table.to_pylist()]


def test_check_digits_of_published_cases_hold_and_misquoted_ones_do_not() -> None:
    assert has_check_digit(np.array(VALID)).all()
    assert not has_check_digit(np.array([*QUOTED_WRONG, 0, 999_999, 10_000_000])).any()
    # What is likely meant is one digit away, and is not put in its place.
    assert has_check_digit(np.array([8314811, 8814811])).all()


@pytest.mark.parametrize(
    ("a", "b", "n"), [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xyz", 3)]
)
def test_edits_are_counted_both_ways(a: str, b: str, n: int) -> None:
    assert edits(a, b) == edits(b, a) == n


def test_names_with_their_words_reversed_are_alike() -> None:
    assert name_edits("SHUN XING 39", "XING SHUN 39") == (0, 10)
    n, letters = name_edits("SHUN XING 39", "OVERSEAS LOS ANGELES")
    assert 3 * n > 2 * letters


def test_one_wrong_digit_or_two_swapped_are_a_slip_and_more_are_none() -> None:
    assert is_slip(431_000_001, 431_000_007)
    assert is_slip(431_000_012, 431_000_021)
    assert not is_slip(431_000_001, 431_000_001)
    assert not is_slip(613_003_889, 677_087_200)


def test_a_number_with_a_wrong_check_digit_is_told_and_a_slip_is_called_so() -> None:
    wrong = {"mmsi": 445_000_001, "imo": 8314881}
    assert found(wrong) == [("imo_check_digit", 445_000_001, None, "8314881")]
    both = conflicts(particulars(wrong, {"mmsi": 445_000_001, "imo": 8314811})).to_pylist()
    assert [(r["rule"], r["likely_clerical"]) for r in both] == [("imo_check_digit", True)]


def test_what_was_said_seldom_is_no_claim() -> None:
    assert found({"mmsi": 445_000_001, "imo": 8314881, "reports": 4}) == []
    assert len(found({"mmsi": 445_000_001, "imo": 8314881, "reports": 4}, min_reports=4)) == 1


def test_an_mmsi_of_no_state_is_told_and_beacons_are_not() -> None:
    rows = (
        {"mmsi": m, "name": "X"} for m in (646_000_001, 613_003_889, 677_087_200, 970_123_456, 299_999_999)
    )
    assert found(*rows) == [
        ("mmsi_form", 299_999_999, None, "299999999"),
        ("mmsi_form", 646_000_001, None, "646000001"),
    ]


def test_one_imo_number_on_two_mmsis_needs_a_second_field_that_differs() -> None:
    a = {"mmsi": 613_003_889, "imo": 9191773, "name": "SHUN XING 39", "callsign": "TJAA1"}
    b = {"mmsi": 677_087_200, "imo": 9191773, "name": "XING SHUN 39"}
    assert found(a, b) == []
    (told,) = conflicts(particulars(a, b | {"callsign": "5IMA2"})).to_pylist()
    assert (told["rule"], told["mmsi"], told["other_mmsi"]) == ("shared_imo", 613_003_889, 677_087_200)
    assert (told["differ"], told["likely_clerical"]) == ("callsign", False)


def test_one_mmsi_with_two_imo_numbers_is_told_once() -> None:
    rows = [{"mmsi": 613_003_889, "imo": imo, "reports": n} for imo, n in ((9191773, 30), (9114555, 9))]
    (told,) = conflicts(particulars(*rows)).to_pylist()
    assert (told["claim"], told["other_claim"], told["reports"]) == ("9191773", "9114555", 9)


def test_fields_differ_only_where_both_say_something_clearly_else() -> None:
    said = said_most(
        particulars(
            {"mmsi": 1, "name": "AWARE", "callsign": "WCZ7336", "ship_type": 31, "length_m": 41},
            {"mmsi": 2, "name": "OVERSEAS LOS ANGELES", "callsign": "WABS", "ship_type": 80, "length_m": 183},
            {"mmsi": 3, "name": "AVARE", "ship_type": 32, "length_m": 43},
            {"mmsi": 3, "name": "SOMETHING ELSE", "reports": 2},
        )
    )
    assert differing(said[1], said[2]) == ["name", "callsign", "length_m", "ship_type"]
    assert differing(said[1], said[3]) == []

"""Who was near at an instant and parted at the next, beside all pairs of all instants compared twice."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiomi.detectors.proximity import Proximity
from shiomi.kernels.sphere import distance_mm
from shiomi.schema import SLOTS
from shiomi.units import SECOND

SLOT = 120 * SECOND
PROXIMITY = Proximity()
MAX_MM, MAX_DKN, EVERY = (
    PROXIMITY.max_distance_m * 1000,
    PROXIMITY.max_pace_dkn,
    PROXIMITY.every_s * SECOND,
)


@st.composite
def slots(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Vessels that drift about one place, at rest and not, heard and not; some rows then taken out."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    first = int(rng.integers(0, 6)) * SLOT
    rows = []
    for track in range(draw(st.integers(0, 7))):
        place = rng.integers(-40_000, 40_000, 2)
        before: dict[str, Any] = {}
        for k in range(draw(st.sampled_from([1, 3, 9]))):
            at_rest = bool(rng.random() < 0.6)
            place = place + (0 if at_rest else rng.integers(-30_000, 30_000, 2))
            pace = int(rng.choice([0, MAX_DKN, MAX_DKN + 1, MAX_DKN + 20], p=[0.4, 0.4, 0.1, 0.1]))
            ids = {f"{c}_{what}": 100 * track + k for c in ("before", "after") for what in ("id", "t")}
            row = {
                "track_id": track, "mmsi": track // 2 if track < 2 else track, "t": first + k * SLOT,
                "lat_e7": int(place[0]), "lon_e7": int(place[1]), "pace_dkn": pace, **ids, "since_t": 0,
                **{f"prev_{c}": v for c, v in before.items()}, "is_still": at_rest,
            }  # fmt: skip
            before = {c: row[c] for c in ("lat_e7", "lon_e7", "pace_dkn", *ids)}
            if rng.random() < 0.1 or pace > MAX_DKN + 10:
                before = {}
            elif rng.random() < 0.1:
                before["lon_e7"] += 30_000
            rows.append(row)
    left_out = rng.random() * draw(st.sampled_from([0.0, 0.0, 1.0]))
    return sorted((r for r in rows if rng.random() >= left_out), key=lambda r: (r["t"], r["track_id"]))


def near(a: dict[str, Any], b: dict[str, Any], when: str) -> bool:
    if a["mmsi"] == b["mmsi"] or f"{when}lat_e7" not in a or f"{when}lat_e7" not in b:
        return False
    place = [r[f"{when}{c}"] for r in (a, b) for c in ("lat_e7", "lon_e7")]
    return distance_mm(*place) <= MAX_MM and max(r[f"{when}pace_dkn"] for r in (a, b)) <= MAX_DKN


def pairs(rows: list[dict[str, Any]]) -> list[tuple[int, ...]]:
    out = []
    for a, b in combinations(rows, 2):
        if a["t"] != b["t"]:
            continue
        both_rest = a["is_still"] and b["is_still"]
        is_now = near(a, b, "")
        has_parted = near(a, b, "prev_") and not is_now and not both_rest
        if has_parted or (is_now and not (both_rest and a["t"] % EVERY)):
            place = [r[c] for r in (a, b) for c in ("lat_e7", "lon_e7")]
            was = [r["prev_before_id" if has_parted else "before_id"] for r in (a, b)]
            out.append((a["t"], a["track_id"], b["track_id"], distance_mm(*place), *was))
    return sorted(out)


def found_in(rows: list[dict[str, Any]]) -> list[tuple[int, ...]]:
    found = PROXIMITY.advance(pa.table({}), pa.Table.from_pylist(rows, SLOTS), 0).found
    columns = ("t", "track_id", "partner_track_id", "distance_mm", "was_before_id", "partner_was_before_id")
    return sorted(zip(*(found[c].to_pylist() for c in columns), strict=True))


@given(slots())
def test_the_pairs_are_those_of_two_comparisons_of_all(rows: list[dict[str, Any]]) -> None:
    assert found_in(rows) == pairs(rows)


@pytest.mark.parametrize(("name", "parted"), [("", 1), ("lat_e7", 0), ("lon_e7", 0)])
def test_who_parted_is_told_by_what_rows_say_of_the_slot_before(name: str, parted: int) -> None:
    """Two near each other and a slot later not, of whom one may say that it was elsewhere before."""
    there = [{"lat_e7": 0, "lon_e7": 1_000 * k, "pace_dkn": 0} for k in (1, 2)]
    gone = [{"lat_e7": 500_000 * k, "lon_e7": 0, "pace_dkn": 0} for k in (1, 2)]
    was = [{f"prev_{c}": v + 10_000_000 * (c == name and k == 1) for c, v in p.items()}
           for k, p in enumerate(there)]  # fmt: skip
    about = {f"{w}{c}": 1 for w in ("", "prev_") for c in ("before_id", "after_id", "before_t", "after_t")}
    rows = [
        {
            "track_id": k,
            "mmsi": k,
            "t": slot * SLOT,
            "since_t": 0,
            "is_still": False,
            **about,
            **place,
            **more,
        }
        for slot, places, said in ((0, there, [{}, {}]), (1, gone, was))
        for k, (place, more) in enumerate(zip(places, said, strict=True))
    ]
    assert found_in(rows) == pairs(rows)
    assert len(found_in(rows)) == 1 + parted

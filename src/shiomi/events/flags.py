"""Whose number an MMSI is: the state to which the ITU assigned its three digits.

`mids.csv` holds the maritime identification digits of the ITU (Table of Maritime Identification Digits,
Radio Regulations appendix 43) with ISO 3166 alpha-3 codes. It is the flag that a number claims, and no
proof of the flag that a ship flies.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

__all__ = ["UNKNOWN_FLAG", "flag_of"]

UNKNOWN_FLAG = "?"


@cache
def _mids() -> dict[str, str]:
    with files("shiomi.events").joinpath("mids.csv").open("r", encoding="utf-8") as f:
        return {row["mid"]: row["iso3"] for row in csv.DictReader(f)}


def flag_of(mmsi: int) -> str:
    """ISO 3166 alpha-3 of the state that an MMSI names, or `?` (ITU-R M.585-9: where its digits stand)."""
    text = f"{mmsi:09d}"
    # Craft of a parent ship and aids to navigation, search and rescue aircraft, coast and group numbers.
    for prefix in ("98", "99", "111", "00", "0", "8", ""):
        if text.startswith(prefix):
            return _mids().get(text[len(prefix) : len(prefix) + 3], UNKNOWN_FLAG)
    return UNKNOWN_FLAG

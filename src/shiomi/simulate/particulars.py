"""Invented ships: MMSI, name, IMO number, call sign, dimensions. None of them is a real vessel.

MMSIs carry identification digits that are allocated (ITU MARS table of MIDs), so that checks of form pass;
the six digits after them are drawn. IMO numbers are drawn from 2,000,000 to 2,999,999, a block from which no
ship is known to have one, with a correct check digit. Call signs begin with 0, which the ITU allocates to no
state. Every name begins with SIM.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from shiomi.simulate.cast import Hull
from shiomi.simulate.motion import Rng

__all__ = ["imo_with_check_digit", "particulars"]

_FLAGS = {
    "merchant": (
        [351, 353, 370, 538, 636, 563, 477, 412, 413, 431, 440, 574, 667, 671, 416],
        [9, 9, 8, 9, 10, 6, 8, 12, 8, 8, 7, 2, 1, 1, 2],
    ),
    "local": ([412, 413, 416, 431, 440], [30, 20, 10, 25, 15]),
}
"""MIDs (Panama, Marshall Islands, Liberia, ...) and rough shares of hulls in these waters."""

_SHAPES: dict[str, tuple[str, tuple[int, ...], tuple[int, int], float, tuple[float, float]]] = {
    "container": ("merchant", (70, 71, 72, 79), (140, 366), 6.8, (7.5, 14.5)),
    "bulker": ("merchant", (70,), (120, 300), 6.1, (6.0, 17.0)),
    "tanker": ("merchant", (80, 81, 82, 89), (90, 330), 5.9, (5.0, 19.0)),
    "coaster": ("merchant", (70, 79, 80), (60, 110), 6.2, (3.2, 6.8)),
    "car_carrier": ("merchant", (70, 79), (150, 200), 6.0, (7.0, 10.0)),
    "ferry": ("local", (60, 69), (90, 210), 6.8, (4.5, 7.0)),
    "tug": ("local", (52, 31), (24, 38), 3.2, (2.5, 5.0)),
    "barge": ("local", (70, 57), (60, 110), 4.2, (2.5, 5.0)),
    "bunker": ("local", (80, 89), (50, 95), 5.6, (3.0, 6.0)),
    "pilot": ("local", (50,), (12, 22), 3.4, (1.2, 2.2)),
    "trawler": ("local", (30,), (24, 48), 4.6, (2.5, 4.8)),
    "jigger": ("local", (30,), (28, 70), 5.2, (3.0, 5.0)),
    "yacht": ("local", (36, 37), (8, 20), 3.2, (1.0, 2.5)),
    "angler": ("local", (37, 30), (8, 18), 3.2, (0.8, 2.0)),
}
"""Kind: flags, ship types (M.1371-5 table 53), length range m, length to beam, draught range m."""

# fmt: off
_SYLLABLES = [
    "KA", "SHI", "MO", "NA", "RI", "TO", "YU", "HA", "SE", "KO", "MI", "RA", "TE", "NO", "WA", "ZU",
    "LAN", "BO", "JIN", "HE", "SOO", "DAE", "PEI", "LU",
]
# fmt: on


def imo_with_check_digit(first_six: int) -> int:
    """A seven-digit IMO ship number from its first six digits (IMO resolution A.1117(30))."""
    digits = [int(d) for d in f"{first_six:06d}"]
    return first_six * 10 + sum(d * w for d, w in zip(digits, (7, 6, 5, 4, 3, 2), strict=True)) % 10


def particulars(rng: Rng, hulls: list[Hull]) -> pl.DataFrame:
    """One row a hull: mmsi and everything static, as the feed will write it."""
    used: set[int] = set()
    rows: list[dict[str, object]] = []
    numbers = rng.choice(100_000, len(hulls), replace=False) + 200_000
    for k, h in enumerate(hulls):
        flags, types, lengths, slender, draughts = _SHAPES[h.kind]
        mids, weights = _FLAGS[flags]
        mid = int(rng.choice(mids, p=np.asarray(weights) / sum(weights)))
        mmsi = mid * 1_000_000 + int(rng.integers(1_000, 999_999))
        while mmsi in used:
            mmsi += 1
        used.add(mmsi)
        length = int(rng.integers(lengths[0], lengths[1] + 1))
        share = (length - lengths[0]) / max(1, lengths[1] - lengths[0])
        draught = draughts[0] + (draughts[1] - draughts[0]) * share * rng.uniform(0.7, 1.0)
        small = h.radio.class_b
        name = "".join(_SYLLABLES[i] for i in rng.integers(0, len(_SYLLABLES), 3))
        rows.append(
            {
                "mmsi": mmsi,
                "name": f"SIM {name} {k}"[:20],
                "imo": None if small or length < 50 else f"IMO{imo_with_check_digit(int(numbers[k]))}",
                "callsign": f"0S{k:04d}",
                "ship_type": int(rng.choice(types)),
                "length_m": length,
                "width_m": max(3, round(length / slender)),
                "draught_m": None if small else round(draught, 1),
                "class": "B" if small else "A",
            }
        )
    # A stolen MMSI comes with the thief's own name and dimensions: that is how such pairs look.
    for k, h in enumerate(hulls):
        if h.same_mmsi_as is not None:
            rows[k]["mmsi"] = rows[h.same_mmsi_as]["mmsi"]
        # Two transmitters of one hull were typed in by one hand, and their names nearly agree.
        if h.resembles is not None:
            words = str(rows[h.resembles]["name"]).split()
            rows[k] = rows[h.resembles] | {"mmsi": rows[k]["mmsi"], "name": " ".join(words[::-1])}
    return pl.DataFrame(rows)

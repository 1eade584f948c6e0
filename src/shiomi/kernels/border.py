"""The border's hot part: raw numbers of good rows become the integers of POSITIONS, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit

__all__ = ["ABSENT", "settle"]

ABSENT = -1
"""Speed, course or heading that is not available."""

_HALF_E7 = 1_800_000_000
_FULL_E7 = 3_600_000_000
_SOG_UNKNOWN_KN = 102.25  # 1023 in steps of 0.1 kn; 102.2 stands for that speed or more
_NULL = np.int64(-(1 << 62))  # as in ids.py

_I16 = npt.NDArray[np.int16]
_I32 = npt.NDArray[np.int32]
_I64 = npt.NDArray[np.int64]
_F64 = npt.NDArray[np.float64]


@njit(cache=True, inline="always")
def _fold(h: Any, value: int) -> Any:
    """One column into a content id: SplitMix64 (Steele, Lea and Flood 2014), as `ids.message_ids`."""
    x = h * np.uint64(0x9E3779B97F4A7C15) + np.uint64(value)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True)
def settle(
    mmsi: _I64, t: _I64, latest_t: _I64, lat_deg: _F64, lon_deg: _F64,
    sog_kn: _F64, cog_deg: _F64, heading_deg: _F64, may_be: npt.NDArray[np.bool_],
    earliest_t: int, now_t: int,
) -> tuple[npt.NDArray[np.bool_], _I64, _I32, _I32, _I16, _I16, _I16]:  # fmt: skip
    """Which rows are positions, and of those: id, latitude, longitude, speed, course and heading as integers.

    Args:
        mmsi: less than 0 where there is none; `t` likewise.
        latest_t: a report cannot have been made after this, by when it was received.
        lat_deg: NaN where there is none; all numbers likewise.
        may_be: false where the reader already knows that the row is no position.
        earliest_t: a report cannot be older.
        now_t: a report cannot be younger.
    """
    n = len(mmsi)
    good = np.zeros(n, np.bool_)
    ids, lats, lons = np.empty(n, np.int64), np.empty(n, np.int32), np.empty(n, np.int32)
    sogs, cogs, headings = np.empty(n, np.int16), np.empty(n, np.int16), np.empty(n, np.int16)
    k = 0
    for i in range(n):
        m, when, lat, lon = mmsi[i], t[i], lat_deg[i], lon_deg[i]
        is_vessel = 200_000_000 <= m <= 799_999_999 or 982_000_000 <= m <= 987_999_999
        if not (may_be[i] and is_vessel and earliest_t <= when and when <= latest_t[i] and when <= now_t):
            continue
        if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
            continue
        # Rounding comes before the wrap, so that 179.99999999 and 359.96 land on the seam and not beyond it.
        lat_e7, lon_e7 = np.int64(np.rint(lat * 1e7)), np.int64(np.rint(lon * 1e7))
        if lat_e7 == 0 and lon_e7 == 0:
            continue
        if lon_e7 == _HALF_E7:
            lon_e7 -= _FULL_E7
        v = sog_kn[i]
        sog = np.int64(np.rint(v * 10.0)) if 0.0 <= v < _SOG_UNKNOWN_KN else np.int64(ABSENT)
        v = cog_deg[i]
        cog = np.int64(np.rint(v * 10.0)) % 3600 if 0.0 <= v < 360.0 else np.int64(ABSENT)
        v = heading_deg[i]
        heading = np.int64(np.rint(v)) % 360 if 0.0 <= v < 360.0 else np.int64(ABSENT)
        h = np.uint64(0x9E3779B97F4A7C15)
        h = _fold(_fold(_fold(_fold(h, m), when), lat_e7), lon_e7)
        h = _fold(h, sog if sog >= 0 else _NULL)
        h = _fold(h, cog if cog >= 0 else _NULL)
        h = _fold(h, heading if heading >= 0 else _NULL)
        good[i] = True
        ids[k], lats[k], lons[k] = np.int64(h), lat_e7, lon_e7
        sogs[k], cogs[k], headings[k] = sog, cog, heading
        k += 1
    return good, ids[:k], lats[:k], lons[:k], sogs[:k], cogs[:k], headings[:k]

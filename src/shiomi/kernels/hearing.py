"""Who was heard where in which hour, and in which hours a vessel that came back had not been heard."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["count_heard"]

HOUR_US = 3_600_000_000
_CELL_BITS = 20


@njit(cache=True, nogil=True)
def _grown(slots: Any, keys: Any, counts: Any, n: int) -> Any:
    capacity = 4 * len(slots)
    mask = np.uint64(capacity - 1)
    wider = np.full(capacity, -1, np.int64)
    more_keys = np.empty(capacity >> 1, np.int64)
    more_keys[:n] = keys[:n]
    more_counts = np.zeros((capacity >> 1, 3), np.int64)
    more_counts[:n] = counts[:n]
    for j in range(n):
        h = ((np.uint64(keys[j]) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask
        while wider[h] >= 0:
            h = (h + np.uint64(1)) & mask
        wider[h] = j
    return wider, more_keys, more_counts


@njit(cache=True, nogil=True)
def _cell(lat: int, lon: int, first: Any, cells: Any, band_e7: int) -> Any:
    band = min((lat + 900_000_000) // band_e7, len(cells) - 1)
    return first[band] + (lon + 1_800_000_000) * cells[band] // 3_600_000_000


@njit(cache=True, nogil=True)
def count_heard(
    track: Any, t: Any, prev_t: Any, lat: Any, lon: Any, message_type: Any,
    known_track: Any, known_t: Any, known_lat: Any, known_lon: Any,
    first: Any, cells: Any, band_e7: int, max_missed: int,
) -> Any:  # fmt: skip
    """Counts by hour, transmitter and cell over rows sorted by (track, t), each row by itself.

    A track is heard in an hour where its first report of that hour lies. A track that comes back after
    hours without a report, at most `max_missed` of them, was missed in each: in the cells on the straight
    way between the two reports, in the hour in which it came back, for not before then is it known.

    Args:
        prev_t: time of the report before in its track; the least int64 where there is none.
        known_track: tracks heard before these rows, ascending, with the last report of each.
        first, cells, band_e7: the grid.

    Returns:
        keys: hour << 22 | transmitter << 20 | cell, in no order that means anything; transmitter 0 not
            known, 1 class A, 2 class B. counts: vessels, reports, missed for each.
    """
    capacity = 1 << 13
    slots = np.full(capacity, -1, np.int64)
    keys = np.empty(capacity >> 1, np.int64)
    counts = np.zeros((capacity >> 1, 3), np.int64)
    n = 0
    none = np.iinfo(np.int64).min
    at = np.int64(-1)
    hour = np.int64(0)
    last_kind = np.int64(-1)
    south = np.int64(0)
    wide = np.int64(0)
    west = np.int64(0)
    for i in range(len(t)):
        kind = np.int64(0)
        if message_type[i] == 18 or message_type[i] == 19:
            kind = np.int64(2)
        elif message_type[i] > 0:
            kind = np.int64(1)
        # Most reports are of the cell and hour of the one before: then no division is needed.
        if (
            kind == last_kind
            and 0 <= t[i] - hour * HOUR_US < HOUR_US
            and prev_t[i] >= hour * HOUR_US
            and 0 <= lat[i] - south < band_e7
            and 0 <= (lon[i] + 1_800_000_000) * wide - west < 3_600_000_000
        ):
            counts[at, 1] += 1
            continue
        hour = t[i] // HOUR_US
        last_kind = kind
        before = none if prev_t[i] == none else prev_t[i] // HOUR_US
        missed = 0
        lat0 = lat[i]
        lon0 = lon[i]
        if before != none and 1 < hour - before <= max_missed + 1:
            if i > 0 and track[i - 1] == track[i] and t[i - 1] == prev_t[i]:
                lat0 = lat[i - 1]
                lon0 = lon[i - 1]
                missed = hour - before - 1
            else:
                k = np.searchsorted(known_track, track[i])
                if k < len(known_track) and known_track[k] == track[i] and known_t[k] == prev_t[i]:
                    lat0 = known_lat[k]
                    lon0 = known_lon[k]
                    missed = hour - before - 1
        # The cells in which it was missed, and at last the one in which it was heard.
        for k in range(missed + 1):
            a = lat[i]
            o = lon[i]
            if k < missed:
                east = (o - lon0 + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
                a = lat0 + (a - lat0) * (k + 1) // (missed + 1)
                o = (lon0 + east * (k + 1) // (missed + 1) + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
            key = (hour << 2 | kind) << _CELL_BITS | _cell(a, o, first, cells, band_e7)
            mask = np.uint64(len(slots) - 1)
            h = ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask
            while slots[h] >= 0 and keys[slots[h]] != key:
                h = (h + np.uint64(1)) & mask
            if slots[h] < 0:
                if n == len(keys):
                    slots, keys, counts = _grown(slots, keys, counts, n)
                    mask = np.uint64(len(slots) - 1)
                    h = ((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask
                    while slots[h] >= 0:
                        h = (h + np.uint64(1)) & mask
                slots[h] = n
                keys[n] = key
                n += 1
            if k < missed:
                counts[slots[h], 2] += 1
        at = slots[h]
        counts[at, 1] += 1
        if before != hour:
            counts[at, 0] += 1
        band = min((lat[i] + 900_000_000) // band_e7, len(cells) - 1)
        south = band * band_e7 - 900_000_000
        wide = cells[band]
        west = (lon[i] + 1_800_000_000) * wide // 3_600_000_000 * 3_600_000_000
    return keys[:n].copy(), counts[:n].copy()

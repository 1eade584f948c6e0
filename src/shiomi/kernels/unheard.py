"""Stretches of a track that could hold a meeting nobody heard: silences, and slow times in sight."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.room import room

__all__ = ["NEW", "find_unheard"]

NEW, SLOW, ANOTHER = 0, 1, 2


@njit(cache=True, nogil=True)
def find_unheard(
    edges: Any, t: Any, pace: Any, prev_t: Any, interval_s: Any, carried: Any, watermark: int,
    max_us: int, slow_pace: int, min_slow_us: int, rest_us: int, keep_us: int, min_silence_us: int,
    min_missing: int,
) -> Any:  # fmt: skip
    """Silences and slow times in rows grouped by track through `edges` and sorted by t within a track.

    Args:
        pace: negative is unknown, which breaks no slow time and begins none.
        prev_t: time of the report before in the track, so that rows left out are no silence.
        interval_s: of the track at each row; negative where it is not known: without a habit no silence
            is long.
        carried: NEW, or why a row was carried: for the SLOW time that goes on, or for ANOTHER reason, in
            which case no slow time begins with it; a silence before a row is told while it is new.
        max_us: longer silences are left out, and a slow time is cut into pieces of no more than this.
        slow_pace, min_slow_us: a slow time is never faster, and lasts as long.
        rest_us: a slow time ends when nothing is heard for longer.
        keep_us: at least one row is kept as evidence in every stretch this long, if there is one.
        min_silence_us, min_missing: a silence that counts is as long, and would have held so many intervals.

    Returns:
        found: (n, 5) int64: 1 for a slow time, first and last row, fastest row of the track before a
            silence or -1, time from which it could be known.
        evidence: edges and row numbers, in order.
        keep, carried: per row, whether to carry it, and why.
    """
    n = len(t)
    found = np.empty((64, 5), np.int64)
    ev_edges = np.zeros(65, np.int64)
    ev = np.empty(256, np.int64)
    chain = np.empty(16, np.int64)
    n_found = 0
    n_ev = 0
    keep = np.zeros(n, np.bool_)
    why = np.full(n, ANOTHER, np.int8)
    quiet_us = min(min_silence_us - 1, rest_us)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        # Room for all that a track could give: arrays that may move within the loop slow every turn of it.
        most = 2 * (hi - lo) + 1
        found = room(found, n_found + most)
        ev_edges = room(ev_edges, n_found + most + 1)
        ev = room(ev, n_ev + 3 * most + hi - lo)
        chain = room(chain, hi - lo + 1)
        first = -1
        n_chain = 0
        fastest = -1
        i = lo
        while True:
            if i > lo:
                until = np.int64(1 << 62)
                if first >= 0:
                    until = min(t[first] + max_us, t[chain[n_chain - 1] if n_chain else first] + keep_us)
                # On to a row that follows a silence, is the fastest so far, or ends or begins a slow time.
                fastest_pace = pace[fastest] if fastest >= 0 else -1
                while (
                    i < hi
                    and t[i] - t[i - 1] <= quiet_us
                    and pace[i] <= fastest_pace
                    and (pace[i] <= slow_pace) == (first >= 0)
                    and t[i] <= until
                ):
                    i += 1
            if i == lo and i == hi:
                break
            fell_silent = False
            if i > lo:
                heard_before = t[i - 1]
                if i < hi and prev_t[i] > t[i - 1] and prev_t[i] <= t[i]:
                    heard_before = prev_t[i]
                fell_silent = (t[i] if i < hi else watermark) - heard_before > rest_us
            # Does a slow time end before this row, or, after the last, before the watermark?
            if first >= 0:
                broken = i < hi and pace[i] > slow_pace
                full = i < hi and t[i] - t[first] > max_us
                if fell_silent or broken or full:
                    last = i - 1
                    if t[last] - t[first] >= min_slow_us:
                        by_row = not fell_silent
                        found[n_found, 0] = 1
                        found[n_found, 1] = first
                        found[n_found, 2] = last
                        found[n_found, 3] = -1
                        found[n_found, 4] = t[i] if by_row else t[last] + rest_us
                        ev[n_ev] = first
                        n_ev += 1
                        for k in range(n_chain):
                            ev[n_ev] = chain[k]
                            n_ev += 1
                        if ev[n_ev - 1] != last:
                            ev[n_ev] = last
                            n_ev += 1
                        if by_row:
                            ev[n_ev] = i
                            n_ev += 1
                        n_found += 1
                        ev_edges[n_found] = n_ev
                    first = -1
                    n_chain = 0
                else:
                    c = chain[n_chain - 1] if n_chain else first
                    if i < hi and t[i] - t[c] > keep_us and c != i - 1:
                        chain[n_chain] = i - 1
                        n_chain += 1
            if i == hi:
                break
            if i > lo and carried[i] == NEW and interval_s[i - 1] >= 0 and prev_t[i] == t[i - 1]:
                silence = t[i] - t[i - 1]
                if max(min_silence_us, interval_s[i - 1] * min_missing * 1_000_000) <= silence <= max_us:
                    found[n_found, 0] = 0
                    found[n_found, 1] = i - 1
                    found[n_found, 2] = i
                    found[n_found, 3] = fastest
                    found[n_found, 4] = t[i]
                    if fastest >= 0 and fastest != i - 1:
                        ev[n_ev] = fastest
                        n_ev += 1
                    ev[n_ev] = i - 1
                    ev[n_ev + 1] = i
                    n_ev += 2
                    n_found += 1
                    ev_edges[n_found] = n_ev
            if pace[i] >= 0 and (fastest < 0 or pace[i] > pace[fastest]):
                fastest = i
            if first < 0 and carried[i] != ANOTHER and pace[i] >= 0 and pace[i] <= slow_pace:
                first = i
                n_chain = 0
            i += 1
        if hi > lo:
            keep[hi - 1] = True
            if fastest >= 0:
                keep[fastest] = True
            if first >= 0:
                keep[first] = True
                why[first] = SLOW
                why[hi - 1] = SLOW
                for k in range(n_chain):
                    keep[chain[k]] = True
                    why[chain[k]] = SLOW
    return found[:n_found], ev_edges[: n_found + 1], ev[:n_ev], keep, why

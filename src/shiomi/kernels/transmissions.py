"""When a ship transmits, and which of it is heard: a walk over every single transmission.

Intervals are those of ITU-R M.1371-5, Annex 1, table 1 (class A) and table 2 (class B "CS"). The walk keeps
its own generator (SplitMix64), so that a ship is heard the same whatever else is simulated.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shiomi.kernels.compiled import njit

__all__ = ["SATELLITE", "SHORE", "reporting_interval_s", "transmissions", "walk_noise"]

SHORE, SATELLITE = 1, 2
"""Bits of `via`: which feed delivered it."""

_TURNING_DEG_PER_MIN = 10.0
"""A course change, M.1371-5 Annex 2: 5 degrees away from the mean heading of the last 30 s."""


@njit(cache=True, nogil=True)
def reporting_interval_s(sog_kn: float, turn_deg_per_min: float, resting: bool, class_b: bool) -> float:
    """Seconds between two position reports (M.1371-5 Annex 1, tables 1 and 2)."""
    if class_b:
        return 30.0 if sog_kn > 2.0 else 180.0
    if resting and sog_kn <= 3.0:
        return 180.0
    turning = turn_deg_per_min > _TURNING_DEG_PER_MIN
    if sog_kn > 23.0:
        return 2.0
    if sog_kn > 14.0:
        return 2.0 if turning else 6.0
    return 10.0 / 3.0 if turning else 10.0


@njit(cache=True, nogil=True)
def _next(state: np.uint64) -> np.uint64:
    return state + np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def _uniform(state: np.uint64) -> float:
    x = state
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return np.float64(x >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def transmissions(
    sog_kn: npt.NDArray[np.float32],
    turn_deg_per_min: npt.NDArray[np.float32],
    resting: npt.NDArray[np.bool_],
    class_b: bool,
    p_shore: npt.NDArray[np.float32],
    p_satellite: npt.NDArray[np.float32],
    step_s: float,
    shore_interval_s: float,
    satellite_interval_s: float,
    seed: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """Whole seconds of the reports that a feed kept, and by which feeds (`via`).

    Args:
        p_shore: at each step, the chance that one transmission is heard by any shore station.
        p_satellite: the same by a satellite; 0 where none is above.
        shore_interval_s: of each such interval the shore feed keeps the first report; 0 keeps all.
    """
    n = len(sog_kn)
    end_s = (n - 1) * step_s
    state = np.uint64(seed)
    state = _next(state)
    t = _uniform(state) * 180.0
    state = _next(state)
    phase_shore = _uniform(state) * shore_interval_s
    state = _next(state)
    phase_satellite = _uniform(state) * satellite_interval_s
    room = 1024
    when = np.empty(room, np.int64)
    via = np.empty(room, np.int8)
    k = 0
    last_shore = last_satellite = np.int64(-1)
    while t < end_s:
        i = int(t / step_s)
        kept = 0
        if p_shore[i] > 0.0:
            state = _next(state)
            if _uniform(state) < p_shore[i]:
                slot = np.int64((t + phase_shore) / shore_interval_s) if shore_interval_s > 0 else np.int64(k)
                if shore_interval_s <= 0 or slot != last_shore:
                    kept |= 1
                    last_shore = slot
        if p_satellite[i] > 0.0:
            state = _next(state)
            if _uniform(state) < p_satellite[i]:
                slot = (
                    np.int64((t + phase_satellite) / satellite_interval_s)
                    if satellite_interval_s > 0
                    else np.int64(k)
                )
                if satellite_interval_s <= 0 or slot != last_satellite:
                    kept |= 2
                    last_satellite = slot
        if kept:
            second = np.int64(t)
            if k == 0 or when[k - 1] != second:
                if k == room:
                    room *= 2
                    wider = np.empty(room, np.int64)
                    wider[:k] = when
                    when = wider
                    wider_via = np.empty(room, np.int8)
                    wider_via[:k] = via
                    via = wider_via
                when[k] = second
                via[k] = kept
                k += 1
        state = _next(state)
        # Slots are chosen within a tenth of the nominal increment (M.1371-5 Annex 2, 3.3.4.2: SI = 0.2 NI).
        jitter = 0.9 + 0.2 * _uniform(state)
        t += jitter * reporting_interval_s(sog_kn[i], turn_deg_per_min[i], resting[i], class_b)
    return when[:k].copy(), via[:k].copy()


@njit(cache=True, nogil=True)
def walk_noise(
    hull: npt.NDArray[np.int32],
    t_s: npt.NDArray[np.int64],
    normals: npt.NDArray[np.float64],
    sigma: float,
    memory_s: float,
) -> npt.NDArray[np.float64]:
    """A first-order Gauss-Markov process along each hull's reports (sorted by hull, then time)."""
    out = np.empty(len(t_s), np.float64)
    for i in range(len(t_s)):
        if i == 0 or hull[i] != hull[i - 1]:
            out[i] = sigma * normals[i]
        else:
            keep = np.exp(-(t_s[i] - t_s[i - 1]) / memory_s)
            out[i] = keep * out[i - 1] + sigma * np.sqrt(1 - keep * keep) * normals[i]
    return out

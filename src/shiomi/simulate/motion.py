"""How a ship moves: along a smoothed path on the sphere, at a smoothed pace, with what the sea adds.

Places are unit vectors, so that 180 degrees and the poles are nothing special. Time is a grid of `STEP_S`
over the simulated hours; a track is where the antenna was at each step.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.geo import EARTH_RADIUS_M
from shiomi.units import KNOT_MM_PER_S

__all__ = [
    "KNOT_M_S",
    "STEP_S",
    "Path",
    "apart_m",
    "blend",
    "boxed",
    "current_m",
    "drifted",
    "follow",
    "path_through",
    "ramp",
    "shifted",
    "speed_kn",
    "swing_m",
    "timeline",
    "unit",
    "wander",
]

Floats = npt.NDArray[np.float64]
Rng = np.random.Generator

STEP_S = 30
"""Seconds between the kept places of a track: at 20 kn a ship makes 310 m, about its own length, in it."""
KNOT_M_S = KNOT_MM_PER_S / 1000
M2_HOURS = 12.42
"""Period of the principal lunar tide (M2), which sets currents and swings ships at anchor."""

_PACE_SMOOTH_S = 600
"""Ships take about twenty minutes from sea speed to rest; two passes of this box give that."""
_PATH_STEP_M = 400.0
_TURN_SMOOTH_M = 1_200.0


def unit(latlon: Any) -> Floats:
    """[latitude, longitude] in degrees as unit vectors, shape (..., 3)."""
    rad = np.radians(np.asarray(latlon, np.float64))
    lat, lon = rad[..., 0], rad[..., 1]
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def _normal(p: Floats) -> Floats:
    return np.asarray(p / np.sqrt(np.einsum("...i,...i->...", p, p))[..., None])


def shifted(p: Floats, east_m: Any, north_m: Any) -> Floats:
    """Places moved on the tangent plane; meant for up to tens of kilometres."""
    h = np.maximum(np.hypot(p[..., 0], p[..., 1]), 1e-12)
    cos_lon, sin_lon = p[..., 0] / h, p[..., 1] / h
    e, n = np.asarray(east_m) / EARTH_RADIUS_M, np.asarray(north_m) / EARTH_RADIUS_M
    moved = np.stack(
        [
            p[..., 0] - e * sin_lon - n * p[..., 2] * cos_lon,
            p[..., 1] + e * cos_lon - n * p[..., 2] * sin_lon,
            p[..., 2] + n * h,
        ],
        axis=-1,
    )
    return _normal(moved)


def apart_m(a: Floats, b: Floats) -> Floats:
    """Great-circle metres between places, by the chord: exact for small distances too."""
    d = a - b
    chord = np.sqrt(np.einsum("...i,...i->...", d, d))
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chord / 2)))


def speed_kn(p: Floats) -> Floats:
    """Speed over ground at each step, by central differences."""
    v = apart_m(p[2:], p[:-2]) / (2 * STEP_S * KNOT_M_S)
    return np.concatenate([v[:1], v, v[-1:]])


def boxed(x: Floats, width: int, *, twice: bool = True) -> Floats:
    """Running mean over `width` samples; ends are mirrored through their value, so they stay put."""
    half = min(width // 2, len(x) - 1)
    if half < 1:
        return x
    for _ in range(2 if twice else 1):
        wide = np.concatenate([2 * x[0] - x[half:0:-1], x, 2 * x[-1] - x[-2 : -half - 2 : -1]])
        c = np.cumsum(np.concatenate([np.zeros_like(wide[:1]), wide]), axis=0)
        x = (c[2 * half + 1 :] - c[: -2 * half - 1]) / (2 * half + 1)
    return x


class Path(NamedTuple):
    """A line through the sea."""

    p: Floats
    """Places, shape (m, 3)."""
    s: Floats
    """Metres along it to each."""
    marks: Floats
    """Metres along it to each stop."""


def path_through(legs: Sequence[Any], smooth_m: float = _TURN_SMOOTH_M) -> Path:
    """A path through legs of [latitude, longitude]; one leg ends where the next begins, at a stop.

    Corners within a leg are rounded; the ends of legs are met exactly.
    """
    pieces: list[Floats] = []
    marks, base = [0.0], 0.0
    for leg in legs:
        v = unit(leg)
        dense = []
        for a, b in itertools.pairwise(v):
            n = max(2, int(float(apart_m(a, b)) / _PATH_STEP_M) + 1)
            f = np.linspace(0, 1, n, endpoint=False)[:, None]
            angle = max(float(apart_m(a, b)) / EARTH_RADIUS_M, 1e-12)
            dense.append((np.sin((1 - f) * angle) * a + np.sin(f * angle) * b) / np.sin(angle))
        line = np.concatenate([*dense, v[-1:]])
        line = _normal(boxed(line, max(1, round(smooth_m / _PATH_STEP_M))))
        base += float(apart_m(line[1:], line[:-1]).sum())
        marks.append(base)
        pieces.append(line if not pieces else line[1:])
    p = np.concatenate(pieces)
    return Path(p, np.concatenate([[0.0], np.cumsum(apart_m(p[1:], p[:-1]))]), np.asarray(marks))


def timeline(
    path: Path,
    speeds_kn: Sequence[float],
    at_s: float,
    stop: int,
    holds_s: Sequence[float],
    approach_kn: float = 5.0,
    approach_m: float = 3_700.0,
) -> tuple[Floats, Floats]:
    """Times (s) and metres along the path at which the pace changes.

    Args:
        speeds_kn: pace on each leg.
        at_s: when the ship arrives at stop number `stop`; the rest follows from it.
        holds_s: seconds at rest at each inner stop and at the first and last (ignored there).
        approach_kn: pace over the first and last `approach_m` of each leg.
    """
    times, dist = [0.0], [0.0]
    arrivals = [0.0]
    for k, v in enumerate(speeds_kn):
        length = path.marks[k + 1] - path.marks[k]
        slow = min(length / 3, approach_m)
        v_slow = min(v, approach_kn)
        leave = times[-1] + (holds_s[k] if k else 0.0)
        t_slow = slow / (v_slow * KNOT_M_S)
        t_fast = (length - 2 * slow) / (v * KNOT_M_S)
        times += [leave, leave + t_slow, leave + t_slow + t_fast, leave + 2 * t_slow + t_fast]
        s0 = path.marks[k]
        dist += [s0, s0 + slow, s0 + length - slow, s0 + length]
        arrivals.append(times[-1])
    return np.asarray(times) + (at_s - arrivals[stop]), np.asarray(dist)


def follow(path: Path, times_s: Floats, dist_m: Floats, hours: float) -> Floats:
    """The track of a ship that is at `dist_m` along the path at `times_s`, its pace smoothed."""
    pad = 2 * _PACE_SMOOTH_S // STEP_S
    n = round(hours * 3600 / STEP_S) + 1
    grid = np.arange(-pad, n + pad) * float(STEP_S)
    s = boxed(np.interp(grid, times_s, dist_m), _PACE_SMOOTH_S // STEP_S)[pad : pad + n]
    i = np.clip(np.searchsorted(path.s, s, side="right") - 1, 0, len(path.s) - 2)
    f = ((s - path.s[i]) / np.maximum(path.s[i + 1] - path.s[i], 1e-9))[:, None]
    return _normal(path.p[i] * (1 - f) + path.p[i + 1] * f)


def wander(rng: Rng, n: int, every_s: float, size: float) -> Floats:
    """A smooth random process of standard deviation about `size` and memory `every_s`."""
    knots = max(4, int(n * STEP_S / every_s) + 3)
    x = np.interp(np.arange(n) * STEP_S / every_s, np.arange(knots), rng.standard_normal(knots))
    return boxed(x, max(3, int(every_s / STEP_S))) * (1.6 * size)


def ramp(n: int, from_s: float, to_s: float, rise_s: float = 900.0) -> Floats:
    """1 between two times, 0 outside, with smooth shoulders inside the interval's own ends."""
    t = np.arange(n) * float(STEP_S)
    x = np.clip(np.minimum((t - from_s) / rise_s, (to_s - t) / rise_s), 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def blend(n: int, from_s: float, to_s: float) -> Floats:
    """0 before, 1 after, smooth between."""
    x = np.clip((np.arange(n) * float(STEP_S) - from_s) / max(to_s - from_s, 1.0), 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def current_m(
    rng: Rng, n: int, from_s: float, to_s: float, mean_kn: float, tide_kn: float = 0.25
) -> tuple[Floats, Floats]:
    """East and north metres a drifting ship is carried between two times; held outside them."""
    gate = ramp(n, from_s, to_s)
    toward, phase = rng.uniform(0, 2 * np.pi, 2)
    angle = 2 * np.pi * np.arange(n) * STEP_S / (M2_HOURS * 3600) + phase
    u = mean_kn * np.sin(toward) + tide_kn * np.cos(angle) + wander(rng, n, 3600, 0.05)
    v = mean_kn * np.cos(toward) + 0.6 * tide_kn * np.sin(angle) + wander(rng, n, 3600, 0.05)
    scale = KNOT_M_S * STEP_S
    return np.cumsum(u * gate) * scale, np.cumsum(v * gate) * scale


def drifted(p: Floats, carried: tuple[Floats, Floats], leave_s: float) -> Floats:
    """A track carried by the current; after `leave_s` the ship works back to its own line in eight hours."""
    n = len(p)
    back = 1 - blend(n, leave_s, leave_s + 8 * 3600)
    return shifted(p, carried[0] * back, carried[1] * back)


def swing_m(rng: Rng, n: int, radius_m: float) -> tuple[Floats, Floats]:
    """East and north metres from the anchor: the circle of scope, turned by the tide and the wind.

    The stream turns for all at once, so neighbours swing in step, each with a lag and a yaw of its own.
    """
    tide = 2 * np.pi * np.arange(n) * STEP_S / (M2_HOURS * 3600)
    angle = rng.normal(0.6, 0.15) + 1.4 * np.sin(tide + rng.normal(0, 0.15)) + wander(rng, n, 1800, 0.12)
    r = radius_m * (1 + wander(rng, n, 3600, 0.05))
    return np.asarray(r * np.sin(angle)), np.asarray(r * np.cos(angle))

"""Scalar geometry for the compiled loops: the same formulas as `shiomi.geo`, one point at a time."""

from __future__ import annotations

import math

from shiomi.kernels.compiled import njit

__all__ = ["at_most_mm", "between_e7", "distance_mm", "wrap"]

_R_MM = 6_371_008_800.0
_RAD = math.pi / 180e7
_HALF = 1_800_000_000
_FULL = 3_600_000_000


@njit(cache=True, inline="always")
def wrap(dlon_e7: int) -> int:
    """Longitude or its difference into [-180, 180) degrees, exactly, while it is still an integer."""
    return (dlon_e7 + _HALF) % _FULL - _HALF


@njit(cache=True, nogil=True)
def distance_mm(lat1_e7: int, lon1_e7: int, lat2_e7: int, lon2_e7: int) -> int:
    """Great-circle distance in whole millimetres, so that sums are exact."""
    a = lat1_e7 * _RAD
    b = lat2_e7 * _RAD
    s = math.sin((b - a) * 0.5)
    o = math.sin(wrap(lon2_e7 - lon1_e7) * _RAD * 0.5)
    h = s * s + math.cos(a) * math.cos(b) * o * o
    return round(2.0 * _R_MM * math.asin(min(1.0, math.sqrt(h))))


@njit(cache=True, nogil=True)
def at_most_mm(lat1_e7: int, lon1_e7: int, lat2_e7: int, lon2_e7: int) -> float:
    """What the distance does not exceed, millimetres, for less than it costs: along the meridian, then
    along the parallel as if it were the equator."""
    return float(abs(lat2_e7 - lat1_e7) + abs(wrap(lon2_e7 - lon1_e7))) * (_R_MM * _RAD) + 1.0


@njit(cache=True, nogil=True)
def between_e7(
    lat1_e7: int, lon1_e7: int, lat2_e7: int, lon2_e7: int, part: int, whole: int
) -> tuple[int, int]:
    """The point `part / whole` of the way along the great circle, in 1e-7 degree.

    Slerp of unit vectors, so that it is right across 180 degrees and over a pole.
    """
    f = part / whole
    a1 = lat1_e7 * _RAD
    o1 = lon1_e7 * _RAD
    a2 = lat2_e7 * _RAD
    # Longitude relative to the first point: exact there, and turning the world turns the result.
    o2 = wrap(lon2_e7 - lon1_e7) * _RAD
    x1 = math.cos(a1)
    z1 = math.sin(a1)
    c2 = math.cos(a2)
    x2 = c2 * math.cos(o2)
    y2 = c2 * math.sin(o2)
    z2 = math.sin(a2)
    dx = x2 - x1
    dz = z2 - z1
    angle = 2.0 * math.asin(min(1.0, 0.5 * math.sqrt(dx * dx + y2 * y2 + dz * dz)))
    if angle < 1e-9:
        u = 1.0 - f
        w = f
    else:
        s = math.sin(angle)
        if s < 1e-12:
            return lat1_e7, wrap(round(o1 / _RAD))
        u = math.sin((1.0 - f) * angle) / s
        w = math.sin(f * angle) / s
    x = u * x1 + w * x2
    y = w * y2
    z = u * z1 + w * z2
    lat = math.atan2(z, math.sqrt(x * x + y * y))
    lon = lon1_e7 + round(math.atan2(y, x) / _RAD)
    return round(lat / _RAD), wrap(lon)

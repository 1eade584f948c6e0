"""From what was heard to the rows of a file: noise, steps of the message fields, copies, damage, disorder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.geo import EARTH_RADIUS_M
from shiomi.kernels.transmissions import SATELLITE, SHORE, walk_noise
from shiomi.simulate.cast import ANCHORED, MOORED, Hull
from shiomi.simulate.motion import KNOT_M_S, STEP_S, Floats, Rng, shifted, unit
from shiomi.simulate.reception import Heard
from shiomi.simulate.scenario import Feed

__all__ = ["Reports", "arrivals", "report"]

_POSITION_STEPS_PER_DEG = 600_000
"""Latitude and longitude come in 1/10,000 minute (M.1371-5 table 48)."""
_GNSS_SIGMA_M, _GNSS_MEMORY_S = 3.0, 600.0
"""Slow part of the error of an unaided receiver (atmosphere, constellation): metres over ten minutes."""
_GNSS_WHITE_M = 0.7
_VELOCITY_SIGMA_KN = 0.07

HEADING_NONE, COG_NONE, SOG_NONE = 511.0, 360.0, 102.3
"""M.1371-5 table 48: "not available" of heading, course and speed."""

Ints = npt.NDArray[np.int64]


class Reports(NamedTuple):
    """What each heard report says; parallel to `Heard`."""

    lat: Floats
    lon: Floats
    sog_kn: Floats
    cog_deg: Floats
    heading_deg: Floats
    status: npt.NDArray[np.int8]


def _where(hulls: list[Hull], heard: Heard) -> tuple[Floats, Floats, npt.NDArray[np.int8]]:
    """Places and velocities (radians per second) at the reports, by cubic Hermite, and the status."""
    p, v = np.empty((len(heard.t_s), 3)), np.empty((len(heard.t_s), 3))
    status = np.empty(len(heard.t_s), np.int8)
    bounds = np.searchsorted(heard.hull, np.arange(len(hulls) + 1))
    for k, h in enumerate(hulls):
        i, j = bounds[k], bounds[k + 1]
        if i == j:
            continue
        at = heard.t_s[i:j] / STEP_S
        g = np.minimum(at.astype(np.int64), len(h.p) - 2)
        f = (at - g)[:, None]
        slope = np.empty_like(h.p)
        slope[1:-1] = (h.p[2:] - h.p[:-2]) / 2
        slope[0], slope[-1] = h.p[1] - h.p[0], h.p[-1] - h.p[-2]
        a, b, ma, mb = h.p[g], h.p[g + 1], slope[g], slope[g + 1]
        c, d = 3 * (b - a) - 2 * ma - mb, 2 * (a - b) + ma + mb
        p[i:j] = a + f * (ma + f * (c + f * d))
        v[i:j] = (ma + f * (2 * c + 3 * f * d)) / STEP_S
        status[i:j] = h.status[g]
    return p, v, status


def report(rng: Rng, hulls: list[Hull], heard: Heard, feed: Feed) -> Reports:
    """The contents of every heard report."""
    p, v, status = _where(hulls, heard)
    n = len(p)
    noise = [
        walk_noise(heard.hull, heard.t_s, rng.standard_normal(n), _GNSS_SIGMA_M, _GNSS_MEMORY_S)
        + _GNSS_WHITE_M * rng.standard_normal(n)
        for _ in range(2)
    ]
    # What is computed has no receiver, and no error.
    real = np.asarray([h.radio.clockwork is None for h in hulls])[heard.hull]
    noise = [x * real for x in noise]
    seen = shifted(p / np.sqrt(np.einsum("ij,ij->i", p, p))[:, None], *noise)
    lat = np.degrees(np.arcsin(np.clip(seen[:, 2], -1, 1)))
    lon = np.degrees(np.arctan2(seen[:, 1], seen[:, 0]))
    h = np.maximum(np.hypot(p[:, 0], p[:, 1]), 1e-12)
    to_kn = EARTH_RADIUS_M / KNOT_M_S
    east = (
        v[:, 1] * p[:, 0] - v[:, 0] * p[:, 1]
    ) / h * to_kn + _VELOCITY_SIGMA_KN * real * rng.standard_normal(n)
    north = v[:, 2] / h * to_kn + _VELOCITY_SIGMA_KN * real * rng.standard_normal(n)
    sog, cog = np.hypot(east, north), np.degrees(np.arctan2(east, north)) % 360

    class_b = np.asarray([x.radio.class_b for x in hulls])[heard.hull]
    lie = rng.uniform(0, 360, len(hulls))[heard.hull] + 2 * rng.standard_normal(n)
    swinging = status == ANCHORED
    lie[swinging] += 40 * np.sin(2 * np.pi * heard.t_s[swinging] / 44_700)
    resting = swinging | (status == MOORED) | (sog < 0.7)
    bow = np.where(resting, lie, cog + 2 * rng.standard_normal(n)) % 360
    heading: Floats = np.floor(bow).astype(np.float64)
    heading[class_b | (rng.uniform(size=n) < feed.heading_missing)] = HEADING_NONE
    sog = np.asarray(np.round(sog, 1), np.float64)
    cog = np.asarray(np.round(cog, 1) % 360, np.float64)
    cog[(sog < 0.1) & (rng.uniform(size=n) < 0.2)] = COG_NONE
    sog[rng.uniform(size=n) < feed.sog_missing] = SOG_NONE
    _displace(hulls, heard, lat, lon)
    _deceive(hulls, heard, lat, lon, sog, cog)
    lat = np.round(lat * _POSITION_STEPS_PER_DEG) / _POSITION_STEPS_PER_DEG
    lon = np.round(lon * _POSITION_STEPS_PER_DEG) / _POSITION_STEPS_PER_DEG
    return Reports(np.round(lat, 6), np.round(lon, 6), sog, cog, heading, status)


def _displace(hulls: list[Hull], heard: Heard, lat: Floats, lon: Floats) -> None:
    for k, h in enumerate(hulls):
        if not h.displaced and not h.wild:
            continue
        i, j = np.searchsorted(heard.hull, [k, k + 1])
        t = heard.t_s[i:j]
        for t0, t1, north, east in h.displaced:
            within = i + np.flatnonzero((t >= t0) & (t < t1))
            lat[within] = np.clip(lat[within] + north, -89.9, 89.9)
            lon[within] += east
        for at, wild_lat, wild_lon in h.wild:
            r = i + int(np.searchsorted(t, at))
            if r < j:
                lat[r], lon[r] = wild_lat, wild_lon
    lon[:] = (lon + 180) % 360 - 180


def _deceive(hulls: list[Hull], heard: Heard, lat: Floats, lon: Floats, sog: Floats, cog: Floats) -> None:
    for k, h in enumerate(hulls):
        for no, d in enumerate(h.deceived):
            # Its own generator, so that one ship more under interference changes nothing of the others.
            rng = np.random.default_rng([k, no, round(d.from_s)])
            i, j = np.searchsorted(heard.hull, [k, k + 1])
            rows = i + np.flatnonzero((heard.t_s[i:j] >= d.from_s) & (heard.t_s[i:j] < d.to_s))
            angle = 2 * np.pi * heard.t_s[rows] / d.period_s
            east, north = rng.normal(0, d.scatter_m, (2, len(rows)))
            east, north = east + d.radius_m * np.sin(angle), north + d.radius_m * np.cos(angle)
            seen = shifted(np.broadcast_to(unit([d.lat, d.lon]), (len(rows), 3)), east, north)
            lat[rows] = np.degrees(np.arcsin(np.clip(seen[:, 2], -1, 1)))
            lon[rows] = np.degrees(np.arctan2(seen[:, 1], seen[:, 0]))
            sog[rows] = np.round(2 * np.pi * d.radius_m / d.period_s / KNOT_M_S, 1)
            cog[rows] = np.round((np.degrees(angle) + 90) % 360, 1) % 360


def arrivals(rng: Rng, heard: Heard, feed: Feed) -> Ints:
    """Rows of the file in the order they arrive, each as the index of its report.

    A report that both feeds delivered, or that a feed repeats, has two rows.
    """
    n = len(heard.t_s)
    by_shore, by_satellite = (heard.via & SHORE) > 0, (heard.via & SATELLITE) > 0
    again = rng.uniform(size=n) < feed.duplicates
    report_no = np.concatenate(
        [np.flatnonzero(by_shore), np.flatnonzero(by_satellite), np.flatnonzero(again)]
    )
    late = np.concatenate(
        [
            rng.uniform(*feed.delay_s, int(by_shore.sum())),
            rng.uniform(*feed.satellite_delay_s, int(by_satellite.sum())),
            rng.uniform(feed.delay_s[0], feed.satellite_delay_s[1], int(again.sum())),
        ]
    )
    arrived = heard.t_s[report_no] + late.astype(np.int64)
    return np.asarray(report_no[np.lexsort((report_no, arrived))])

"""What is heard of a transmission, from where, and when: shore stations and satellite passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.geo import EARTH_RADIUS_M
from shiomi.kernels.transmissions import SHORE, transmissions
from shiomi.simulate.cast import ANCHORED, MOORED, Hull
from shiomi.simulate.chart import Chart
from shiomi.simulate.motion import KNOT_M_S, STEP_S, Floats, Rng, apart_m, unit
from shiomi.units import NAUTICAL_MILE_M

__all__ = ["Heard", "Passes", "has_stations", "hear", "passes", "shore_chance"]

_COARSE = 10
"""Stations are asked every ten steps (5 min): a ship moves a mile or two in that, less than their edge."""


class Heard(NamedTuple):
    """Reports as the feeds keep them, sorted by hull and time."""

    hull: npt.NDArray[np.int32]
    t_s: npt.NDArray[np.int64]
    """Whole seconds from the start."""
    via: npt.NDArray[np.int8]


class Passes(NamedTuple):
    """Satellite passes over the region, and how crowded the sea is below."""

    starts_s: Floats
    ends_s: Floats
    crowd: dict[tuple[int, int], int]


def _stations(c: Chart) -> tuple[Floats, Floats]:
    rows = list(c.scenario.world["stations"].get("at", []))
    rows += [s for p in c.scenario.world["port"] for s in p.get("stations", [])]
    table = np.asarray(rows, np.float64).reshape(-1, 3)
    return unit(table[:, :2]), table[:, 2]


def has_stations(c: Chart) -> bool:
    """Whether anything is heard from shore at all."""
    return len(_stations(c)[1]) > 0


def shore_chance(c: Chart, p: Floats, class_b: bool) -> npt.NDArray[np.float32]:
    """At each step, the chance that a transmission is heard by at least one station."""
    at, range_nm = _stations(c)
    n, rule = len(p), c.scenario.shore
    if not len(at):
        return np.zeros(n, np.float32)
    coarse = p[::_COARSE]
    chord = np.sqrt(np.maximum(0.0, 2 - 2 * coarse @ at.T))
    away_nm = chord * (EARTH_RADIUS_M / NAUTICAL_MILE_M)
    reach = range_nm * (rule.class_b_range if class_b else 1.0)
    one = rule.quality / (1 + np.exp(np.clip((away_nm - reach) / rule.edge_nm, -40, 40)))
    one[away_nm > reach + 6 * rule.edge_nm] = 0.0
    some = 1 - np.prod(1 - one, axis=1)
    return np.asarray(np.interp(np.arange(n), np.arange(0, n, _COARSE), some), np.float32)


def _cell(p: Floats, cell_deg: float) -> tuple[int, int]:
    lat, lon = np.degrees(np.arcsin(p[2])), np.degrees(np.arctan2(p[1], p[0]))
    return int(lat // cell_deg), int(lon * np.cos(np.radians(lat)) // cell_deg)


def passes(c: Chart, rng: Rng, hulls: list[Hull]) -> Passes:
    """The passes of all of the time, and the number of hulls in each cell at half-time."""
    rule, end_s = c.scenario.satellite, c.scenario.hours * 3600
    starts, at = [], -rng.uniform(0, rule.revisit_min[1]) * 60
    while at < end_s:
        starts.append(at)
        at += rng.uniform(*rule.revisit_min) * 60
    length = rng.uniform(*rule.pass_min, len(starts)) * 60
    crowd: dict[tuple[int, int], int] = {}
    for h in hulls:
        key = _cell(h.p[len(h.p) // 2], rule.cell_deg)
        crowd[key] = crowd.get(key, 0) + 1
    return Passes(np.asarray(starts), np.asarray(starts) + length, crowd)


def _satellite_chance(c: Chart, rng: Rng, hull: Hull, over: Passes) -> npt.NDArray[np.float32]:
    rule, n = c.scenario.satellite, len(hull.p)
    drawn = float(rng.uniform(*rule.detection))
    heard = rng.uniform(size=len(over.starts_s)) >= rule.pass_miss
    out = np.zeros(n, np.float32)
    if not hull.radio.satellite:
        return out
    base = hull.radio.detection or drawn * (rule.class_b_detection if hull.radio.class_b else 1.0)
    for start, end, ok in zip(over.starts_s, over.ends_s, heard, strict=True):
        i, j = max(0, int(start // STEP_S)), min(n, int(end // STEP_S))
        if ok and j > i:
            crowd = over.crowd.get(_cell(hull.p[i], rule.cell_deg), 0)
            out[i:j] = base / (1 + (crowd / rule.crowding) ** 2)
    return out


def _motion(p: Floats) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    v = np.empty_like(p)
    v[1:-1] = (p[2:] - p[:-2]) / 2
    v[0], v[-1] = p[1] - p[0], p[-1] - p[-2]
    size = np.sqrt(np.einsum("ij,ij->i", v, v))
    sog_kn = size * (EARTH_RADIUS_M / (STEP_S * KNOT_M_S))
    turn = np.zeros(len(p))
    along = np.einsum("ij,ij->i", v[1:], v[:-1]) / np.maximum(size[1:] * size[:-1], 1e-30)
    turn[1:] = np.degrees(np.arccos(np.clip(along, -1, 1))) * (60 / STEP_S)
    turn[sog_kn < 1.0] = 0.0
    return sog_kn.astype(np.float32), turn.astype(np.float32)


def _deaf(where: Mapping[str, Any], p: Floats) -> npt.NDArray[np.bool_]:
    """Steps in which a hull is where, and when, no receiver hears anybody."""
    from_h, to_h = where.get("hours", (0, np.inf))
    t_h = np.arange(len(p)) * (STEP_S / 3600)
    inside = apart_m(p, unit(where["at"])) <= where["radius_nm"] * NAUTICAL_MILE_M
    return np.asarray(inside & (t_h >= from_h) & (t_h < to_h))


def hear(c: Chart, seed: int, hulls: list[Hull], over: Passes) -> Heard:
    """Every report that reaches the file, before copies and damage."""
    feed, deaf = c.scenario.feed, c.scenario.world["deaf"]
    when, via = [], []
    for k, h in enumerate(hulls):
        rng = np.random.default_rng([seed, 5, k])
        n = len(h.p)
        shore = shore_chance(c, h.p, h.radio.class_b) if h.radio.shore else np.zeros(n, np.float32)
        satellite = _satellite_chance(c, rng, h, over)
        for t0, t1 in h.radio.silent_s:
            i, j = max(0, int(t0 / STEP_S)), min(n, int(min(t1, 1e8) / STEP_S))
            shore[i:j] = satellite[i:j] = 0.0
        for where in deaf:
            unheard = _deaf(where, h.p)
            shore[unheard] = satellite[unheard] = 0.0
        sog_kn, turn = _motion(h.p)
        own = h.radio.min_interval_s
        t, v = transmissions(
            sog_kn,
            turn,
            (h.status == ANCHORED) | (h.status == MOORED),
            h.radio.class_b,
            shore,
            satellite,
            float(STEP_S),
            float(feed.min_interval_s if own is None else own),
            float(feed.satellite_min_interval_s if own is None else own),
            int(rng.integers(2**62)),
        )
        if h.radio.clockwork:
            start, end, every_s = h.radio.clockwork
            kept_s = every_s * max(1, -(-feed.min_interval_s // every_s))
            t = np.arange(int(start), int(min(end, STEP_S * (n - 1))), kept_s, dtype=np.int64)
            v = np.full(len(t), SHORE, np.int8)
        if feed.keep < 1:
            through = rng.uniform(size=len(t)) < feed.keep
            t, v = t[through], v[through]
        when.append(t)
        via.append(v)
    hull = np.repeat(np.arange(len(hulls), dtype=np.int32), [len(t) for t in when])
    return Heard(hull, np.concatenate(when), np.concatenate(via))

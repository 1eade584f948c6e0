"""Generated traffic: ships that sail, stop, drift, meet, fall silent, jump, and share an identity.

Everything comes from a few drawn integers, so that hypothesis can make a failing world smaller; the
times and lengths fit the small parameters of `law_stages.py`, so that every world has events.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from shiomi.columns import numpy_of
from shiomi.ids import message_ids
from shiomi.schema import POSITIONS, TRACKS
from shiomi.tracks.clean import clean
from shiomi.tracks.segment import Segment
from shiomi.units import SECOND, microseconds

__all__ = ["World", "hostile_worlds", "positions_of", "worlds"]

_E7_PER_M = 1 / 0.011131949
SITES = {
    "equator": (0, 0),
    "astride 180 degrees": (-170_000_000, 1_799_999_000),
    "85 north": (850_000_000, 100_000_000),
    "near the south pole": (-899_990_000, -1_700_000_000),
    "Japan": (351_000_000, 1_398_000_000),
}
_STARTS = [microseconds("2024-02-29 21:40"), microseconds("2023-12-31 12:00"), 1_000_003]
_PHASES = ("stop", "drift", *["sail"] * 2, "silence", *["jump"] * 3, *["meet"] * 5)
_PHASE_S = 3_000


_COLUMNS = ("mmsi", "t", "lat_e7", "lon_e7", "sog_dkn", "cog_ddeg", "heading_deg")


class World(NamedTuple):
    """Reports of some ships, and the watermark up to which they were heard."""

    positions: pa.Table
    """Schema POSITIONS, without repeats, sorted by (mmsi, t, message_id)."""
    tracks: pa.Table
    """The same as segmentation writes them."""
    end: int


def positions_of(columns: dict[str, np.ndarray]) -> pa.Table:
    """POSITIONS, with content ids, from mmsi, t, lat_e7, lon_e7, sog_dkn (below 0: unknown), directions."""
    n = len(columns["t"])
    sog = columns["sog_dkn"]
    given = {
        "mmsi": pa.array(columns["mmsi"], pa.int32()),
        "t": pa.array(columns["t"], pa.int64()),
        "lat_e7": pa.array(columns["lat_e7"], pa.int32()),
        "lon_e7": pa.array(columns["lon_e7"], pa.int32()),
        "sog_dkn": pa.array(sog, pa.int16(), mask=sog < 0),
        "cog_ddeg": pa.array(columns["cog_ddeg"], pa.int16()),
        "heading_deg": pa.array(columns["heading_deg"], pa.int16()),
        "message_id": pa.array(np.zeros(n), pa.int64()),
        "source_id": pa.array(np.zeros(n), pa.int32()),
        "source_row": pa.array(np.arange(1, n + 1), pa.int64()),
    }
    arrays = [given.get(f.name, pa.nulls(n, f.type)) for f in POSITIONS]
    table = pa.Table.from_arrays(arrays, schema=POSITIONS)
    ids = pa.array(message_ids(table))
    return clean(table.set_column(0, POSITIONS.field(0), ids))[0]


def _ship(
    rng: np.random.Generator, site: tuple[int, int], script: list[tuple[int, str]], hours_late: int
) -> list[tuple[int, ...]]:
    """Rows (t and what follows in _COLUMNS) of one hull; `script` has the beginning and name of phases."""
    lat0, lon0 = site
    per_lon = _E7_PER_M / max(np.cos(np.radians(lat0 / 1e7)), 1e-3)
    x, y = rng.uniform(-3_000, 3_000, 2)  # metres east and north of the site
    has_speed = rng.random() > 0.15
    interval_s = int(rng.choice([90, 240, 300, 600, 1_199]))
    late_us = hours_late * 3_600 * SECOND
    rows = []
    for t, common in script:
        phase = common if rng.random() < 0.8 else str(rng.choice(_PHASES))
        end, t = t + _PHASE_S * SECOND + late_us, t + late_us + int(rng.integers(0, 300)) * SECOND
        if phase == "silence":
            continue
        if phase == "jump":
            x += float(rng.choice([-1, 1])) * 150_000
            phase, interval_s = "drift", min(interval_s, 300)
        if phase == "meet":
            x, y = rng.uniform(-180, 180, 2)
        kn = {"stop": 0.2, "drift": 1.2, "meet": 0.15, "sail": 11.0}[phase]
        course = rng.uniform(0, 2 * np.pi)
        while t < end:
            step = kn * 0.5144 * interval_s
            x, y = x + step * np.sin(course), y + step * np.cos(course)
            wild = 4_000.0 if rng.random() < 0.02 else 0.0
            sog = round(abs(kn * 10 + rng.normal(0, 3))) if has_speed and rng.random() > 0.05 else -1
            lat = lat0 + round((y + rng.normal(0, 30) + wild) * _E7_PER_M)
            lat = min(max(lat, -899_999_000), 899_999_000)
            lon = lon0 + round((x + rng.normal(0, 30)) * per_lon)
            lon = (lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
            cog = round(np.degrees(course) * 10) % 3_600
            # Under way the bow points along the course; adrift across it.
            rows.append((t, lat, lon, sog, cog, (cog // 10 + (90 if kn < 3 else 0)) % 360))
            dt = interval_s * int(rng.choice([1, 1, 1, 1, 2, 4])) + int(rng.integers(-9, 10))
            t += dt * SECOND + int(rng.integers(0, SECOND) * (rng.random() < 0.2))
    return rows


def _in_company(
    rng: np.random.Generator, site: tuple[int, int], start: int, phase: float
) -> list[tuple[int, ...]]:
    """Rows of one hull of a fleet that weaves on one course, each across the bows of the others."""
    lat0, lon0 = site
    per_lon = _E7_PER_M / max(np.cos(np.radians(lat0 / 1e7)), 1e-3)
    x, y = rng.uniform(-400, 400, 2)
    interval_s = int(rng.choice([60, 90, 240]))
    t, rows = start + int(rng.integers(0, 200)) * SECOND, []
    while t < start + 3 * _PHASE_S * SECOND:
        s = (t - start) / SECOND
        course = 1.0 + s / _PHASE_S + np.sin(s / 240 + phase)
        x, y = x + 5.6 * interval_s * np.sin(course), y + 5.6 * interval_s * np.cos(course)
        lat = min(max(lat0 + round(y * _E7_PER_M), -899_999_000), 899_999_000)
        lon = (lon0 + round(x * per_lon) + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
        cog = round(np.degrees(course) * 10) % 3_600
        rows.append((t, lat, lon, 110, cog, cog // 10))
        t += interval_s * SECOND + int(rng.integers(0, 5)) * SECOND
    return rows


def _side_by_side(rng: np.random.Generator, site: tuple[int, int], start: int) -> list[tuple[int, ...]]:
    """Rows of one hull of a few that lie beside each other for two phases, one come later than another.

    Some sail off at once with full speed, so that between two instants the one at rest is out of sight.
    """
    lat0, lon0 = site
    per_lon = _E7_PER_M / max(np.cos(np.radians(lat0 / 1e7)), 1e-3)
    x, y = rng.uniform(-60, 60, 2)
    by_the_clock = rng.random() < 0.5
    interval_s = 150 if by_the_clock else int(rng.choice([120, 240, 280]))
    t, rows = start + int(rng.integers(0, 1_500)) * SECOND, []
    if by_the_clock:
        # Every other report lies on a slot to the microsecond: of both legs that meet there, one has it.
        t -= t % (300 * SECOND)
    end = start + (2 * _PHASE_S + int(rng.integers(-3_000, 1))) * SECOND
    sails = rng.random() < 0.9
    while t < end + 600 * SECOND * sails:
        dkn, y = (120, y + 6.2 * interval_s) if t >= end else (int(rng.integers(0, 3)), y)
        lat = lat0 + round((y + rng.normal(0, 5)) * _E7_PER_M)
        lon = lon0 + round((x + rng.normal(0, 5)) * per_lon)
        lon = (lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
        rows.append((t, max(lat, -899_999_000), lon, dkn, int(rng.integers(0, 3_600)), 90))
        t += interval_s * SECOND + (0 if by_the_clock else int(rng.integers(-9, 10)) * SECOND)
    return rows


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two to five hulls around one site, some of them behind one MMSI; some in company or side by side."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    lat0, lon0 = SITES[draw(st.sampled_from([*SITES, "equator"]), label="site")]
    start = draw(st.sampled_from(_STARTS), label="start")
    hulls = draw(st.sampled_from([4, 3, 2]), label="hulls")
    names = draw(st.lists(st.sampled_from(_PHASES), min_size=3, max_size=7), label="script")
    spread = np.cumsum(rng.choice([_PHASE_S, _PHASE_S, 9_000, 40_000], len(names)))
    script = [(start + int(s) * SECOND, name) for s, name in zip(spread, names, strict=True)]
    mmsi, rows = 431_000_001, []
    for hull in range(hulls):
        twin = hull > 0 and rng.random() < 0.4
        mmsi += 0 if twin else int(rng.integers(1, 1_000))
        site = (lat0, lon0)
        if twin and rng.random() < 0.8:
            site = (-lat0 // 2, (lon0 + 600_000_000 + 1_800_000_000) % 3_600_000_000 - 1_800_000_000)
        ship = _ship(rng, site, script, 0 if rng.random() < 0.8 else 30)
        if twin and rng.random() < 0.5:
            # Two hulls that speak at the same instants: only the tie tells which report is first.
            times = sorted(r[1] for r in rows if r[0] == mmsi)
            ship = [(t, *r[1:]) for t, r in zip(times, ship, strict=False)]
        rows += [(mmsi, *r) for r in ship]
    for hull in range(draw(st.sampled_from([0, 3, 2]), label="in company")):
        mmsi += int(rng.integers(1, 1_000))
        rows += [(mmsi, *r) for r in _in_company(rng, (lat0, lon0), start, 2.0 * hull)]
    for _ in range(draw(st.sampled_from([0, 3, 2]), label="side by side")):
        mmsi += int(rng.integers(1, 1_000))
        rows += [(mmsi, *r) for r in _side_by_side(rng, (lat0, lon0), start)]
    after_s = draw(st.sampled_from([0, 600, 3_600, 3_601, 15_000, 100_000]), label="silence at the end, s")
    table = np.array(rows, np.int64).reshape(-1, len(_COLUMNS)).T
    positions = positions_of(dict(zip(_COLUMNS, table, strict=True)))
    last = int(numpy_of(positions, "t").max(initial=start))
    return World(positions, tracks_of(positions), last + after_s * SECOND + 1)


def tracks_of(positions: pa.Table) -> pa.Table:
    """What segmentation makes of all positions in one step."""
    segment = Segment()
    least = np.iinfo(np.int64).max
    return segment.advance(segment.state.empty_table(), positions, least).found.combine_chunks()


@st.composite
def hostile_worlds(draw: st.DrawFn) -> World:
    """Tracks as no segmentation writes them: what a row says of its track is unknown, wrong or extreme."""
    world = draw(worlds())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="spoils"))
    tracks, n = world.tracks, world.tracks.num_rows
    for name, values in {
        "interval_s": np.array([0, 1, 60, 2_000_000_000]),
        "bridge_s": np.array([0, 1, 1_800, 10_800]),
        "fix_no": np.array([0, 1, 50]),
        "pace_dkn": np.array([0, 20, 32_767]),
        "prev_t": np.array([0, world.end]),
    }.items():
        spoilt = rng.random(n) < 0.15
        i, type_ = tracks.schema.get_field_index(name), TRACKS.field(name).type
        old = numpy_of(tracks, name, np.iinfo(type_.to_pandas_dtype()).min)
        new = np.where(spoilt, rng.choice(values, n), old)
        unknown = (new == np.iinfo(type_.to_pandas_dtype()).min) | (spoilt & (rng.random(n) < 0.3))
        if not TRACKS.field(name).nullable:
            unknown = np.zeros(n, np.bool_)
        tracks = tracks.set_column(i, TRACKS.field(i), pa.array(new, type_, mask=unknown))
    return world._replace(tracks=tracks)

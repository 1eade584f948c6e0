"""What a silence was: explained by reception, unexplained, or not to be told.

The question is how many hours a vessel of its class would have been heard in, had it gone on sending:

    for each whole hour of the silence, where it may have been
        nobody is ever heard there, or far more thinly than where it was heard last     no hour
        others are heard there as a rule, and in this hour nobody was                   no hour
        others were heard around in this hour       as many hundredths as vessels there are heard
        nobody is expected there                    the same, but nobody bears it out

Where it may have been is asked twice, on the straight way between its two reports and on with the course
and speed that it had, and the answer that leaves more to reception counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shiomi.events.ladder.listening import Listening
from shiomi.geo import HALF_E7, wrap_e7
from shiomi.places.land import on_land
from shiomi.units import SECOND, hours

__all__ = ["MAX_HOURS", "Expected", "Silences", "expected"]

HOUR = hours(1) * SECOND
MAX_HOURS = 240
"""Hours of a silence that are looked at, from its beginning: ten days tell as much as more."""

_POPULATED = 3.0
"""Vessels an hour around a place, on average, from which an hour without any says that nobody listened.
Analyst-set: by chance alone that hour comes once in twenty (Poisson)."""
_THINNER = 4
"""A sea heard this many times more thinly than where the vessel was last heard is another sea: from
stations to satellites, say, and whether those hear this vessel is not known. Analyst-set."""

_MOST_AN_HOUR = 60.0
"""Reports an hour beyond which more of them say nothing of reception. At rest a vessel sends 20 an hour, at
sea up to ninety times as many (ITU-R M.1371-5, annex 1, table 1): a roadstead is not another sea.
Analyst-set: four times what three of four reports from an anchorage make."""

_MANY = 120
"""Vessel-hours of a feed from which waters in which nobody was heard are out of its reach. Analyst-set:
five vessel-days."""

_E7_PER_NM = 1e7 / 60
_I64 = npt.NDArray[np.int64]
_F64 = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]


class Silences(NamedTuple):
    """Silences of vessels of one class of transmitter."""

    t_start: _I64
    t_end: _I64
    """Of one that goes on, when it became known."""
    is_open: npt.NDArray[np.bool_]
    lat_e7: _I64
    lon_e7: _I64
    end_lat_e7: _I64
    end_lon_e7: _I64
    """The same as the start while it goes on."""
    interval_s: _I64
    """The vessel's own reporting interval before."""
    pace_dkn: _I64
    cog_ddeg: _I64
    end_pace_dkn: _I64
    end_cog_ddeg: _I64
    """At the last report before and the first after; negative where not known."""


class Expected(NamedTuple):
    """What reception lets expect of each silence."""

    whole_hours: _I64
    borne_out_hours: _F64
    """Hours in which it would have been heard, others being heard around at the time."""
    possible_hours: _F64
    """The same and those that nobody bears out."""
    deaf_hours: _I64
    """Hours in which nobody was heard where others are as a rule."""
    neighbours: _F64
    """Other vessels heard around, in an hour on average."""


def expected(s: Silences, listening: Listening) -> Expected:
    """Hours in which vessels silent from `t_start` to `t_end` would have been heard."""
    first = s.t_start // HOUR + 1
    whole = np.maximum(s.t_end // HOUR - first, 0)
    n = np.minimum(whole, MAX_HOURS)
    row = np.repeat(np.arange(len(n)), n)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n)
    hour = first[row] + nth
    after_h = (hour * HOUR + HOUR // 2 - s.t_start[row]) / HOUR
    before_h = (s.t_end[row] - hour * HOUR - HOUR // 2) / HOUR
    by_hour = s.t_end // HOUR
    here = listening.ear(s.lat_e7, s.lon_e7, by_hour)
    # A silence that has not ended has one end only, so more is left to reception: the vessel may have
    # grown faint already where it was last heard, or have been heard better there than others are.
    own = 3600 / np.maximum(s.interval_s, 1)
    like = np.where(s.is_open, np.maximum(here.densest, own), here.reports)
    like = np.minimum(like, _MOST_AN_HOUR)
    # That nobody was ever heard somewhere means something only once many were heard elsewhere.
    is_busy = listening.vessel_hours(by_hour) >= _MANY
    ways = (_straight(s, row, after_h, before_h), _held(s, row, after_h, before_h))
    told = [_along(listening, *way, hour, row, len(n), by_hour, like, is_busy) for way in ways]
    less = np.argmin([t.possible_hours for t in told], axis=0)
    return Expected(whole, *(np.choose(less, [t[k] for t in told]) for k in range(1, len(told[0]))))


def _along(
    listening: Listening,
    lat: _I64,
    lon: _I64,
    hour: _I64,
    row: _I64,
    n: int,
    by_hour: _I64,
    reports: _F64,
    is_busy: _Bools,
) -> Expected:
    ear = listening.ear(lat, lon, by_hour[row])
    others = listening.heard_around(lat, lon, hour)
    heard = others > 0
    deaf = ~heard & (ear.others >= _POPULATED)
    is_virgin = (ear.present == 0) & ~is_busy[row]
    there = np.where(is_virgin, 1.0, ear.share)
    is_same_sea = is_virgin | (ear.reports * _THINNER >= reports[row])
    # A vessel is missed in hours in which nobody listens, too; of those that count somebody did.
    share = np.minimum(there / np.maximum(ear.open_share, 0.01), 1.0) * is_same_sea

    def total(values: npt.NDArray[np.float64]) -> _F64:
        return np.bincount(row, values, minlength=n).astype(np.float64)

    borne_out = total(share * heard)
    return Expected(
        whole_hours=by_hour,
        borne_out_hours=borne_out,
        possible_hours=borne_out + total(there * is_same_sea * (~heard & ~deaf)),
        deaf_hours=total(deaf.astype(np.float64)).astype(np.int64),
        neighbours=total(others.astype(np.float64)) / np.maximum(np.bincount(row, minlength=n), 1),
    )


def _straight(s: Silences, row: _I64, after_h: _F64, before_h: _F64) -> tuple[_I64, _I64]:
    """Evenly from one report to the other; where there is no other, at the one."""
    done = after_h / np.maximum(after_h + before_h, 1e-9)
    east = wrap_e7(s.end_lon_e7 - s.lon_e7)[row]
    lat = s.lat_e7[row] + np.rint((s.end_lat_e7 - s.lat_e7)[row] * done).astype(np.int64)
    return lat, wrap_e7(s.lon_e7[row] + np.rint(east * done).astype(np.int64))


def _held(s: Silences, row: _I64, after_h: _F64, before_h: _F64) -> tuple[_I64, _I64]:
    """On with the course and speed of the last report; for the later half, back from the first one after.

    A vessel that would come ashore stays where it last was at sea.
    """
    back = ~s.is_open[row] & (before_h < after_h)
    pace = np.where(back, s.end_pace_dkn[row], s.pace_dkn[row])
    cog = np.where(back, s.end_cog_ddeg[row], s.cog_ddeg[row])
    known = (pace > 0) & (cog >= 0)
    from_lat = np.where(back, s.end_lat_e7[row], s.lat_e7[row])
    from_lon = np.where(back, s.end_lon_e7[row], s.lon_e7[row])
    far_nm = np.where(known, pace / 10 * np.where(back, -before_h, after_h), 0.0)
    angle = np.radians(cog / 10)
    north = far_nm * np.cos(angle) * _E7_PER_NM
    width = np.maximum(np.cos(np.radians(from_lat / 1e7)), 0.02)
    east = np.clip(far_nm * np.sin(angle) * _E7_PER_NM / width, -HALF_E7, HALF_E7)
    lat = np.clip(from_lat + north.astype(np.int64), -899_999_999, 899_999_999)
    lon = wrap_e7(from_lon + east.astype(np.int64))
    moved = far_nm != 0.0
    ashore = np.zeros(len(row), np.bool_)
    ashore[moved] = on_land(lat[moved], lon[moved])
    # In order of how far it has come, so that one hour ashore ends the way for all that lie beyond.
    order = np.lexsort((np.abs(far_nm), back, row))
    group = np.flatnonzero(np.diff(row[order] * 2 + back[order], prepend=-1))
    count = np.cumsum(ashore[order])
    before = np.zeros(len(row), np.int64)
    before[group] = count[group] - ashore[order][group]
    stuck = count - np.maximum.accumulate(before) > 0
    last_free = np.where(stuck, -1, np.arange(len(row)))
    starts = np.zeros(len(row), np.int64)
    starts[group] = group
    starts = np.maximum.accumulate(starts) if len(row) else starts
    last_free = np.maximum.accumulate(last_free) if len(row) else last_free
    nothing = last_free < starts
    free = order[np.maximum(last_free, 0)]
    out_lat, out_lon = np.empty_like(lat), np.empty_like(lon)
    out_lat[order] = np.where(nothing, from_lat[order], lat[free])
    out_lon[order] = np.where(nothing, from_lon[order], lon[free])
    return out_lat, out_lon

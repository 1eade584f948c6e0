"""The right-hand side of an event's picture: distance and speed over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from shiomi.geo import EARTH_RADIUS_M, distance_m, unit_vectors
from shiomi.places.land import shore_m
from shiomi.reports.chart import COAST, INK, track_breaks
from shiomi.units import NAUTICAL_MILE_M, SECOND, minutes

__all__ = [
    "COLOURS",
    "DAY",
    "FEW",
    "MARK",
    "breaks_of",
    "columns_of",
    "draw_distance",
    "draw_span",
    "draw_speeds",
    "time_axis",
]

COLOURS = ("#0b4f8a", "#c2500a", "#2e7d32", "#7b3fa0")
"""One for each vessel."""

MARK = "#b3261e"
"""What the event claims: its place and its thresholds."""

DAY = 86_400 * SECOND
"""Microseconds in a day: matplotlib counts time in days since 1970."""

FEW = 120
"""Reports of a track up to which each is drawn as a dot."""

_KEPT_S = minutes(30)
"""Evidence is thinned to about a report every 20 minutes; over so much a line is drawn unbroken."""

_I64 = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


def columns_of(track: pa.Table) -> tuple[_I64, _I64, _I64]:
    """Columns t, lat_e7 and lon_e7 of a track."""
    t, lat, lon = (track[c].to_numpy().astype(np.int64) for c in ("t", "lat_e7", "lon_e7"))
    return t, lat, lon


def breaks_of(track: pa.Table) -> npt.NDArray[np.bool_]:
    """True where the line from the report before is a guess."""
    far = np.diff(track["t"].to_numpy(), prepend=0) > _KEPT_S * SECOND
    return track_breaks(track) & np.where(np.arange(len(far)) == 0, True, far)


def draw_distance(
    axes: Axes, event: Mapping[str, Any], tracks: list[pa.Table], limits: Mapping[str, Any]
) -> None:
    """Two tracks: metres between them. One: miles off the shore, or for a stop metres from where it lies."""
    told = [t for t in tracks if t.num_rows]
    limit: int | None = None
    if len(told) == 2:
        t, apart_m, sure = _between(*told)
        name, y = "distance between the two (m)", apart_m
        limit = limits.get("max_distance_m", limits.get("notable_distance_m"))
    elif told and event["kind"] == "stop":
        t, lat, lon = columns_of(told[0])
        y = distance_m(lat, lon, np.full(len(lat), event["lat_e7"]), np.full(len(lat), event["lon_e7"]))
        name, sure, limit = "distance from where it lies (m)", ~breaks_of(told[0]), limits.get("max_radius_m")
    elif told:
        t, lat, lon = columns_of(told[0])
        y, name, sure = shore_m(lat, lon) / NAUTICAL_MILE_M, "distance to shore (nm)", ~breaks_of(told[0])
    else:
        t, y, sure, name = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool), "no report is held"
    _draw_line(axes, t, y, sure, INK)
    if len(y) == 0:
        axes.set_yticks([])
        name = "the two were not heard at the same time" if told else name
    if len(y) and y.min() < 0:
        axes.axhline(0, color=COAST, linewidth=1.2, zorder=2)
    if limit is not None:
        _draw_limit(axes, float(limit), f"{limit:,} m")
    # A meeting of metres after an approach of miles can only be read on a logarithmic scale.
    if limit and len(y) and y.max() > 12 * limit:
        axes.set_yscale("log")
        axes.set_ylim(max(5.0, 0.6 * y.min()), 1.6 * y.max())
    elif len(y) and y.min() >= 0:
        axes.set_ylim(0, 1.12 * max(y.max(), limit or 0) or 1)
    axes.yaxis.set_major_formatter(lambda v, _: f"{v:,.10g}")
    _finish(axes, name)


def _between(one: pa.Table, other: pa.Table) -> tuple[_I64, _Floats, npt.NDArray[np.bool_]]:
    """Distance wherever both are known, at every report of either; and whether both lines are sure there."""
    (t1, *_), (t2, *_) = columns_of(one), columns_of(other)
    first, last = max(t1[0], t2[0]), min(t1[-1], t2[-1])
    t = np.unique(np.concatenate([t1, t2, np.linspace(first, last, 300).astype(np.int64)]))
    t = t[(t >= first) & (t <= last)]
    if len(t) == 0:
        return t, np.zeros(0), np.zeros(0, bool)
    a, b = _at(one, t), _at(other, t)
    arc = 2 * np.arcsin(np.minimum(1.0, np.linalg.norm(a - b, axis=1) / 2))
    sure = np.ones(len(t), bool)
    for track in (one, other):
        known = track["t"].to_numpy()
        ahead = np.searchsorted(known, t, side="left").clip(0, len(known) - 1)
        sure &= ~breaks_of(track)[ahead] | (known[ahead] == t)
    return t, arc * EARTH_RADIUS_M, sure


def _at(track: pa.Table, t: _I64) -> _Floats:
    """Unit vectors of a track at any times within it, on the great circle between its reports."""
    known, lat, lon = columns_of(track)
    vectors = unit_vectors(lat, lon)
    between = np.stack([np.interp(t, known, vectors[:, k]) for k in range(3)], axis=1)
    return np.asarray(between / np.linalg.norm(between, axis=1, keepdims=True), np.float64)


def draw_speeds(axes: Axes, tracks: list[pa.Table], limits: Mapping[str, Any]) -> None:
    """Speed of each track in knots."""
    highest = 2.0
    for n, track in enumerate(tracks):
        known = track.filter(pc.is_valid(track["pace_dkn"]))
        if known.num_rows == 0:
            continue
        speed_kn = known["pace_dkn"].to_numpy() / 10
        _draw_line(axes, known["t"].to_numpy(), speed_kn, ~breaks_of(known), COLOURS[n % len(COLOURS)])
        highest = max(highest, float(speed_kn.max()))
    limit = limits.get("max_pace_dkn", limits.get("start_dkn"))
    if limit is not None:
        _draw_limit(axes, limit / 10, f"{limit / 10:g} kn")
        highest = max(highest, limit / 10)
    axes.set_ylim(0, 1.15 * highest)
    _finish(axes, "speed over ground (kn)")
    axes.set_xlabel("time, UTC", fontsize=8, color=INK)


def _draw_line(axes: Axes, t: _I64, y: _Floats, sure: npt.NDArray[np.bool_], colour: str) -> None:
    """A line through the values: solid where it is known, dotted across what was not heard."""
    x = t / DAY
    axes.plot(x, y, color=colour, linewidth=0.9, linestyle=(0, (1, 2)), zorder=3)
    part = np.flatnonzero(np.diff(np.append(False, sure).astype(np.int8)) == 1)
    for first in part.tolist():
        stop = first + int(np.argmin(np.append(sure[first:], False)))
        # A sure step ends at its report; it began at the one before.
        axes.plot(
            x[max(0, first - 1) : stop], y[max(0, first - 1) : stop], color=colour, linewidth=1.5, zorder=4
        )
    if len(x) <= FEW:
        axes.plot(x, y, ".", color=colour, markersize=3.5, zorder=5)


def _draw_limit(axes: Axes, value: float, text: str) -> None:
    axes.axhline(value, color=MARK, linewidth=0.9, linestyle="--", zorder=2)
    axes.text(
        1.0,
        value,
        f"{text} ",
        color=MARK,
        fontsize=7.5,
        ha="right",
        va="bottom",
        transform=axes.get_yaxis_transform(),
    )


def draw_span(axes: Axes, event: Mapping[str, Any], t_end: int) -> None:
    """Shade the time of the event."""
    axes.axvspan(event["t_start"] / DAY, t_end / DAY, color="#f2c14e", alpha=0.22, linewidth=0, zorder=0.5)


def _finish(axes: Axes, name: str) -> None:
    axes.set_title(name, fontsize=9, color=INK, loc="left", pad=4)
    axes.grid(color="#dde4e8", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=7.5, colors=INK, length=3, width=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(INK)
    time_axis(axes, size=7.5)


def time_axis(axes: Axes, *, size: float) -> None:
    """Label the x axis, which counts days, with times in UTC."""
    locator = AutoDateLocator(tz=dt.UTC, minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=dt.UTC))
    axes.tick_params(axis="x", labelsize=size, colors=INK, length=3, width=0.6)
    axes.xaxis.get_offset_text().set(size=size, color=INK)

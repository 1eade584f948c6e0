"""One event as a picture: where its vessels went, and how far apart and how fast they were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from shiomi.reports.chart import CREDIT, INK, Window, draw_chart, fit, project, short_time
from shiomi.reports.event_curves import (
    COLOURS,
    DAY,
    FEW,
    MARK,
    breaks_of,
    columns_of,
    draw_distance,
    draw_span,
    draw_speeds,
    time_axis,
)
from shiomi.schema import mmsi_of
from shiomi.units import SECOND, hours, minutes

__all__ = ["draw_event"]

_TITLES = {
    "swarm": "Vessels lying close together",
    "raft": "Vessels lying side by side",
    "survey_pattern": "A vessel sailing straight lines side by side",
    "close_manoeuvre": "Two vessels passing closely",
    "shadowing": "Two vessels keeping company",
    "blocking": "One vessel crossing ahead of another",
    "encounter": "Two vessels slow and close together",
    "gap": "A vessel not received",
    "loitering": "A vessel moving slowly for long",
    "stop": "A vessel keeping to one place",
    "position_jump": "Reports farther apart than a vessel can go",
    "identity_switch": "One number ends, another begins",
    "dual_identity": "Two numbers on one way",
    "fabricated_track": "Reports steadier than a ship at sea",
    "gnss_interference": "Vessels displaced together",
    "shared_identity": "One identity used from two places",
}
_AROUND_S = {"close_manoeuvre": minutes(15), "blocking": minutes(15)}
"""Kinds over in minutes, and how much is shown before and after; two hours for all others."""
_DPI = 150
_WIDE_IN, _HIGH_IN = 11.7, 6.6
_CLOSER_IN = 1.5
_LEFT = (0.055, 0.20, 0.475, 0.665)

_I64 = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


def draw_event(
    event: Mapping[str, Any],
    positions: pa.Table,
    path: Path,
    *,
    thresholds: Mapping[str, int] | None = None,
) -> None:
    """Write a PNG of one event: on the left its tracks by time, on the right distance and speed.

    Args:
        event: a row of EVENTS as a dict, as `to_pylist` gives it.
        positions: reports of its subjects (TRACKS): its evidence, or all that is held around it.
        path: file to write.
        thresholds: parameters by name to draw as lines; those of the event where not given.
    """
    t_end = event["t_end"] if event["t_end"] is not None else event["known_t"]
    around = max(_AROUND_S.get(event["kind"], hours(2)) * SECOND, (t_end - event["t_start"]) // 2)
    tracks = [_reports(positions, s, event["t_start"] - around, t_end + around) for s in event["subjects"]]
    limits = dict(json.loads(event["parameters"] or "{}") if thresholds is None else thresholds)

    figure = Figure(figsize=(_WIDE_IN, _HIGH_IN), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.055, 0.955, _title(event), fontsize=14, color=INK, weight="bold", va="center")
    figure.text(0.055, 0.912, _when(event), fontsize=9.5, color=INK, va="center")
    figure.text(0.98, 0.018, CREDIT, fontsize=7, color="#7b868e", ha="right")
    _draw_places_of(figure, event, tracks)
    above = figure.add_axes((0.605, 0.555, 0.375, 0.31))
    below = figure.add_axes((0.605, 0.20, 0.375, 0.29), sharex=above)
    draw_distance(above, event, tracks, limits)
    draw_speeds(below, tracks, limits)
    for axes in (above, below):
        draw_span(axes, event, t_end)
    above.tick_params(labelbottom=False)
    figure.savefig(path, format="png", metadata={"Software": "shiomi"})


def _reports(positions: pa.Table, subject: int, first: int, last: int) -> pa.Table:
    t = positions["t"]
    mine = pc.and_(
        pc.equal(positions["track_id"], subject), pc.and_(pc.greater_equal(t, first), pc.less_equal(t, last))
    )
    return positions.filter(mine).sort_by("t")


def _title(event: Mapping[str, Any]) -> str:
    words = _TITLES.get(event["kind"], event["kind"].replace("_", " ").capitalize())
    vessels = dict.fromkeys(f"{mmsi_of(s):09d}" for s in event["subjects"])
    return f"{words}: {' and '.join(vessels)}"


def _when(event: Mapping[str, Any]) -> str:
    start = short_time(event["t_start"])
    if event["t_end"] is None:
        return f"{event['kind'].replace('_', ' ')}, since {start} UTC, still open"
    whole_min = (event["t_end"] - event["t_start"]) // (60 * SECOND)
    spell = f"{whole_min // 60} h {whole_min % 60:02d} min" if whole_min >= 60 else f"{whole_min} min"
    return f"{event['kind'].replace('_', ' ')}, {start} to {short_time(event['t_end'])} UTC, {spell}"


def _draw_places_of(figure: Figure, event: Mapping[str, Any], tracks: list[pa.Table]) -> None:
    columns = [columns_of(track) for track in tracks]
    here = np.array([event["lat_e7"]], np.int64), np.array([event["lon_e7"]], np.int64)
    lat = np.concatenate([here[0], *(c[1] for c in columns)])
    lon = np.concatenate([here[1], *(c[2] for c in columns)])
    least_m = 1_500 if len(lat) > 1 else 20_000
    window = fit(
        lat, lon, ratio=_WIDE_IN * _LEFT[2] / (_HIGH_IN * _LEFT[3]), margin=0.12, min_width_m=least_m
    )
    axes = figure.add_axes(_LEFT)
    draw_chart(axes, window, pixels=round(_WIDE_IN * _LEFT[2] * _DPI))
    axes.tick_params(labelsize=7.5)
    shades = _Shades(np.concatenate([c[0] for c in columns]))
    _draw_mark(axes, window, event)
    _draw_jump(axes, window, event, columns)
    drawn: LineCollection | None = None
    handles = [Line2D([], [], marker="+", color="none", mec=MARK, mew=1.4, markersize=9, label="event")]
    for n, track in enumerate(tracks):
        if track.num_rows == 0:
            continue
        drawn = _draw_track(axes, window, track, shades, COLOURS[n % len(COLOURS)])
        label = f"{mmsi_of(event['subjects'][n]):09d} ({track.num_rows} reports)"
        handles.append(Line2D([], [], marker="o", color=COLOURS[n % len(COLOURS)], markersize=5, label=label))
    hollow: dict[str, Any] = {"color": "none", "marker": "o", "mec": INK, "markersize": 6}
    handles += [
        Line2D([], [], **hollow, mfc="white", label="first report"),
        Line2D([], [], **(hollow | {"marker": "s"}), mfc=INK, label="last report"),
    ]
    _draw_closer(figure, window, event, tracks, shades)
    if drawn is not None:
        bar = figure.colorbar(
            drawn, cax=figure.add_axes((_LEFT[0], 0.125, _LEFT[2], 0.016)), orientation="horizontal"
        )
        time_axis(bar.ax, size=7)
        bar.outline.set_linewidth(0.4)
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.045, 0.005),
        ncols=5,
        frameon=False,
        fontsize=7.5,
        labelcolor=INK,
        handletextpad=0.4,
        columnspacing=1.3,
    )


class _Shades:
    """One colour for one time, the same in both charts; without the pale end, which vanishes on the sea."""

    def __init__(self, t: npt.NDArray[np.int64]) -> None:
        first, last = (t.min() / DAY, t.max() / DAY) if len(t) else (0.0, 1.0)
        self.colours = ListedColormap(colormaps["plasma"](np.linspace(0.0, 0.86, 200)))
        self.scale = Normalize(first, last if last > first else first + 0.01)


def _draw_mark(axes: Axes, window: Window, event: Mapping[str, Any]) -> None:
    x, y = project(window, np.array([event["lat_e7"]]), np.array([event["lon_e7"]]))
    axes.plot(x, y, "+", color=MARK, markersize=12, mew=1.3, zorder=6)


def _draw_jump(
    axes: Axes, window: Window, event: Mapping[str, Any], columns: list[tuple[_I64, _I64, _I64]]
) -> None:
    """A dotted line over the leap that no vessel makes: from the last report here to the first there."""
    told = sorted((c for c in columns if len(c[0])), key=lambda c: int(c[0][0]))
    if event["kind"] != "position_jump" or len(told) != 2:
        return
    (_, lat, lon), (_, next_lat, next_lon) = told
    leap = np.array([lat[-1], next_lat[0]]), np.array([lon[-1], next_lon[0]])
    axes.plot(*project(window, *leap), color=MARK, linewidth=1.1, linestyle=(0, (1, 2)), zorder=2.5)


def _draw_closer(
    figure: Figure, window: Window, event: Mapping[str, Any], tracks: list[pa.Table], shades: _Shades
) -> None:
    """The time of the event itself in a corner, where the whole chart is too small to show it."""
    t_end = event["t_end"] if event["t_end"] is not None else event["known_t"]
    t = [track["t"] for track in tracks]
    within = [
        track.filter(pc.and_(pc.greater_equal(c, event["t_start"]), pc.less_equal(c, t_end)))
        for track, c in zip(tracks, t, strict=True)
    ]
    lat, lon = (np.concatenate([columns_of(w)[k] for w in within]) for k in (1, 2))
    if len(lat) < 2:
        return
    near = fit(lat, lon, ratio=1.0, margin=0.15, min_width_m=600)
    if near.width_e7 * 6 > window.width_e7:
        return
    axes = figure.add_axes(_free_square(window, tracks, _CLOSER_IN))
    draw_chart(axes, near, pixels=round(_CLOSER_IN * _DPI), graticule=False)
    for n, track in enumerate(within):
        if track.num_rows:
            _draw_track(axes, near, track, shades, COLOURS[n % len(COLOURS)])
    axes.text(
        0.5,
        0.97,
        "during the event",
        transform=axes.transAxes,
        fontsize=7.5,
        color=INK,
        ha="center",
        va="top",
    )


def _free_square(window: Window, tracks: list[pa.Table], side_in: float) -> tuple[float, float, float, float]:
    """Where in the chart a square hides the least of the tracks, as a share of the figure."""
    high_in, wide_in, gap_in = _LEFT[3] * _HIGH_IN, _LEFT[2] * _WIDE_IN, 0.07
    low, high = project(window, np.array([window.south_e7, window.north_e7]), np.zeros(2, np.int64))[1]
    drawn = []
    for track in tracks:
        x, y = project(window, *columns_of(track)[1:])
        at = np.stack([x / (window.width_e7 / 1e7) * wide_in, (y - low) / (high - low) * high_in])
        known = np.arange(len(x))
        # The lines between the reports count as well.
        fine = np.linspace(0, max(0, len(x) - 1), 40 * len(x))
        drawn.append(np.stack([np.interp(fine, known, v) for v in at]) if len(x) else at)
    right, up = np.concatenate(drawn, axis=1)
    best, least = (gap_in, high_in - side_in - gap_in), np.inf
    for b in np.linspace(high_in - side_in - gap_in, gap_in, 9).tolist():
        for a in np.linspace(wide_in - side_in - gap_in, gap_in, 9).tolist():
            off = np.maximum(np.abs(right - a - side_in / 2), np.abs(up - b - side_in / 2))
            hidden = float((off < side_in / 2 + 0.1).sum())
            if hidden < least and not (a < 1.3 and b < 0.5):  # the scale bar stands there
                best, least = (a, b), hidden
    left, bottom = _LEFT[0] + best[0] / _WIDE_IN, _LEFT[1] + best[1] / _HIGH_IN
    return left, bottom, side_in / _WIDE_IN, side_in / _HIGH_IN


def _draw_track(axes: Axes, window: Window, track: pa.Table, shades: _Shades, colour: str) -> LineCollection:
    t, lat, lon = columns_of(track)
    x, y = project(window, lat, lon)
    ends = np.stack([x, y], axis=1)
    pieces = np.stack([ends[:-1], ends[1:]], axis=1)
    sure = ~breaks_of(track)[1:]
    middle = (t[:-1] + t[1:]) / 2 / DAY
    axes.add_collection(LineCollection(list(pieces), colors="white", linewidths=3.6, zorder=2.9))
    for which, style in ((~sure, (0, (1, 2))), (sure, "solid")):
        lines = LineCollection(
            list(pieces[which]),
            cmap=shades.colours,
            norm=shades.scale,
            linewidths=1.9,
            zorder=3,
            linestyles=[style],
        )
        lines.set_array(middle[which])
        axes.add_collection(lines)
    # So many would hide the line; it is then made of little else.
    if len(x) <= FEW:
        axes.scatter(
            x,
            y,
            c=t / DAY,
            cmap=shades.colours,
            norm=shades.scale,
            s=7,
            linewidths=0.5,
            edgecolors=colour,
            zorder=4,
        )
    axes.plot(x[:1], y[:1], "o", mfc="white", mec=colour, mew=1.6, markersize=7.5, zorder=5)
    axes.plot(x[-1:], y[-1:], "s", mfc=colour, mec="white", mew=0.8, markersize=7.5, zorder=5)
    return lines

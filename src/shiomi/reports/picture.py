"""Pictures to print: all events of a watch on one chart, and one event with its tracks.

A picture shows what was received and found. It is no chart for navigation and no statement of intent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from shiomi.geo import EARTH_RADIUS_M
from shiomi.reports.chart import CREDIT, INK, Window, draw_chart, fit, project, short_time, track_breaks
from shiomi.reports.event_picture import draw_event

__all__ = ["KIND_STYLES", "draw_event", "draw_map", "styles_of"]

KIND_STYLES: dict[str, tuple[str, str]] = {
    "encounter": ("o", "#d55e00"),
    "swarm": ("h", "#8c510a"),
    "raft": ("8", "#35978f"),
    "survey_pattern": ("P", "#4d4d4d"),
    "close_manoeuvre": ("*", "#e7298a"),
    "blocking": ("<", "#a6761d"),
    "shadowing": (">", "#66a61e"),
    "gap": ("X", "#0072b2"),
    "loitering": ("D", "#cc79a7"),
    "stop": ("s", "#009e73"),
    "position_jump": ("^", "#b8860b"),
    "shared_identity": ("v", "#7b3fa0"),
    "identity_switch": (">", "#17becf"),
    "dual_identity": ("H", "#e377c2"),
    "fabricated_track": ("d", "#4d4d4d"),
    "gnss_interference": ("p", "#a50f15"),
}
"""Marker and colour by kind of event, the ones drawn above others first: colours that the colour-blind
tell apart (Okabe and Ito 2008)."""

_OTHERS = (("P", "#56b4e9"), ("*", "#8c510a"), ("<", "#1b7837"), (">", "#444444"), ("h", "#c51b7d"))
_DPI = 150
_AXES = (0.055, 0.125, 0.925, 0.80)
_RATIO = 11.7 * _AXES[2] / (8.3 * _AXES[3])
_TRACK, _PLACE, _APART = "#54788f", "#1f8a70", "#87929a"
_Ints = npt.NDArray[Any]


def draw_map(
    events: pa.Table,
    tracks: pa.Table | None,
    path: Path,
    *,
    title: str,
    places: pa.Table | None = None,
) -> None:
    """Write a PNG chart of events (schema EVENTS), over tracks (of TRACKS what tells their ways) and
    places (PLACES) if given.

    The window is the smallest that holds the events and the tracks, across 180 degrees where that is
    smaller. Withdrawn events are left out; events set apart are small and grey.
    """
    events = events.filter(pc.not_equal(events["status"], "withdrawn"))
    lat, lon = _columns(events)
    if tracks is not None and tracks.num_rows:
        tlat, tlon = _where_most_are(*_columns(tracks))
        lat, lon = np.concatenate([lat, tlat]), np.concatenate([lon, tlon])
    window = fit(lat, lon, ratio=_RATIO)

    figure = Figure(figsize=(11.7, 8.3), dpi=_DPI, facecolor="white")  # A4, landscape
    FigureCanvasAgg(figure)
    axes = figure.add_axes(_AXES)
    draw_chart(axes, window, pixels=round(11.7 * _AXES[2] * _DPI))
    handles: list[Line2D] = []
    if tracks is not None and tracks.num_rows:
        handles.append(_draw_tracks(axes, window, tracks))
    if places is not None and places.num_rows:
        handles.append(_draw_places(axes, window, places))
    handles = _draw_events(axes, window, events) + handles
    if handles:
        figure.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(0.5, 0.09),
            ncols=min(6, len(handles)),
            frameon=False,
            fontsize=9,
            labelcolor=INK,
            handletextpad=0.4,
            columnspacing=1.8,
        )
    figure.text(0.055, 0.955, title, fontsize=15, color=INK, weight="bold", va="center")
    figure.text(0.98, 0.955, _span(events, tracks), fontsize=9, color=INK, ha="right", va="center")
    figure.text(0.98, 0.012, CREDIT, fontsize=7, color="#7b868e", ha="right")
    # Half the work of packing for a tenth more on disk.
    figure.savefig(path, format="png", metadata={"Software": "shiomi"}, pil_kwargs={"compress_level": 3})


def _columns(table: pa.Table) -> tuple[_Ints, _Ints]:
    lat, lon = (table[c].to_numpy().astype(np.int64) for c in ("lat_e7", "lon_e7"))
    return lat, lon


def _where_most_are(lat: _Ints, lon: _Ints) -> tuple[_Ints, _Ints]:
    """Without the quarter degrees that hold next to nothing.

    Neither a false report nor one ship on a long voyage may shrink all the others.
    """
    grain = 2_500_000
    cell = (lat // grain) * 10_000 + lon // grain
    _, which, count = np.unique(cell, return_inverse=True, return_counts=True)
    kept = count[which] > len(lat) // 5_000
    return lat[kept], lon[kept]


def _span(events: pa.Table, tracks: pa.Table | None) -> str:
    columns = [events["t_start"], events["t_end"]] + ([] if tracks is None else [tracks["t"]])
    ends = [pc.min_max(c).as_py() for c in columns]
    first = [e["min"] for e in ends if e["min"] is not None]
    last = [e["max"] for e in ends if e["max"] is not None]
    return f"{short_time(min(first))} to {short_time(max(last))} UTC" if first else ""


def _draw_tracks(axes: Axes, window: Window, tracks: pa.Table) -> Line2D:
    tracks = tracks.select(["track_id", "t", "lat_e7", "lon_e7", "bridge_s"])
    tracks = tracks.sort_by([("track_id", "ascending"), ("t", "ascending")])
    x, y = project(window, *_columns(tracks))
    apart = track_breaks(tracks)
    pixel = window.width_e7 / 1e7 / 1600
    cell = np.rint(np.stack([x, y]) / pixel).astype(np.int64)
    moved = np.ones(len(x), bool)
    moved[1:] = (cell[:, 1:] != cell[:, :-1]).any(axis=0)
    # A line that leaves the chart on one side must not come back on the other.
    apart[1:] |= np.abs(np.diff(x)) > 180
    # The ends of a line are kept, or it would begin late and end early.
    kept = moved | apart | np.append(apart[1:], True)
    x, y, apart = x[kept], y[kept], apart[kept]
    at = np.arange(len(x)) + np.cumsum(apart)
    lines = np.full((len(x) + int(apart.sum()) + 1, 2), np.nan)
    lines[at] = np.stack([x, y], axis=1)
    faint = float(np.clip(60_000 / max(1, len(x)), 0.25, 0.8))
    axes.plot(lines[:, 0], lines[:, 1], color=_TRACK, linewidth=0.6, alpha=faint, zorder=2)
    ends = apart | np.append(apart[1:], True)
    axes.plot(x[ends], y[ends], ",", color=_TRACK, alpha=faint, zorder=2)
    vessels = pc.count_distinct(tracks["track_id"]).as_py()
    return Line2D([], [], color=_TRACK, linewidth=1.2, alpha=0.8, label=f"tracks ({vessels:,})")


def _draw_places(axes: Axes, window: Window, places: pa.Table) -> Line2D:
    x, y = project(window, *_columns(places))
    lat = places["lat_e7"].to_numpy() / 1e7
    across = 2 * np.degrees(places["radius_m"].to_numpy() / EARTH_RADIUS_M) / np.cos(np.radians(lat))
    across = np.maximum(across, window.width_e7 / 1e7 / 150)
    discs = EllipseCollection(
        across,
        across,
        0,
        units="xy",
        offsets=np.stack([x, y], axis=1),
        offset_transform=axes.transData,
        facecolor=_PLACE,
        edgecolor=_PLACE,
        alpha=0.25,
        linewidth=0.8,
        zorder=1.5,
    )
    axes.add_collection(discs)
    label = f"places ({places.num_rows:,})"
    return Line2D(
        [], [], marker="o", color="none", markerfacecolor=_PLACE, alpha=0.35, markersize=8, label=label
    )


def _draw_events(axes: Axes, window: Window, events: pa.Table) -> list[Line2D]:
    x, y = project(window, *_columns(events))
    kinds = np.array(events["kind"].to_pylist(), dtype=object)
    apart = pc.greater(pc.list_value_length(events["suppressed_by"]), 0).to_numpy(zero_copy_only=False)
    styles = styles_of(sorted(set(kinds.tolist())))
    handles: list[Line2D] = []
    for rank, (kind, (marker, colour)) in enumerate(styles.items()):
        here = kinds == kind
        grey = here & apart
        axes.plot(x[grey], y[grey], marker, color=_APART, markersize=3.5, alpha=0.7, mew=0, zorder=3)
        shown = here & ~apart
        if not shown.any():
            continue
        # Fewer symbols may be larger; a crowd must not hide itself.
        size = float(np.clip(11 - 1.6 * np.log10(shown.sum()), 4.5, 9.5))
        look = _symbol(marker, colour, "white")
        axes.plot(x[shown], y[shown], **look, markersize=size, mew=0.7, alpha=0.9, zorder=5 - rank / 100)
        label = f"{kind.replace('_', ' ')} ({int(shown.sum()):,})"
        handles.append(Line2D([], [], **look, markersize=8, label=label))
    if apart.any():
        label = f"set apart, with reason ({int(apart.sum()):,})"
        handles.append(Line2D([], [], **_symbol("o", _APART, "none"), markersize=4, label=label))
    return handles


def _symbol(marker: str, colour: str, edge: str) -> dict[str, Any]:
    return {"marker": marker, "color": "none", "markerfacecolor": colour, "markeredgecolor": edge}


def styles_of(kinds: list[str]) -> dict[str, tuple[str, str]]:
    """Marker and colour of each kind, the known ones first and last the unknown, each time the same."""
    unknown = [k for k in kinds if k not in KIND_STYLES]
    known = {k: v for k, v in KIND_STYLES.items() if k in kinds}
    return known | {k: _OTHERS[i % len(_OTHERS)] for i, k in enumerate(unknown)}

"""A plain chart to draw on: Mercator, the coast, a graticule, a scale bar; right across 180 degrees.

Drawn with the object interface of matplotlib alone, so that nothing global is touched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Shape
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from shiomi.geo import EARTH_RADIUS_M, FULL_E7, HALF_E7, wrap_e7
from shiomi.places.land import land_rings
from shiomi.units import NAUTICAL_MILE_M, SECOND, iso

__all__ = ["COAST", "CREDIT", "INK", "Window", "draw_chart", "fit", "project", "short_time", "track_breaks"]

CREDIT = "Coast: Natural Earth 1:10m, islands corrected; derived, not a legal line"
INK = "#33404a"
SEA, LAND, COAST, GRID = "#f3f7fa", "#e8e3d6", "#a49c88", "#c9d5dd"

_MAX_LAT_E7 = 840_000_000
"""Mercator grows without bound; beyond 84 degrees the chart ends."""
_ANTARCTIC_E7 = -600_000_000
_STEPS = (1, 2, 5, 10, 20, 50, 100, 150, 300, 600, 1200, 3000, 6000, 9000, 18000, 36000)
"""Steps of the graticule in tenths of a minute of arc."""
_SEA_MILES = tuple(a * 10**b for b in range(-2, 4) for a in (1, 2, 5))

_Ints = npt.NDArray[Any]
_Floats = npt.NDArray[np.float64]


class Window(NamedTuple):
    """What a chart shows. `west_e7` may be anywhere; the width runs eastward from it, across 180 degrees."""

    west_e7: int
    width_e7: int
    south_e7: int
    north_e7: int


def _mercator(lat_e7: _Ints) -> _Floats:
    lat = np.clip(np.asarray(lat_e7, np.float64), -_MAX_LAT_E7, _MAX_LAT_E7) * (np.pi / 180e7)
    return np.asarray(np.degrees(np.arcsinh(np.tan(lat))), np.float64)


def project(window: Window, lat_e7: _Ints, lon_e7: _Ints) -> tuple[_Floats, _Floats]:
    """Points as x, y of the chart: x in degrees east of its western edge, y in Mercator degrees."""
    middle = window.west_e7 + window.width_e7 // 2
    x = wrap_e7(np.asarray(lon_e7, np.int64) - middle) + window.width_e7 // 2
    return np.asarray(x / 1e7, np.float64), _mercator(lat_e7)


def fit(
    lat_e7: _Ints, lon_e7: _Ints, *, ratio: float, margin: float = 0.08, min_width_m: int = 4_000
) -> Window:
    """The smallest window around the points, widened to `ratio` (width over height on paper).

    Longitudes lie on a ring: the window is what remains when the widest empty arc is left out.
    """
    if len(lat_e7) == 0:
        return Window(-HALF_E7, FULL_E7, -700_000_000, 800_000_000)
    lon = np.unique(wrap_e7(lon_e7))
    ahead = np.append(lon[1:], lon[0] + FULL_E7)
    widest = int(np.argmax(ahead - lon))
    west = int(ahead[widest])
    width = FULL_E7 - int(ahead[widest] - lon[widest])
    south, north = (int(v) for v in np.clip([np.min(lat_e7), np.max(lat_e7)], -_MAX_LAT_E7, _MAX_LAT_E7))

    stretch = 1 / np.cos(np.radians((south + north) / 2e7))
    least = np.degrees(min_width_m / EARTH_RADIUS_M) * stretch
    y_south, y_north = _mercator(np.array([south, north]))
    high = max((y_north - y_south) * (1 + 2 * margin), least / ratio)
    wide = max(width / 1e7 * (1 + 2 * margin), least)
    high, wide = max(high, wide / ratio), max(wide, high * ratio)
    if wide > 360:
        wide, high = 360.0, min(high, max(360 / ratio, (y_north - y_south) * (1 + 2 * margin)))
    y = (y_south + y_north) / 2 + np.array([-0.5, 0.5]) * high
    south, north = (int(v) for v in np.rint(np.degrees(np.arctan(np.sinh(np.radians(y)))) * 1e7))
    return Window(
        (west - round((wide * 1e7 - width) / 2) + HALF_E7) % FULL_E7 - HALF_E7,
        round(wide * 1e7),
        max(south, -_MAX_LAT_E7),
        min(north, _MAX_LAT_E7),
    )


def draw_chart(axes: Axes, window: Window, *, pixels: int, graticule: bool = True) -> None:
    """Sea, land, scale bar, graticule; `pixels` is the width of the axes and sets the detail."""
    south, north = _mercator(np.array([window.south_e7, window.north_e7]))
    axes.set_xlim(0, window.width_e7 / 1e7)
    axes.set_ylim(south, north)
    axes.set_aspect("equal")
    axes.set_facecolor(SEA)
    fill, coast = _land(window, window.width_e7 / 1e7 / pixels)
    if fill is not None and coast is not None:
        axes.add_artist(PathPatch(fill, facecolor=LAND, edgecolor="none", zorder=0.5))
        # In a small picture of a great fjord coast the lines would cover the land.
        line = 0.5 if window.width_e7 < 400_000_000 else 0.3
        axes.add_artist(PathPatch(coast, facecolor="none", edgecolor=COAST, linewidth=line, zorder=0.7))
    if graticule:
        _graticule(axes, window)
    else:
        axes.set(xticks=[], yticks=[])
    _scale_bar(axes, window, 0.22 if graticule else 0.45)
    for side in axes.spines.values():
        side.set_color(INK)
        side.set_linewidth(0.7)


def _land(window: Window, pixel: float) -> tuple[Shape | None, Shape | None]:
    """Land to fill, and its coast to stroke, without the cuts at 180 degrees; no finer than half a pixel."""
    ring, lat, lon = _rings_beside(window)
    if len(ring) == 0:
        return None, None
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    step = wrap_e7(np.diff(lon, prepend=lon[0]))
    step[first] = 0
    run = np.cumsum(step)
    # Longitude along each ring without jumps, counted from the middle of the window at its first vertex.
    middle = window.west_e7 + window.width_e7 // 2
    unrolled = run - run[first][ring] + wrap_e7(lon[first] - middle)[ring]
    x, y = (unrolled + window.width_e7 // 2) / 1e7, _mercator(lat)
    south, north = _mercator(np.array([window.south_e7, window.north_e7]))
    y_low, y_high = np.minimum.reduceat(y, first), np.maximum.reduceat(y, first)
    last = np.append(first[1:], len(ring)) - 1
    ahead = np.arange(1, len(ring) + 1)
    ahead[last] = first
    seam = (lon == -HALF_E7) & (lon[ahead] == -HALF_E7)
    # Antarctica winds once round the Pole: its ring ends 360 degrees from where it began.
    winds = np.abs(unrolled[last] + wrap_e7(lon[first] - lon[last]) - unrolled[first]) > HALF_E7
    y_low[winds] = -1000
    # Far outside the window only the way round matters. No edge is longer than this margin, so pulling
    # vertices in to it moves no line that is seen.
    spare = max(0.7, window.width_e7 / 1e7)
    parts: list[_Outline] = []
    for turn in (-360.0, 0.0, 360.0):
        west, east = np.minimum.reduceat(x, first) + turn, np.maximum.reduceat(x, first) + turn
        shown = (east >= 0) & (west <= window.width_e7 / 1e7) & (y_high >= south) & (y_low <= north)
        # A ring smaller than a third of a pixel is not seen, but islands of a chart are kept.
        shown &= (east - west > pixel / 3) | (y_high - y_low > pixel / 3) | (pixel < 0.02)
        for these, is_winding in ((shown & ~winds, False), (shown & winds, True)):
            if not these.any():
                continue
            part = these[ring]
            px, lengths = x[part] + turn, (last - first + 1)[these]
            if not is_winding:
                px = np.clip(px, -spare, window.width_e7 / 1e7 + spare)
            py = np.clip(y[part], south - spare, north + spare)
            thin = _thinned(px, py, seam[part], lengths, pixel / 2)
            parts.append(_around_pole(*thin[:3]) if is_winding else _closed(*thin))
    if not parts:
        return None, None
    points = np.concatenate([p.points for p in parts])
    return (
        Shape(points, np.concatenate([p.fill for p in parts])),
        Shape(points, np.concatenate([p.stroke for p in parts])),
    )


def _rings_beside(window: Window) -> tuple[npt.NDArray[np.int64], ...]:
    """Ring number from 0, latitude and longitude of the rings in the latitudes of a window.

    What surrounds the South Pole fills all that lies south of its coast, and is always among them.
    """
    rings = land_rings()
    ring, lat, lon = (np.asarray(rings[c]) for c in ("ring", "lat_e7", "lon_e7"))
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    low, high = np.minimum.reduceat(lat, first), np.maximum.reduceat(lat, first)
    beside = (high >= window.south_e7) & ((low <= window.north_e7) | (low < _ANTARCTIC_E7))
    lengths = np.diff(np.append(first, len(ring)))
    kept = np.repeat(beside, lengths)
    number = np.repeat(np.arange(int(beside.sum())), lengths[beside])
    return number, lat[kept].astype(np.int64), lon[kept].astype(np.int64)


class _Outline(NamedTuple):
    points: _Floats
    fill: npt.NDArray[np.uint8]
    """Codes of a path that fills the rings."""
    stroke: npt.NDArray[np.uint8]
    """Codes of a path that draws their edges, but for the seams."""


def _thinned(
    x: _Floats, y: _Floats, seam: npt.NDArray[np.bool_], lengths: npt.NDArray[np.int64], grain: float
) -> tuple[_Floats, _Floats, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Rings laid end to end, of so many points each, thinned to `grain`; the first point of each stays."""
    first = np.cumsum(lengths) - lengths
    before = np.arange(-1, len(x) - 1)
    before[first] = first + lengths - 1
    cell_x, cell_y = (np.rint(v / grain).astype(np.int64) for v in (x, y))
    kept = (cell_x != cell_x[before]) | (cell_y != cell_y[before]) | seam | seam[before]
    kept[first] = True
    return x[kept], y[kept], seam[kept], np.add.reduceat(kept.astype(np.int64), first)


def _closed(x: _Floats, y: _Floats, seam: npt.NDArray[np.bool_], lengths: npt.NDArray[np.int64]) -> _Outline:
    """Rings laid end to end, each ended by its first point."""
    end = np.cumsum(lengths)
    first = end - lengths
    x, y, pen = np.insert(x, end, x[first]), np.insert(y, end, y[first]), np.insert(seam, end, False)
    return _coded(x, y, pen, first + np.arange(len(first)))


def _around_pole(x: _Floats, y: _Floats, seam: npt.NDArray[np.bool_]) -> _Outline:
    """The one ring that winds round the South Pole, closed far below it."""
    far = x[0] + (360.0 if x[-1] > x[0] else -360.0)
    x, y = np.concatenate([x, [far, far, x[0], x[0]]]), np.concatenate([y, [y[0], -1000, -1000, y[0]]])
    return _coded(x, y, np.concatenate([seam, [False, True, True, True]]), np.zeros(1, np.int64))


def _coded(x: _Floats, y: _Floats, pen: npt.NDArray[np.bool_], first: npt.NDArray[np.int64]) -> _Outline:
    fill = np.full(len(x), Shape.LINETO, np.uint8)
    fill[first] = Shape.MOVETO
    stroke = fill.copy()
    stroke[1:][pen[:-1]] = Shape.MOVETO
    return _Outline(np.stack([x, y], axis=1), fill, stroke)


def _graticule(axes: Axes, window: Window) -> None:
    def step(degrees: float, lines: int) -> int:
        return next((s for s in _STEPS if degrees * 600 / s <= lines), _STEPS[-1])

    width_deg, high_deg = window.width_e7 / 1e7, (window.north_e7 - window.south_e7) / 1e7
    east = _multiples(window.west_e7, window.west_e7 + window.width_e7, step(width_deg, 8))
    up = _multiples(window.south_e7, window.north_e7, step(high_deg, 7))
    x, y = east / 600 - window.west_e7 / 1e7, _mercator(np.rint(up / 600 * 1e7))
    labels_x = dict(zip(x.tolist(), [_degrees(m, "E", "W") for m in east.tolist()], strict=True))
    labels_y = dict(zip(y.tolist(), [_degrees(m, "N", "S") for m in up.tolist()], strict=True))
    for axis, at, labels in ((axes.xaxis, x, labels_x), (axes.yaxis, y, labels_y)):
        axis.set_major_locator(FixedLocator(at.tolist()))
        axis.set_major_formatter(FuncFormatter(lambda v, _, names=labels: names.get(v, "")))
        axis.set_minor_locator(NullLocator())
    axes.grid(color=GRID, linewidth=0.5, zorder=0.3)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=INK, length=3, width=0.6)


def _multiples(low_e7: int, high_e7: int, step: int) -> npt.NDArray[np.int64]:
    """Multiples of the step between two angles, in tenths of a minute."""
    e7 = step * 10_000_000
    return np.arange(-(-low_e7 * 600 // e7), high_e7 * 600 // e7 + 1, dtype=np.int64) * step


def _degrees(tenths: int, positive: str, negative: str) -> str:
    if positive == "E":
        tenths = (tenths + 108_000) % 216_000 - 108_000
    whole, rest = divmod(abs(tenths), 600)
    side = "" if tenths in (0, -108_000) else positive if tenths > 0 else negative
    if rest == 0:
        return f"{whole}°{side}"
    return f"{whole}°{rest // 10:02d}′{side}" if rest % 10 == 0 else f"{whole}°{rest / 10:04.1f}′{side}"


def _scale_bar(axes: Axes, window: Window, share: float) -> None:
    """A bar in nautical miles, true at the latitude where it stands; said where that matters."""
    south, north = axes.get_ylim()
    y = south + 0.045 * (north - south)
    lat = np.arctan(np.sinh(np.radians(y)))
    nm_per_degree = np.radians(1) * EARTH_RADIUS_M * np.cos(lat) / NAUTICAL_MILE_M
    width = window.width_e7 / 1e7
    length_nm = max([s for s in _SEA_MILES if s <= share * width * nm_per_degree], default=_SEA_MILES[0])
    length = length_nm / nm_per_degree
    x, thick = 0.03 * width, 0.008 * (north - south)
    backing = Rectangle((x - thick, y - 1.2 * thick), length + 2 * thick, 6.2 * thick)
    backing.set(facecolor="white", edgecolor="none", alpha=0.75, zorder=1.0)
    axes.add_patch(backing)
    for k, colour in enumerate((INK, "white")):
        half = Rectangle((x + k * length / 2, y), length / 2, thick)
        half.set(facecolor=colour, edgecolor=INK, linewidth=0.6, zorder=1.1)
        axes.add_patch(half)
    text = f"{length_nm:g} nm"
    if window.north_e7 - window.south_e7 > 50_000_000:
        text += f" at {abs(np.degrees(lat)):.0f}°{'N' if lat >= 0 else 'S'}"
    axes.text(
        x + length / 2, y + 1.8 * thick, text, ha="center", va="bottom", fontsize=7.5, color=INK, zorder=1.1
    )


def short_time(t: int) -> str:
    """A time as people read it: to the minute, without T and Z."""
    return iso(t // (60 * SECOND) * (60 * SECOND))[:16].replace("T", " ")


def track_breaks(tracks: pa.Table) -> npt.NDArray[np.bool_]:
    """True where a line to the row before would be a guess: another track, or a silence not to be bridged."""
    track, t = tracks["track_id"].to_numpy(), tracks["t"].to_numpy().astype(np.int64)
    bridge = tracks["bridge_s"].to_numpy().astype(np.int64) * SECOND
    apart = np.ones(len(t), bool)
    apart[1:] = (track[1:] != track[:-1]) | (np.diff(t) > bridge[:-1])
    return apart

"""Runs over a detector's rows: what `stop`, `loitering`, `encounter` and `shared_identity` share.

The rules of a run are in `kernels/runs.py`. Here they meet tables: state in, runs and state out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.findings import UNKNOWN, Evidence, Found
from shiomi.geo import wrap_e7
from shiomi.kernels.order import group_edges
from shiomi.kernels.runs import OPEN, find_runs
from shiomi.units import SECOND

__all__ = ["ANY_PACE", "NEW_ROW", "Runs", "runs_in", "track_found", "with_run"]

_I64 = npt.NDArray[np.int64]

_NO_PLACE = np.zeros(0, np.int32)
_NO_VALUE = np.zeros(0, np.int64)

ANY_PACE = 1 << 15
"""Above every pace: a run that speed does not break."""


NEW_ROW: dict[str, Any] = {"is_told": False, "mark": 0}
"""What the columns of `with_run` hold on a new row."""


def with_run(schema: pa.Schema) -> pa.Schema:
    """A state and what a run has to remember of each row: whether it was told, what the row is kept for."""
    return schema.append(pa.field("is_told", pa.bool_())).append(pa.field("mark", pa.int8()))


class Runs(NamedTuple):
    """n runs as columns of row numbers and times."""

    is_open: npt.NDArray[np.bool_]
    first: _I64
    last: _I64
    broke: _I64
    """Row that broke the run, or -1 where nothing more was heard."""
    known_t: _I64
    since: _I64
    """First row: of the run, or of what was seen before a silence through which it may have gone on."""
    kept: Evidence
    """Row numbers that hold the condition: first, those kept, last."""
    cited: Evidence
    """The same, after the rows that lead to it, and before the row that broke it."""
    state: pa.Table

    def times(self, t: _I64) -> tuple[_I64, _I64]:
        """Start, and end or UNKNOWN while open."""
        return t[self.first], np.where(self.is_open, UNKNOWN, t[self.last])

    def ended_by(self, t: _I64) -> _I64:
        """Time of the row that broke each run; UNKNOWN where it is open or fell silent."""
        broken = ~self.is_open & (self.broke >= 0)
        return np.where(broken, t[np.maximum(self.broke, 0)], UNKNOWN)

    def least(self, values: npt.NDArray[Any]) -> _I64:
        """Least of a column over the kept rows of each run."""
        return self._reduce(np.minimum, values)

    def most(self, values: npt.NDArray[Any], *, gathered: bool = False) -> _I64:
        """Greatest of a column over the kept rows of each run; `gathered` holds those rows alone."""
        return self._reduce(np.maximum, values, gathered=gathered)

    def mean_place(self, p: Columns) -> tuple[_I64, _I64]:
        """Mean place over the kept rows of `p`, as whole 1e-7 degrees counted from the first row."""
        n = np.diff(self.kept.edges)
        lat, lon = (p.at(c, self.first).astype(np.int64) for c in ("lat_e7", "lon_e7"))
        away_lat = p.at("lat_e7", self.kept.values) - np.repeat(lat, n)
        away_lon = wrap_e7(p.at("lon_e7", self.kept.values) - np.repeat(lon, n))
        dlat = self._reduce(np.add, away_lat, gathered=True)
        dlon = self._reduce(np.add, away_lon, gathered=True)
        return lat + dlat // n, wrap_e7(lon + dlon // n)

    def duration_s(self, t: _I64) -> _I64:
        """Whole seconds from first to last row."""
        return (t[self.last] - t[self.first]) // SECOND

    def longest_silence_s(self, t: _I64, prev_t: _I64) -> _I64:
        """Longest time, in whole seconds, between two reports of a track inside each run.

        Of silences no longer than the spacing of the kept rows some may not be seen.

        Args:
            t, prev_t: time of each row, and of the report before it.
        """
        since = t[self.kept.values] - prev_t[self.kept.values]
        since[self.kept.edges[:-1]] = 0
        return self.most(since, gathered=True) // SECOND

    def _reduce(self, f: np.ufunc, values: npt.NDArray[Any], *, gathered: bool = False) -> _I64:
        if len(self.first) == 0:
            return np.empty(0, np.int64)
        v = values if gathered else values[self.kept.values]
        return np.asarray(f.reduceat(v.astype(np.int64), self.kept.edges[:-1]), np.int64)


def runs_in(
    p: Columns,
    by: str,
    watermark: int,
    *,
    rest_s: npt.NDArray[Any],
    max_break_s: int,
    keep_s: int,
    min_duration_s: int,
    start_dkn: int = ANY_PACE,
    stay_dkn: int = ANY_PACE,
    radius_m: int = 0,
    pace_dkn: npt.NDArray[Any] | None = None,
    lowest_of: str | None = None,
    max_silence_s: int = 0,
) -> Runs:
    """Runs among the rows of `p`, grouped by `by`.

    The state of `p` is one `with_run`, its new rows hold NEW_ROW.

    Args:
        rest_s: per row, how long a run may rest after it when nothing more is heard.
        max_break_s: how long rows may break the condition before the run has ended.
        keep_s: at most this long between two rows of evidence, where there are rows.
        min_duration_s: shortest run reported, inclusive.
        start_dkn, stay_dkn: greatest pace at which a run begins, and goes on; inclusive.
        radius_m: greatest distance from the first row; 0 for any.
        pace_dkn: stands for the column of that name.
        lowest_of: column whose every new minimum is kept as evidence too.
        max_silence_s: a run that is taken up again after a silence up to this long may have begun before
            it (`since`), if what was seen then was no longer than this; 0: it begins with its first row.
    """
    place = [p["lat_e7"], p["lon_e7"]] if radius_m else [_NO_PLACE] * 2
    found, edges, rows, keep, told, mark = find_runs(
        group_edges(p[by]),
        p["t"],
        place[0],
        place[1],
        p["pace_dkn"] if pace_dkn is None else pace_dkn,
        rest_s,
        p[lowest_of] if lowest_of else _NO_VALUE,
        p["is_told"],
        p["mark"],
        watermark,
        start_dkn,
        stay_dkn,
        radius_m * 1000,
        max_break_s * SECOND,
        keep_s * SECOND,
        min_duration_s * SECOND,
        max_silence_s * SECOND,
    )
    broke, leads = found[:, 3], found[:, 6]
    counts = np.diff(edges)
    held = np.arange(len(rows)) - np.repeat(edges[:-1], counts) >= np.repeat(leads, counts)
    held[edges[1:][broke >= 0] - 1] = False
    counts = counts - leads - (broke >= 0)
    return Runs(
        is_open=found[:, 0] == OPEN,
        first=found[:, 1],
        last=found[:, 2],
        broke=broke,
        known_t=found[:, 4],
        since=rows[edges[:-1]],
        kept=Evidence(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), rows[held]),
        cited=Evidence(edges, rows),
        state=p.table(keep, is_told=told, mark=mark),
    )


def track_found(p: Columns, r: Runs, place: tuple[_I64, _I64], **measures: _I64) -> Found:
    """Runs over rows of TRACKS as findings, each begun after the last report that shows otherwise.

    Args:
        p: the rows, with `track_id`, `t`, `prev_t`, `message_id`.
        place: latitude and longitude of each run.
        **measures: besides `duration_s` and `longest_silence_s`.
    """
    t = p["t"]
    t_start, t_end = r.times(t)
    prev_t = p.times("prev_t")
    before = prev_t[r.since]
    return Found(
        is_open=r.is_open,
        subjects=[p["track_id"][r.first]],
        t_start=t_start,
        t_end=t_end,
        t_start_earliest=np.where(before == UNKNOWN, t[r.since], before),
        t_start_latest=t_start,
        t_end_earliest=t_end,
        t_end_latest=r.ended_by(t),
        known_t=r.known_t,
        lat_e7=place[0],
        lon_e7=place[1],
        measures={
            "duration_s": r.duration_s(t),
            "longest_silence_s": r.longest_silence_s(t, prev_t),
            **measures,
        },
        evidence=Evidence(r.cited.edges, p.at("message_id", r.cited.values)),
    )

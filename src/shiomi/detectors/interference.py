"""GNSS interference: several vessels report false places from one time and sea on.

A jammed or deceived receiver lets its ship report an airport, a circle or scattered places. The ships
concerned are victims, and whatever else is found of them meanwhile is doubtful: their silences, jumps
and second places. The finding says that they were displaced together, not by what or by whom.
See docs/detectors/gnss_interference.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of, no_events
from shiomi.geo import distance_m, wrap_e7
from shiomi.schema import DISPLACEMENTS
from shiomi.units import SECOND, minutes, nautical_miles

__all__ = ["GnssInterference"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GnssInterference:
    """Report at least `min_vessels` displaced within `onset_s` of each other, near each other."""

    name: ClassVar[str] = "gnss_interference"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "displacements"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "sea"
    state: ClassVar[pa.Schema] = pa.schema([*DISPLACEMENTS, pa.field("group_id", pa.int64())])
    """Onsets that may still be joined by others (`group_id` null), and those of events still open, which
    carry the `onset_id` of the first of them."""

    min_vessels: int = 3
    """Of distinct MMSI. Analyst-set: on a day of the US coast two never met, one does often."""
    onset_s: int = minutes(15)
    """All within this long after the first. Analyst-set."""
    radius_m: int = nautical_miles(40)
    """From the first to the others, where they were before. Analyst-set: a transmitter on a height or a
    ship reaches the antennas of ships that far."""
    landing_m: int = 10_000
    """Or where they are displaced to, for a common spot such as an airport. Analyst-set."""

    @property
    def latency_s(self) -> int:
        """Told open once nobody else can join, closed once the last of them is back or silent."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of DISPLACEMENTS to events."""
        fresh = rows.append_column(self.state.field("group_id"), pa.nulls(rows.num_rows, pa.int64()))
        p = _Rows.of(pa.concat_tables([state, fresh.select(state.schema.names)]).combine_chunks())
        group, keep = p.group.copy(), np.ones(len(p.t), np.bool_)
        told: list[pa.Table] = []
        opened: dict[int, tuple[_I64, int]] = {}
        for first, members, known_t in self._gatherings(p, watermark):
            if first < 0:
                keep[members] = False
                continue
            group[members] = p.onset_id[first]
            opened[int(p.onset_id[first])] = members, known_t
        end_of = {int(p.onset_id[i]): i for i in np.flatnonzero(p.is_end).tolist()}
        for leader in sorted({*group[group != UNKNOWN].tolist()}):
            members = np.flatnonzero((group == leader) & ~p.is_end)
            ends = [end_of[k] for k in p.onset_id[members].tolist() if k in end_of]
            members = members[np.lexsort((p.onset_id[members], p.t[members]))]
            if len(ends) == len(members):
                known_t = max(int(p.t[ends].max()), int(p.t[members[0]]) + self.onset_s * SECOND)
                told.append(self._event(p, members, np.array(ends), known_t))
                keep[members] = keep[ends] = False
            elif leader in opened:
                told.append(self._event(p, members, None, opened[leader][1]))
        # An end of what nobody waits for says nothing more.
        waited = set(p.onset_id[keep & ~p.is_end].tolist())
        keep &= ~p.is_end | np.isin(p.onset_id, np.array([*waited], np.int64))
        i = p.table.schema.get_field_index("group_id")
        column = pa.array(group, pa.int64(), mask=group == UNKNOWN)
        carried = p.table.set_column(i, self.state.field("group_id"), column)
        carried = carried.filter(pa.array(keep)).cast(self.state)
        return Step(carried, pa.concat_tables(told) if told else no_events())

    def _gatherings(self, p: _Rows, watermark: int) -> list[tuple[int, _I64, int]]:
        """First and members of every complete gathering, first -1 for those too few; when it was known."""
        waiting = np.flatnonzero((p.group == UNKNOWN) & ~p.is_end)
        waiting = waiting[np.lexsort((p.onset_id[waiting], p.t[waiting]))]
        out: list[tuple[int, _I64, int]] = []
        while len(waiting):
            first = int(waiting[0])
            until = int(p.t[first]) + self.onset_s * SECOND
            if watermark <= until:
                break
            near = waiting[p.t[waiting] <= until]
            here = distance_m(p.lat[first], p.lon[first], p.lat[near], p.lon[near]) <= self.radius_m
            there = distance_m(p.away_lat[first], p.away_lon[first], p.away_lat[near], p.away_lon[near])
            near = near[here | (there <= self.landing_m)]
            near = near[np.sort(np.unique(p.mmsi[near], return_index=True)[1])]
            is_met = len(near) >= self.min_vessels
            members = near if is_met else waiting[:1]
            out.append((first if is_met else -1, members, until))
            waiting = waiting[~np.isin(waiting, members)]
        return out

    def _event(self, p: _Rows, members: _I64, ends: _I64 | None, known_t: int) -> pa.Table:
        first = int(members[0])
        from_lat, from_lon = p.lat[members], p.lon[members]
        to_lat, to_lon = p.away_lat[members], p.away_lon[members]
        moved = _metres(distance_m(from_lat, from_lon, to_lat, to_lon))
        spread = distance_m(from_lat[0], from_lon[0], from_lat, from_lon)
        landing = distance_m(to_lat[0], to_lon[0], to_lat, to_lon)
        east = wrap_e7(from_lon - from_lon[0])
        t_start = int(p.t[first])
        t_end = UNKNOWN if ends is None else int(p.until_t[ends].max())
        measures = {
            "vessels": len(members),
            "origin_spread_m": int(_metres(spread).max()),
            "landing_spread_m": int(_metres(landing).max()),
            "moved_min_m": int(moved.min()),
            "moved_max_m": int(moved.max()),
            "wander_max_m": int(p.wander_m[members].max()),
        }
        if ends is not None:
            measures["duration_s"] = (t_end - t_start) // SECOND
        ids, times = p.evidence(members if ends is None else np.concatenate([members, ends]))
        order = np.lexsort((ids, times))
        _, once = np.unique(ids[order], return_index=True)
        ids = ids[order][np.sort(once)]
        one = {
            "t_start": t_start,
            "t_end": t_end,
            "t_start_earliest": int(p.home_t[first]),
            "t_start_latest": t_start,
            "t_end_earliest": t_end,
            "t_end_latest": UNKNOWN,
            "known_t": known_t,
            "lat_e7": int(from_lat[0] + (from_lat - from_lat[0]).sum() // len(members)),
            "lon_e7": int(wrap_e7(from_lon[0] + east.sum() // len(members))),
        }
        tracks = np.unique(np.concatenate([p.track[members], p.away_track[members]]))
        found = Found(
            is_open=np.array([ends is None]),
            subjects=[tracks[i : i + 1] for i in range(len(tracks))],
            measures={k: np.array([v], np.int64) for k, v in measures.items()},
            evidence=Evidence(np.array([0, len(ids)], np.int64), ids),
            founders=None,
            **{k: np.array([v], np.int64) for k, v in one.items()},
        )
        return events_of(self, found)


class _Rows(NamedTuple):
    """State and new rows as columns."""

    table: pa.Table
    t: _I64
    onset_id: _I64
    is_end: npt.NDArray[np.bool_]
    until_t: _I64
    mmsi: _I64
    track: _I64
    away_track: _I64
    home_t: _I64
    lat: _I64
    lon: _I64
    away_lat: _I64
    away_lon: _I64
    wander_m: _I64
    group: _I64

    @classmethod
    def of(cls, table: pa.Table) -> _Rows:
        def whole(name: str) -> _I64:
            return numpy_of(table, name).astype(np.int64)

        return cls(
            table=table,
            t=whole("t"),
            onset_id=whole("onset_id"),
            is_end=numpy_of(table, "is_end"),
            until_t=whole("until_t"),
            mmsi=whole("mmsi"),
            track=whole("track_id"),
            away_track=whole("away_track_id"),
            home_t=whole("home_t"),
            lat=whole("lat_e7"),
            lon=whole("lon_e7"),
            away_lat=whole("away_lat_e7"),
            away_lon=whole("away_lon_e7"),
            wander_m=whole("wander_m"),
            group=numpy_of(table, "group_id", int(UNKNOWN)),
        )

    def evidence(self, rows: _I64) -> tuple[_I64, _I64]:
        """Message ids that the rows rest on, and their times."""
        some = self.table.take(pa.array(rows))
        ids, times = (some[c].combine_chunks().flatten().to_numpy() for c in ("evidence", "evidence_t"))
        return ids, times


def _metres(distance: npt.NDArray[np.float64]) -> _I64:
    return np.rint(distance).astype(np.int64)

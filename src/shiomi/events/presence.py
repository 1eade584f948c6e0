"""Presence statistics: the table that a coast guard publishes, from stays in one zone.

Everything is counted from intervals between reports, never from days, and only then laid on the days of a
named time zone. A day counts with one report surely inside. Every row says how much of its time the zone
was heard at all: where that is short, its counts are a minimum. See docs/presence.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.errors import BadParameter
from shiomi.events.flags import flag_of
from shiomi.schema import mmsi_of
from shiomi.units import SECOND, hours, minutes

__all__ = [
    "HEARD_SLOT_S",
    "MIN_HEARD_PCT",
    "By",
    "Row",
    "Stays",
    "longest_union",
    "presence_rows",
    "stays_in",
    "zone_named",
]

HEARD_SLOT_S = minutes(15)
"""A quarter of an hour in which no report at all came from in or near the zone counts as unheard. As long
as a stay may be broken. Analyst-set."""
MIN_HEARD_PCT = 95
"""Heard for less of its time than this, a count is a minimum; so it is where the ladder does not say `heard`
of every stay. Analyst-set."""
_OPEN_REST_US = hours(1) * SECOND
"""A stay that is open at the watermark was heard inside no longer ago than this."""

_DAY = dt.timedelta(days=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_I64 = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

By = Literal["total", "month", "day", "flag", "vessel"]


class Stays(NamedTuple):
    """Stays in one zone within a period, by start: columns of one length."""

    event_id: list[str]
    mmsi: _I64
    start: _I64
    end: _I64
    """First and last report surely inside, cut to the period; microseconds UTC."""
    at_earliest: _I64
    at_latest: _I64
    """When it may have begun and ended at most."""
    is_sure: _Bools
    """Whether any report lies surely inside; the others are undetermined and count nothing."""
    is_entry: _Bools
    """Whether the vessel was heard elsewhere before; not where it was only silent between two stays."""
    is_open: _Bools
    is_heard: _Bools
    """Whether the ladder says of its sea that it was well heard; poor and unknown are not."""

    def take(self, rows: _Bools) -> Stays:
        """Some of them."""
        ids = [e for e, wanted in zip(self.event_id, rows.tolist(), strict=True) if wanted]
        return Stays(
            ids,
            self.mmsi[rows],
            self.start[rows],
            self.end[rows],
            self.at_earliest[rows],
            self.at_latest[rows],
            self.is_sure[rows],
            self.is_entry[rows],
            self.is_open[rows],
            self.is_heard[rows],
        )

    def cut(self, low: int, high: int) -> Stays:
        """What of them lies in [low, high)."""
        inside = self.take((self.start < high) & (self.end >= low))
        return inside._replace(
            start=np.maximum(inside.start, low),
            end=np.minimum(inside.end, high),
            at_earliest=np.maximum(inside.at_earliest, low),
            at_latest=np.minimum(inside.at_latest, high),
            is_entry=inside.is_entry & (inside.start >= low),
        )


class Row(NamedTuple):
    """One row of the table."""

    key: str
    """A month, a day, a flag, an MMSI, or total."""
    days: int
    """Days of the zone's time zone on which at least one vessel was surely inside."""
    vessels: int
    vessel_days: int
    entries: int
    undetermined: int
    """Stays too near the line to tell; in no other count."""
    run_days: int
    run_first: str
    run_last: str
    """The longest run of consecutive days."""
    longest_s: int
    longest_from: int
    longest_to: int
    """The longest time in which at least one vessel was surely inside: a union over vessels."""
    longest_at_most_s: int
    """The same with what bounds and silences leave open."""
    unheard_s: int
    watched_s: int
    is_minimum: bool
    event_ids: list[str]
    """What every figure of the row was counted from."""


def zone_named(zones: pa.Table, name: str) -> dict[str, Any]:
    """The zone that is named so, or of whose names this is a part of only one.

    Raises:
        BadParameter: none is, or several.
    """
    rows = zones.to_pylist()
    exact = [r for r in rows if r["name"].casefold() == name.casefold()]
    part = [r for r in rows if name.casefold() in f"{r['name']}|{r['alt_names'] or ''}".casefold()]
    found = exact or part
    if len(found) == 1:
        return dict(found[0])
    if not found:
        raise BadParameter(f"no zone is named {name!r}; `shiomi zones` lists them")
    some = ", ".join(sorted(r["name"] for r in found)[:6])
    raise BadParameter(f"{len(found)} zones match {name!r} ({some}); give the whole name")


def stays_in(events: pa.Table, zone_hash: int, since: int, until: int) -> Stays:
    """Stays in a zone between two instants, from the newest events of a store.

    Args:
        events: schema EVENTS; other kinds and other zones are left out, withdrawn ones too.
        zone_hash: which zone.
        since, until: microseconds UTC; an open stay is counted up to an hour before `until` at least.
    """
    rows = [e for e in events.to_pylist() if e["kind"] == "presence" and e["status"] != "withdrawn"]
    rows = [e for e in rows if dict(e["measures"]).get("zone_hash") == zone_hash]
    rows.sort(key=lambda e: (e["subjects"], e["t_start"]))
    ended: dict[tuple[int, ...], int] = {}
    columns: dict[str, list[Any]] = {name: [] for name in Stays._fields}
    for e in rows:
        track, start, earliest = tuple(e["subjects"]), e["t_start"], e["t_start_earliest"]
        end = max(start, until - _OPEN_REST_US) if e["t_end"] is None else e["t_end"]
        latest = until if e["t_end"] is None else e["t_end_latest"]
        is_sure = dict(e["measures"]).get("inside_reports", 0) > 0
        # Nothing but silence lies between two stays where the report before the one ended the other.
        was_silent_inside = ended.get(track) == earliest
        values = {
            "event_id": e["event_id"],
            "mmsi": mmsi_of(track[0]),
            "start": start,
            "end": end,
            "at_earliest": earliest,
            "at_latest": end if latest is None else latest,
            "is_sure": is_sure,
            "is_entry": is_sure and earliest < start and not was_silent_inside,
            "is_open": e["t_end"] is None,
            "is_heard": e["coverage"] == "heard",
        }
        for name, value in values.items():
            columns[name].append(value)
        if is_sure:
            ended[track] = end
    order = np.lexsort((columns["mmsi"], columns["start"])).tolist()
    arrays: dict[str, Any] = {
        name: np.array([values[i] for i in order], np.bool_ if name.startswith("is_") else np.int64)
        for name, values in columns.items()
        if name != "event_id"
    }
    stays = Stays(event_id=[columns["event_id"][i] for i in order], **arrays)
    return stays.cut(since, until)


def presence_rows(
    stays: Stays, heard: _I64, since: int, until: int, *, tz: str = "Asia/Tokyo", by: By = "month"
) -> list[Row]:
    """The table, one row a group; groups without a stay are rows of zeros where `by` is a time.

    Args:
        stays: as `stays_in` gives them.
        heard: numbers of the slots of HEARD_SLOT_S since 1970 in which anything was heard in the zone.
        since, until: the period, microseconds UTC.
        tz: the time zone whose days are counted.
        by: what a row is.

    Raises:
        BadParameter: there is no such time zone.
    """
    try:
        zone = ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError) as e:
        raise BadParameter(f"{tz!r} is no time zone; write it like Asia/Tokyo or UTC") from e
    if by in ("flag", "vessel"):
        names = [flag_of(m) if by == "flag" else f"{m:09d}" for m in stays.mmsi.tolist()]
        keys = np.array(names, object)
        groups = [(k, stays.take(keys == k), since, until) for k in sorted(set(names))]
    else:
        groups = [
            (key, stays.cut(low, high), low, high) for key, low, high in _periods(since, until, zone, by)
        ]
    return [_row(key, mine, heard, low, high, zone) for key, mine, low, high in groups]


def _periods(since: int, until: int, tz: ZoneInfo, by: str) -> Iterator[tuple[str, int, int]]:
    if by == "total":
        yield "total", since, until
        return
    day = _local(since, tz).date()
    day = day.replace(day=1) if by == "month" else day
    low = since
    while low < until:
        after = (day.replace(day=28) + 4 * _DAY).replace(day=1) if by == "month" else day + _DAY
        high = min(_micros(dt.datetime(after.year, after.month, after.day, tzinfo=tz)), until)
        yield day.strftime("%Y-%m") if by == "month" else day.isoformat(), low, high
        day, low = after, high


def _row(key: str, stays: Stays, heard: _I64, low: int, high: int, tz: ZoneInfo) -> Row:
    sure = stays.take(stays.is_sure)
    present = {
        (day, mmsi)
        for start, end, mmsi in zip(*(c.tolist() for c in (sure.start, sure.end, sure.mmsi)), strict=True)
        for day in _days(_local(start, tz).date(), _local(max(start, min(end, high - 1)), tz).date())
    }
    days = sorted({day for day, _ in present})
    first, last = _longest_run(days)
    longest_s, begin, end = longest_union(sure.start, sure.end)
    at_most_s, _, _ = longest_union(sure.at_earliest, sure.at_latest)
    slot = HEARD_SLOT_S * SECOND
    slots = -(-high // slot) - low // slot
    n_heard = int(np.searchsorted(heard, -(-high // slot)) - np.searchsorted(heard, low // slot))
    return Row(
        key=key,
        days=len(days),
        vessels=len({mmsi for _, mmsi in present}),
        vessel_days=len(present),
        entries=int(sure.is_entry.sum()),
        undetermined=int((~stays.is_sure).sum()),
        run_days=0 if first is None or last is None else (last - first).days + 1,
        run_first="" if first is None else first.isoformat(),
        run_last="" if last is None else last.isoformat(),
        longest_s=longest_s,
        longest_from=begin,
        longest_to=end,
        longest_at_most_s=at_most_s,
        unheard_s=(slots - n_heard) * HEARD_SLOT_S,
        watched_s=(high - low) // SECOND,
        is_minimum=n_heard * 100 < MIN_HEARD_PCT * slots or not bool(stays.is_heard.all()),
        event_ids=stays.event_id,
    )


def _days(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    return (first + n * _DAY for n in range((last - first).days + 1))


def _longest_run(days: Sequence[dt.date]) -> tuple[dt.date | None, dt.date | None]:
    """First and last of the longest run of consecutive days, the earliest of equals."""
    best: tuple[dt.date | None, dt.date | None] = (None, None)
    most, begin = 0, 0
    for i, day in enumerate(days):
        if i and (day - days[i - 1]).days > 1:
            begin = i
        if i - begin + 1 > most:
            most, best = i - begin + 1, (days[begin], day)
    return best


def longest_union(start: _I64, end: _I64) -> tuple[int, int, int]:
    """Seconds of the longest stretch that intervals cover together, and its edges; they may touch."""
    if len(start) == 0:
        return 0, 0, 0
    order = np.lexsort((end, start))
    start, reach = start[order], np.maximum.accumulate(end[order])
    begins = np.append(True, start[1:] > reach[:-1])
    first = np.flatnonzero(begins)
    to = reach[np.append(first[1:], len(start)) - 1]
    best = int(np.argmax(to - start[first]))
    return int(to[best] - start[first[best]]) // SECOND, int(start[first[best]]), int(to[best])


def _local(t: int, tz: ZoneInfo) -> dt.datetime:
    return (_EPOCH + dt.timedelta(microseconds=t)).astimezone(tz)


def _micros(when: dt.datetime) -> int:
    delta = when - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND

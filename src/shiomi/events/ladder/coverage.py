"""S1, coverage: whether reception explains a silence, and how well the sea of any event was heard.

What the state of this step is, the column `coverage` of the event says:

    of a silence     explained       nobody could be expected to hear it, or it is not long for this feed
                     unexplained     it would have been heard, both ends are well received, others were heard
                     undetermined    not enough is known to say either
    of all others    heard, poor     someone was heard there in most of its hours, or in fewer
    of any           unknown         nothing is known of reception
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import Context, Said, by_rule, ends_of, measure_of
from shiomi.events.ladder.listening import Listening
from shiomi.events.ladder.mirrored import gaps_of
from shiomi.events.ladder.silence import Silences, expected
from shiomi.findings import UNKNOWN
from shiomi.geo import wrap_e7
from shiomi.tracks.cells import cell_of
from shiomi.tracks.feed import HOUR, heard_between
from shiomi.tracks.reception import CLASS_A, CLASS_B, UNSTATED, feed_of
from shiomi.units import SECOND

__all__ = ["FEED_SILENT", "LEFT_COVERAGE", "MEASURES", "NEIGHBOURS_SILENT", "POOR_RECEPTION", "coverage"]

FEED_SILENT, NEIGHBOURS_SILENT = "feed_silent", "neighbours_silent"
POOR_RECEPTION, LEFT_COVERAGE = "poor_reception", "left_coverage"
MEASURES = (
    "feed_heard_s", "feed_whole_s", "expected_hours", "expected_reports", "neighbours",
    "reception_percent", "end_reception_percent", "heard_percent",
)  # fmt: skip

_GOOD = 0.5
_EXPLAINED, _UNEXPLAINED, _UNDETERMINED = "explained", "unexplained", "undetermined"
_HEARD, _POOR, _UNKNOWN = "heard", "poor", "unknown"
_MOST = 80
"""Per cent of the hours of an event in which someone must be heard there, so that it was well heard.
Analyst-set."""
_I64 = npt.NDArray[np.int64]


def coverage(events: pa.Table, context: Context) -> Said:
    """Reasons for silences that reception explains, and measures of reception for all."""
    rules, rule = by_rule(events, context.ladder)
    n = len(rule)
    is_silence = np.array([r.is_silence for r in rules], np.bool_)[rule]
    said = Said(np.full(n, _UNKNOWN, "U16"), [], {m: np.full(n, UNKNOWN) for m in MEASURES})
    if context.reception is None or context.reception.num_rows == 0:
        return said
    is_mirror = np.array([r.is_of_silences for r in rules], np.bool_)[rule]
    _hear_all(events, np.flatnonzero(~is_silence & ~is_mirror), context.reception, said)
    _hear_gaps_of(events, np.flatnonzero(is_mirror), context, said)
    rows = np.flatnonzero(is_silence)
    if len(rows):
        _hear_silences(events.take(pa.array(rows)), rows, context, said)
    return said


def _hear_all(events: pa.Table, rows: _I64, reception: pa.Table, said: Said) -> None:
    """How many of the hours of each event brought anything from its cell."""
    listening = Listening(reception, UNSTATED)
    first = numpy_of(events, "t_start")[rows] // HOUR
    last = ends_of(events)[rows] // HOUR + 1
    cell = cell_of(numpy_of(events, "lat_e7")[rows], numpy_of(events, "lon_e7")[rows])
    heard = listening.hours_heard(cell, first, last)
    percent = 100 * heard // np.maximum(last - first, 1)
    said.measures["heard_percent"][rows] = percent
    said.state[rows] = np.where(percent >= _MOST, _HEARD, _POOR)


def _hear_gaps_of(events: pa.Table, rows: _I64, context: Context, said: Said) -> None:
    """What reception says of the silences that make up each event, which stand as gaps of their own."""
    said.state[rows] = _UNDETERMINED
    if len(rows) == 0 or context.events is None:
        return
    mine = events.take(pa.array(rows))
    of, gaps = gaps_of(mine, context.events)
    told = Said(np.full(gaps.num_rows, _UNKNOWN, "U16"), [], {m: np.zeros(gaps.num_rows) for m in MEASURES})
    if gaps.num_rows:
        _hear_silences(gaps, np.arange(gaps.num_rows), context, told)
    silent = np.maximum(measure_of(mine, "silent_vessels"), 1)
    for state in (_UNEXPLAINED, _EXPLAINED):
        alike = np.bincount(of[told.state == state], minlength=len(rows)) >= silent
        said.state[rows[alike]] = state
    # One that was out of reach may still have been met there: all of them must have been.
    explained = said.state[rows] == _EXPLAINED
    for where, texts in told.reasons:
        both = zip(of[where].tolist(), texts, strict=True)
        pairs = dict.fromkeys((i, text) for i, text in both if explained[i])
        said.reasons.append((rows[[i for i, _ in pairs]], [text for _, text in pairs]))


def _hear_silences(events: pa.Table, rows: _I64, context: Context, said: Said) -> None:
    assert context.reception is not None
    ladder = context.ladder
    s, transmitter = _silences(events)
    whole, heard = heard_between(feed_of(context.reception), s.t_start, s.t_end)
    feed_silent = (2 * heard < whole) & (heard < ladder.min_feed_hours)
    n = len(rows)
    here, there = np.zeros(n), np.zeros(n)
    seen, possible, deaf, others = np.zeros(n), np.zeros(n), np.zeros(n, np.int64), np.zeros(n)
    hours = np.zeros(n, np.int64)
    for kind in np.unique(transmitter).tolist():
        mine = transmitter == kind
        part = Silences(*(c[mine] for c in s))
        listening = Listening(context.reception, kind)
        by_hour = part.t_end // HOUR
        here[mine] = listening.ear(part.lat_e7, part.lon_e7, by_hour).share
        there[mine] = listening.ear(part.end_lat_e7, part.end_lon_e7, by_hour).share
        e = expected(part, listening)
        hours[mine], seen[mine], possible[mine] = e.whole_hours, e.borne_out_hours, e.possible_hours
        deaf[mine], others[mine] = e.deaf_hours, e.neighbours
    # Heard once an hour or more seldom, it would have been heard once in an hour that counts.
    an_hour = np.maximum(3600 / np.maximum(s.interval_s, 1), 1.0)
    reports = seen * an_hour
    enough = (seen >= ladder.min_expected_hours) & (reports >= ladder.min_expected_reports)
    too_few = (possible < ladder.min_possible_hours) | (possible * an_hour < ladder.min_expected_reports)
    is_good = (here >= _GOOD) & (there >= _GOOD)
    all_fell = 2 * deaf >= np.maximum(hours, 1)
    explained = feed_silent | all_fell | too_few
    state = np.where(enough & is_good & ~s.is_open, _UNEXPLAINED, _UNDETERMINED)
    said.state[rows] = np.where(explained, _EXPLAINED, state)
    poor = ~feed_silent & ~all_fell & too_few & ~is_good
    left = ~feed_silent & ~all_fell & too_few & is_good
    names = {UNSTATED: "", CLASS_A: ":class_a", CLASS_B: ":class_b"}
    for reason, where in (
        (FEED_SILENT, feed_silent),
        (NEIGHBOURS_SILENT, all_fell),
        (POOR_RECEPTION, poor),
        (LEFT_COVERAGE, left),
    ):
        i = np.flatnonzero(where)
        kind_of = names if reason == POOR_RECEPTION else {}
        said.reasons.append((rows[i], [reason + kind_of.get(k, "") for k in transmitter[i].tolist()]))
    hour_s = HOUR // SECOND
    for name, values in (
        ("feed_heard_s", heard * hour_s),
        ("feed_whole_s", whole * hour_s),
        ("expected_hours", np.floor(seen).astype(np.int64)),
        ("expected_reports", np.floor(reports).astype(np.int64)),
        ("neighbours", np.floor(others).astype(np.int64)),
        ("reception_percent", np.floor(100 * here).astype(np.int64)),
        ("end_reception_percent", np.where(s.is_open, UNKNOWN, np.floor(100 * there).astype(np.int64))),
    ):
        said.measures[name][rows] = values


def _silences(events: pa.Table) -> tuple[Silences, _I64]:
    """The silences, and the class of transmitter of each."""

    def told(name: str, otherwise: int) -> _I64:
        values = measure_of(events, name)
        return np.where(values == UNKNOWN, otherwise, values)

    lat, lon = (numpy_of(events, c).astype(np.int64) for c in ("lat_e7", "lon_e7"))
    s = Silences(
        t_start=numpy_of(events, "t_start"),
        t_end=ends_of(events),
        is_open=numpy_of(events, "t_end", UNKNOWN) == UNKNOWN,
        lat_e7=lat,
        lon_e7=lon,
        end_lat_e7=lat + told("end_north_e7", 0),
        end_lon_e7=wrap_e7(lon + told("end_east_e7", 0)),
        interval_s=told("interval_s", 0),
        pace_dkn=told("pace_dkn", -1),
        cog_ddeg=told("cog_ddeg", -1),
        end_pace_dkn=told("end_pace_dkn", -1),
        end_cog_ddeg=told("end_cog_ddeg", -1),
    )
    is_a, is_b = told("class_a_reports", 0) > 0, told("class_b_reports", 0) > 0
    transmitter = np.where(is_a & ~is_b, CLASS_A, np.where(is_b & ~is_a, CLASS_B, UNSTATED))
    return s, transmitter

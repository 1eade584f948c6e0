"""Units: what a number means, once."""

from __future__ import annotations

import datetime as dt

__all__ = [
    "KNOT_MM_PER_S",
    "NAUTICAL_MILE_M",
    "SECOND",
    "hours",
    "iso",
    "knots",
    "microseconds",
    "minutes",
    "nautical_miles",
]

SECOND = 1_000_000
"""Microseconds in a second: the unit of every `t`."""

NAUTICAL_MILE_M = 1852
"""International nautical mile (BIPM SI brochure, 9th edition, table 8)."""

KNOT_MM_PER_S = NAUTICAL_MILE_M * 1000 / 3600


def hours(n: float) -> int:
    """Seconds in n hours."""
    return round(n * 3600)


def minutes(n: float) -> int:
    """Seconds in n minutes."""
    return round(n * 60)


def knots(n: float) -> int:
    """Deciknots (`_dkn`) in n knots."""
    return round(n * 10)


def nautical_miles(n: float) -> int:
    """Metres in n nautical miles."""
    return round(n * NAUTICAL_MILE_M)


def microseconds(when: str | dt.datetime) -> int:
    """Microseconds since 1970 of an ISO 8601 time; a time without zone is UTC."""
    if isinstance(when, str):
        when = dt.datetime.fromisoformat(when)
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    delta = when - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def iso(t: int | None) -> str:
    """ISO 8601 with Z of microseconds since 1970; empty for None."""
    if t is None:
        return ""
    when = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(t))
    return when.isoformat(timespec="microseconds" if when.microsecond else "seconds").replace("+00:00", "Z")

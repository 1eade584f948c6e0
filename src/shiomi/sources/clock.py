"""When a message was sent: AIS carries only the second of the minute, the rest comes from around it.

A report of second 59 that was logged at 10:00:01 was made at 09:59:59. So the instant nearest to the
logged time is taken whose UTC second is that of the message. It is at most 30 s away; a receiver whose
clock is further off than that shifts reports by whole minutes, which nothing in the message can show.
"""

from __future__ import annotations

import polars as pl

from shiomi.units import SECOND, minutes

__all__ = ["around", "sent_t"]

_MINUTE = minutes(1) * SECOND
_HALF = _MINUTE // 2


def sent_t(near_t: pl.Expr, second: pl.Expr) -> pl.Expr:
    """The instant nearest to `near_t` (microseconds) at this UTC second; `near_t` where there is none."""
    off = (second * SECOND - near_t % _MINUTE + _HALF) % _MINUTE - _HALF
    return near_t + off.fill_null(0)


def around(rows: pl.DataFrame, first_t: int | None) -> pl.DataFrame:
    """Adds `near_t`, a time near to that of the line, and `past_t`, the last time known up to each line.

    A line without a time of its own takes the last one that the file told: of another line, of a base
    station, or of the receiver's own GNSS.

    Args:
        rows: in the order of the file, with `heard_t`, `logged_t`, `clock_t`, `station_t` and, for lines
            held over from before, `past_t`.
        first_t: the last time known before the first row.
    """
    own = pl.coalesce("heard_t", "logged_t")
    known = pl.coalesce(own, "clock_t", "station_t", "past_t")
    filled = rows.with_columns(past_t=known.forward_fill().fill_null(pl.lit(first_t, pl.Int64)))
    return filled.with_columns(near_t=pl.coalesce(own, "past_t"))

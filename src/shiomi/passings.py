"""Two vessels under way, step by step: what the detectors that read PASSINGS share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import arranged, lists_of, numpy_of
from shiomi.findings import Evidence, evidence_rows
from shiomi.units import SECOND

__all__ = [
    "DKN_MM_PER_S",
    "Spells",
    "Told",
    "cited",
    "course_gap_ddeg",
    "in_order",
    "reduced",
    "spells_in",
    "told_of",
]

_I64 = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

DKN_MM_PER_S = (1852, 36)
"""0.1 knot in mm/s as a fraction, so that speeds are compared as ways in whole millimetres."""


def in_order(state: pa.Table, rows: pa.Table, by: Sequence[str], **new: Any) -> pa.Table:
    """State and new rows as one table sorted by the columns `by` and t.

    Args:
        **new: value of each state-only column on a new row.
    """
    for name, value in new.items():
        field = state.schema.field(name)
        rows = rows.append_column(field, pa.repeat(pa.scalar(value, field.type), rows.num_rows))
    both = pa.concat_tables([state, rows.select(state.schema.names)])
    return arranged(both, np.lexsort([numpy_of(both, c) for c in ("t", *reversed(by))]))


class Spells(NamedTuple):
    """Stretches of rows of one key, each no further than a break after the one before.

    All rows of a spell that lasts are carried, so that its state is its evidence.
    """

    edges: _I64
    """Spell i is rows edges[i] to edges[i + 1]."""
    ended: _Bools
    """Whether rows or the watermark show that it is over."""
    over_t: _I64
    """From when that can be known."""

    @property
    def lengths(self) -> _I64:
        """Rows of each."""
        return np.diff(self.edges)

    def from_first(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The value at the first row of its spell, for every row."""
        return np.repeat(values[self.edges[:-1]], self.lengths)


def spells_in(table: pa.Table, by: Sequence[str], max_break_s: int, watermark: int) -> Spells:
    """Spells among rows sorted by (`by`, t)."""
    t = numpy_of(table, "t")
    apart = np.ones(len(t) + 1, np.bool_)
    apart[1:-1] = np.diff(t) > max_break_s * SECOND
    for c in by:
        key = numpy_of(table, c)
        apart[1:-1] |= key[1:] != key[:-1]
    edges = np.flatnonzero(apart).astype(np.int64)
    over_t = t[edges[1:] - 1] + max_break_s * SECOND
    return Spells(edges, over_t < watermark, over_t)


class Told(NamedTuple):
    """Spells to tell of, as rows: told open at the row that made it a finding, or closed at its last."""

    spell: _I64
    first: _I64
    last: _I64
    is_open: _Bools
    known_t: _I64
    state: pa.Table
    """Rows of the spells that last, and whether they were told."""

    @property
    def rows(self) -> Evidence:
        """Row numbers of each."""
        n = self.last - self.first + 1
        edges = np.concatenate([[0], np.cumsum(n)]).astype(np.int64)
        return Evidence(edges, np.arange(edges[-1]) + np.repeat(self.first - edges[:-1], n))


def told_of(table: pa.Table, spells: Spells, holds: _Bools) -> Told:
    """Which spells to tell of now.

    Args:
        table: the rows, with `t` and `is_told`.
        holds: per row, whether its spell up to and with it is a finding; once so, so for all that follow.
    """
    t, was_told = numpy_of(table, "t"), numpy_of(table, "is_told")
    n = len(spells.ended)
    at = np.full(n, len(t), np.int64)
    spell_of = np.repeat(np.arange(n), spells.lengths)
    rows = np.flatnonzero(holds)
    np.minimum.at(at, spell_of[rows], rows)
    is_finding = at < len(t)
    told = np.zeros(n, np.bool_)
    told[spell_of[was_told]] = True
    is_open = is_finding & ~spells.ended & ~told
    spell = np.flatnonzero(is_open | (is_finding & spells.ended))
    first, end = spells.edges[:-1][spell], spells.edges[1:][spell] - 1
    last = np.where(is_open[spell], at[spell], end)
    known_t = np.where(is_open[spell], t[last] if len(t) else 0, spells.over_t[spell])
    i = table.schema.get_field_index("is_told")
    told_now = pa.array(np.repeat(told | is_finding, spells.lengths))
    lasting = pa.array(np.repeat(~spells.ended, spells.lengths))
    state = table.set_column(i, table.schema.field(i), told_now).filter(lasting).combine_chunks()
    return Told(spell, first, last, is_open[spell], known_t.astype(np.int64), state)


def cited(table: pa.Table, edges: _I64, sides: Sequence[str] = ("", "partner_")) -> Evidence:
    """The reports that rows of PASSINGS, or with one side of PATROLS, rest on.

    Event i rests on rows edges[i] to edges[i + 1] of the table.
    """
    ids, times, owner = [], [], []
    of_row = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    t = numpy_of(table, "t")
    for side in sides:
        at, values = lists_of(table[f"{side}fix_ids"])
        counts = np.diff(at)
        ids.append(values[at[0] : at[-1]])
        at, us = lists_of(table[f"{side}fix_us"])
        times.append(us[at[0] : at[-1]] + np.repeat(t, counts))
        owner.append(np.repeat(of_row, counts))
    order = np.argsort(np.concatenate(owner), kind="stable")
    n = np.bincount(np.concatenate(owner), minlength=len(edges) - 1)
    at = np.concatenate([[0], np.cumsum(n)]).astype(np.int64)
    return evidence_rows(at, [np.concatenate(ids)[order]], [np.concatenate(times)[order]])


def course_gap_ddeg(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> _I64:
    """The angle between two courses or bearings, 0 to 1800 tenths of a degree."""
    return np.abs((a.astype(np.int64) - b.astype(np.int64) + 1800) % 3600 - 1800)


def reduced(f: np.ufunc, values: npt.NDArray[Any], edges: _I64) -> _I64:
    """Sum, least or greatest over each group of values laid end to end."""
    if len(edges) < 2:
        return np.empty(0, np.int64)
    return np.asarray(f.reduceat(values.astype(np.int64), edges[:-1]), np.int64)

"""S6, local base rate: how often such events come at this place, so that the rare ones are read first.

No event is shown apart for being common. Its rarity says how many vessel-days pass in its cell of the sea
for one event of its kind, as a power of two: 10 bits are one in about a thousand vessel-days. Where little
was heard, the rate of all seas together stands in. Counted in powers of two, so that a new event seldom
changes what is said of those before it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import UNTOLD, Context, Said
from shiomi.tracks.cells import cell_of

__all__ = ["COMMON", "MEASURES", "RARE", "like_here", "rarity"]

COMMON, RARE = "common", "rare"
MEASURES = ("rarity_bits",)
_PRIOR_HOURS = 720
"""Vessel-hours for which the rate of all seas counts in each cell: thirty vessel-days. Analyst-set."""
_RARE_BITS = 7
"""From one in 128 vessel-days on an event is called rare. Analyst-set."""
_I64 = npt.NDArray[np.int64]


def rarity(events: pa.Table, context: Context) -> Said:
    """The measure `rarity_bits`, from all events of the kind and all vessels heard in the cell."""
    n = events.num_rows
    if context.events is None or context.reception is None or context.reception.num_rows == 0:
        return Said(np.full(n, UNTOLD, "U16"), [], {})
    cells, hours = _vessel_hours(context.reception)
    everywhere = int(hours.sum())
    here = np.zeros(n, np.int64)
    cell = _cells(events)
    at = np.minimum(np.searchsorted(cells, cell), len(cells) - 1)
    here[cells[at] == cell] = hours[at][cells[at] == cell]
    of_kind, of_kind_here = _counted(events, context.events)
    # Vessel-hours for one event, the hours of all seas blended in, as a fraction of whole numbers.
    each = (
        (here + _PRIOR_HOURS)
        * everywhere
        // np.maximum(of_kind_here * everywhere + _PRIOR_HOURS * of_kind, 1)
    )
    bits = np.frexp(np.maximum(each // 24, 1).astype(np.float64))[1].astype(np.int64) - 1
    return Said(np.where(bits >= _RARE_BITS, RARE, COMMON).astype("U16"), [], {"rarity_bits": bits})


def like_here(events: pa.Table, known: pa.Table) -> _I64:
    """How many events of its kind `known` has in the cell of each event, those shown apart included."""
    return np.maximum(_counted(events, known)[1], 1)


def _counted(events: pa.Table, known: pa.Table) -> tuple[_I64, _I64]:
    """Events of the same kind as each: in all, and in its cell."""
    known = known.filter(pc.not_equal(known["status"], "withdrawn"))
    kinds = pc.unique(pa.chunked_array([*known["kind"].chunks, *events["kind"].chunks], pa.string()))
    theirs, mine = (np.asarray(pc.index_in(t["kind"], kinds).to_numpy(), np.int64) for t in (known, events))
    keys, n = np.unique(theirs << 32 | _cells(known), return_counts=True)
    key = mine << 32 | _cells(events)
    in_all = np.bincount(theirs, minlength=len(kinds))[mine]
    if len(keys) == 0:
        return in_all, np.zeros(len(key), np.int64)
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return in_all.astype(np.int64), np.where(keys[at] == key, n[at], 0).astype(np.int64)


def _vessel_hours(reception: pa.Table) -> tuple[_I64, _I64]:
    cell, at = np.unique(numpy_of(reception, "cell").astype(np.int64), return_inverse=True)
    hours = np.zeros(len(cell), np.int64)
    np.add.at(hours, at, numpy_of(reception, "vessels"))
    return cell, hours


def _cells(events: pa.Table) -> _I64:
    return cell_of(numpy_of(events, "lat_e7"), numpy_of(events, "lon_e7"))

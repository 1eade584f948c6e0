"""Judge: which findings are shown apart, and why.

A meeting at a berth, a stop in a roadstead, a slow ship in a river, a transponder switched off in a
marina are what ships do, and when a whole feed is silent every vessel in it is. Such findings are kept,
with every reason in the order of the ladder, and shown apart. The steps look at the event and at what was
learned after finding and before judging (`Context`), never at each other, so the answer is the same live,
in batch and years later.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.events.ladder import (
    claims,
    coverage,
    draught,
    fits,
    pair,
    persistence,
    place,
    quality,
    rarity,
    shape,
    vessel,
)
from shiomi.events.ladder.context import Context, Said, off_shore_m
from shiomi.findings import UNKNOWN
from shiomi.places.table import places_hash

__all__ = ["judge"]

Step = Callable[[pa.Table, Context], Said]

_STEPS: tuple[tuple[str, Step], ...] = (
    ("S0", quality.quality),
    ("S1", coverage.coverage),
    ("S2", place.place),
    ("S3", vessel.vessel),
    ("S4", pair.pair),
    ("S4", claims.claims),
    ("S5", persistence.persistence),
    ("S6", rarity.rarity),
    # Measures only: no say, and so no word in the trail.
    ("", fits.fits),
    ("", shape.shape),
    ("", draught.draught),
)
"""In the order of the ladder, which is the order of the reasons."""
_COVERAGE = "S1"
_AT_ONCE = 2
"""Steps that are taken at once: most of the work is that of two of them."""

_OURS = (
    *coverage.MEASURES,
    *place.MEASURES,
    *claims.MEASURES,
    *rarity.MEASURES,
    *fits.MEASURES,
    *shape.MEASURES,
    *draught.MEASURES,
)
"""Measures that judging adds."""
_I64 = npt.NDArray[np.int64]


def judge(events: pa.Table, context: Context) -> pa.Table:
    """Events with `coverage`, `suppressed_by`, `ladder`, `places_id`, and the measures that these rest on.

    Events that were judged before may be judged anew with another context.

    Args:
        events: schema EVENTS.
        context: what may be looked at.
    """
    n = events.num_rows
    if n == 0:
        return events
    if context.events is not None:
        # No step asks what else cites which report, and it is most of an event.
        context = context._replace(events=context.events.drop_columns(["evidence"]))
    context = context._replace(off_m=off_shore_m(events, context._replace(off_m=None)))
    # The steps look at the same and not at each other: any may be taken while another waits for the disk.
    with ThreadPoolExecutor(_AT_ONCE) as crew:
        told = list(crew.map(lambda named: named[1](events, context), _STEPS))
    reasons: list[tuple[_I64, pa.Array]] = []
    trail: list[tuple[_I64, pa.Array]] = []
    measured: dict[str, _I64] = {}
    covered = np.full(n, "unknown")
    for (name, _), said in zip(_STEPS, told, strict=True):
        reasons += [(rows, pa.array(texts, pa.string())) for rows, texts in said.reasons]
        trail.append(_told(name, said.state))
        measured |= said.measures
        if name == _COVERAGE:
            covered = said.state
    changed = {
        "measures": _with_measures(events["measures"].combine_chunks(), measured),
        "coverage": pa.array(covered, pa.string()),
        "suppressed_by": _lists(n, reasons),
        "ladder": _lists(n, trail),
        "places_id": pa.repeat(pa.scalar(places_hash(context.places)), n),
    }
    for name, column in changed.items():
        i = events.schema.get_field_index(name)
        events = events.set_column(i, events.schema.field(i), column)
    return events


def _told(step: str, state: npt.NDArray[np.str_]) -> tuple[_I64, pa.Array]:
    """The events of which a step says something, and what, as the trail has it."""
    said = pa.array(state, pa.string()).dictionary_encode()
    words = said.dictionary.to_pylist()
    texts = pa.DictionaryArray.from_arrays(
        said.indices, pa.array([f"{step}:{w}" for w in words], pa.string())
    )
    rows = np.flatnonzero(np.array([bool(w) for w in words], np.bool_)[said.indices.to_numpy()])
    return rows, texts.take(pa.array(rows)).cast(pa.string())


def _lists(n: int, said: list[tuple[_I64, pa.Array]]) -> pa.ListArray:
    """What was said of each of n events, in the order in which it was said."""
    owner = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in said)])
    texts = pa.concat_arrays([pa.array([], pa.string()), *(t for _, t in said)])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), texts.take(pa.array(np.argsort(owner, kind="stable"))))


def _with_measures(measures: pa.MapArray, more: dict[str, _I64]) -> pa.MapArray:
    """Every map with further keys, in ascending order, where their value is not UNKNOWN.

    Values of ours from an earlier judgement are dropped.
    """
    bounds = measures.offsets.to_numpy()
    n = len(bounds) - 1
    start, length = int(bounds[0]), int(bounds[-1] - bounds[0])
    held = measures.keys.slice(start, length)
    keep = pc.invert(pc.is_in(held, pa.array(_OURS)))
    held_by = np.repeat(np.arange(n), np.diff(bounds))[keep.to_numpy(zero_copy_only=False)]
    # Most events lack most measures, so that only what is known is laid out.
    known = [np.flatnonzero(values != UNKNOWN) for values in more.values()]
    owner = np.concatenate([held_by, *known])
    which = np.repeat(np.arange(len(more), dtype=np.int32), [len(rows) for rows in known])
    ours = pa.DictionaryArray.from_arrays(pa.array(which), pa.array([*more], pa.string()))
    keys = pa.concat_arrays([held.filter(keep), ours.cast(pa.string())])
    values = [pa.array(v[rows], pa.int64()) for v, rows in zip(more.values(), known, strict=True)]
    items = pa.concat_arrays([measures.items.slice(start, length).filter(keep), *values])
    names = keys.dictionary_encode()
    rank = np.argsort(np.argsort(np.array(names.dictionary.to_pylist())))
    order = pa.array(np.lexsort((rank[names.indices.to_numpy()], owner)))
    lengths = np.bincount(owner, minlength=n)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.MapArray.from_arrays(offsets, keys.take(order), items.take(order))

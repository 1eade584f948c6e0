"""Running a chain over a world in steps of any size, and comparing what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from law_stages import Chain
from law_worlds import World

from shiomi.columns import numpy_of
from shiomi.engine.local import Running, newest
from shiomi.ids import pair_ids
from shiomi.units import SECOND

__all__ = [
    "assert_same",
    "between",
    "in_steps",
    "outcome",
    "remapped",
    "settled",
    "sharded",
    "share",
    "shifted",
    "times_of",
    "turned",
    "whole",
    "with_columns",
]

Between = Callable[[Running], Running]


def between(rows: pa.Table, low: int, high: int) -> pa.Table:
    """Rows with low <= t < high."""
    return rows.filter(pc.and_(pc.greater_equal(rows["t"], low), pc.less(rows["t"], high)))


def in_steps(
    chain: Chain, rows: pa.Table, marks: Sequence[int], between_steps: Between | None = None
) -> Iterator[tuple[int, pa.Table]]:
    """Watermark and what the last stage of the chain gave out, step by step."""
    running, low = Running(list(chain.stages)), int(np.iinfo(np.int64).min)
    for mark in marks:
        given = between(rows, low, mark)
        yield mark, running.advance({chain.given: given}, mark)[chain.last.writes]
        low = mark
        if between_steps:
            running = between_steps(running)


def settled(chain: Chain, tables: Sequence[pa.Table]) -> pa.Table:
    """All that was given out in the end, in an order of its own: newest events, or all rows."""
    table = pa.concat_tables(tables).combine_chunks()
    if chain.writes_events:
        return newest(table).sort_by("event_id")
    keys = [
        c for c in ("t", "track_id", "partner_track_id", "message_id", "is_end") if c in table.schema.names
    ]
    return table.sort_by([(c, "ascending") for c in keys])


def outcome(
    chain: Chain, rows: pa.Table, marks: Sequence[int], between_steps: Between | None = None
) -> pa.Table:
    """What a chain has found once all marks are reached."""
    return settled(chain, [found for _, found in in_steps(chain, rows, marks, between_steps)])


_shared: dict[int, pa.Table] = {}
"""Rows that several laws judge, by identity."""
_found: dict[tuple[Chain, int, int], pa.Table] = {}


def share(world: World) -> None:
    """From now on what a chain finds in this world in one step is computed once."""
    _shared.update({id(rows): rows for rows in (world.positions, world.tracks)})


def whole(chain: Chain, rows: pa.Table, end: int) -> pa.Table:
    """What a chain finds in one step."""
    if id(rows) not in _shared:
        return outcome(chain, rows, [end])
    key = (chain, id(rows), end)
    if key not in _found:
        _found[key] = outcome(chain, rows, [end])
    return _found[key]


def sharded(chain: Chain, rows: pa.Table, marks: Sequence[int], shards: int) -> pa.Table:
    """Every stage as so many machines, each with its keys and its state and nothing else."""
    machines = [[Running([s]) for _ in range(shards)] for s in chain.stages]
    found, low = [], int(np.iinfo(np.int64).min)
    for mark in marks:
        table, seen = between(rows, low, mark), mark
        for stage, mine in zip(chain.stages, machines, strict=True):
            keys = numpy_of(table, stage.by).astype(np.int64).view(np.uint64)
            shard = (keys * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(33)) % np.uint64(shards)
            parts = [table.filter(pa.array(shard == k)) for k in range(shards)]
            out = [m.advance({stage.reads: p}, seen)[stage.writes] for m, p in zip(mine, parts, strict=True)]
            table = pa.concat_tables(out)
            if stage is not chain.last:
                seen -= stage.latency_s * SECOND
        found.append(table)
        low = mark
    return settled(chain, [_later(t, chain.latency_s * SECOND) for t in found])


def _later(table: pa.Table, delay_us: int) -> pa.Table:
    """What a stage behind others finds is known as much later as it sees the time."""
    if "known_t" not in table.schema.names:
        return table
    return with_columns(table, known_t=pa.array(numpy_of(table, "known_t") + delay_us))


def assert_same(got: pa.Table, expected: pa.Table, what: str) -> None:
    """Equal in every row and column, or an account of the first differences."""
    if got.equals(expected):
        return
    lines = [f"{what}: {got.num_rows} rows, expected {expected.num_rows}"]
    got_rows, expected_rows = got.to_pylist(), expected.to_pylist()
    key = "event_id" if "event_id" in expected.schema.names else None
    if key:
        theirs = {r[key]: r for r in got_rows}
        ours = {r[key]: r for r in expected_rows}
        pairs = [(theirs.get(k), ours.get(k)) for k in sorted({*theirs, *ours})]
    else:
        pairs = list(zip(got_rows, expected_rows, strict=False))
    for a, b in [p for p in pairs if p[0] != p[1]][:3]:
        if a is None or b is None:
            lines.append(f"  {'missing' if a is None else 'unexpected'}: {a or b}")
        else:
            lines.append("  " + "; ".join(f"{c}: {a[c]!r}, expected {b[c]!r}" for c in b if a[c] != b[c]))
    raise AssertionError("\n".join(lines))


def times_of(table: pa.Table) -> list[str]:
    """Columns that hold an instant."""
    return [c for c in table.schema.names if c == "t" or c.startswith("t_") or c.endswith("_t")]


def with_columns(table: pa.Table, **columns: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with some columns replaced."""
    for name, values in columns.items():
        i = table.schema.get_field_index(name)
        table = table.set_column(i, table.schema.field(i), values.cast(table.schema.field(i).type))
    return table


def shifted(table: pa.Table, by_us: int) -> pa.Table:
    """Every instant of a table moved."""
    return with_columns(table, **{c: _added(table[c], by_us) for c in times_of(table)})


def _added(times: pa.ChunkedArray, by_us: int) -> pa.Array | pa.ChunkedArray:
    if not pa.types.is_list(times.type):
        return pc.add(times, by_us)
    lists = times.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    edges = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy())]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(edges), pc.add(lists.flatten(), by_us))


def turned(table: pa.Table, by_e7: int) -> pa.Table:
    """Every longitude of a table moved."""
    full, half = pa.scalar(3_600_000_000), pa.scalar(1_800_000_000)
    new = {}
    for c in [c for c in table.schema.names if c.endswith("lon_e7")]:
        lon = pc.add(pc.add(table[c].cast(pa.int64()), by_e7), half)
        turns = pc.floor(pc.divide(lon.cast(pa.float64()), 3.6e9)).cast(pa.int64())
        new[c] = pc.subtract(pc.subtract(lon, pc.multiply(turns, full)), half)
    return with_columns(table, **new)


def remapped(table: pa.Table, names: dict[int, int]) -> pa.Table:
    """Every MMSI, and the tracks named for it, under another name; pairs and subjects in their order."""
    low = (1 << 33) - 1

    def rename(mmsi: np.ndarray) -> np.ndarray:
        return np.array([names[m] for m in mmsi.tolist()], np.int64)

    def retrack(track: np.ndarray) -> np.ndarray:
        return rename(track >> 33) << 33 | (track & low)

    new: dict[str, pa.Array] = {}
    if "mmsi" in table.schema.names:
        new["mmsi"] = pa.array(rename(numpy_of(table, "mmsi")))
    for c in ("track_id", "partner_track_id", "away_track_id"):
        if c in table.schema.names:
            new[c] = pa.array(retrack(numpy_of(table, c)))
    if "subjects" in table.schema.names:
        subjects = table["subjects"].to_pylist()
        new["subjects"] = pa.array(
            [sorted(retrack(np.array(s)).tolist()) for s in subjects], pa.list_(pa.int64())
        )
    if "measures" in table.schema.names:
        measures = [
            [(k, names[v] if k.endswith("_mmsi") else v) for k, v in event]
            for event in table["measures"].to_pylist()
        ]
        new["measures"] = pa.array(measures, table.schema.field("measures").type)
    table = with_columns(table, **new)
    if "partner_track_id" in table.schema.names:
        table = _lower_first(table)
    return table


def _lower_first(pairs: pa.Table) -> pa.Table:
    """Pairs with the lower track on the first side, and the id that this pair has."""
    swap = pa.array(numpy_of(pairs, "track_id") > numpy_of(pairs, "partner_track_id"))
    new: dict[str, pa.Array] = {}
    for c in [c for c in pairs.schema.names if f"partner_{c}" in pairs.schema.names]:
        a, b = pairs[c].combine_chunks(), pairs[f"partner_{c}"].combine_chunks()
        new[c], new[f"partner_{c}"] = pc.if_else(swap, b, a), pc.if_else(swap, a, b)
    pairs = with_columns(pairs, **new)
    ids = pair_ids(numpy_of(pairs, "track_id"), numpy_of(pairs, "partner_track_id"))
    return with_columns(pairs, pair_id=pa.array(ids))

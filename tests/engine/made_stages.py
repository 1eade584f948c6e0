"""Small real stages: they count, and pass on, so that what the engine does can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from shiomi.contracts import Step
from shiomi.units import SECOND

__all__ = ["HITS", "NUMBERS", "Stage", "numbers", "stage"]

NUMBERS = pa.schema([("key", pa.int64()), ("t", pa.int64()), ("message_id", pa.int64())])
HITS = pa.schema([("key", pa.int64()), ("t", pa.int64()), ("message_id", pa.int64()), ("seen", pa.int64())])


@dataclass(frozen=True)
class Stage:
    """Passes rows on with how many of their key it saw before; remembers only that count."""

    radius_m: int = 1

    name: ClassVar[str]
    version: ClassVar[int]
    reads: ClassVar[str]
    writes: ClassVar[str]
    by: ClassVar[str] = "key"
    latency_s: ClassVar[int]
    state: ClassVar[pa.Schema] = pa.schema([("key", pa.int64()), ("seen", pa.int64())])

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        seen: dict[int, int] = dict(zip(*(state[c].to_pylist() for c in ("key", "seen")), strict=True))
        found: list[dict[str, Any]] = []
        last = (-1, -1, -1)
        for row in rows.select(NUMBERS.names).to_pylist():
            assert row["t"] < watermark
            at = (row["key"], row["t"], row["message_id"])
            assert at > last, "rows come once each, sorted by key, time and id"
            last = at
            found.append(row | {"seen": seen.get(row["key"], 0)})
            seen[row["key"]] = seen.get(row["key"], 0) + 1
        after = pa.table({"key": sorted(seen), "seen": [seen[k] for k in sorted(seen)]}, schema=self.state)
        return Step(after, pa.Table.from_pylist(found, HITS))


def stage(
    name: str, reads: str, writes: str, *, latency_s: int = 0, version: int = 1, radius_m: int = 1
) -> Stage:
    """A stage of its own class, as an installed package would bring it."""
    facts = {"name": name, "reads": reads, "writes": writes, "latency_s": latency_s, "version": version}
    made: type[Stage] = type(name.title(), (Stage,), facts)
    return made(radius_m)


def numbers(n: int, *, seed: int = 1, span_s: int = 10_000, keys: int = 5) -> pa.Table:
    """Rows of several keys at random times, in no order."""
    draw = np.random.default_rng(seed)
    return pa.table(
        {
            "key": draw.integers(0, keys, n),
            "t": draw.integers(0, span_s, n) * SECOND,
            "message_id": draw.permutation(n),
        },
        schema=NUMBERS,
    )

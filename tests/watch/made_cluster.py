"""A cluster of one process or two: what the engine asks of Spark, with the tasks packed and unpacked."""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any

import pyarrow as pa

from shiomi.engine.parcels import PARCEL

__all__ = ["Here"]


class Here:
    """A session.

    Args:
        lost: the tasks, by their place among all, that are run twice: a machine was lost.
        worker: where tasks are done, if not in this process.
    """

    def __init__(self, lost: set[int] | None = None, worker: Executor | None = None) -> None:
        self.lost, self.worker = lost or set(), worker
        self.tasks = 0

    def do(self, task: Any, batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
        packed = pickle.dumps(task)
        return self.worker.submit(_do, packed, batches).result() if self.worker else _do(packed, batches)

    def range(self, start: int, end: int, step: int, partitions: int) -> Frame:
        numbers = pa.RecordBatch.from_pydict({"id": list(range(start, end, step))})
        n = max(partitions, 1)
        return Frame(self, [[numbers.slice(i, 1)] if i < len(numbers) else [] for i in range(n)])


def _do(task: bytes, batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    return list(pickle.loads(task)(iter(batches)))


class Frame:
    def __init__(self, here: Here, partitions: list[list[pa.RecordBatch]]) -> None:
        self.here, self.partitions = here, partitions

    def mapInArrow(self, task: Callable[..., Iterator[pa.RecordBatch]], schema: str) -> Frame:  # noqa: N802
        assert schema
        done = []
        for part in self.partitions:
            self.here.tasks += 1
            for _ in range(2 if self.here.tasks in self.here.lost else 1):
                found = self.here.do(task, part)
            done.append(found)
        return Frame(self.here, done)

    def repartition(self, n: int, column: str) -> Frame:
        sent: dict[int, list[pa.RecordBatch]] = defaultdict(list)
        # Parcels of one shard come from many machines, in no order.
        for part in reversed(self.partitions):
            for batch in part:
                for row in range(batch.num_rows):
                    one = batch.slice(row, 1)
                    sent[hash(one[column][0].as_py()) % n].append(one)
        return Frame(self.here, [sent[i] for i in range(n)])

    def toArrow(self) -> pa.Table:  # noqa: N802
        batches: list[Any] = [b for part in self.partitions for b in part]
        return pa.Table.from_batches(batches, PARCEL)

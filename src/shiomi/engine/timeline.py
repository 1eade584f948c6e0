"""Timeline: rows that arrive in any order leave in order of time, window by window.

Memory is bounded by stepping through time: what does not fit waits on disk, one file a window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.units import SECOND

__all__ = ["OutOfOrder", "Timeline", "make_a_step"]

_WINDOW_S = 600
_STEP_ROWS, _FULL_ROWS, _FULL_WINDOWS = 500_000, 2_000_000, 6
"""Windows are joined until a step has the first many rows, and the second many or an hour besides: the same
result in fewer steps, each of which puts what is carried and what is new in one order. Where vessels are
many more is carried than ten minutes bring; where they report seldom, hours of instants fill the memory."""


class OutOfOrder(Exception):
    """A row came whose window was given away before."""


class Timeline:
    """Collects tables with a column `t`, then gives them back window by window.

    Args:
        spill: folder for what does not fit; the caller removes it.
        window_s: length of a window. Windows are cut on the clock, not on the data, so the same rows
            fall into the same windows whatever order they came in.
        max_rows: rows kept in memory before the fullest windows go to disk.
    """

    def __init__(self, spill: Path, *, window_s: int = _WINDOW_S, max_rows: int = 20_000_000) -> None:
        self._spill, self._window_us, self._max_rows = spill, window_s * SECOND, max_rows
        self._held: dict[int, list[pa.Table]] = defaultdict(list)
        self._files: dict[int, list[Path]] = defaultdict(list)
        self._rows = 0
        self.rows = 0
        self.first_t: int | None = None
        self.last_t: int | None = None
        self._given_t: int | None = None

    def add(self, table: pa.Table) -> None:
        """Take rows in any order.

        Raises:
            OutOfOrder: one is of a window that was given already.
        """
        if table.num_rows == 0:
            return
        t = numpy_of(table, "t")
        window = t // self._window_us
        low, high = int(window.min()), int(window.max())
        if self._given_t is not None and low * self._window_us < self._given_t:
            raise OutOfOrder
        self.first_t = min(int(t.min()), self.first_t if self.first_t is not None else int(t.min()))
        self.last_t = max(int(t.max()), self.last_t if self.last_t is not None else int(t.max()))
        if low == high:
            self._held[low].append(table)
        else:
            order = None if (np.diff(window) >= 0).all() else np.argsort(window, kind="stable")
            ordered = table if order is None else table.take(pa.array(order))
            marks = window if order is None else window[order]
            keys, starts = np.unique(marks, return_index=True)
            for key, a, b in zip(keys.tolist(), starts, [*starts[1:], len(marks)], strict=True):
                self._held[key].append(ordered.slice(a, b - a))
        self._rows += table.num_rows
        self.rows += table.num_rows
        if self._rows > self._max_rows:
            self._to_disk()

    def _to_disk(self) -> None:
        self._spill.mkdir(parents=True, exist_ok=True)
        for key, parts in self._held.items():
            file = self._spill / f"{key}-{len(self._files[key])}.arrow"
            whole = pa.concat_tables(parts)
            with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, whole.schema) as writer:
                writer.write_table(whole)
            self._files[key].append(file)
        self._held.clear()
        self._rows = 0

    @property
    def windows(self) -> int:
        """How many windows hold rows."""
        return len(self._held.keys() | self._files.keys())

    def __iter__(self) -> Iterator[tuple[pa.Table, int]]:
        """Rows of each window that has any, and the watermark after it, in order of time."""
        return self.until(None)

    def until(self, settled_t: int | None) -> Iterator[tuple[pa.Table, int]]:
        """The same for the windows that end at or before an instant; these are then no longer held."""
        for key in sorted(self._held.keys() | self._files.keys()):
            mark = (key + 1) * self._window_us
            if settled_t is not None and mark > settled_t:
                return
            parts = self._held.pop(key, [])
            self._rows -= sum(p.num_rows for p in parts)
            for file in self._files.pop(key, []):
                with pa.memory_map(str(file)) as source:
                    parts.append(pa.ipc.open_file(source).read_all())
            self._given_t = mark
            yield pa.concat_tables(parts), mark


def make_a_step(windows: Sequence[pa.Table]) -> bool:
    """Whether the windows that were joined so far are enough for a step."""
    n = sum(w.num_rows for w in windows)
    return n >= _FULL_ROWS or (n >= _STEP_ROWS and len(windows) >= _FULL_WINDOWS)

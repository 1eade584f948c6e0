"""Release: an intermediate row is held until nothing can come before it any more."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of, taken
from shiomi.kernels.order import group_order

__all__ = ["release"]


def release(held: pa.Table, found: pa.Table, until: int) -> tuple[pa.Table, pa.Table]:
    """Split held and newly found rows into those final before `until` (microseconds) and the rest.

    What is held lies in chunks, each in order of time, so that a row is moved once when it is found
    and never while it waits.

    Returns:
        final rows (t < until), rows to hold on.
    """
    if held.num_rows == 0 and (found.num_rows == 0 or numpy_of(found, "t").max() < until):
        return found, held
    final, rest = list[pa.Table](), list[pa.Table]()
    for batch in (*held.to_batches(), *found.to_batches()):
        chunk = _in_order_of_time(pa.Table.from_batches([batch]))
        n = int(numpy_of(chunk, "t").searchsorted(until))
        final += [chunk.slice(0, n)] if n else []
        rest += [chunk.slice(n)] if n < chunk.num_rows else []
    none = found.slice(0, 0)
    return pa.concat_tables(final) if final else none, pa.concat_tables(rest) if rest else none


def _in_order_of_time(table: pa.Table) -> pa.Table:
    t = numpy_of(table, "t")
    # Rows of one instant stay in the order in which they were found: that of their keys.
    order = group_order(t, t, np.zeros_like(t))
    return table if order is None else taken(table, order)

"""Release: an intermediate row is held until nothing can come before it any more."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["release"]


def release(held: pa.Table, found: pa.Table, until: int) -> tuple[pa.Table, pa.Table]:
    """Split held and newly found rows into those final before `until` (microseconds) and the rest.

    Returns:
        final rows (t < until), rows to hold on.
    """
    pool = pa.concat_tables([held, found]) if held.num_rows else found
    if pool.num_rows == 0:
        return pool, pool
    final = pc.less(pool["t"], until)
    n = pc.sum(final).as_py()
    if n == pool.num_rows:
        return pool, pool.slice(0, 0)
    if n == 0:
        return pool.slice(0, 0), pool
    return pool.filter(final), pool.filter(pc.invert(final)).combine_chunks()

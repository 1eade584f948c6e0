"""Memory: what is freed goes back, so that what a watch holds does not grow with what it has done."""

from __future__ import annotations

import ctypes

import pyarrow as pa

__all__ = ["give_back_what_is_freed"]


def give_back_what_is_freed() -> None:
    """Return free memory to the system, between two steps.

    Stages on several threads free large columns all the time, and what their allocators kept for later grew
    with the length of a watch: a day of the United States peaked at 6.4 GB. Where the system's allocator
    has no such call, only Arrow's pools are trimmed.
    """
    pa.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):
        return

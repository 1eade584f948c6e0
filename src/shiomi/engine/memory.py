"""Memory: what is freed is kept for the next column, in one heap for all threads, for a while."""

from __future__ import annotations

import ctypes
import os

__all__ = ["give_back_what_is_free", "keep_what_is_freed"]

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
"""Parameters of glibc's `mallopt`, from its malloc.h."""
_ALL = (1 << 31) - 1


def keep_what_is_freed() -> None:
    """Have this process take large columns from one heap that neither shrinks nor is split by threads.

    A watch makes and frees columns of the same few sizes at every step. By default each is mapped anew, and
    the system fills every page of it with zeros: a fifth of the processor time of a day of the United States.
    A heap for each thread, on the other hand, grew with the length of a watch, to 6.4 GB on that day. It is
    for a process whose job is a watch, and to be called before threads begin and libraries load: what took
    memory earlier keeps to its own heap. Where the allocator is another one nothing is changed.

    Nor are threads begun to multiply matrices, which no watch does: a third of what numpy takes to load.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    settings = {_ARENA_MAX: 1, _MMAP_MAX: 0, _TRIM_THRESHOLD: _ALL}
    if all(mallopt(name, value) for name, value in settings.items()):
        import pyarrow as pa

        pa.set_memory_pool(pa.system_memory_pool())


def give_back_what_is_free() -> None:
    """Return the pages that nothing lies on to the system.

    Columns of changing sizes leave holes: after a day of 100 million reports a heap of 5.2 GB held 1.4.
    """
    import pyarrow as pa

    pa.default_memory_pool().release_unused()

"""Crew: work that waits for other work, done by as many threads as there are cores."""

from __future__ import annotations

import heapq
import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock

__all__ = ["CORES", "Crew"]

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_Ready = tuple[tuple[int, ...], int, Callable[[], None], Future[None]]


class Crew:
    """Threads that take, of all work that waits for nothing more, what comes first."""

    def __init__(self, threads: int = CORES) -> None:
        self._pool = ThreadPoolExecutor(threads)
        self._ready: list[_Ready] = []
        self._numbers = itertools.count()
        self._lock = Lock()

    def follow(
        self, after: Sequence[Future[None]], rank: tuple[int, ...], do: Callable[[], None]
    ) -> Future[None]:
        """Have something done once all of `after` is done; what went wrong there goes wrong here too.

        Args:
            rank: of the work that is ready the least is done first.
        """
        promised: Future[None] = Future()
        left, waiting = len(after) + 1, [do]

        def one_is_done(work: Future[None] | None = None) -> None:
            nonlocal left
            with self._lock:
                left -= 1
                if work and (why := work.exception()):
                    waiting[0] = partial(_raise, why)
                if left:
                    return
                # Nothing is left here of what holds the tables of a step: a future keeps whom it has called.
                heapq.heappush(self._ready, (rank, next(self._numbers), waiting.pop(), promised))
            self._pool.submit(self._do_the_first)

        for work in after:
            work.add_done_callback(one_is_done)
        one_is_done()
        return promised

    def _do_the_first(self) -> None:
        with self._lock:
            _, _, do, promised = heapq.heappop(self._ready)
        try:
            do()
        except BaseException as why:  # noqa: BLE001 - raised where the result is asked for
            promised.set_exception(why)
        else:
            promised.set_result(None)


def _raise(why: BaseException) -> None:
    raise why

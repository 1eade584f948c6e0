"""Ahead: the next pieces are made while this one is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")

_PIECES = 4
"""As many as a step of a watch may take, so that the next stand ready when it is done."""


def ahead(pieces: Iterator[T], most: int = _PIECES) -> Iterator[T]:
    """The same pieces in the same order, the next few of them made on a thread of its own meanwhile.

    What goes wrong in making a piece is raised where that piece would have come.
    """
    nothing = object()
    with ThreadPoolExecutor(1) as pool:
        coming = deque[Future[object]](pool.submit(next, pieces, nothing) for _ in range(most))
        try:
            while (piece := coming.popleft().result()) is not nothing:
                coming.append(pool.submit(next, pieces, nothing))
                yield piece  # type: ignore[misc]
        finally:
            for piece in coming:
                piece.cancel()

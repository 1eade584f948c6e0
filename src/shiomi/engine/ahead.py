"""Ahead: the next pieces are made while this one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(pieces: Iterator[T]) -> Iterator[T]:
    """The same pieces in the same order, the next of them under way on a thread of its own.

    What goes wrong in making a piece is raised where that piece would have come.
    """
    nothing = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, pieces, nothing)
        while (piece := coming.result()) is not nothing:
            coming = pool.submit(next, pieces, nothing)
            yield piece  # type: ignore[misc]

"""Pieces made ahead come as they would have come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shiomi.engine.ahead import ahead


def test_pieces_come_once_each_and_in_order() -> None:
    assert list(ahead(iter([]))) == []
    assert list(ahead(iter([None, 0, 1, None]))) == [None, 0, 1, None]


def test_what_goes_wrong_is_raised_where_it_would_have_been() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    got = ahead(pieces())
    assert [next(got), next(got)] == [1, 2]
    with pytest.raises(OSError, match="gone"):
        next(got)

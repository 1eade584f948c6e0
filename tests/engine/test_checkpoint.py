from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from made_stages import numbers, stage
from pyarrow import feather

from shiomi.engine import checkpoint
from shiomi.engine.local import Running
from shiomi.errors import StoreError
from shiomi.units import SECOND

CHAIN = [stage("first", "numbers", "hits", latency_s=700), stage("second", "hits", "more")]


def moved_to(seconds: int) -> Running:
    running = Running(list(CHAIN))
    rows = numbers(500)
    running.advance(
        {"numbers": rows.filter(pq.filters_to_expression([("t", "<", seconds * SECOND)]))}, seconds * SECOND
    )
    return running


def test_what_was_saved_comes_back_whole(tmp_path: Path) -> None:
    running = moved_to(5_000)
    checkpoint.save(running, tmp_path / "c")
    again = checkpoint.load(list(CHAIN), tmp_path / "c")
    assert again is not None
    assert again.watermark == running.watermark
    assert running.held["first"].num_rows > 0
    assert all(again.states[s.name].equals(running.states[s.name]) for s in CHAIN)
    assert again.held["first"].equals(running.held["first"])


def test_where_nothing_was_saved_there_is_nothing(tmp_path: Path) -> None:
    assert checkpoint.load(list(CHAIN), tmp_path / "c") is None


@pytest.mark.parametrize(
    "other",
    [
        stage("second", "hits", "more", radius_m=2),
        stage("second", "hits", "more", version=2),
        stage("other", "hits", "more"),
    ],
    ids=["another parameter", "another version", "another stage"],
)
def test_a_checkpoint_of_other_stages_is_refused_in_one_sentence(tmp_path: Path, other: object) -> None:
    checkpoint.save(moved_to(5_000), tmp_path / "c")
    with pytest.raises(StoreError, match="use a new --store"):
        checkpoint.load([CHAIN[0], other], tmp_path / "c")  # type: ignore[list-item]


class PowerFails(Exception):
    pass


def test_a_save_that_fails_anywhere_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is made to fail at every call that changes it, one after the other, until none fails."""
    folder = tmp_path / "c"
    changing = [
        (feather, "write_feather"),
        (Path, "write_text"),
        (Path, "rename"),
        (Path, "mkdir"),
        (shutil, "rmtree"),
    ]
    for fails_at in range(100):
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        checkpoint.save(moved_to(3_000), folder)
        left = [fails_at]

        def failing(real: Any, left: list[int] = left) -> Any:
            def call(*args: Any, **more: Any) -> Any:
                if left[0] == 0:
                    raise PowerFails
                left[0] -= 1
                return real(*args, **more)

            return call

        with monkeypatch.context() as m:
            for owner, name in changing:
                m.setattr(owner, name, failing(getattr(owner, name)))
            try:
                checkpoint.save(moved_to(6_000), folder)
                failed = False
            except PowerFails:
                failed = True
        after = checkpoint.load(list(CHAIN), folder)
        assert after is not None, f"nothing is left after failing at change {fails_at}"
        if not failed:
            assert after.watermark == 6_000 * SECOND
            assert fails_at > 5
            return
        assert after.watermark in (3_000 * SECOND, 6_000 * SECOND)
        checkpoint.save(moved_to(7_000), folder)
        again = checkpoint.load(list(CHAIN), folder)
        assert again is not None
        assert again.watermark == 7_000 * SECOND
    pytest.fail("a save that changes the disk a hundred times")

"""Loops that were compiled by an earlier process serve in a later one, called and built into others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

INNER = """
from shiomi.kernels.compiled import njit

@njit(cache=True)
def squares(values):
    total = 0
    for i in range(len(values)):
        total += values[i] * values[i]
    return total
"""
OUTER = """
from inner import squares
from shiomi.kernels.compiled import njit

@njit(cache=True)
def squares_and_one(values):
    return squares(values) + 1

@njit(cache=True)
def kinds(words):
    return len(set(words))
"""
CALL_INNER = """
import numpy as np
from inner import squares
print(squares(np.arange(5)), sum(squares.stats.cache_hits.values()))
"""
CALL_BOTH = (
    CALL_INNER
    + """
from outer import kinds, squares_and_one
print(squares_and_one(np.arange(5)), sum(squares_and_one.stats.cache_hits.values()))
print(kinds(("a", "b", "a")))
"""
)


@pytest.mark.slow  # three processes, each of which loads the compiler
def test_a_loop_that_was_kept_is_called_and_built_into_one_that_was_not(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text(INNER, encoding="utf-8")
    (tmp_path / "outer.py").write_text(OUTER, encoding="utf-8")
    assert _said(tmp_path, CALL_INNER) == "30 0"
    assert _said(tmp_path, CALL_BOTH) == "30 1 31 0 2"
    assert _said(tmp_path, CALL_BOTH) == "30 1 31 1 2"


def _said(folder: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())

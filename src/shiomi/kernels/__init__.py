"""The few compiled loops. Each stands beside a slow plain reference in tests/kernels."""

from __future__ import annotations

from pathlib import Path

__all__ = ["are_compiled"]


def are_compiled() -> bool:
    """Whether an earlier run has left the loops compiled; says so without importing the compiler."""
    return any((Path(__file__).parent / "__pycache__").glob("runs._find_runs*.nbi"))

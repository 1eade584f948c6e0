"""Fixtures: read files, or bytes as if they were a file; reach the shared data where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outcomes import Outcome, read_paths

DATA = Path("../shared/data")


@pytest.fixture
def read() -> Callable[..., Outcome]:
    return read_paths


@pytest.fixture
def read_bytes(tmp_path: Path) -> Callable[..., Outcome]:
    def _read(content: bytes, name: str = "file", **options: Any) -> Outcome:
        path = tmp_path / name
        path.write_bytes(content)
        return read_paths(path, **options)

    return _read


@pytest.fixture
def shared() -> Callable[[str], Path]:
    def _shared(name: str) -> Path:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"the shared file {name} is not here")
        return path

    return _shared

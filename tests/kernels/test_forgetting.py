"""Compiled loops are those of the sources that lie there."""

from __future__ import annotations

from pathlib import Path

import pytest

from shiomi.kernels import forget_if_changed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outer.py").write_text("from inner import f", encoding="utf-8")
    (tmp_path / "inner.py").write_text("def f(): return 1", encoding="utf-8")
    forget_if_changed(tmp_path)
    (tmp_path / "__pycache__" / "outer.g-1.nbi").write_bytes(b"index")
    (tmp_path / "__pycache__" / "outer.g-1.1.nbc").write_bytes(b"code")
    return tmp_path


def compiled(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "__pycache__").glob("*.nb?"))


def test_what_was_compiled_from_these_sources_is_kept(folder: Path) -> None:
    forget_if_changed(folder)
    assert compiled(folder) == ["outer.g-1.1.nbc", "outer.g-1.nbi"]


@pytest.mark.parametrize("change", ["another", "gone", "new"])
def test_a_change_of_any_source_forgets_all(folder: Path, change: str) -> None:
    if change == "gone":
        (folder / "inner.py").unlink()
    else:
        (folder / f"{'inner' if change == 'another' else change}.py").write_text("def f(): return 2", "utf-8")
    forget_if_changed(folder)
    assert compiled(folder) == []
    forget_if_changed(folder)


def test_where_nothing_may_be_written_all_goes_on(folder: Path) -> None:
    (folder / "inner.py").write_text("def f(): return 3", encoding="utf-8")
    (folder / "__pycache__" / "compiled_from").unlink()
    (folder / "__pycache__" / "compiled_from").mkdir()
    forget_if_changed(folder)

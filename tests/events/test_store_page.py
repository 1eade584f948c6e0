"""The examples of docs/store.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_events import encounter, event, positions, table

from shiomi.events import store
from shiomi.events.tables import SCHEMAS

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")


def test_every_python_example_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    store.create_or_open(Path("out"))
    store.append_events(Path("out"), table(event("aa01"), encounter("bb01", suppressed_by=["port"])))
    store.append_evidence(Path("out"), positions())
    names: dict[str, object] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    assert len(examples) == 3
    for example in examples:
        exec(example, names)
    said = capsys.readouterr().out
    assert "2024-03-01 23:50:00" in said
    assert "1 closed" in said
    assert store.events_digest(store.newest_events(Path("out"))) in said


def test_the_page_names_every_table() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == list(SCHEMAS)

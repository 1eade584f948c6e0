"""A detector of another package is found by its entry point and held to every law."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "detectors" / "writing.md").read_text(encoding="utf-8")

MISTAKES = {
    "remembers only what came in this step": (
        'Step(p.table(p.last_of("track_id")), ',
        "Step(state.slice(0, 0), ",
        "cut_law",
    ),
    "cites only the report after": (
        "[before, after], axis=1",
        "[after, after], axis=1",
        "evidence_law",
    ),
    "knows before the report that shows it": (
        "known_t=t[after]",
        "known_t=t[before]",
        "latency_law",
    ),
}


def install(folder: Path, code: str) -> None:
    """The worked example of docs/detectors/writing.md as an installed distribution of its own."""
    (folder / "my_package").mkdir()
    (folder / "my_package" / "__init__.py").write_text("")
    (folder / "my_package" / "crossing.py").write_text(code)
    about = folder / "my_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    entry = re.search(r"```toml\n\[project\.entry-points\.\"(.+?)\"\]\n(.*?)```", PAGE, re.S)
    assert entry is not None
    (about / "entry_points.txt").write_text(f"[{entry[1]}]\n{entry[2].replace(chr(34), '')}")


def example() -> str:
    code = re.search(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    assert code is not None
    return code[1]


def hold_laws(folder: Path, chosen: str, profile: str) -> subprocess.CompletedProcess[str]:
    files = [str(f) for f in sorted(HERE.glob("test_*_law*.py"))]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-k",
            chosen,
            *files,
        ],
        env={**os.environ, "PYTHONPATH": str(folder), "HYPOTHESIS_PROFILE": profile},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_detector_of_another_package_is_held_to_every_law(tmp_path: Path) -> None:
    install(tmp_path, example())
    done = hold_laws(tmp_path, "crossing", "fast")
    assert done.returncode == 0, done.stdout
    listed = subprocess.run(
        [
            sys.executable,
            "-c",
            "from shiomi.engine.plan import *; print([s.name for s in plan(registered())])",
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'crossing'" in listed.stdout
    dots = sum(line.count(".") for line in done.stdout.splitlines() if re.match(r"^[.]+ +\[", line))
    assert dots >= 15, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_detector_of_another_package_is_caught(tmp_path: Path, name: str) -> None:
    right, wrong, law = MISTAKES[name]
    code = example()
    assert right in code
    install(tmp_path, code.replace(right, wrong))
    done = hold_laws(tmp_path, f"crossing and {law}", "planted")
    assert done.returncode == 1, done.stdout
    assert "FAILED" in done.stdout

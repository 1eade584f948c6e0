"""Are the laws sharp? Each of some thirty mistakes, planted in a copy, must break at least one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from planted_mistakes import MISTAKES, Mistake

from shiomi.kernels import version_of

HERE = Path(__file__).parent
pytestmark = pytest.mark.slow


def run(source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(source), "HYPOTHESIS_PROFILE": "planted"}
    return subprocess.run(
        [sys.executable, *arguments],
        env={k: v for k, v in env.items() if not k.startswith(("PYTEST_", "NUMBA_"))},
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )


def hold_laws(source: Path, chains: str) -> subprocess.CompletedProcess[str]:
    """The laws, held for some chains of the package in `source`, up to the first that is broken."""
    files = sorted(str(f) for f in HERE.glob("test_*_law*.py"))
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={HERE}"]
    return run(source, "-m", "pytest", *options, "-k", chains, *files)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with its kernels compiled, so that a mistake recompiles only its own file."""
    source = tmp_path_factory.mktemp("planted")
    found = find_spec("shiomi")
    assert found is not None
    assert found.origin is not None
    shutil.copytree(Path(found.origin).parent, source / "shiomi")
    warm = run(source, "-W", "ignore", str(HERE / "test_purity_law.py"))
    assert warm.returncode == 0, warm.stderr
    where = run(source, "-c", "import shiomi; print(shiomi.__file__)")
    assert where.stdout.startswith(str(source)), "another package than the copy is under test"
    return source


def plant(copy: Path, mistake: Mistake, folder: Path) -> None:
    shutil.copytree(copy / "shiomi", folder / "shiomi")
    file = folder / "shiomi" / mistake.file
    text = file.read_text(encoding="utf-8")
    for right, wrong in mistake.changes:
        assert right in text, f"{mistake.file} no longer holds {right!r}: plant this mistake elsewhere"
        text = text.replace(right, wrong, 1)
    compile(text, str(file), "exec")
    file.write_text(text, encoding="utf-8")
    # Loops of other files stay compiled: what is planted is used in its own file alone.
    kernels = folder / "shiomi" / "kernels"
    (kernels / "__pycache__" / "compiled_from").write_text(version_of(kernels), encoding="ascii")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_a_planted_mistake_breaks_a_law(mistake: Mistake, copy: Path, tmp_path: Path) -> None:
    plant(copy, mistake, tmp_path)
    done = hold_laws(tmp_path, mistake.chains)
    assert done.returncode == 1, (
        f"no law noticed: {mistake.name}\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}"
    )
    assert "FAILED" in done.stdout, done.stdout[-2_000:]
    for no_law in ("SyntaxError", "NameError", "TypingError", "NothingJudged("):
        assert no_law not in done.stdout, done.stdout[-3_000:]


def test_the_copy_without_a_mistake_keeps_the_laws(copy: Path) -> None:
    done = hold_laws(copy, "gap or stop or encounter")
    assert done.returncode == 0, done.stdout[-3_000:]


def test_there_are_enough_mistakes_of_enough_kinds() -> None:
    assert len({m.name for m in MISTAKES}) == len(MISTAKES) >= 24
    assert len({m.file for m in MISTAKES}) >= 12

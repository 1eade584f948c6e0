"""The purity law: same input, same bytes; no clock, chance, environment or file in reach."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from law_holding import each_chain, hold
from law_running import in_steps
from law_stages import CHAINS, STAGES, Chain
from law_worlds import World, worlds

from shiomi.engine.local import Running

HERE = Path(__file__).parent
CALLS_ON = {"shiomi.columns", "shiomi.findings", "shiomi.runs", "shiomi.pairs", "shiomi.geo", "shiomi.ids"}
FORBIDDEN_MODULES = {
    "asyncio", "glob", "http", "io", "locale", "multiprocessing", "os", "pathlib", "platform", "random",
    "secrets", "shutil", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
FORBIDDEN_NAMES = {
    "open", "input", "print", "globals", "hash", "id", "now", "today", "utcnow", "random", "default_rng",
    "getenv", "environ", "cpu_count", "prange", "fastmath", "parallel",
}  # fmt: skip
"""`hash` of a text differs between processes and `id` between runs; fastmath and parallel loops let the
compiler choose an order of sums."""


def sources() -> list[Path]:
    """Every file whose code may run inside `advance`: not what runs once at import, nor the compiler."""
    kernels = sorted(Path(find_spec("shiomi.kernels").submodule_search_locations[0]).glob("*.py"))  # type: ignore[union-attr, index]
    stages = [Path(inspect.getsourcefile(type(s)) or "") for s in STAGES]
    shared = [Path(find_spec(name).origin or "") for name in sorted(CALLS_ON)]  # type: ignore[union-attr]
    return sorted(f for f in {*kernels, *stages, *shared} if f.name not in ("__init__.py", "compiled.py"))


@pytest.mark.parametrize("file", sources(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_pure_law_nothing_impure_is_named_in_the_source(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {(node.module or "").split(".")[0]}
        else:
            modules = set()
        named = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
        assert not modules & FORBIDDEN_MODULES, f"{file.name}:{node.lineno} imports {modules}"  # type: ignore[attr-defined]
        if isinstance(node, ast.Name | ast.Attribute | ast.keyword):
            assert named not in FORBIDDEN_NAMES, f"{file.name}:{node.lineno} uses {named}"  # type: ignore[union-attr]


@each_chain
def test_pure_law_twice_is_the_same_to_the_byte(chain: Chain) -> None:
    def law(world: World, data: object) -> int:
        rows = chain.rows(world)
        first = digest(chain, rows, world.end)
        assert digest(chain, rows, world.end) == first
        return rows.num_rows

    hold(chain, law)


@each_chain
def test_pure_law_a_stage_keeps_nothing_and_spoils_nothing(chain: Chain) -> None:
    def law(world: World, data: object) -> int:
        rows = chain.rows(world)
        before = rows.to_pylist()
        running = Running(list(chain.stages))
        parameters = [repr(s) for s in chain.stages]
        states = {name: t.to_pylist() for name, t in running.states.items()}
        kept = dict(running.states)
        running.advance({chain.given: rows}, world.end)
        assert rows.to_pylist() == before, "the rows were changed in place"
        assert {n: t.to_pylist() for n, t in kept.items()} == states, "the state was changed in place"
        assert [repr(s) for s in chain.stages] == parameters
        return rows.num_rows

    hold(chain, law)


@pytest.mark.parametrize("seed", ["1", pytest.param("31337", marks=pytest.mark.slow)])
def test_pure_law_another_process_gives_the_same_bytes(seed: str) -> None:
    said = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == report()


def digest(chain: Chain, rows: pa.Table, end: int) -> str:
    """SHA-256 of what a chain gives out, as Arrow writes it."""
    h = hashlib.sha256()
    for _, found in in_steps(chain, rows, [end - 10**9, end]):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, found.schema) as writer:
            writer.write_table(found.combine_chunks())
        h.update(sink.getvalue())
    return h.hexdigest()


def report() -> str:
    """Name and digest of every chain over some worlds."""
    lines: list[str] = []

    @settings(max_examples=3, derandomize=True, database=None, deadline=None)
    @given(world=worlds())
    def over_worlds(world: World) -> None:
        lines.extend(f"{c.name} {digest(c, c.rows(world), world.end)}" for c in CHAINS)

    over_worlds()
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(report())

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from watching import SCENARIO, watched

from shiomi.simulate import scenario
from shiomi.simulate.run import Summary, simulate
from shiomi.watch import Report


class World(NamedTuple):
    made: Summary
    file: Path
    """The day as one file."""
    truth: Path
    store: Path
    """What a watch of it gave; tests only read it."""
    report: Report


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    made = simulate(scenario.parse(SCENARIO), folder)
    report = watched(folder / "store", made.files[0])
    return World(made, made.files[0], folder / "truth.csv", folder / "store", report)

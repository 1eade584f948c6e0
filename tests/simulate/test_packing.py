"""Packs are whole scenarios, the same every time, wherever on the globe they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from shiomi.errors import BadParameter
from shiomi.simulate.packing import load_pack, pack_names
from shiomi.simulate.run import simulate
from shiomi.simulate.scenario import parse


@pytest.mark.parametrize("name", pack_names())
def test_a_pack_is_a_scenario_that_can_be_written_down(name: str) -> None:
    pack, scenario = load_pack(name)
    assert scenario.name == name
    assert parse(scenario.text).world == scenario.world
    assert len(scenario.planted) == len(pack["planted"])


def test_every_regime_is_tried() -> None:
    assert {load_pack(n)[0]["regime"] for n in pack_names()} == {"dense", "mixed", "sparse"}


def test_what_a_pack_plants_comes_true_with_any_seed(tmp_path: Path) -> None:
    _, scenario = load_pack("antimeridian")
    made = [simulate(scenario, tmp_path / str(s), seed=s) for s in (1, 2)]
    assert all(m.truths >= 10 and len(m.unfulfilled) <= 1 for m in made)
    again = simulate(scenario, tmp_path / "again", seed=1)
    assert (tmp_path / "again" / "truth.csv").read_bytes() == (tmp_path / "1" / "truth.csv").read_bytes()
    assert again.rows == made[0].rows


def test_a_pack_that_is_not_there_is_named() -> None:
    with pytest.raises(BadParameter, match="choose one of"):
        load_pack("none")

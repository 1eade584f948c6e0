"""Stages that need places: run late the first time, with the others afterwards, and the same either way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from watching import NO_LEARNING, sails, standing, watched, write_csv

from conftest import World
from shiomi.verify import verify

PORTS = "name,lat,lon,radius_m\nQuay,30.0,125.0,2000\n"


def visits(store: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in e.items() if k != "revision"} for e in standing(store, kind="port_visit")]


@pytest.fixture
def ports(tmp_path: Path) -> Path:
    path = tmp_path / "ports.csv"
    path.write_text(PORTS)
    return path


def halves(folder: Path) -> list[Path]:
    """One vessel lies at a quay over noon and sails in the evening; one file each half of the day."""
    before = [sails(431_000_001, "2024-03-01 06:00", 10, 36, kn=0)]
    after = [
        sails(431_000_001, "2024-03-01 12:00", 10, 30, kn=0),
        sails(431_000_001, "2024-03-01 17:00", 10, 12),
    ]
    return [write_csv(folder / "1.csv", *before), write_csv(folder / "2.csv", *after)]


def test_visits_are_found_at_places_learned_in_the_same_run(world: World) -> None:
    found = visits(world.store)
    assert found
    assert all(e["suppressed_by"][0].startswith("at_place:") for e in found)
    assert {dict(e["measures"])["confidence"] for e in found} <= {2, 3, 4}
    ids = [e["event_id"] for e in found[:20]]
    assert sum(v for v in verify(world.store, ids)) == len(ids)


def test_visits_are_the_same_in_one_run_and_in_two(tmp_path: Path, ports: Path) -> None:
    files = halves(tmp_path)
    options: dict[str, Any] = {"place_lists": [ports], "learning": NO_LEARNING}
    watched(tmp_path / "whole", *files, **options)
    watched(tmp_path / "steps", files[0], **options)
    assert [e["status"] for e in visits(tmp_path / "steps")] == ["open"]
    watched(tmp_path / "steps", files[1], **options)
    assert [e["status"] for e in visits(tmp_path / "steps")] == ["closed"]
    assert visits(tmp_path / "steps") == visits(tmp_path / "whole")


def test_a_list_that_comes_later_finds_the_visits_that_it_would_have_found(
    tmp_path: Path, ports: Path
) -> None:
    first, second = halves(tmp_path)
    far = tmp_path / "far.csv"
    far.write_text(PORTS.replace("125.0", "150.0"))
    watched(tmp_path / "at once", first, second, place_lists=[far, ports], learning=NO_LEARNING)
    watched(tmp_path / "later", first, place_lists=[far], learning=NO_LEARNING)
    assert visits(tmp_path / "later") == []
    watched(tmp_path / "later", second, place_lists=[ports], learning=NO_LEARNING)
    assert visits(tmp_path / "later") == visits(tmp_path / "at once") != []


def test_visits_of_a_table_that_grew_are_withdrawn_for_those_of_the_new(tmp_path: Path, ports: Path) -> None:
    first, second = halves(tmp_path)
    watched(tmp_path / "store", first, place_lists=[ports], learning=NO_LEARNING)
    (old,) = visits(tmp_path / "store")
    far = tmp_path / "far.csv"
    far.write_text(PORTS.replace("125.0", "150.0"))
    watched(tmp_path / "store", second, place_lists=[far], learning=NO_LEARNING)
    (new,) = visits(tmp_path / "store")
    assert new["event_id"] != old["event_id"]
    assert new["places_id"] != old["places_id"]

"""The bundled scenario from end to end: what was planted is found, and what only looks like it is not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shiomi.events.score import read_truth, score
from shiomi.events.store import newest_events, read_table
from shiomi.job import Options
from shiomi.simulate.run import simulate
from shiomi.simulate.scenario import load
from shiomi.verify import verify
from shiomi.watch import Report, watch

pytestmark = pytest.mark.slow


class Trial(NamedTuple):
    report: Report
    store: Path
    scores: dict[str, dict[str, Any]]
    """By kind."""
    rows: int


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    folder = tmp_path_factory.mktemp("bundled")
    made = simulate(load("east-china-sea"), folder)
    assert made.unfulfilled == ()
    report = watch([folder / "ais"], folder / "store", Options(), lambda _what, _share: None)
    table = score(
        newest_events(folder / "store"),
        read_truth(folder / "truth.csv"),
        read_table(folder / "store", "tracks"),
    )
    return Trial(report, folder / "store", {r["kind"]: r for r in table.to_pylist()}, made.rows)


def test_every_row_that_was_made_is_in_one_count(trial: Trial) -> None:
    assert trial.report.tally.check().rows == trial.rows > 2_000_000


def test_all_that_must_be_found_is_found(trial: Trial) -> None:
    planted = {kind: row for kind, row in trial.scores.items() if row["truths"]}
    assert planted.keys() == {
        "encounter",
        "gap",
        "loitering",
        "outlier",
        "position_jump",
        "shared_identity",
        "stop",
    }
    assert {kind: row["missed"] for kind, row in planted.items() if row["recall"] < 1} == {}


def test_no_encounter_is_false_and_no_look_alike_stands(trial: Trial) -> None:
    assert trial.scores["encounter"]["lookalikes"] >= 60
    assert trial.scores["encounter"]["false_positives"] == 0
    assert {kind: row["violations"] for kind, row in trial.scores.items() if row["lookalikes_wrong"]} == {}


def test_each_truth_is_one_event_except_a_jump_that_comes_back(trial: Trial) -> None:
    fragments = {
        k: r["fragments_max"] for k, r in trial.scores.items() if r["truths"] and r["fragments_max"] != 1
    }
    assert fragments == {"position_jump": 2}


@pytest.mark.parametrize(
    ("kind", "mean", "least"),
    [
        ("gap", 0.99, 0.99),
        ("shared_identity", 0.99, 0.99),
        # These begin and end between two reports of a satellite: their plain edges are what a report shows.
        ("encounter", 0.96, 0.80),
        ("loitering", 0.95, 0.80),
        ("stop", 0.91, 0.80),
    ],
)
def test_events_state_most_of_the_true_time_and_their_bounds_hold_it(
    trial: Trial, kind: str, mean: float, least: float
) -> None:
    row = trial.scores[kind]
    assert row["covered_mean"] >= mean
    assert row["covered_min"] >= least
    assert row["bounded_min"] >= 0.97


def test_events_of_the_scenario_follow_from_their_evidence(trial: Trial) -> None:
    ids = sorted(trial.report.events["event_id"].to_pylist())
    some = random.Random(3).sample(ids, 500)
    assert list(verify(trial.store, some)) == [500]

"""The public measure, over seeds that nobody tuned to."""

from __future__ import annotations

from pathlib import Path

import pytest

from shiomi.measure import cells, measure, page, shortfalls, totals
from shiomi.simulate.packing import load_pack, pack_names

KINDS = (
    "blocking", "cable_area", "close_manoeuvre", "dual_identity", "encounter", "fabricated_track", "gap",
    "gnss_interference", "identity_switch", "loitering", "mirror_gap", "port_approach", "port_visit",
    "position_jump", "presence", "raft", "rendezvous", "shadowing", "shared_identity", "stop",
    "survey_pattern", "swarm",
)  # fmt: skip
"""Every kind of event that the program tells."""
NAMED = ("encounter", "gap", "loitering", "port_visit", "presence", "shared_identity")
"""What is to be found, and nothing else, at dense and mixed reporting."""
LEAST = 0.95
LEAST_OF_OTHERS = 0.75
"""Of three or four planted of a kind one may be missed."""
SEED = 20_000

RECEPTION = (
    "hole-station-off",
    "hole-unheard",
    "jammed",
    "mixed-jammed",
    "thinned-by-chance",
    "thinned-evenly",
)


def test_one_pack_gives_a_row_a_behaviour_and_a_page(tmp_path: Path) -> None:
    table = measure(tmp_path, ["midnight"])
    (meetings,) = [r for r in totals(table) if r["kind"] == "encounter"]
    assert (meetings["regime"], meetings["found"], meetings["truths"]) == ("dense", 6, 6)
    assert cells(meetings)[:3] == ["encounter", "dense", "6 of 6"]
    text = page(table, None)
    assert "| midnight | Over midnight UTC | encounter | 6 of 6 | - | - |" in text


def test_every_kind_of_event_is_planted_at_dense_reporting_and_again_by_satellite() -> None:
    planted: dict[str, set[str]] = {}
    for pack, scenario in map(load_pack, pack_names()):
        planted.setdefault(pack["regime"], set()).update(p["kind"] for p in scenario.planted)
    assert set(KINDS) <= planted["dense"]
    assert set(KINDS) - {"stop"} <= planted["sparse"]


def test_a_figure_under_the_bar_is_told_with_its_reason_and_its_page(tmp_path: Path) -> None:
    told = shortfalls(measure(tmp_path, ["sparse-calls"]))
    ((kind, figures, why),) = [x for x in told if x[0] == "presence"]
    assert (kind, figures.startswith("sparse: time covered")) == ("presence", True)
    assert "(detectors/presence.md)" in why
    ((_, _, visits),) = [x for x in told if x[0] == "port_visit"]
    assert "(detectors/port_visit.md)" in visits


def test_a_pack_measured_again_in_its_folder_is_a_new_sea(tmp_path: Path) -> None:
    first, again = (measure(tmp_path, ["thinned-by-chance"], seed) for seed in (1, 2))
    assert first.num_rows > 0
    assert again.equals(measure(tmp_path / "elsewhere", ["thinned-by-chance"], 2))


def _nothing_is_made_of(packs: tuple[str, ...], folder: Path) -> None:
    rows = measure(folder, packs, SEED).to_pylist()
    for kind in ("gap", "fabricated_track"):
        mine = [r for r in rows if r["kind"] == kind]
        assert sum(r["lookalikes"] for r in mine) >= 50 * len(packs), "no ship was looked at"
        assert [r["violations"] for r in mine] == [[]] * len(packs)


def test_a_feed_thinned_by_chance_has_no_unexplained_silence(tmp_path: Path) -> None:
    _nothing_is_made_of(("thinned-by-chance",), tmp_path)


@pytest.mark.slow
def test_holes_thinning_and_jamming_make_no_silence_unexplained_and_no_track_fabricated(
    tmp_path: Path,
) -> None:
    _nothing_is_made_of(RECEPTION, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("regime", ["dense", "mixed"])
def test_recall_and_precision_hold_at_dense_and_mixed_reporting(tmp_path: Path, regime: str) -> None:
    packs = [n for n in pack_names() if load_pack(n)[0]["regime"] == regime and n not in RECEPTION]
    rows = {r["kind"]: r for r in totals(measure(tmp_path, packs, SEED))}
    for kind in NAMED:
        r = rows[kind]
        assert r["found"] >= LEAST * r["truths"], r
        assert r["true_positives"] >= LEAST * (r["true_positives"] + r["false"]), r
    for kind in (set(KINDS) - set(NAMED)) & set(rows):
        assert rows[kind]["found"] >= LEAST_OF_OTHERS * rows[kind]["truths"], rows[kind]

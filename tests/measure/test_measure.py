"""The public measure, over seeds that nobody tuned to."""

from __future__ import annotations

from pathlib import Path

import pytest

from shiomi.measure import cells, measure, page, totals
from shiomi.simulate.packing import load_pack, pack_names

NAMED = ("encounter", "gap", "loitering", "port_visit", "presence", "shared_identity")
"""What is to be found, and nothing else, at dense and mixed reporting."""
LEAST = 0.95
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

"""The public measure, over seeds that nobody tuned to."""

from __future__ import annotations

from pathlib import Path

import pytest

from shiomi.measure import cells, measure, page, totals

RECALL = {"encounter": 0.95, "gap": 0.8, "loitering": 0.95, "shared_identity": 0.95}
"""Least recall at dense and mixed reporting. Planted silences of ships that are outward bound near the edge
of reception are explained as having left it: docs/score.md."""


def test_one_pack_gives_a_row_a_behaviour_and_a_page(tmp_path: Path) -> None:
    table = measure(tmp_path, ["midnight"])
    (meetings,) = [r for r in totals(table) if r["kind"] == "encounter"]
    assert (meetings["regime"], meetings["found"], meetings["truths"]) == ("dense", 6, 6)
    assert cells(meetings)[:3] == ["encounter", "dense", "6 of 6"]
    text = page(table, None)
    assert "| midnight | Over midnight UTC | encounter | 6 of 6 | - | - |" in text


@pytest.mark.slow
def test_recall_and_precision_hold_at_dense_and_mixed_reporting(tmp_path: Path) -> None:
    rows = [r for r in totals(measure(tmp_path, seed=20_000)) if r["kind"] in RECALL]
    rows = [r for r in rows if r["regime"] != "sparse" and r["truths"]]
    for kind, least in RECALL.items():
        mine = [r for r in rows if r["kind"] == kind]
        truths, found = sum(r["truths"] for r in mine), sum(r["found"] for r in mine)
        true, false = sum(r["true_positives"] for r in mine), sum(r["false"] for r in mine)
        assert found >= least * truths, (kind, mine)
        assert true >= 0.95 * (true + false), (kind, mine)

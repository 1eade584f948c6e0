"""A step of a stage dealt out to several cores, beside the same step in one piece."""

from __future__ import annotations

import pyarrow as pa
import pytest
from made_stages import HITS, numbers, stage

from shiomi.engine import local
from shiomi.engine.local import Running
from shiomi.units import SECOND


def counted(steps: int, keys: int) -> pa.Table:
    """What a stage that counts the rows of each key says of many, in so many steps."""
    rows = numbers(900, keys=keys)
    running, found = Running([stage("only", "numbers", "hits")]), [HITS.empty_table()]
    for k in range(steps):
        low, mark = (10_000 * SECOND * i // steps for i in (k, k + 1))
        t = rows["t"].to_numpy()
        given = rows.filter(pa.array((t >= low) & (t < mark)))
        found.append(running.advance({"numbers": given}, mark)["hits"])
    return pa.concat_tables(found).sort_by("message_id")


@pytest.mark.parametrize("cores", [2, 3, 7])
@pytest.mark.parametrize("keys", [1, 2, 40])
def test_keys_dealt_out_meet_the_state_they_left(
    cores: int, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = counted(1, keys)
    monkeypatch.setattr(local, "_ROWS_TO_SHARE", 1)
    monkeypatch.setattr(local, "CORES", cores)
    assert counted(1, keys).equals(whole)
    assert counted(5, keys).equals(whole)


def test_a_state_that_is_not_in_order_of_its_keys_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "CORES", 2)
    rows = numbers(10, keys=4).sort_by("key")
    state = pa.table({"key": [3, 1], "seen": [7, 8]})
    assert len(local._dealt_out(state, rows, "key")) == 1
    assert len(local._dealt_out(state.sort_by("key"), rows, "key")) == 2
    assert len(local._dealt_out(state.drop_columns("key"), rows, "key")) == 1

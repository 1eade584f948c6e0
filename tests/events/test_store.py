"""The store keeps every revision, writes nothing twice, and says in a sentence what is wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from made_events import MERIT, START, encounter, event, positions, table

from shiomi.errors import StoreError
from shiomi.events import store
from shiomi.events.canonical import sort_events
from shiomi.schema import EVENTS, TRACKS


def _netstring(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        entries = sorted(value) if value and isinstance(value[0], tuple) else value
        value = "".join(
            _netstring(e[0]) + _netstring(e[1]) if isinstance(e, tuple) else _netstring(e) for e in entries
        )
    return f"{len(str(value).encode())}:{value},"


def _digest_by_hand(rows: list[dict[str, Any]]) -> str:
    """The slow plain form of the digest: rows in the order given."""
    text = "".join(_netstring(row[name]) for row in rows for name in EVENTS.names)
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store.create_or_open(tmp_path / "out")


def test_events_come_back_as_they_were_written(folder: Path) -> None:
    store.append_events(folder, table(encounter("b"), event("a", suppressed_by=["port:JPTYO", "x"])))
    newest = store.newest_events(folder)
    in_order = table(encounter("b"), event("a", suppressed_by=["port:JPTYO", "x"]))
    assert newest.select(EVENTS.names).equals(in_order)
    assert newest["revision"].to_pylist() == [1, 1]


def test_writing_the_same_events_again_writes_nothing(folder: Path) -> None:
    store.append_events(folder, table(event("a"), encounter("b")))
    shuffled = table(
        encounter("b"),
        event("a", measures=[("interval_s", 180), ("distance_m", 370_400), ("silence_s", 65_400)]),
    )
    changes = store.append_events(folder, shuffled)
    assert changes[:4] == (0, 0, 2, 0)
    assert store.read_table(folder, "events").num_rows == 2


def test_an_event_that_closes_becomes_the_next_revision_and_leaves_a_trail(folder: Path) -> None:
    opened = event("a", status="open", t_end=None, t_end_earliest=None, t_end_latest=None)
    store.append_events(folder, table(opened))
    changes = store.append_events(folder, table(event("a"), event("c")))
    assert changes[:4] == (1, 1, 0, 0)
    assert sorted(changes.written["event_id"].to_pylist()) == ["a", "c"]
    trail = store.history(folder, "a")
    assert trail["revision"].to_pylist() == [1, 2]
    assert trail["status"].to_pylist() == ["open", "closed"]
    assert [e["revision"] for e in store.newest_events(folder).to_pylist()] == [2, 1]


def test_of_two_rows_of_one_event_in_one_append_the_last_counts(folder: Path) -> None:
    store.append_events(folder, table(event("a", status="open"), event("a", coverage="good")))
    assert store.history(folder, "a")["coverage"].to_pylist() == ["good"]


def test_a_withdrawn_event_keeps_its_reason_and_can_come_back(folder: Path) -> None:
    store.append_events(folder, table(event("a")))
    changes = store.withdraw(folder, ["a"], "late reports fill the silence", START + 1)
    assert changes.withdrawn == 1
    assert store.withdraw(folder, ["a"], "again", START + 2)[:4] == (0, 0, 1, 0)
    store.append_events(folder, table(event("a")))
    trail = store.history(folder, "a")
    assert trail["status"].to_pylist() == ["closed", "withdrawn", "closed"]
    assert trail["reason"].to_pylist() == ["", "late reports fill the silence", ""]
    assert trail["known_t"][1].as_py() == START + 1


def test_what_stands_after_changes_is_known_without_reading_it_again(folder: Path) -> None:
    before = store.newest_events(folder)
    changes = store.append_events(folder, table(event("b"), encounter("c"), event("a")), before)
    after = store.with_changes(before, changes)
    assert after.equals(store.newest_events(folder))

    amended = table(event("a", status="open"), event("b"), event("d"))
    changes = store.append_events(folder, amended, after)
    assert changes[:4] == (1, 1, 1, 0)
    left = store.withdraw(folder, ["c"], "late reports fill the silence", START + 1)
    assert store.with_changes(after, changes, left).equals(store.newest_events(folder))


def test_an_unknown_event_cannot_be_withdrawn_and_nothing_is_written(folder: Path) -> None:
    store.append_events(folder, table(event("a")))
    with pytest.raises(StoreError, match="no event nowhere"):
        store.withdraw(folder, ["a", "nowhere"], "late", START)
    assert store.history(folder, "a").num_rows == 1


def test_an_earlier_version_shows_what_was_known_then(folder: Path) -> None:
    store.append_events(folder, table(event("a")))
    store.append_events(folder, table(event("b")))
    assert store.newest_events(folder, version=1)["event_id"].to_pylist() == ["a"]


def test_the_digest_does_not_depend_on_order_chunks_or_dictionaries(folder: Path) -> None:
    rows = [encounter("b"), event("a"), event("c", suppressed_by=["港", ""], measures=[], t_end=None)]
    plain = table(*rows)
    cut = pa.concat_tables([table(rows[2]), table(rows[1], rows[0]).slice(1), table(rows[1])])
    coded = plain.set_column(1, "kind", plain["kind"].dictionary_encode())
    store.append_events(folder, plain)
    digests = {store.events_digest(t) for t in (plain, cut, coded, store.newest_events(folder))}
    assert len(digests) == 1
    assert digests == {_digest_by_hand([rows[0], rows[1], rows[2]])}


@pytest.mark.parametrize(
    "change",
    [
        {"measures": [("silence_s", 65_401), ("distance_m", 370_400), ("interval_s", 180)]},
        {"evidence": [12, 11]},
        {"evidence": [1112]},
        {"suppressed_by": [""]},
        {"t_end": None},
        {"coverage": "unknown,"},
    ],
)
def test_the_digest_changes_with_any_content(change: dict[str, object]) -> None:
    assert store.events_digest(table(event("a"))) != store.events_digest(table(event("a", **change)))


def test_a_withdrawn_event_leaves_the_digest_of_what_stands(folder: Path) -> None:
    store.append_events(folder, table(event("a"), event("b")))
    store.withdraw(folder, ["b"], "late", START)
    assert store.events_digest(store.newest_events(folder)) == store.events_digest(table(event("a")))


def test_events_are_sorted_by_start_kind_and_subjects() -> None:
    rows = table(
        event("z", subjects=[MERIT, MERIT + 1]), event("y"), event("x", t_start=1), encounter("w"), event("a")
    )
    assert sort_events(rows)["event_id"].to_pylist() == ["x", "w", "a", "y", "z"]


def test_evidence_is_kept_once_and_found_by_message_id(folder: Path) -> None:
    assert store.append_evidence(folder, positions()) == 4
    assert store.append_evidence(folder, positions().slice(1, 2)) == 0
    found = store.positions_of(folder, [22, 11, 11, 99])
    assert found["message_id"].to_pylist() == [11, 22]
    assert found.schema.equals(TRACKS)
    assert store.positions_of(folder, range(10_000)).num_rows == 4
    assert store.positions_of(folder, []).num_rows == 0


def test_evidence_whose_track_changed_is_replaced_and_the_old_state_stays_readable(folder: Path) -> None:
    store.append_evidence(folder, positions())
    changed = positions().slice(0, 1).to_pylist()[0] | {"interval_s": 77}
    assert store.append_evidence(folder, pa.Table.from_pylist([changed], TRACKS)) == 1
    now = store.read_table(folder, "evidence")
    assert now.num_rows == 4
    assert store.positions_of(folder, [11])["interval_s"].to_pylist() == [77]
    assert store.read_table(folder, "evidence", version=1)["interval_s"].to_pylist() == [None] * 4


def test_evidence_of_many_events_comes_with_their_ids(folder: Path) -> None:
    store.append_evidence(folder, positions())
    events = table(encounter("b"), event("a"), event("none", evidence=[]))
    rows = store.evidence_of(folder, events)
    assert rows.equals(store.evidence_among(positions(), events))
    assert rows.select(["event_id", "message_id"]).to_pydict() == {
        "event_id": ["b"] * 4 + ["a"] * 2,
        "message_id": [11, 12, 21, 22, 11, 12],
    }


def test_a_missing_or_foreign_folder_is_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a store: it has no run"):
        store.newest_events(tmp_path)
    (tmp_path / "run.json").write_text('{"format": "other"}')
    with pytest.raises(StoreError, match="of another program"):
        store.newest_events(tmp_path)
    (tmp_path / "run.json").write_text("not json")
    with pytest.raises(StoreError, match="cannot be read"):
        store.create_or_open(tmp_path)
    (tmp_path / "run.json").unlink()
    (tmp_path / "events").mkdir()
    with pytest.raises(StoreError, match="in the way of a store"):
        store.create_or_open(tmp_path)


def test_a_store_of_a_newer_version_is_refused(folder: Path) -> None:
    run = store.read_run(folder) | {"store_version": 99}
    (folder / "run.json").write_text(json.dumps(run))
    with pytest.raises(StoreError, match="version 99"):
        store.newest_events(folder)


def test_a_table_that_is_gone_is_an_error_and_not_an_empty_sea(folder: Path) -> None:
    with pytest.raises(StoreError, match="has no table positions"):
        store.read_table(folder, "positions")
    assert store.read_table(folder, "rejects").num_rows == 0


def test_a_table_that_does_not_fit_is_refused(folder: Path) -> None:
    with pytest.raises(StoreError, match="nothing was added"):
        store.append_table(folder, "tracks", pa.table({"x": [1]}))
    with pytest.raises(StoreError, match="no table 'sea'"):
        store.append_table(folder, "sea", pa.table({"x": [1]}))


def test_places_keep_the_columns_they_come_with(folder: Path) -> None:
    places = pa.table({"place_id": ["JPTYO"], "places_id": ["h1"]})
    store.append_table(folder, "places", places, "overwrite")
    store.append_table(folder, "places", places.append_column("kind", [["port"]]), "overwrite")
    assert store.read_table(folder, "places").to_pylist() == [
        {"place_id": "JPTYO", "places_id": "h1", "kind": "port"}
    ]


def test_run_json_is_canonical_whatever_the_order_of_keys(folder: Path) -> None:
    store.write_run(folder, {"b": 1, "a": {"y": "潮", "x": 2}})
    one = (folder / "run.json").read_bytes()
    store.write_run(folder, {"a": {"x": 2, "y": "潮"}, "b": 1})
    assert (folder / "run.json").read_bytes() == one
    assert store.read_run(folder)["a"] == {"x": 2, "y": "潮"}

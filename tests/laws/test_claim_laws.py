"""Laws of the claim: what an event says follows from what it cites, and from nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from law_holding import each_event_chain, hold
from law_running import assert_same, between, in_steps, settled, whole
from law_stages import CHAINS, Chain
from law_worlds import World
from test_stream_laws import row_by_row

from shiomi.columns import numpy_of
from shiomi.units import SECOND

INTERMEDIATE = [c for c in CHAINS if not c.writes_events and c.given == "tracks"]


def cited(rows: pa.Table, ids: list[int]) -> pa.Table:
    """The rows of these messages, as they were, with what their track knew when they were made."""
    found = rows.filter(pc.is_in(rows["message_id"], pa.array(ids, pa.int64())))
    assert found.num_rows == len(ids), "a message is cited twice, or was never heard"
    return found


def reports_of(slots: pa.Table) -> set[int]:
    """Message ids that rows of the first stage of a chain name."""
    single = {"before_id", "after_id", "message_id"} & set(slots.schema.names)
    ids = {i for c in single for i in slots[c].to_pylist()}
    return ids | {i for c in {"fix_ids"} & set(slots.schema.names) for x in slots[c].to_pylist() for i in x}


@each_event_chain
def test_evidence_law_what_an_event_cites_gives_the_event_back(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        told = pa.concat_tables(found for _, found in in_steps(chain, rows, row_by_row(world, data)))
        newest = whole(chain, rows, world.end)
        events = told.to_pylist()
        for event in [*events, *(e for e in newest.to_pylist() if e not in events)]:
            alone = whole(chain, cited(rows, event["evidence"]), event["known_t"] + 1).to_pylist()
            again = [e for e in alone if e["event_id"] == event["event_id"]]
            assert again == [event], f"{event}\n gives on its evidence alone\n {alone}"
        return newest.num_rows

    hold(chain, law)


@each_event_chain
def test_evidence_law_evidence_is_cited_once_and_in_order_of_time(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        when = dict(zip(rows["message_id"].to_pylist(), rows["t"].to_pylist(), strict=True))
        found = whole(chain, rows, world.end)
        for event in found.to_pylist():
            times = [when[m] for m in event["evidence"]]
            assert times == sorted(times)
            assert len(set(event["evidence"])) == len(times) > 0
            assert all(t <= event["known_t"] for t in times), "it rests on what was not heard yet"
        return found.num_rows

    hold(chain, law)


def slots_of(chain: Chain, rows: pa.Table, end: int) -> pa.Table | None:
    """What the chain's grid holds, or None where it has none."""
    if not hasattr(chain.stages[0], "slot_s"):
        return None
    return whole(chain._replace(stages=chain.stages[:1]), rows, end)


def step_us(chain: Chain) -> int:
    return int(getattr(chain.stages[0], "slot_s", 0)) * SECOND


def around(slots: pa.Table, row: pa.Table, step: int) -> list[int]:
    """The reports around the slot of a row and around the one before."""
    t = row["t"][0].as_py()
    tracks = [row[c][0].as_py() for c in ("track_id", "partner_track_id") if c in row.schema.names]
    near = slots.filter(
        pc.and_(pc.is_in(slots["track_id"], pa.array(tracks)), pc.is_in(slots["t"], pa.array([t, t - step])))
    )
    named = [row[c][0].as_py() for c in ("near_before_id", "near_after_id") if c in row.schema.names]
    return [*reports_of(near), *named]


def is_alike(table: pa.Table, row: pa.Table) -> pa.Array:
    """Rows about the same tracks, and both about a beginning or both about an end."""
    alike = pa.array(np.ones(table.num_rows, np.bool_))
    for c in ("track_id", "partner_track_id", "is_end"):
        if c in table.schema.names:
            alike = pc.and_(alike, pc.equal(table[c], row[c][0]))
    return alike


@pytest.mark.parametrize("chain", INTERMEDIATE, ids=lambda c: c.name)
def test_evidence_law_what_an_intermediate_row_rests_on_gives_it_back(chain: Chain) -> None:
    """It names its reports; where it comes from slots, they are those around its slot and the one before."""

    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        found = whole(chain, rows, world.end)
        slots = slots_of(chain, rows, world.end)
        for i in np.random.default_rng(0).permutation(found.num_rows)[:8].tolist():
            row = found.slice(i, 1)
            t = row["t"][0].as_py()
            ids = {*(row["evidence"][0].as_py() if slots is None else around(slots, row, step_us(chain)))}
            if chain.stages[0] is chain.last and chain.last.by == "mmsi" and slots is not None:
                # Whether it is there at all rests on the other tracks of its MMSI.
                same = pc.equal(rows["mmsi"], row["mmsi"][0])
                ids |= {*rows.filter(same)["message_id"].to_pylist()}
            known = t + (chain.latency_s + chain.last.latency_s) * SECOND + 1
            alone = whole(chain, cited(rows, sorted(ids)), known)
            again = alone.filter(pc.and_(pc.equal(alone["t"], t), is_alike(alone, row)))
            assert_same(settled(chain, [again]), row.combine_chunks(), "on its reports alone")
        return found.num_rows

    hold(chain, law)


@pytest.mark.parametrize("chain", INTERMEDIATE, ids=lambda c: c.name)
def test_evidence_law_an_instant_of_a_track_or_pair_has_one_row(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        found = whole(chain, chain.rows(world), world.end)
        keys = [c for c in ("track_id", "partner_track_id", "t", "is_end") if c in found.schema.names]
        assert found.select(keys).group_by(keys).aggregate([]).num_rows == found.num_rows
        return found.num_rows

    hold(chain, law)


@each_event_chain
def test_evidence_law_an_event_is_known_at_its_time_and_not_before(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        rows = chain.rows(world)
        found = whole(chain, rows, world.end)
        for event in found.to_pylist():
            known_t = event["known_t"]
            for mark, is_known in ((known_t, False), (known_t + 1, True)):
                heard = whole(chain, between(rows, -(1 << 62), mark), mark).to_pylist()
                assert (event in heard) == is_known, f"at {mark} {heard} for {event}"
        return found.num_rows

    hold(chain, law)


@each_event_chain
def test_bounds_hold_what_they_bound(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        found = whole(chain, chain.rows(world), world.end)
        for e in found.to_pylist():
            assert e["kind"] == chain.last.name
            assert e["version"] == chain.last.version
            assert e["subjects"] == sorted(e["subjects"])
            assert e["t_start_earliest"] <= e["t_start"] <= e["t_start_latest"], e
            assert (e["status"] == "open") == (e["t_end"] is None) == (e["t_end_earliest"] is None), e
            if e["t_end"] is not None:
                assert e["t_start"] <= e["t_end"]
                assert e["t_end_earliest"] <= e["t_end"], e
                assert e["t_end_latest"] is None or e["t_end"] <= e["t_end_latest"], e
            assert abs(e["lat_e7"]) <= 900_000_000
            assert -1_800_000_000 <= e["lon_e7"] < 1_800_000_000
        assert len(set(found["event_id"].to_pylist())) == found.num_rows
        return int(np.sum(numpy_of(found, "known_t") > 0)) if found.num_rows else 0

    hold(chain, law)

"""The unit law: a name says its unit, and a number behaves as that unit does."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from law_holding import each_event_chain, hold
from law_running import times_of, whole, with_columns
from law_stages import CHAINS, STAGES, Chain
from law_worlds import World

from shiomi.columns import numpy_of
from shiomi.contracts import Detector
from shiomi.schema import (
    DISPLACEMENTS,
    EVENTS,
    LINKS,
    MUSTERS,
    PAIRS,
    PASSINGS,
    PATROLS,
    SLOTS,
    SOLITUDES,
    TRACKS,
    TURNOVERS,
    UNHEARD,
)
from shiomi.units import SECOND

UNITS = (
    "_s",
    "_m",
    "_mm",
    "_dkn",
    "_e7",
    "_ddeg",
    "_deg",
    "_deg_per_min",
    "_dm",
    "_hash",
    "_no",
    "_mmsi",
    "_pct",
)
"""A hash, a number and an MMSI are names, not amounts: which table, which row of it, which rule, who."""
COUNTS = ("fixes", "slots", "reports", "intervals", "vessels", "confidence", "rules", "legs")
"""Names with such a word count things: `min_fixes_elsewhere`."""
ROUNDED = ("together_max_s",)
"""Seconds that follow from a distance and a speed, not from the times of reports: rounded down."""
TABLES = {
    "tracks": TRACKS,
    "slots": SLOTS,
    "doubles": SLOTS,
    "proximity": PAIRS,
    "twins": PAIRS,
    "unheard": UNHEARD,
    "solitudes": SOLITUDES,
    "displacements": DISPLACEMENTS,
    "turnovers": TURNOVERS,
    "wakes": SLOTS,
    "abreast": PAIRS,
    "patrols": PATROLS,
    "passings": PASSINGS,
    "musters": MUSTERS,
    "links": LINKS,
    "events": EVENTS,
}


def says_unit(name: str) -> bool:
    return name.endswith(UNITS) or bool(set(name.split("_")) & set(COUNTS))


each_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda s: s.name)


@each_stage
def test_unit_law_every_parameter_says_its_unit_and_is_whole(stage: Detector) -> None:
    assert is_dataclass(stage), "parameters are the fields of a frozen dataclass"
    assert type(stage).__dataclass_params__.frozen  # type: ignore[attr-defined]
    for f in fields(stage):
        assert says_unit(f.name), f"{stage.name}.{f.name}: in what unit?"
        value = getattr(stage, f.name)
        assert isinstance(value, int), f"{stage.name}.{f.name} = {value!r}: whole numbers only"
        assert not isinstance(value, bool)


@each_stage
def test_every_stage_keeps_the_form_of_the_contract(stage: Detector) -> None:
    assert isinstance(stage, Detector)
    assert stage.name.isidentifier()
    assert stage.name.islower()
    assert stage.version >= 1
    assert stage.latency_s >= 0
    assert type(stage).__doc__
    assert not stage.state.names or stage.by in stage.state.names, "no machine can tell whose state it is"
    empty = TABLES.get(stage.reads)
    if empty is not None:
        state = stage.state.empty_table()
        step = stage.advance(state, empty.empty_table(), 1)
        assert step.state.schema.equals(stage.state), "the state has another schema than it says"
        assert step.found.schema.equals(TABLES.get(stage.writes, step.found.schema))


@each_event_chain
def test_unit_law_every_measure_says_its_unit(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        found = whole(chain, chain.rows(world), world.end)
        assert found.schema.equals(EVENTS)
        for event in found.to_pylist():
            for name, value in event["measures"]:
                assert says_unit(name), f"{chain.name} measures {name}: in what unit?"
                assert isinstance(value, int)
                if name.endswith(("_s", "_m", "_mm")) or name in COUNTS:
                    assert value >= 0, f"{name}={value}"
            measures = dict(event["measures"])
            if event["t_end"] is not None:
                for name in {"duration_s", "silence_s"} & measures.keys():
                    assert measures[name] == (event["t_end"] - event["t_start"]) // SECOND
        return found.num_rows

    hold(chain, law)


@each_event_chain
def test_unit_law_a_slower_clock_scales_what_has_seconds_in_it(chain: Chain) -> None:
    """All times doubled and all speeds halved, in rows and parameters: the same events, twice as long.

    A limit written into the code as a bare number would not stretch with the rest.
    """

    def law(world: World, data: Any) -> int:
        usual = chain._replace(stages=tuple(at_any_pace(s) for s in chain.stages))
        slow = chain._replace(stages=tuple(stretched_stage(s) for s in usual.stages))
        whole_seconds = calm(chain.rows(world))
        end = world.end // (2 * SECOND) * 2 * SECOND + 2 * SECOND
        found = whole(usual, whole_seconds, end)
        twice = whole(slow, stretched(whole_seconds), 2 * (end - 1) + 1)
        got = {(*e["subjects"], e["t_start"], about(e)): e for e in twice.to_pylist()}
        for e in found.to_pylist():
            other = got.pop((*e["subjects"], 2 * e["t_start"], about(e)), None)
            assert other is not None, f"not found on the slower clock: {e}"
            for name in ("status", "lat_e7", "lon_e7", "evidence"):
                assert other[name] == e[name], f"{name}: {other} for {e}"
            for name in times_of(found):
                assert other[name] == (None if e[name] is None else 2 * e[name]), f"{name}: {other} for {e}"
            measures = dict(other["measures"])
            for name, value in e["measures"]:
                expected = 2 * value if name.endswith("_s") else value
                rounding = 1 if name.endswith("_dkn") or name in ROUNDED else 0
                expected = value / 2 if name.endswith("_dkn") else expected
                assert abs(measures[name] - expected) <= rounding, f"{name}: {measures} for {e}"
        assert not got, f"found only on the slower clock: {got}"
        return found.num_rows

    hold(chain, law)


def about(event: dict[str, Any]) -> int:
    """The zone an event tells of, where it tells of one: a track may enter two at once."""
    return int(dict(event["measures"]).get("zone_hash", 0))


def at_any_pace(stage: Detector) -> Any:
    """Without the speed limits on slots, whose speeds are rounded between two reports."""
    on_slots = stage.reads not in ("tracks", "positions") or stage.writes == "slots"
    limits = {"max_pace_dkn", "max_link_dkn"} & {f.name for f in fields(stage)}  # type: ignore[arg-type]
    return replace(stage, **dict.fromkeys(limits, 30_000)) if on_slots else stage  # type: ignore[type-var]


def stretched_stage(stage: Any) -> Any:
    new = {}
    for f in fields(stage):
        value = getattr(stage, f.name)
        if f.name.endswith("_s"):
            new[f.name] = 2 * value
        elif f.name.endswith("_dkn"):
            assert value % 2 == 0
            new[f.name] = value // 2
    return replace(stage, **new)


def calm(rows: pa.Table) -> pa.Table:
    """Whole even seconds and even speeds, which a clock of half the speed can show."""
    even = 2 * SECOND
    new = {c: pc.multiply(pc.divide(rows[c], even), even) for c in times_of(rows)}
    for c in ("pace_dkn", "sog_dkn"):
        if c in rows.schema.names:
            new[c] = pc.multiply(pc.divide(rows[c], pa.scalar(2, pa.int16())), pa.scalar(2, pa.int16()))
    rows = with_columns(rows, **new)
    # Two reports of a track that now fall on one instant would stand in another order.
    key = np.stack([numpy_of(rows, "mmsi").astype(np.int64), numpy_of(rows, "t")])
    _, first = np.unique(key, axis=1, return_index=True)
    return rows.take(pa.array(np.sort(first)))


def stretched(rows: pa.Table) -> pa.Table:
    new = {c: pc.multiply(rows[c], 2) for c in times_of(rows)}
    for c in rows.schema.names:
        if c.endswith("_s"):
            new[c] = pc.multiply(rows[c], 2)
        elif c.endswith("_dkn"):
            new[c] = pc.divide(rows[c], pa.scalar(2, pa.int16()))
    return with_columns(rows, **new)


def test_every_registered_stage_is_held_to_the_laws() -> None:
    assert [c.name for c in CHAINS] == [s.name for s in STAGES]
    assert {"gap", "stop", "loitering", "position_jump", "encounter", "shared_identity"} <= {
        c.name for c in CHAINS if c.writes_events
    }

"""Laws of symmetry: no midnight, no date line, no favourite MMSI. Clock, antimeridian, names."""

from __future__ import annotations

from math import lcm
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st
from law_holding import each_chain, hold
from law_running import assert_same, remapped, settled, shifted, turned, whole, with_columns
from law_stages import Chain
from law_worlds import World
from law_zones import turned_stage

from shiomi.columns import numpy_of
from shiomi.units import SECOND

DAY_S = 86_400


def unnamed(table: pa.Table) -> pa.Table:
    """Events without their id, which holds names and times, in an order of their own."""
    if "event_id" not in table.schema.names:
        return table
    subjects = table["subjects"].to_pylist()
    measures = [dict(m) for m in table["measures"].to_pylist()]
    about = [m.get("zone_hash", m.get("crossed_mmsi", 0)) for m in measures]
    keys = [numpy_of(table, "t_start"), about, [s[-1] for s in subjects], [s[0] for s in subjects]]
    order = np.lexsort(keys)
    return table.drop_columns("event_id").take(pa.array(order))


def grid_us(chain: Chain) -> int:
    """Shifts by multiples of this leave the chain's slots where they are."""
    slots = [getattr(s, c) for s in chain.stages for c in ("slot_s", "every_s") if hasattr(s, c)]
    return lcm(*slots) * SECOND if slots else 1


@each_chain
def test_clock_law_the_hour_and_the_year_change_nothing(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        # Segmentation writes the second of a track's first report into the track's name.
        grid = grid_us(chain) if chain.given == "tracks" else SECOND
        # Some report comes to lie at midnight, on the same day or years later.
        times = numpy_of(world.positions, "t").tolist() or [0]
        t = data.draw(st.sampled_from(times), label="a time")
        days = data.draw(st.sampled_from([1, 30, 365, 4_000]), label="days later")
        by_us = days * DAY_S * SECOND - t % (DAY_S * SECOND) + data.draw(st.integers(-60, 60)) * SECOND
        by_us = by_us // grid * grid
        rows = chain.rows(world)
        found = whole(chain, rows, world.end)
        moved = shifted(whole(chain, shifted(rows, by_us), world.end + by_us), -by_us)
        if chain.name == "segment":
            moved = with_columns(moved, track_id=pa.array(numpy_of(moved, "track_id") - by_us // SECOND))
        assert_same(unnamed(moved), unnamed(found), f"shifted by {by_us} us")
        return found.num_rows

    hold(chain, law, hostile=True)


@each_chain
def test_antimeridian_law_turning_the_globe_changes_nothing(chain: Chain) -> None:
    def law(world: World, data: Any) -> int:
        # Some report comes to lie at 180 degrees, at Greenwich, or a quarter turn away.
        lons = numpy_of(world.positions, "lon_e7").tolist() or [0]
        lon_e7 = data.draw(st.sampled_from(lons), label="a longitude")
        comes_to = data.draw(st.sampled_from([1_800_000_000, 0, 900_000_000, -900_000_000]), label="comes to")
        by_e7 = comes_to - lon_e7 + data.draw(st.integers(-3_000, 3_000), label="nearly")
        rows = chain.rows(world)
        found = whole(chain, rows, world.end)
        # Zones are part of the globe. Their table then has another hash, and its events other ids.
        stages = tuple(turned_stage(s, by_e7) for s in chain.stages)
        moved = turned(whole(chain._replace(stages=stages), turned(rows, by_e7), world.end), -by_e7)
        if stages != chain.stages:
            found, moved = (unnamed(t).drop_columns("parameters") for t in (found, moved))
        assert_same(moved, found, f"turned by {by_e7}")
        return found.num_rows

    hold(chain, law, hostile=True)


@each_chain
@pytest.mark.parametrize("keeps_order", [True, False], ids=["in order", "in any order"])
def test_names_law_who_they_are_changes_nothing(chain: Chain, keeps_order: bool) -> None:
    def law(world: World, data: Any) -> int:
        rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), label="names"))
        rows = chain.rows(world)
        old = np.unique(numpy_of(rows, "mmsi"))
        new = 200_000_000 + 1_000_000 * rng.choice(575, len(old), replace=False)
        names = dict(zip(old.tolist(), (np.sort(new) if keeps_order else new).tolist(), strict=True))
        shuffled = rows.take(pa.array(rng.permutation(rows.num_rows)))
        found = whole(chain, rows, world.end)
        renamed = whole(chain, remapped(shuffled, names), world.end)
        expected = settled(chain, [remapped(found, names)])
        assert_same(unnamed(renamed), unnamed(expected), "renamed and shuffled")
        return found.num_rows

    hold(chain, law, hostile=True)

"""Presence from reports to the table: what the number and the order of reports may and may not change."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.detectors.presence import Presence
from shiomi.engine.local import Running
from shiomi.events.heard import slots_of
from shiomi.events.presence import HEARD_SLOT_S, Row, presence_rows, stays_in
from shiomi.ids import message_ids
from shiomi.places.zone_grid import waters_of
from shiomi.places.zones import BUNDLED, bundled_zones
from shiomi.schema import POSITIONS
from shiomi.tracks.clean import clean
from shiomi.tracks.segment import Segment
from shiomi.units import SECOND, microseconds

SINCE, UNTIL = microseconds("2024-03-01T00:00Z"), microseconds("2024-03-05T00:00Z")
ZONE = "Senkaku/Diaoyu 12-24 NM"


def reports(seed: int) -> pa.Table:
    """A ship that goes round and round an island, in its belt and out of it, heard every ten minutes."""
    rng = np.random.default_rng(seed)
    t = np.arange(SINCE, UNTIL, 600 * SECOND)
    parts = []
    for n in range(1):
        turn = 2 * np.pi * (np.arange(len(t)) / 100 + n / 2)
        away = 0.45 + 0.12 * np.sin(2 * np.pi * np.arange(len(t)) / 250)
        lat = 25.74 + away * np.cos(turn) + rng.normal(0, 1e-4, len(t))
        lon = 123.5 + away * np.sin(turn) / np.cos(np.radians(25.74))
        parts.append((np.full(len(t), 412_000_001 + n), t + rng.integers(0, 60, len(t)) * SECOND, lat, lon))
    mmsi, t, lat, lon = (np.concatenate(c) for c in zip(*parts, strict=True))
    given = {
        "mmsi": mmsi, "t": t, "lat_e7": np.rint(lat * 1e7), "lon_e7": np.rint(lon * 1e7),
        "message_id": np.zeros(len(t)), "source_id": np.zeros(len(t)), "source_row": np.arange(len(t)),
    }  # fmt: skip
    table = pa.Table.from_arrays(
        [
            pa.array(given[f.name]).cast(f.type) if f.name in given else pa.nulls(len(t), f.type)
            for f in POSITIONS
        ],
        schema=POSITIONS,
    )
    return table.set_column(0, POSITIONS.field(0), pa.array(message_ids(table)))


def counted(positions: pa.Table) -> Row:
    rows, _ = clean(positions)
    stages = [Segment(), Presence()]
    found = Running(stages).advance({"positions": rows}, UNTIL)["events"]
    # Not judged here: reception is counted by the slots alone.
    at = found.schema.get_field_index("coverage")
    found = found.set_column(at, found.schema.field(at), pa.repeat(pa.scalar("heard"), found.num_rows))
    names = dict(zip(*(bundled_zones()[c].to_pylist() for c in ("name", "zone_hash")), strict=True))
    waters = waters_of(BUNDLED)
    (zone,) = np.flatnonzero(waters.zone_hash == names[ZONE]).tolist()
    t, lat, lon = (numpy_of(rows, c) for c in ("t", "lat_e7", "lon_e7"))
    heard = slots_of(waters, zone, t, lat, lon, HEARD_SLOT_S)
    (row,) = presence_rows(stays_in(found, names[ZONE], SINCE, UNTIL), heard, SINCE, UNTIL, by="total")
    return row._replace(event_ids=[])


def test_without_a_third_of_the_reports_counts_may_fall_and_the_mark_of_a_minimum_rises() -> None:
    every = reports(1)
    whole = counted(every)
    assert whole.days >= 4
    assert not whole.is_minimum
    for seed in range(3):
        kept = np.random.default_rng(seed).random(every.num_rows) >= 0.3
        thin = counted(every.filter(pa.array(kept)))
        assert thin.unheard_s > whole.unheard_s
        assert thin.is_minimum
        assert thin.days <= whole.days
        assert thin.vessel_days <= whole.vessel_days
        assert thin.longest_s <= whole.longest_s


def test_every_report_twice_changes_nothing() -> None:
    every = reports(2)
    assert counted(pa.concat_tables([every, every])) == counted(every)


def test_a_table_of_zones_that_is_bundled_is_the_one_that_the_parameter_names() -> None:
    from shiomi.places.derived import feature_belts, watched_ports
    from shiomi.places.zones import zones_hash, zones_table

    assert zones_hash(bundled_zones()) == BUNDLED
    assert zones_hash(zones_table([*feature_belts(), *watched_ports()])) == BUNDLED

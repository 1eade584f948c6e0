"""Who was heard where: the compiled count beside a slow plain one, in whatever pieces and order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.schema import TRACKS
from shiomi.tracks.cells import CELLS, around, bands, cell_of
from shiomi.tracks.reception import RECEPTION, feed_of, merge_heard, reception_hash
from shiomi.tracks.seen import nothing_seen
from shiomi.units import SECOND

HOUR_US = 3600 * SECOND
NEAR_180 = 1_799_000_000


def made_tracks(seed: int, n: int = 600) -> pa.Table:
    """Ships that sail over 180 degrees, heard in some hours and not in others, of all transmitters."""
    rng = np.random.default_rng(seed)
    track = rng.integers(1, 9, n) << 33
    t = rng.integers(0, 90 * 3600, n) * SECOND
    order = np.lexsort((t, track))
    track, t = track[order], t[order]
    prev = np.full(n, -1, np.int64)
    same = track[1:] == track[:-1]
    prev[1:][same] = t[:-1][same]
    lon = NEAR_180 + rng.integers(-20_000_000, 20_000_000, n) + t // HOUR_US * 100_000
    columns = {f.name: pa.nulls(n, f.type) if f.nullable else pa.array([0] * n, f.type) for f in TRACKS}
    columns |= {
        "track_id": pa.array(track),
        "mmsi": pa.array((track >> 33).astype(np.int32)),
        "t": pa.array(t),
        "prev_t": pa.array(prev, mask=prev < 0),
        "lat_e7": pa.array(rng.integers(-20_000_000, 20_000_000, n).astype(np.int32)),
        "lon_e7": pa.array(((lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000).astype(np.int32)),
        "message_type": pa.array(rng.choice([1, 3, 18, 0], n).astype(np.int8), mask=rng.random(n) < 0.2),
    }
    return pa.Table.from_pydict(columns, schema=TRACKS)


def plain(rows: pa.Table) -> dict[tuple[int, int, int], list[int]]:
    counts: dict[tuple[int, int, int], list[int]] = {}
    last: dict[int, tuple[int, int, int]] = {}
    for r in rows.to_pylist():
        kind = {18: 2, 19: 2}.get(r["message_type"] or 0, 1 if (r["message_type"] or 0) > 0 else 0)
        hour = r["t"] // HOUR_US

        def add(lat: int, lon: int, what: int, kind: int = kind, hour: int = hour) -> None:
            cell = int(cell_of(np.array([lat]), np.array([lon]))[0])
            counts.setdefault((cell, kind, hour), [0, 0, 0])[what] += 1

        add(r["lat_e7"], r["lon_e7"], 1)
        if r["track_id"] not in last:
            add(r["lat_e7"], r["lon_e7"], 0)
        else:
            before, lat, lon = last[r["track_id"]]
            if before < hour:
                add(r["lat_e7"], r["lon_e7"], 0)
            hours_missed = hour - before - 1
            if 0 < hours_missed <= 48:
                east = (r["lon_e7"] - lon + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
                for k in range(1, hours_missed + 1):
                    away = lon + east * k // (hours_missed + 1)
                    add(
                        lat + (r["lat_e7"] - lat) * k // (hours_missed + 1),
                        (away + 1_800_000_000) % 3_600_000_000 - 1_800_000_000,
                        2,
                    )
        last[r["track_id"]] = (hour, r["lat_e7"], r["lon_e7"])
    return counts


def as_dict(reception: pa.Table) -> dict[tuple[int, int, int], list[int]]:
    return {
        (r["cell"], r["transmitter"], r["hour"]): [r["vessels"], r["reports"], r["missed"]]
        for r in reception.to_pylist()
    }


def test_the_count_is_that_of_a_plain_loop() -> None:
    for seed in range(5):
        rows = made_tracks(seed)
        got = as_dict(merge_heard([nothing_seen().after(rows).reception]))
        assert got == plain(rows)
        assert sum(c[2] for c in got.values()) > 50


def test_counting_step_by_step_counts_the_same() -> None:
    rows = made_tracks(7)
    whole = merge_heard([nothing_seen().after(rows).reception])
    seen, t = nothing_seen(), numpy_of(rows, "t")
    for a, b in ((0, 17), (17, 18), (18, 40), (40, 99)):
        seen = seen.after(rows.filter(pa.array((t >= a * HOUR_US) & (t < b * HOUR_US))))
    assert merge_heard([seen.reception]).equals(whole)
    assert reception_hash(seen.reception) == reception_hash(whole)


def test_the_feed_is_the_sum_of_what_was_heard() -> None:
    rows = made_tracks(3)
    feed = feed_of(merge_heard([nothing_seen().after(rows).reception]))
    hour, n = np.unique(numpy_of(rows, "t") // HOUR_US, return_counts=True)
    assert feed["hour"].to_pylist() == hour.tolist()
    assert feed["reports"].to_pylist() == n.tolist()
    assert feed_of(RECEPTION.empty_table()).num_rows == 0


def test_cells_are_of_about_one_size_and_cover_the_earth() -> None:
    rng = np.random.default_rng(1)
    z, lon = rng.uniform(-1, 1, 200_000), rng.integers(-1_800_000_000, 1_800_000_000, 200_000)
    lat = np.rint(np.degrees(np.arcsin(z)) * 1e7).astype(np.int64)
    n = np.bincount(cell_of(lat, lon), minlength=CELLS)
    by_band = np.add.reduceat(n[: int(bands().first[-1] + bands().cells[-1])], bands().first)
    in_a_cell = by_band[40:-40] / bands().cells[40:-40]
    assert in_a_cell.max() < 2 * in_a_cell.min()
    for pole in (-900_000_000, 900_000_000):
        assert 0 <= int(cell_of(np.array([pole]), np.array([0]))[0]) < CELLS


def test_neighbours_are_near_across_180_degrees_and_at_the_poles() -> None:
    for lat, lon in ((0, 1_799_999_999), (350_000_000, -1_800_000_000), (899_999_999, 0), (600_000_000, 0)):
        cell = cell_of(np.array([lat]), np.array([lon]))
        here = around(cell)[0]
        assert int(cell[0]) in here.tolist()
        assert len({c for c in here.tolist() if c >= 0}) == int((here >= 0).sum())
    west, east = (cell_of(np.array([0]), np.array([x])) for x in (-1_800_000_000, 1_799_999_999))
    assert int(west[0]) in around(east)[0].tolist()
    assert int(east[0]) in around(west)[0].tolist()
    rng = np.random.default_rng(2)
    lat, lon = rng.integers(-700_000_000, 700_000_000, 500), rng.integers(-1_800_000_000, 1_799_000_000, 500)
    north = cell_of(lat + 2_500_000, lon)
    beside = around(cell_of(lat, lon))
    assert np.mean((beside == north[:, None]).any(axis=1)) > 0.99

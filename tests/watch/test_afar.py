"""On a cluster as here: the same events, the same store, whatever is lost on the way."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from made_cluster import Here
from watching import HEADER, NO_LEARNING, rows_of, sails, sails_between, watched, write_csv

from conftest import World
from shiomi.afar import working_on
from shiomi.engine.plan import EVENTS_TABLE, registered
from shiomi.errors import NothingRead
from shiomi.events.store import read_run
from shiomi.events.zoned import settle_zones
from shiomi.job import Options
from shiomi.measure import measure
from shiomi.simulate.packing import pack_names
from shiomi.sources.open import Input, open_input
from shiomi.sources.parquet import Parquet
from shiomi.watch import Report, watch

TABLES = ["tracks", "particulars", "rejects", "positions", "evidence", "places", "reception"]


def watched_afar(
    store: Path,
    *inputs: Path,
    lost: set[int] | None = None,
    worker: Executor | None = None,
    **options: Any,
) -> Report:
    engine = working_on(lambda: contextlib.nullcontext(Here(lost, worker)))
    return watch(inputs, store, Options(**options), lambda _what, _share: None, engine)


def assert_same_store(one: Path, other: Path) -> None:
    for name in TABLES:
        a, b = (rows_of(store, name) for store in (one, other))
        keys = [(c, "ascending") for c in a.column_names]
        assert a.sort_by(keys).equals(b.sort_by(keys)), name
    assert {k: v for k, v in read_run(one).items() if k != "files"} == {
        k: v for k, v in read_run(other).items() if k != "files"
    }


def test_a_cluster_finds_what_one_machine_finds_to_the_last_byte(world: World, tmp_path: Path) -> None:
    report = watched_afar(tmp_path / "store", world.file)

    assert report.digest == world.report.digest
    assert report.events.equals(world.report.events)
    assert report.tally == world.report.tally
    assert_same_store(tmp_path / "store", world.store)


@pytest.mark.slow
def test_tasks_that_are_run_again_change_nothing(world: World, tmp_path: Path) -> None:
    report = watched_afar(tmp_path / "store", world.file, lost=set(range(0, 1000, 2)))

    assert report.digest == world.report.digest


def two_days(folder: Path) -> tuple[Path, Path]:
    """A meeting over midnight and a silence that outlasts it, a file a day."""
    still = {"lat": 30.0, "lon": 125.0, "kn": 0.0}
    first = [
        sails(431_000_001, "2024-03-01T00:00:00", 10, 144, **still),
        sails(431_000_002, "2024-03-01T20:00:00", 10, 24, **(still | {"lat": 30.001})),
        sails(431_000_003, "2024-03-01T00:00:00", 10, 60),
    ]
    second = [
        sails(431_000_001, "2024-03-02T00:00:00", 10, 144, **still),
        sails(431_000_002, "2024-03-02T00:00:00", 10, 6, **(still | {"lat": 30.001})),
        sails_between(431_000_003, ["2024-03-02T06:00:00", "2024-03-02T06:10:00"], lon=127.0),
    ]
    return write_csv(folder / "1.csv", *first), write_csv(folder / "2.csv", *second)


def test_other_machines_know_the_zones_and_places_of_the_store(tmp_path: Path) -> None:
    sides = [[124.9, 29.9], [125.1, 29.9], [125.1, 30.1], [124.9, 30.1], [124.9, 29.9]]
    zone = {"type": "Polygon", "coordinates": [sides]}
    made = {"type": "Feature", "properties": {"name": "Square", "kind": "area"}, "geometry": zone}
    (tmp_path / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [made]}))
    (tmp_path / "ports.csv").write_text("name,lat,lon,radius_m\nQuay,30.0,125.0,2000\n")
    days = [
        write_csv(tmp_path / f"{d}.csv", *[sails(431_000_001, f"2024-03-0{d}", 10, 100, kn=0)])
        for d in (1, 2)
    ]

    def found(store: Path, run: Any) -> Report:
        settings = settle_zones(store, [tmp_path / "zones.geojson"], registered())
        for day in days:
            report = run(store, day, settings=settings, place_lists=[tmp_path / "ports.csv"])
        return report  # type: ignore[no-any-return]

    # Of what this process has read, the other has read nothing.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as worker:
        afar = found(tmp_path / "afar", partial(watched_afar, worker=worker))
    here = found(tmp_path / "here", watched)

    assert {e["kind"] for e in here.events.to_pylist()} >= {"presence", "port_visit"}
    assert afar.digest == here.digest


def test_a_store_goes_on_where_either_engine_left_it(tmp_path: Path) -> None:
    first, second = two_days(tmp_path)
    stores = {name: tmp_path / name for name in ("here", "afar", "mixed")}
    options: dict[str, Any] = {"learning": NO_LEARNING}
    watched(stores["here"], first, **options)
    here = watched(stores["here"], second, **options)
    watched_afar(stores["afar"], first, **options)
    afar = watched_afar(stores["afar"], second, **options)
    watched_afar(stores["mixed"], first, **options)
    mixed = watched(stores["mixed"], second, **options)

    assert {e["kind"] for e in here.events.to_pylist()} >= {"encounter", "stop", "gap"}
    assert not afar.replayed
    assert here.digest == afar.digest == mixed.digest
    assert_same_store(stores["here"], stores["afar"])


def test_a_file_that_comes_late_has_the_store_replayed_on_the_cluster(tmp_path: Path) -> None:
    first, second = two_days(tmp_path)
    whole = watched(tmp_path / "whole", first, second, learning=NO_LEARNING)
    watched_afar(tmp_path / "late", second, learning=NO_LEARNING)

    late = watched_afar(tmp_path / "late", first, learning=NO_LEARNING)

    assert late.replayed
    assert late.digest == whole.digest


def test_a_file_read_before_is_not_read_again(tmp_path: Path) -> None:
    first, _ = two_days(tmp_path)
    before = watched_afar(tmp_path / "store", first)

    again = watched_afar(tmp_path / "store", first)

    assert again.is_nothing_new
    assert again.digest == before.digest


def test_what_cannot_be_read_is_told_as_on_one_machine(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("Nothing of ships in here.\n")
    (tmp_path / "bad.csv").write_text("date,price\n2024-03-01,17\n")
    inputs = [tmp_path / "in", tmp_path / "bad.csv", tmp_path / "none.csv"]
    told = []
    for store, run in ((tmp_path / "a", watched), (tmp_path / "b", watched_afar)):
        with pytest.raises(NothingRead) as e:
            run(store, *inputs)
        told.append(str(e.value))

    assert told[0] == told[1]
    assert "holds ship positions" in told[0]


def test_row_groups_read_apart_are_the_file(tmp_path: Path) -> None:
    rows = [line.split(",") for line in sails(431_000_001, "2024-03-01T00:00:00", 1, 100)]
    frame = pl.DataFrame(rows, schema=HEADER.split(","), orient="row")
    frame = frame.with_columns(pl.col("BaseDateTime").str.to_datetime())
    frame.write_parquet(tmp_path / "p.parquet", row_group_size=30)
    assert pq.read_metadata(tmp_path / "p.parquet").num_row_groups == 4

    def read(first: int, last: int) -> list[dict[str, Any]]:
        with open_input(Input(tmp_path / "p.parquet")) as stream:
            chunks = Parquet(row_groups=(first, last)).read(stream, 1)
            return [row for c in chunks for row in c.positions.to_pylist()]

    assert read(0, 1) + read(1, 3) + read(3, 4) == read(0, 0)
    assert [row["source_row"] for row in read(1, 3)] == list(range(31, 91))


@pytest.mark.slow
def test_every_kind_of_event_is_found_on_a_cluster_as_here(tmp_path: Path) -> None:
    packs = [n for n in pack_names() if n.startswith("dense-")] + ["jammed"]
    measure(tmp_path / "here", packs)
    measure(tmp_path / "afar", packs, engine=working_on(lambda: contextlib.nullcontext(Here())))

    kinds = set[str]()
    for name in packs:
        here, afar = (tmp_path / where / name / "store" for where in ("here", "afar"))
        assert read_run(here)["events_digest"] == read_run(afar)["events_digest"], name
        kinds |= set(rows_of(here, "events")["kind"].to_pylist())
    assert kinds == {s.name for s in registered() if s.writes == EVENTS_TABLE}

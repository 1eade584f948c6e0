"""What packs plant, seen in the rows that were written and not in the plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shiomi.events.score import read_truth
from shiomi.geo import distance_m
from shiomi.simulate.packing import load_pack
from shiomi.simulate.run import LATE, simulate
from shiomi.units import NAUTICAL_MILE_M, SECOND

SEED = 9_001
HOUR = 3600 * SECOND


class Sea:
    """Rows and truth of a pack."""

    def __init__(self, name: str, folder: Path) -> None:
        self.scenario = load_pack(name)[1]
        made = simulate(self.scenario, folder, seed=SEED)
        assert made.unfulfilled == ()
        self.files = made.files
        rows = pl.concat([pl.read_csv(f, infer_schema_length=None) for f in made.files])
        rows = rows.filter((pl.col("LAT").abs() <= 90) & (pl.col("LON").abs() <= 180))
        t = pl.col("BaseDateTime").str.to_datetime("%Y-%m-%dT%H:%M:%S").dt.epoch("us")
        self.rows = rows.with_columns(t=t).sort("MMSI", "t")
        self.truth = pl.DataFrame(read_truth(folder / "truth.csv"))

    def of(self, kind: str, subkind: str) -> list[dict[str, object]]:
        return self.truth.filter((pl.col("kind") == kind) & (pl.col("subkind") == subkind)).to_dicts()

    def track(self, mmsi: int, t0: int, t1: int) -> pl.DataFrame:
        mine = (pl.col("MMSI") == mmsi) & pl.col("t").is_between(t0, t1)
        return self.rows.filter(mine).unique("t").sort("t")

    def apart_m(self, r: dict[str, object], more: int = 0) -> np.ndarray:
        t0, t1 = int(r["t_start"]) - more, int(r["t_end"]) + more  # type: ignore[call-overload]
        t = np.arange(t0, t1, 5 * SECOND)
        at = []
        for who in ("mmsi", "partner_mmsi"):
            w = self.track(int(r[who]), t0 - HOUR, t1 + HOUR)  # type: ignore[call-overload]
            at += [np.rint(np.interp(t, w["t"], w[c]) * 1e7).astype(np.int64) for c in ("LAT", "LON")]
        return distance_m(*at)


@pytest.fixture(scope="module")
def conduct(tmp_path_factory: pytest.TempPathFactory) -> Sea:
    return Sea("mixed-conduct", tmp_path_factory.mktemp("conduct"))


@pytest.fixture(scope="module")
def impostors(tmp_path_factory: pytest.TempPathFactory) -> Sea:
    return Sea("dense-impostors", tmp_path_factory.mktemp("impostors"))


@pytest.mark.slow
def test_ships_that_cross_closely_do_and_those_that_part_do_not(conduct: Sea) -> None:
    close = [conduct.apart_m(r, 5 * 60 * SECOND).min() for r in conduct.of("close_manoeuvre", "crossing")]
    wide = [conduct.apart_m(r, HOUR).min() for r in conduct.of("lookalike", "parting")]
    assert (len(close), len(wide)) == (8, 4)
    assert max(close) < 463
    assert min(wide) > 1_500


@pytest.mark.slow
def test_a_shadow_keeps_its_distance_while_the_lead_turns(conduct: Sea) -> None:
    for r in conduct.of("shadowing", "through_turns"):
        away_m = conduct.apart_m(r)
        assert 0.3 * NAUTICAL_MILE_M < away_m.min() <= away_m.max() < 3 * NAUTICAL_MILE_M
        course = conduct.track(r["mmsi"], r["t_start"], r["t_end"])["COG"].to_numpy()  # type: ignore[arg-type]
        turned = (course[-60:].mean() - course + 180) % 360 - 180
        assert np.abs(turned).max() > 20


def test_a_computed_track_keeps_the_second_and_an_autopilot_does_not(impostors: Sea) -> None:
    def steps(r: dict[str, object]) -> np.ndarray:
        t = impostors.track(r["mmsi"], r["t_start"], r["t_end"])["t"].to_numpy()  # type: ignore[arg-type]
        return np.diff(t)

    for r in impostors.of("fabricated_track", "computed"):
        assert len(steps(r)) > 300
        assert len(np.unique(steps(r))) == 1
    for r in impostors.of("lookalike", "autopilot"):
        assert len(np.unique(steps(r))) > 3


def test_two_numbers_of_one_hull_are_never_a_hull_apart(impostors: Sea) -> None:
    twos = impostors.of("dual_identity", "two_numbers")
    assert len(twos) == 4
    for r in twos:
        assert np.percentile(impostors.apart_m(r), 99) < 60
        names = {
            frozenset(impostors.track(r[who], 0, r["t_end"])["VesselName"][0].split())  # type: ignore
            for who in ("mmsi", "partner_mmsi")
        }
        assert len(names) == 1


def test_a_number_changed_goes_on_where_the_old_one_ended(impostors: Sea) -> None:
    for r in impostors.of("identity_switch", "under_way"):
        first, last = r["t_start"], r["t_end"]
        heard = [impostors.track(r[who], 0, 2 * int(last)) for who in ("mmsi", "partner_mmsi")]  # type: ignore
        old, new = sorted(heard, key=lambda w: w["t"][0])
        assert (old["t"][-1], new["t"][0]) == (first, last)


def test_nobody_is_heard_in_a_deaf_water_while_it_is_deaf(tmp_path: Path) -> None:
    sea = Sea("hole-station-off", tmp_path)
    (deaf,) = sea.scenario.world["deaf"]
    lat, lon = (np.rint(sea.rows[c].to_numpy() * 1e7).astype(np.int64) for c in ("LAT", "LON"))
    at = [round(x * 1e7) for x in deaf["at"]]
    inside = distance_m(lat, lon, *at) < deaf["radius_nm"] * NAUTICAL_MILE_M - 500
    since_h = (sea.rows["t"].to_numpy() - sea.scenario.t_start) / HOUR
    is_deaf = (since_h >= deaf["hours"][0]) & (since_h < deaf["hours"][1])
    assert not (inside & is_deaf).any()
    assert (inside & ~is_deaf).sum() > 10_000


def test_late_rows_are_of_all_times_and_in_a_file_of_their_own(tmp_path: Path) -> None:
    sea = Sea("late-and-shuffled", tmp_path)
    (late,) = [f for f in sea.files if f.name.startswith(LATE)]
    rows = pl.read_csv(late, infer_schema_length=None)
    share = rows.height / sum(pl.read_csv(f, infer_schema_length=None).height for f in sea.files)
    assert 0.13 < share < 0.17
    days = rows["BaseDateTime"].str.slice(0, 10).unique()
    assert len(days) == 2


def test_the_truth_of_stays_holds_every_row_well_inside_and_none_well_outside(tmp_path: Path) -> None:
    sea = Sea("mixed-calls", tmp_path)
    (reef,) = [z for z in sea.scenario.world["zone"] if z["name"] == "Reef"]
    at = [round(x * 1e7) for x in reef["at"]]
    lat, lon = (np.rint(sea.rows[c].to_numpy() * 1e7).astype(np.int64) for c in ("LAT", "LON"))
    off_m = distance_m(lat, lon, *at) - reef["radius_nm"] * NAUTICAL_MILE_M
    stays = sea.truth.filter(pl.col("subkind") == "Reef").select("mmsi", "t_start", "t_end")
    rows = sea.rows.select(pl.col("MMSI").cast(pl.Int32).alias("mmsi"), "t").with_columns(off_m=off_m)
    rows = rows.with_row_index("row").join(stays, on="mmsi")
    stayed = rows.filter(pl.col("t").is_between("t_start", "t_end"))
    told = np.zeros(len(off_m), np.bool_)
    told[stayed["row"].to_numpy()] = True
    assert told[off_m < -200].all()
    assert not told[off_m > 2_000].any()
    assert (off_m < -200).sum() > 500

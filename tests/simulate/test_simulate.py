from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from small_world import plant, small

from shiomi.errors import BadParameter, Unreadable
from shiomi.events.score import read_truth
from shiomi.geo import distance_m
from shiomi.kernels.transmissions import reporting_interval_s
from shiomi.simulate import scenario
from shiomi.simulate.particulars import imo_with_check_digit
from shiomi.simulate.run import HEADER, Summary, simulate

KNOT_M_S = 1852 / 3600
EVERYTHING = "".join(
    [
        plant("encounter", "drifting", 1, area="shore", hours=[3, 4], apart_m=[30, 150]),
        plant("encounter", "raft_of_three", 1, area="shore", hours=[3, 4], apart_m=[30, 70]),
        plant("encounter", "sparse_both", 1, area="satellite", hours=[6, 7], apart_m=[30, 150]),
        plant("gap", "coastal", 1, hours=[13, 14]),
        plant("loitering", "drifting", 1, area="satellite", hours=[5, 6]),
        plant("stop", "anchored_offshore", 1, area="anchor", hours=[6, 7]),
        plant("shared_identity", "near", 1, distance_nm=[8, 8.2]),
        plant("outlier", "far", 2, distance_nm=[60, 300]),
        plant("position_jump", "and_back", 1, hours=[2, 3], distance_nm=[150, 200]),
        plant("lookalike", "bunkering", 1, hours=[3, 4], apart_m=[30, 60]),
        plant("lookalike", "passing", 1, speed_kn=[9, 12], apart_m=[250, 350]),
        plant("lookalike", "pilot_boarding", 1, speed_kn=[5, 8], minutes=[10, 20]),
        plant("lookalike", "tug_and_tow", 1, speed_kn=[5, 7], apart_m=[250, 480]),
    ]
)


def run(text: str, out: Path, seed: int | None = None) -> tuple[Summary, pl.DataFrame, pl.DataFrame]:
    summary = simulate(scenario.parse(text), out, seed=seed)
    rows = pl.concat([pl.read_csv(f, infer_schema_length=None) for f in summary.files])
    rows = rows.with_columns(t=pl.col("BaseDateTime").str.to_datetime("%Y-%m-%dT%H:%M:%S").dt.epoch("us"))
    return summary, rows, pl.DataFrame(read_truth(out / "truth.csv"))


def digest(folder: Path) -> str:
    parts = sorted(f for f in folder.rglob("*") if f.is_file())
    return hashlib.sha256(b"".join(f.name.encode() + f.read_bytes() for f in parts)).hexdigest()


def track(rows: pl.DataFrame, mmsi: int) -> pl.DataFrame:
    good = (pl.col("LAT").abs() <= 90) & (pl.col("LON").abs() <= 180)
    return rows.filter((pl.col("MMSI") == mmsi) & good).unique("t").sort("t")


def place_at(rows: pl.DataFrame, mmsi: int, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r = track(rows, mmsi)
    lon = np.unwrap(r["LON"].to_numpy(), period=360)
    lat, lon = (np.interp(t, r["t"], x) for x in (r["LAT"], lon))
    return np.round(lat * 1e7).astype(np.int64), np.round(lon * 1e7).astype(np.int64)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Summary, pl.DataFrame, pl.DataFrame]:
    return run(small(EVERYTHING), tmp_path_factory.mktemp("everything"))


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    text = small(EVERYTHING)
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        run(text, tmp_path / name, seed)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")
    assert scenario.load(tmp_path / "c" / "scenario.toml").seed == 6


def test_every_plan_came_true_and_is_counted(everything: tuple[Summary, pl.DataFrame, pl.DataFrame]) -> None:
    summary, rows, truth = everything
    assert summary.unfulfilled == ()
    assert summary.rows == len(rows)
    counts = dict(truth.group_by("kind").len().rows())
    assert counts["encounter"] == 1 + 3 + 1
    assert (counts["gap"], counts["loitering"], counts["stop"], counts["shared_identity"]) == (1, 1, 1, 1)
    assert counts["position_jump"] == 1
    assert 2 <= counts["outlier"] <= 6
    assert counts["lookalike"] == 4


def test_rows_have_the_header_and_values_a_feed_may_carry(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, _ = everything
    assert [c for c in rows.columns if c != "t"] == HEADER
    names = rows["VesselName"].drop_nulls()
    assert names.str.starts_with("SIM ").all()
    assert (rows.filter(pl.col("TransceiverClass") == "B")["Heading"] == 511).all()
    assert rows["SOG"].is_between(0, 102.3).all()
    assert rows["COG"].is_between(0, 360).all()
    imo = rows["IMO"].drop_nulls().unique().str.strip_prefix("IMO").cast(pl.Int64)
    assert len(imo) > 0
    assert all(imo_with_check_digit(n // 10) == n and 2_000_000 <= n < 3_000_000 for n in imo)


def test_rows_arrive_out_of_order_and_some_twice(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, _ = everything
    t = rows["t"].to_numpy()
    assert 0.01 < (np.diff(t) < 0).mean() < 0.9
    again = len(rows) - rows.select(HEADER).n_unique()
    assert 0 < again < 0.2 * len(rows)


def test_invalid_rows_are_as_many_as_asked(tmp_path: Path) -> None:
    summary, rows, _ = run(small(feed="invalid_per_million = 20000"), tmp_path)
    bad = (rows["MMSI"] < 100_000_000) | (rows["LAT"].abs() > 90) | (rows["LON"].abs() > 180)
    assert summary.invalid_rows == bad.sum()
    assert summary.invalid_rows == pytest.approx(0.02 * len(rows), rel=0.05)


def test_no_ship_moves_faster_than_a_ship(everything: tuple[Summary, pl.DataFrame, pl.DataFrame]) -> None:
    _, rows, truth = everything
    liars = truth.filter(pl.col("kind").is_in(["outlier", "position_jump", "shared_identity"]))[
        "mmsi"
    ].to_list()
    checked = 0
    for mmsi in rows.filter(pl.col("MMSI") >= 100_000_000)["MMSI"].unique().to_list():
        r = track(rows, mmsi)
        if mmsi in liars or len(r) < 2:
            continue
        lat, lon = ((r[c] * 1e7).round().cast(pl.Int64).to_numpy() for c in ("LAT", "LON"))
        seconds = np.diff(r["t"].to_numpy()) / 1e6
        step_m = distance_m(lat[1:], lon[1:], lat[:-1], lon[:-1])
        noise_m = 15.0
        assert ((step_m - noise_m) / seconds < 35 * KNOT_M_S).all()
        checked += 1
    assert checked > 20


def test_a_planted_meeting_is_within_500_m_and_slow_in_the_written_rows(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, truth = everything
    for r in truth.filter((pl.col("kind") == "encounter") & (pl.col("subkind") != "sparse_both")).rows(
        named=True
    ):
        t = np.arange(r["t_start"] + 300_000_000, r["t_end"] - 300_000_000, 60_000_000)
        a, b = place_at(rows, r["mmsi"], t), place_at(rows, r["partner_mmsi"], t)
        assert (distance_m(*a, *b) < 500).all()
        assert r["t_end"] - r["t_start"] > 2.5 * 3600e6
        for mmsi in (r["mmsi"], r["partner_mmsi"]):
            during = track(rows, mmsi).filter(pl.col("t").is_between(t[0], t[-1]))
            assert (during.filter(pl.col("SOG") < 102)["SOG"] < 2.3).all()
        before = np.asarray([r["t_start"] - 3_600_000_000 * 2])
        assert (
            distance_m(*place_at(rows, r["mmsi"], before), *place_at(rows, r["partner_mmsi"], before))[0]
            > 500
        )


def test_a_sparse_meeting_is_heard_at_satellite_intervals(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, truth = everything
    r = truth.filter(pl.col("subkind") == "sparse_both").row(0, named=True)
    for mmsi in (r["mmsi"], r["partner_mmsi"]):
        t = track(rows, mmsi).filter(pl.col("t").is_between(r["t_start"], r["t_end"]))["t"].to_numpy()
        gaps_min = np.diff(t) / 60e6
        assert gaps_min.max() > 15
        assert gaps_min.max() < 240
        assert len(t) < 60


def test_a_silence_is_the_hole_between_two_written_rows(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, truth = everything
    r = truth.filter(pl.col("kind") == "gap").row(0, named=True)
    t = track(rows, r["mmsi"])["t"].to_numpy()
    assert {r["t_start"], r["t_end"]} <= set(t.tolist())
    assert not ((t > r["t_start"]) & (t < r["t_end"])).any()
    assert 12.5 * 3600e6 < r["t_end"] - r["t_start"] < 16 * 3600e6


def test_a_wild_row_is_far_from_the_rows_around_it(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, truth = everything
    wild = truth.filter(pl.col("kind") == "outlier")
    for r in wild.rows(named=True):
        own = set(wild.filter(pl.col("mmsi") == r["mmsi"])["t_start"])
        t = track(rows, r["mmsi"])
        here = t.filter(pl.col("t") == r["t_start"])
        assert len(here) == 1
        rest = t.filter(~pl.col("t").is_in(list(own)))
        lat, lon = place_at(rest, r["mmsi"], np.asarray([r["t_start"]]))
        away_m = distance_m(lat, lon, np.round(here["LAT"] * 1e7), np.round(here["LON"] * 1e7))
        assert away_m[0] > 60 * 1852


def test_a_jump_moves_all_rows_between_its_ends(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, truth = everything
    r = truth.filter(pl.col("kind") == "position_jump").row(0, named=True)
    t = track(rows, r["mmsi"])
    during = t.filter((pl.col("t") > r["t_start"]) & (pl.col("t") < r["t_end"]))
    genuine = t.filter((pl.col("t") <= r["t_start"]) | (pl.col("t") >= r["t_end"]))
    assert len(during) > 3
    lat, lon = place_at(genuine, r["mmsi"], during["t"].to_numpy())
    away_m = distance_m(lat, lon, np.round(during["LAT"] * 1e7), np.round(during["LON"] * 1e7))
    assert (away_m > 100 * 1852).all()


def test_one_mmsi_of_two_hulls_is_in_two_places_15_km_apart(
    everything: tuple[Summary, pl.DataFrame, pl.DataFrame],
) -> None:
    _, rows, truth = everything
    r = truth.filter(pl.col("kind") == "shared_identity").row(0, named=True)
    both = rows.filter(
        (pl.col("MMSI") == r["mmsi"]) & (pl.col("LAT").abs() <= 90) & (pl.col("LON").abs() <= 180)
    )
    assert both["VesselName"].n_unique() == 2
    a, b = (both.filter(pl.col("VesselName") == n) for n in both["VesselName"].unique().sort())
    t = np.arange(r["t_start"] + 600_000_000, r["t_end"] - 600_000_000, 600_000_000)
    away_m = distance_m(*place_at(a, r["mmsi"], t), *place_at(b, r["mmsi"], t))
    assert np.median(away_m) == pytest.approx(8.1 * 1852, rel=0.05)


def test_look_alikes_look_alike(everything: tuple[Summary, pl.DataFrame, pl.DataFrame]) -> None:
    _, rows, truth = everything
    by = {r["subkind"]: r for r in truth.filter(pl.col("kind") == "lookalike").rows(named=True)}
    assert all(r["must_not"].startswith("encounter") and not r["must_find"] for r in by.values())
    minutes = {k: (r["t_end"] - r["t_start"]) / 60e6 for k, r in by.items()}
    assert minutes["passing"] < 5
    assert 5 < minutes["pilot_boarding"] < 60
    assert minutes["bunkering"] > 150
    tug = by["tug_and_tow"]
    t = np.arange(tug["t_start"], tug["t_end"], 600_000_000)
    away_m = distance_m(*place_at(rows, tug["mmsi"], t), *place_at(rows, tug["partner_mmsi"], t))
    assert np.median(away_m) < 500


@pytest.mark.parametrize(
    ("lat", "lon", "start"), [(0.0, 179.9, "2024-02-29T12:00:00Z"), (80.0, 10.0, "2023-12-31T06:00:00Z")]
)
def test_the_date_line_and_the_high_north_are_ordinary_places(
    tmp_path: Path, lat: float, lon: float, start: str
) -> None:
    planted = plant("encounter", "over_midnight", 1, area="shore", hours=[3, 4], apart_m=[30, 150])
    summary, rows, truth = run(small(planted, lat=lat, lon=lon, start=start), tmp_path)
    assert summary.unfulfilled == ()
    r = truth.row(0, named=True)
    day_us = 86_400_000_000
    assert r["t_start"] // day_us < r["t_end"] // day_us
    t = np.arange(r["t_start"] + 300_000_000, r["t_end"] - 300_000_000, 300_000_000)
    assert (distance_m(*place_at(rows, r["mmsi"], t), *place_at(rows, r["partner_mmsi"], t)) < 500).all()
    assert rows.filter(pl.col("LON") != 181)["LON"].is_between(-180, 180).all()


def test_without_thinning_or_loss_each_class_keeps_its_reporting_interval(tmp_path: Path) -> None:
    feed = "min_interval_s = 0\nduplicates = 0\ninvalid_per_million = 0\nsog_missing = 0"
    all_heard = (
        "[shore]\nquality = 1.0\nedge_nm = 0.5\nclass_b_range = 1.0\n[satellite]\ndetection = [0, 0]\n"
    )
    text = small(hours=2, feed=feed, fleet="transit = 4\nberthed = 2\ncoastal_class_b = 3")
    text = text.replace("[sea.nodes]", all_heard + "[sea.nodes]", 1)
    _, rows, _ = run(text, tmp_path)
    rows = rows.sort("MMSI", "t").with_columns(gap_s=pl.col("t").diff().over("MMSI") / 1e6)
    rows = rows.with_columns(last_kn=pl.col("SOG").shift(1).over("MMSI"))
    steady = (pl.col("SOG") - pl.col("last_kn")).abs() < 0.3

    def median(*conditions: pl.Expr) -> float:
        return float(rows.filter(steady, *conditions)["gap_s"].median() or np.nan)

    a, b = pl.col("TransceiverClass") == "A", pl.col("TransceiverClass") == "B"
    assert median(a, pl.col("SOG").is_between(4, 13.5), pl.col("Status") == 0) == pytest.approx(10, abs=1)
    assert median(a, pl.col("SOG").is_between(14.5, 22)) == pytest.approx(6, abs=1)
    assert median(a, pl.col("Status") == 5, pl.col("SOG") < 0.5) == pytest.approx(180, abs=8)
    assert median(b, pl.col("SOG") > 3) == pytest.approx(30, abs=2)
    assert median(b, pl.col("SOG") < 1) == pytest.approx(180, abs=8)


@pytest.mark.parametrize(
    ("sog_kn", "turn", "resting", "class_b", "interval_s"),
    [
        (0.1, 0, True, False, 180),
        (3.5, 0, True, False, 10),
        (0.5, 0, False, False, 10),
        (14.0, 0, False, False, 10),
        (14.0, 20, False, False, 10 / 3),
        (20.0, 0, False, False, 6),
        (20.0, 20, False, False, 2),
        (24.0, 0, False, False, 2),
        (2.0, 0, False, True, 180),
        (2.1, 0, False, True, 30),
    ],
)
def test_reporting_intervals_are_those_of_the_recommendation(
    sog_kn: float, turn: float, resting: bool, class_b: bool, interval_s: float
) -> None:
    assert reporting_interval_s(sog_kn, turn, resting, class_b) == pytest.approx(interval_s)


def test_without_stations_all_is_heard_by_satellite_in_bursts(tmp_path: Path) -> None:
    _, rows, _ = run(small(stations=False, fleet="transit = 8", hours=24), tmp_path)
    t = np.unique(rows.filter(pl.col("MMSI") >= 100_000_000)["t"].to_numpy()) / 60e6
    between_passes = np.diff(t)[np.diff(t) > 5]
    assert len(between_passes) > 15
    assert 8 < np.median(between_passes) < 70


def test_the_bundled_scenario_asks_for_what_is_promised() -> None:
    s = scenario.load("east-china-sea")
    counts: dict[str, int] = {}
    for p in s.planted:
        counts[p["kind"]] = counts.get(p["kind"], 0) + p["count"]
    assert counts["encounter"] >= 24
    assert counts["gap"] >= 12
    assert counts["loitering"] >= 16
    assert counts["shared_identity"] >= 6
    assert counts["position_jump"] >= 6
    assert counts["stop"] >= 10
    assert all(p["count"] >= 8 for p in s.planted if p["kind"] == "lookalike")
    assert s.hours == 48


def test_a_wrong_scenario_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="east-china-sea"):
        scenario.load("atlantis")
    with pytest.raises(BadParameter, match="sizd"):
        scenario.parse(small().replace("[feed]", "[feed]\nsizd = 3", 1))
    with pytest.raises(BadParameter, match="nowhere"):
        scenario.parse(small().replace('node = "west"', 'node = "nowhere"', 1))
    with pytest.raises(BadParameter, match="encounter/duel"):
        run(small(plant("encounter", "duel")), tmp_path)
    with pytest.raises(BadParameter, match="hours"):
        run(small(plant("encounter", "drifting", area="shore", apart_m=[30, 150])), tmp_path)


@pytest.mark.slow
def test_the_bundled_scenario_keeps_its_promises(tmp_path: Path) -> None:
    summary, rows, truth = run(scenario.load("east-china-sea").text, tmp_path)
    assert summary.unfulfilled == ()
    assert 1_900 < summary.vessels < 2_200
    assert 2_000_000 < summary.rows < 3_500_000
    assert len(summary.files) == 2
    counts = dict(truth.group_by("kind").len().rows())
    assert counts["outlier"] >= 30
    assert truth.filter(pl.col("kind") == "encounter", pl.col("subkind") == "over_midnight").height >= 1
    meetings = truth.filter(pl.col("kind") == "encounter")
    assert ((meetings["t_end"] - meetings["t_start"]) / 3600e6).is_between(2.5, 9.5).all()
    assert rows.filter(pl.col("LAT").abs() > 90).height > 0

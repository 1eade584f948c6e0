"""A scenario run: AIS files as a feed would hand them over, and beside them what is true."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from shiomi.events.score import write_truth
from shiomi.simulate.cast import Claim, join
from shiomi.simulate.chart import chart
from shiomi.simulate.motion import Rng
from shiomi.simulate.particulars import particulars
from shiomi.simulate.plant import plant
from shiomi.simulate.reception import Heard, hear, passes
from shiomi.simulate.rows import Reports, arrivals, report
from shiomi.simulate.scenario import Scenario
from shiomi.simulate.traffic import traffic
from shiomi.simulate.truth import truth_table
from shiomi.units import SECOND

__all__ = ["Summary", "simulate"]

# fmt: off
HEADER = [
    "MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "Heading", "VesselName", "IMO", "CallSign",
    "VesselType", "Status", "Length", "Width", "Draft", "Cargo", "TransceiverClass",
]
# fmt: on
"""Columns of MarineCadastre's AIS files (NOAA, AIS data dictionary)."""

Progress = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Summary:
    """What was written."""

    out_dir: Path
    seed: int
    vessels: int
    """Hulls; MMSIs are fewer by those that two hulls share."""
    rows: int
    invalid_rows: int
    """Rows among them that no ship sent."""
    truths: int
    unfulfilled: tuple[Claim, ...]
    """Planted claims that did not come true and are left out of the truth."""
    files: tuple[Path, ...]


def simulate(
    scenario: Scenario, out_dir: str | Path, *, seed: int | None = None, progress: Progress | None = None
) -> Summary:
    """Write `ais/*.csv.zst`, `truth.csv` and `scenario.toml` into a folder; same seed, same bytes.

    Args:
        scenario: from `scenario.load`.
        out_dir: made if absent; files of an earlier run in it are replaced.
        seed: in place of the scenario's own.
        progress: called with a step's name and the share done, 0 to 1.

    Raises:
        BadParameter: the scenario asks for what its world cannot give.
    """
    tell = progress or (lambda _step, _share: None)
    used = dataclasses.replace(scenario, seed=scenario.seed if seed is None else seed)
    out, s = Path(out_dir), used.seed
    c = chart(used)
    tell("planting behaviours", 0.0)
    planted = plant(c, s)
    tell("sailing the traffic", 0.15)
    act = join([planted, traffic(c, np.random.default_rng([s, 1]))])
    over = passes(c, np.random.default_rng([s, 2]), act.hulls)
    tell("transmitting and receiving", 0.5)
    heard = hear(c, s, act.hulls, over)
    reports = report(np.random.default_rng([s, 4]), act.hulls, heard, used.feed)
    who = particulars(np.random.default_rng([s, 6]), act.hulls)
    tell("finding the truth", 0.7)
    truth, failed = truth_table(act, heard, reports, who["mmsi"].to_numpy(), used.t_start)
    tell("writing files", 0.75)
    frame, invalid = _frame(np.random.default_rng([s, 7]), used, who, heard, reports)
    files = _write_days(frame, out / "ais")
    write_truth(truth, out / "truth.csv")
    (out / "scenario.toml").write_text(used.text_with_seed(s), encoding="utf-8")
    tell("done", 1.0)
    return Summary(out, s, len(act.hulls), len(frame), invalid, truth.num_rows, tuple(failed), tuple(files))


def _frame(
    rng: Rng, scenario: Scenario, who: pl.DataFrame, heard: Heard, reports: Reports
) -> tuple[pl.DataFrame, int]:
    """All rows in the order of arrival, under MarineCadastre's header."""
    row, arrived = arrivals(rng, heard, scenario.feed)
    hull = heard.hull[row]
    t = np.asarray(scenario.t_start // SECOND + heard.t_s[row])
    frame = pl.DataFrame(
        {
            "MMSI": who["mmsi"].to_numpy()[hull],
            "BaseDateTime": pl.Series(t * SECOND).cast(pl.Datetime("us")),
            "LAT": reports.lat[row],
            "LON": reports.lon[row],
            "SOG": reports.sog_kn[row],
            "COG": reports.cog_deg[row],
            "Heading": reports.heading_deg[row],
            "VesselName": who["name"].gather(hull),
            "IMO": who["imo"].gather(hull),
            "CallSign": who["callsign"].gather(hull),
            "VesselType": who["ship_type"].gather(hull),
            "Status": reports.status[row],
            "Length": who["length_m"].gather(hull),
            "Width": who["width_m"].gather(hull),
            "Draft": who["draught_m"].gather(hull),
            "Cargo": who["ship_type"].gather(hull),
            "TransceiverClass": who["class"].gather(hull),
        }
    ).with_columns(Status=pl.when(pl.col("TransceiverClass") == "A").then("Status"))
    bad = _damaged(rng, frame, scenario.feed.invalid_per_million)
    both = pl.concat([frame.with_columns(at=arrived), bad.with_columns(at=pl.lit(0, pl.Int64))])
    at = both["at"].to_numpy().copy()
    at[len(frame) :] = rng.choice(arrived, len(bad)) if len(frame) else 0
    ordered = both.with_columns(at=at).sort("at", maintain_order=True)
    return ordered.select(HEADER), len(bad)


def _damaged(rng: Rng, frame: pl.DataFrame, per_million: int) -> pl.DataFrame:
    """Copies of some rows with a field that cannot be: MMSI 0 or too short, latitude 91, longitude 181."""
    k = round(len(frame) * per_million / 1e6)
    bad = frame[np.sort(rng.choice(len(frame), k, replace=False))] if k else frame.clear()
    kind = pl.Series(rng.integers(0, 4, k))
    return bad.with_columns(
        MMSI=pl.when(kind == 0).then(0).when(kind == 1).then(pl.col("MMSI") // 10_000).otherwise("MMSI"),
        LAT=pl.when(kind == 2).then(91.0).otherwise("LAT"),
        LON=pl.when(kind == 3).then(181.0).otherwise("LON"),
    )


def _write_days(frame: pl.DataFrame, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("ais-*.csv.zst"):
        old.unlink()
    files = []
    days = frame["BaseDateTime"].dt.date()
    for day in sorted(d for d in days.unique().to_list() if isinstance(d, dt.date)):
        path = folder / f"ais-{day.isoformat()}.csv.zst"
        with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as sink:
            sink.write(
                frame.filter(days == day).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S").encode("utf-8")
            )
        files.append(path)
    return files

"""A scenario run: AIS files as a feed would hand them over, and beside them what is true."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
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

__all__ = ["LATE", "Summary", "simulate"]

LATE = "late"
"""Name of the file of rows that come after all others."""

# fmt: off
HEADER = [
    "MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "Heading", "VesselName", "IMO", "CallSign",
    "VesselType", "Status", "Length", "Width", "Draft", "Cargo", "TransceiverClass",
]
# fmt: on
"""Columns of MarineCadastre's AIS files (NOAA, AIS data dictionary)."""

Ints = npt.NDArray[np.int64]
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
    truth, failed = truth_table(act, heard, reports, who["mmsi"].to_numpy(), c)
    tell("writing files", 0.75)
    rng = np.random.default_rng([s, 7])
    files, rows, invalid = _write_days(rng, used, who, heard, reports, out / "ais")
    write_truth(truth, out / "truth.csv")
    (out / "scenario.toml").write_text(used.text_with_seed(s), encoding="utf-8")
    tell("done", 1.0)
    return Summary(out, s, len(act.hulls), rows, invalid, truth.num_rows, tuple(failed), tuple(files))


def _write_days(
    rng: Rng, scenario: Scenario, who: pl.DataFrame, heard: Heard, reports: Reports, folder: Path
) -> tuple[list[Path], int, int]:
    """One file for each day of reports, rows in the order of arrival; how many rows, how many of them bad."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv.zst"):
        old.unlink()
    row = arrivals(rng, heard, scenario.feed)
    count = round(len(row) * scenario.feed.invalid_per_million / 1e6)
    copied = np.sort(rng.choice(len(row), count, replace=False)) if count else np.zeros(0, np.int64)
    row = np.insert(row, copied, row[copied])
    damage = np.zeros(len(row), np.int8)
    damage[copied + np.arange(count)] = rng.integers(1, 5, count)
    t = scenario.t_start // SECOND + heard.t_s[row]
    name = np.char.add("ais-", (t // 86_400).astype("datetime64[D]").astype("U10"))
    if scenario.feed.late_share:
        name[rng.uniform(size=len(row)) < scenario.feed.late_share] = LATE
    files = []
    for one in np.unique(name).tolist():
        here = name == one
        frame = _frame(who, heard, reports, row[here], t[here], damage[here])
        path = folder / f"{one}.csv.zst"
        with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as sink:
            sink.write(frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S").encode("utf-8"))
        files.append(path)
    return files, len(row), count


def _frame(
    who: pl.DataFrame, heard: Heard, reports: Reports, row: Ints, t: Ints, damage: npt.NDArray[np.int8]
) -> pl.DataFrame:
    """Rows under MarineCadastre's header.

    `damage` makes what no ship sends: 1 MMSI 0, 2 MMSI too short, 3 latitude 91, 4 longitude 181.
    """
    hull = heard.hull[row]
    mmsi = who["mmsi"].to_numpy()[hull]
    static = who.select("name", "imo", "callsign", "ship_type", "length_m", "width_m", "draught_m", "class")
    static = static[hull]
    class_a = static["class"] == "A"
    return pl.DataFrame(
        {
            "MMSI": np.where(damage == 1, 0, np.where(damage == 2, mmsi // 10_000, mmsi)),
            "BaseDateTime": pl.Series(t * SECOND).cast(pl.Datetime("us")),
            "LAT": np.where(damage == 3, 91.0, reports.lat[row]),
            "LON": np.where(damage == 4, 181.0, reports.lon[row]),
            "SOG": reports.sog_kn[row],
            "COG": reports.cog_deg[row],
            "Heading": reports.heading_deg[row],
            "VesselName": static["name"],
            "IMO": static["imo"],
            "CallSign": static["callsign"],
            "VesselType": static["ship_type"],
            "Status": pl.select(pl.when(class_a).then(pl.Series(reports.status[row]))).to_series(),
            "Length": static["length_m"],
            "Width": static["width_m"],
            "Draft": static["draught_m"],
            "Cargo": static["ship_type"],
            "TransceiverClass": static["class"],
        }
    ).select(HEADER)

"""Runs comparisons: every program alone, several times in turn, medians printed and kept.

    make bench                          all of them, a global day of 10 million rows
    make bench ONLY=meetings            one of them
    make bench ONLY=watch ROWS=1e8      at another size

Results go to benchmarks/results/, one JSON file a comparison and size; `python -m benchmarks.report` makes
docs/speed.md of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.comparisons import COMPARISONS, Comparison, Contender
from benchmarks.data import DAY, SHIPS, truth_path
from benchmarks.fleet import Plan
from benchmarks.measure import Run, recall, run

RESULTS = Path("benchmarks/results")
_PEERS = Path("benchmarks/.venv/bin/python")
_US_DAY = Path("../shared/data/ais/marinecadastre_us_2020-01-01.csv.zst")
_US_LOG = Path("../shared/data/nmea/us_nais/nais_2016-07-28.nmea")
_PACKAGES = ("aiscat", "duckdb", "movingpandas", "polars", "pyais", "pyarrow", "pymeos", "scipy")


def data_for(comparison: Comparison, rows: int, vessels: int, folder: Path) -> tuple[Path, int] | None:
    """The input and its rows, made if it is not there yet; None where it cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    if comparison.data == "csv":
        return (_US_DAY, 3_583_487) if _US_DAY.exists() else None
    if comparison.data == "nmea":
        return _repeated(_US_LOG, rows, folder) if _US_LOG.exists() else None
    base = SHIPS if comparison.data == "ships" else DAY
    plan = base if comparison.data == "ships" else Plan(rows, vessels, min(base.planted, vessels // 14))
    path = folder / f"{comparison.data}-{plan.rows}-{plan.vessels}.parquet"
    if not path.exists():
        more = ["--rows", str(plan.rows), "--vessels", str(plan.vessels), "--planted", str(plan.planted)]
        subprocess.run(
            [sys.executable, "-m", "benchmarks.data", comparison.data, str(path), *more], check=True
        )
    return path, plan.rows


def _repeated(log: Path, lines: int, folder: Path) -> tuple[Path, int]:
    content = log.read_bytes()
    times = max(1, lines // content.count(b"\n"))
    path = folder / f"nmea-{times}.nmea"
    if not path.exists():
        with path.open("wb") as f:
            for _ in range(times):
                f.write(content)
    return path, times * content.count(b"\n")


def _command(contender: Contender) -> list[str] | None:
    python = Path(sys.executable) if contender.is_ours else _PEERS
    if not python.exists():
        return None
    return [str(python), "-W", "ignore", "-m", f"benchmarks.{contender.module}", contender.task]


def compare(
    comparison: Comparison,
    data: Path,
    rows: int,
    folder: Path,
    repeats: int,
    most_s: float,
    most_gb: float,
    *,
    is_compiled: bool,
) -> list[dict[str, Any]]:
    """Every contender, `repeats` times in turn: medians, or why there are none."""
    out = folder / "found.csv"
    runs: dict[str, list[Run]] = {c.name: [] for c in comparison.contenders}
    why_not: dict[str, str] = {}
    for c in comparison.contenders:
        if rows > c.most_rows:
            why_not[c.name] = f"not tried above {c.most_rows:,.0f} rows: it would take minutes or all memory"
        elif _command(c) is None:
            why_not[c.name] = "its environment is not there; make bench sets it up"
    for turn in range(int(is_compiled), repeats + 1):
        for c in comparison.contenders:
            command = _command(c)
            if c.name in why_not or command is None or (turn == 0 and not c.is_ours):
                continue  # the first turn only compiles our loops
            one = run(command, data, out, most_s=most_s, most_gb=most_gb)
            if one.why_not:
                why_not[c.name] = one.why_not
            elif turn > 0:
                runs[c.name].append(one)
            print(f"  {c.name}: {one.why_not or f'{one.cpu_s:.2f} s of CPU'}", file=sys.stderr)
    return [_entry(comparison, c, runs[c.name], why_not.get(c.name, ""), data) for c in comparison.contenders]


def _entry(c: Comparison, contender: Contender, runs: list[Run], why_not: str, data: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": contender.name, "why_not": why_not}
    if why_not or not runs:
        return entry
    for figure in ("cpu_s", "wall_s", "peak_gb"):
        entry[figure] = round(statistics.median(getattr(r, figure) for r in runs), 3)
    entry["runs"] = len(runs)
    last = runs[-1].found
    if c.kind:
        entry["recall"] = recall(last, truth_path(data), c.kind)
    elif last and last[0][0] == "messages":
        entry["messages"] = int(last[0][1])
    return entry


def machine() -> dict[str, Any]:
    """Where it ran, as far as it bears on speed."""
    model = platform.processor()
    about = Path("/proc/cpuinfo")
    if about.exists():
        lines = [x for x in about.read_text().splitlines() if x.startswith("model name")]
        model = lines[0].split(":", 1)[1].strip() if lines else model
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _versions() -> dict[str, str]:
    if not _PEERS.exists():
        return {}
    ask = (
        f"import importlib.metadata as m, json; print(json.dumps({{p: m.version(p) for p in {_PACKAGES!r}}}))"
    )
    said = subprocess.run([str(_PEERS), "-c", ask], capture_output=True, text=True, check=False)
    return dict(json.loads(said.stdout)) if said.returncode == 0 else {}


def print_table(title: str, entries: list[dict[str, Any]]) -> None:
    """Medians, each with its ratio to ours and its recall."""
    ours = entries[0].get("cpu_s")
    print(f"\n{title}\n{'':34}{'CPU s':>9}{'wall s':>9}{'peak GB':>9}{'x ours':>8}  found")
    for e in entries:
        if e["why_not"]:
            print(f"{e['name']:34}{'-':>9}  {e['why_not']}")
            continue
        ratio = f"{e['cpu_s'] / ours:.2f}" if ours else "-"
        found = ""
        if r := e.get("recall"):
            found = f"{r['found']} of {r['planted']}, {r['wrong']} of {r['lookalikes']} look-alikes"
        if n := e.get("messages"):
            found = f"{n / e['cpu_s'] / 1e6:.2f} M messages a CPU-second"
        print(f"{e['name']:34}{e['cpu_s']:9.2f}{e['wall_s']:9.2f}{e['peak_gb']:9.2f}{ratio:>8}  {found}")


def main() -> None:
    """Run what was asked for."""
    ask = argparse.ArgumentParser(prog="benchmarks.run", description=__doc__.split("\n")[0])
    ask.add_argument(
        "--only", default="", help="names, comma-separated: " + ", ".join(c.name for c in COMPARISONS)
    )
    ask.add_argument("--rows", type=float, default=DAY.rows, help="of the global day, and lines of the log")
    ask.add_argument("--vessels", type=float, default=0)
    ask.add_argument("--repeats", type=int, default=3)
    ask.add_argument("--folder", type=Path, default=Path("out/bench"), help="where the data are made")
    ask.add_argument("--most-s", type=float, default=600, help="a run that takes longer is ended")
    ask.add_argument("--most-gb", type=float, default=16, help="a run that needs more memory is ended")
    ask.add_argument("--compiled", action="store_true", help="our loops are: leave out the first turn")
    given = ask.parse_args()
    rows = int(given.rows)
    vessels = int(given.vessels) or max(2_000, min(60_000, rows // 160))
    wanted = given.only.split(",") if given.only else [c.name for c in COMPARISONS]
    RESULTS.mkdir(parents=True, exist_ok=True)
    for comparison in (c for c in COMPARISONS if c.name in wanted):
        had = data_for(comparison, rows, vessels, given.folder)
        if had is None:
            print(f"{comparison.title}: its data are not here")
            continue
        data, n = had
        print(f"{comparison.title}: {n:,} rows", file=sys.stderr)
        entries = compare(
            comparison,
            data,
            n,
            given.folder,
            given.repeats,
            given.most_s,
            given.most_gb,
            is_compiled=given.compiled,
        )
        print_table(f"{comparison.title} ({n:,} rows)", entries)
        about = {k: v for k, v in asdict(comparison).items() if k != "contenders"}
        told = {**about, "rows": n, "machine": machine(), "versions": _versions(), "entries": entries}
        (RESULTS / f"{comparison.name}-{n}.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()

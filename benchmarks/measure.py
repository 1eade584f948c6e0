"""Running one program and saying what it took: CPU, wall clock and memory, from the operating system."""

from __future__ import annotations

import csv
import datetime as dt
import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Run", "recall", "run"]

_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one program; start-up is part of it."""

    cpu_s: float
    """User and system, of all threads."""
    wall_s: float
    peak_gb: float
    found: tuple[tuple[str, ...], ...]
    why_not: str = ""
    """Why there is no figure, in a few words; empty where there is one."""


def run(command: list[str], data: Path, out: Path, *, most_s: float, most_gb: float) -> Run:
    """Runs a program once; it writes what it found to `out`."""
    out.unlink(missing_ok=True)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (round(most_gb * 1e9),) * 2)

    start = time.perf_counter()
    with subprocess.Popen(
        [*command, str(data), str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
    ) as process:
        too_long = threading.Timer(most_s, process.kill)
        too_long.start()
        assert process.stderr is not None
        said = process.stderr.read().decode("utf-8", "replace").strip()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.perf_counter() - start
        is_late = not too_long.is_alive()
        too_long.cancel()
    cpu_s, peak_gb = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9
    if process.returncode:
        last = said.splitlines()[-1] if said else f"exit code {process.returncode}"
        why_not = f"took more than {most_s:.0f} s" if is_late else last[:120]
        return Run(cpu_s, wall_s, peak_gb, (), why_not)
    with out.open(newline="") as f:
        return Run(cpu_s, wall_s, peak_gb, tuple(tuple(row) for row in csv.reader(f)))


def recall(found: tuple[tuple[str, ...], ...], truth: Path, kind: str) -> dict[str, int]:
    """How many planted truths of a kind were found, and how many look-alikes were taken for one.

    A finding matches where it names the same ships and overlaps in time.
    """
    spans: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for of, *who, start, end in found:
        if of == kind:
            ships = tuple(sorted(w for w in who if w))
            spans.setdefault(ships, []).append((float(start), float(end) if end else float("inf")))
    counts = {"planted": 0, "found": 0, "lookalikes": 0, "wrong": 0, "told": sum(map(len, spans.values()))}
    with truth.open(newline="") as f:
        rows = [r for r in csv.DictReader(f) if kind in (r["kind"], r["must_not"])]
    for row in rows:
        ships = tuple(sorted(w for w in (row["mmsi"], row["partner_mmsi"]) if w))
        start, end = (_seconds(row[c]) for c in ("t_start", "t_end"))
        is_told = any(a <= end and start <= b for a, b in spans.get(ships, []))
        if row["must_not"] == kind:
            counts["lookalikes"] += 1
            counts["wrong"] += is_told
        else:
            counts["planted"] += 1
            counts["found"] += is_told
    return counts


def _seconds(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()

"""docs/speed.md and its plot, made from the results that are stored.

python -m benchmarks.report
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.comparisons import COMPARISONS

PAGE = Path("docs/speed.md")
PLOT = Path("docs/pictures/speed.png")
RESULTS = Path("benchmarks/results")

_HEAD = """# How fast is it?

This page is written by `python -m benchmarks.report` from the figures in `benchmarks/results`; do not
edit it.

Every program ran by itself, on the same input, in turn with the others, and the median of its runs stands
here. CPU is user and system time of all its threads as the operating system counts it, start-up and
imports included; memory is the largest resident set. Shiomi ran once before, so that its loops were
compiled. Wall time depends on what else the machine does; compare CPU seconds, and the columns *x ours*:
how many times Shiomi's CPU another program took.

**Speed without recall says nothing.** The made days hold meetings, silences, drifts and stops whose truth
is known, and look-alikes: ships that pass, lie 900 m apart, sail side by side, or drift too short.
*Found* counts planted truths that were told, *wrong* the look-alikes that were told too.

```
make bench                            # everything, a global day of 10 million rows
make bench ONLY=meetings              # one comparison
make bench ONLY=watch ROWS=1e8        # a larger day (2.6 GB on disk)
```

The other programs do less than the watch does. They look for one thing, in one pass over clean data in
memory; the watch tells hulls apart, runs every detector, judges by place, and writes events with their
evidence and all positions to a store. What it takes to keep the positions is measured apart: two rows
differ by nothing else. The bare yardsticks (a sort, a scan) find nothing at all: they say what the machine
allows.
"""

_TAIL = """
## What was measured, exactly?

- **Days**: `benchmarks/data.py` makes them; the same arguments give the same bytes. `ships` has 1,000
  ships that report once a minute; the global day has moored, anchored, sailing and fishing ships about
  400 ports, 0.3 % of its reports twice, holes in reception, and meetings at 180 degrees, at 74 degrees
  north and across a silence.
- **Meetings**: within 500 m and below 2 knots for two hours. The SQL, polars and scipy programs compare
  ships on a grid of ten minutes in space, so they are right at the antimeridian and near the pole. PyMEOS
  compares whole trajectories and has no limit of speed, so it tells ships that sail side by side.
- **Decoding**: a US log of 100,000 lines, repeated. Of its lines 59,402 are AIS *sentences* (`VDM`, or
  `VDO` of a station's own), which make 57,588 *messages* of one to three sentences; the other 40,598 are
  receivers' remarks, which must be told from AIS and checked too. Speed is counted in messages, the least
  of the three figures. Shiomi also finds the time of every message, checks every line and writes Arrow
  tables; `aiscat` gives Python dictionaries. `aiscat` is under the GPL and runs in an environment of its own.
- Programs that would take minutes or all memory at a size are passed over there, and the table says so.
"""


def stored() -> list[dict[str, Any]]:
    """Every result, in the order of the comparisons and of size."""
    order = {c.name: i for i, c in enumerate(COMPARISONS)}
    told = [json.loads(p.read_text()) for p in RESULTS.glob("*.json")]
    return sorted(told, key=lambda r: (order.get(r["name"], len(order)), r["rows"]))


def section(result: dict[str, Any]) -> str:
    """One comparison as a table."""
    entries = result["entries"]
    ours = entries[0].get("cpu_s")
    lines = [f"\n## {result['title']} ({result['rows']:,} rows)\n"]
    has_recall = bool(result["kind"])
    has_messages = any("messages" in e for e in entries)
    last = ["found", "wrong"] if has_recall else ["messages a CPU-second"] if has_messages else []
    lines.append("| program | CPU s | wall s | peak GB | x ours | " + "".join(f"{c} | " for c in last))
    lines.append("|---|" + "---|" * (4 + len(last)))
    for e in entries:
        if e["why_not"] or "cpu_s" not in e:
            lines.append(f"| {e['name']} | {e['why_not'] or 'not run'} |" + " |" * (3 + len(last)))
            continue
        ratio = f"{e['cpu_s'] / ours:.2f}" if ours else ""
        cells = [e["name"], f"{e['cpu_s']:.2f}", f"{e['wall_s']:.2f}", f"{e['peak_gb']:.2f}", ratio]
        if r := e.get("recall"):
            cells += [f"{r['found']} of {r['planted']}", f"{r['wrong']} of {r['lookalikes']}"]
        elif has_messages:
            cells.append(f"{e['messages'] / e['cpu_s'] / 1e6:.2f} million")
        lines.append("| " + " | ".join(cells) + " |")
    m = result["machine"]
    lines.append(
        f"\nMedian of {max(e.get('runs', 0) for e in entries)}; {m['cores']} cores of {m['cpu']}, "
        f"{m['memory_gb']} GB, Python {m['python']}, load of the machine {m['load']} beside it."
    )
    return "\n".join(lines) + "\n"


def growth(results: list[dict[str, Any]]) -> dict[str, list[tuple[int, float, float]]]:
    """Of each program of the comparison `watch`: rows, CPU seconds and peak memory at each size."""
    points: dict[str, list[tuple[int, float, float]]] = {}
    for result in results:
        for e in result["entries"] if result["name"] == "watch" else []:
            if "wall_s" in e and not e["why_not"]:
                points.setdefault(e["name"], []).append((result["rows"], e["cpu_s"], e["peak_gb"]))
    return points


def plot(points: dict[str, list[tuple[int, float, float]]]) -> None:
    """Time and memory against the size of the input, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (time, memory) = plt.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
    for name, at in points.items():
        rows, cpu_s, peak_gb = zip(*sorted(at), strict=True)
        time.plot(rows, cpu_s, marker="o", label=name)
        memory.plot(rows, peak_gb, marker="o", label=name)
    for axis, what in ((time, "CPU seconds"), (memory, "peak memory, GB")):
        axis.set(xscale="log", yscale="log", xlabel="rows of the day", ylabel=what)
        axis.grid(alpha=0.3, which="both")
    time.legend(fontsize=8)
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOT, dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Write the page."""
    results = stored()
    text = _HEAD + "".join(map(section, results))
    points = growth(results)
    if any(len(at) > 1 for at in points.values()):
        plot(points)
        text += "\n## How does it grow?\n\n![CPU and memory against rows](pictures/speed.png)\n"
    PAGE.write_text(text + _TAIL)
    print(f"{PAGE}: {len(results)} comparisons")


if __name__ == "__main__":
    main()

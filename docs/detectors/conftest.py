"""Collects the pages of this folder as tests: each `##` section with blocks is a scenario.

    ```positions   who was where, when: one report or one series of reports a line
    ```geojson     zones beside those that come with Shiomi
    ```places      places that a table of places holds, for those stages that name one
    ```parameters  what differs from the defaults, as `gap.min_silence_s=21600`
    ```events      kind, vessels, start, end or `open`, and those measures that matter

Every scenario goes from positions through segmentation to events whole, row by row, over several
shards, and through a checkpoint after every step; each must give exactly the events of the page.
The fast suite takes a long one in some dozens of steps in place of row by row.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests" / "laws")]

from law_running import outcome, sharded  # noqa: E402
from law_stages import Chain  # noqa: E402
from page_language import Reports, minute, read_places, read_positions  # noqa: E402

from shiomi.columns import numpy_of  # noqa: E402
from shiomi.contracts import Detector  # noqa: E402
from shiomi.engine import checkpoint  # noqa: E402
from shiomi.engine.local import Running  # noqa: E402
from shiomi.engine.plan import plan, registered, upstream  # noqa: E402
from shiomi.events.late import for_places  # noqa: E402
from shiomi.events.zoned import PARAMETER, zone_of, zones_with  # noqa: E402
from shiomi.places.table import hold_places  # noqa: E402
from shiomi.places.zones import hold_zones  # noqa: E402
from shiomi.settings import with_settings  # noqa: E402

SLOW_WAYS = ("sharded", "restarted")
"""Left to the whole suite: two laws ask the same in the fast one."""
WAYS = ("whole", "row by row", *SLOW_WAYS)
MANY = 40
"""With more instants than this, only the whole suite goes row by row; the fast one takes at most so many
steps."""
GIVEN = ("positions", "parameters", "places", "python", "geojson")
"""Kinds of blocks that say what is there; all others say what is to be found."""


class Block(NamedTuple):
    kind: str
    words: list[str]
    """What stands behind the kind on the opening line."""
    text: str


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    return Page.from_parent(parent, path=file_path) if file_path.suffix == ".md" else None


class Page(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        text = self.path.read_text(encoding="utf-8")
        stages = [*registered(), *_defined_on(self.path, text)]
        for title, body in re.findall(r"^## (.+?)$(.*?)(?=^## |\Z)", text, re.M | re.S):
            blocks = [
                Block(k, w.split(), b)
                for k, w, b in re.findall(r"^```(\w+)(.*?)\n(.*?)^```", body, re.M | re.S)
            ]
            if not any(b.kind == "positions" for b in blocks):
                continue
            (positions,) = [b.text for b in blocks if b.kind == "positions"]
            is_long = len(_instants(read_positions(positions))) > MANY
            for way in (*WAYS, "step by step") if is_long else WAYS:
                scenario = Scenario.from_parent(
                    self, name=f"{title} [{way}]", blocks=blocks, way=way, stages=stages
                )
                if way in SLOW_WAYS or (is_long and way == "row by row"):
                    scenario.add_marker(pytest.mark.slow)
                yield scenario


def _defined_on(path: Path, text: str) -> list[Detector]:
    """Detectors that a page itself defines in Python, as docs/detectors/writing.md does."""
    found: list[Detector] = []
    for code in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S):
        module = sys.modules[f"page_{path.stem}"] = ModuleType(f"page_{path.stem}")
        exec(compile(code, str(path), "exec"), vars(module))
        found += [v() for v in vars(module).values() if getattr(v, "__module__", "") == module.__name__]
    return [s for s in found if isinstance(s, Detector)]


class Scenario(pytest.Item):
    def __init__(self, *, blocks: list[Block], way: str, stages: list[Detector], **kw: Any) -> None:
        super().__init__(**kw)
        self.blocks, self.way, self.stages = blocks, way, stages

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, Different) else super().repr_failure(excinfo)

    def runtest(self) -> None:
        settings = [line for b in self.blocks if b.kind == "parameters" for line in b.text.split()]
        zones = [b.text for b in self.blocks if b.kind == "geojson"]
        needed = self._needed(plan(self.stages))
        stages = plan(with_settings(_with_zones(needed, zones), settings))
        for block in [b for b in self.blocks if b.kind == "places"]:
            stages = for_places(stages, hold_places(read_places(block.text)))
        (positions,) = [b.text for b in self.blocks if b.kind == "positions"]
        reports = read_positions(positions)
        names = _names_of_tracks(stages, reports)
        for block in self.blocks:
            if block.kind in GIVEN:
                continue
            expected = [re.split(r"\s{2,}", line.strip()) for line in block.text.strip().splitlines()]
            got = [line for kind in self._kinds(block) for line in self._found(stages, kind, reports, names)]
            _compare(got, expected, f"{self.path.name}: {self.name}")

    def _needed(self, stages: list[Detector]) -> list[Detector]:
        """The stages that what is looked at rests on, and `segment`, whose tracks are named."""
        kinds = {"tracks", *(k for b in self.blocks if b.kind not in GIVEN for k in self._kinds(b))}
        chains = [upstream(stages, _writer(stages, kind)) for kind in kinds]
        return [s for s in stages if any(s in chain for chain in chains)]

    def _kinds(self, block: Block) -> list[str]:
        """Which kinds a block tells of: others are only looked at where the page names them."""
        return block.words or ([self.path.stem] if block.kind == "events" else [block.kind])

    def _found(
        self, stages: list[Detector], kind: str, reports: Reports, names: dict[int, str]
    ) -> list[tuple[list[str], dict[str, int]]]:
        chain = Chain(kind, "positions", tuple(upstream(stages, _writer(stages, kind))))
        table = _run(chain, reports, self.way)
        return [_line(row, kind, names) for row in table.to_pylist()]


def _writer(stages: list[Detector], kind: str) -> Detector:
    return next(s for s in stages if kind in (s.name, s.writes))


def _with_zones(stages: list[Detector], geojson: list[str]) -> list[Any]:
    """The stages with the bundled zones and those that a page draws."""
    if not geojson:
        return stages
    with TemporaryDirectory() as tmp:
        files = [Path(tmp) / f"{n}.geojson" for n in range(len(geojson))]
        for file, text in zip(files, geojson, strict=True):
            file.write_text(text)
        key = hold_zones(zones_with(files))
    return [replace(s, **{PARAMETER: key}) if hasattr(s, PARAMETER) else s for s in stages]  # type: ignore[type-var]


def _instants(reports: Reports) -> np.ndarray:
    return np.unique(numpy_of(reports.positions, "t"))


def _run(chain: Chain, reports: Reports, way: str) -> pa.Table:
    times = _instants(reports)
    some = [*times[:: max(len(times) // 7, 1)].tolist(), reports.end]
    if way == "whole":
        return outcome(chain, reports.positions, [reports.end])
    if way == "row by row":
        return outcome(chain, reports.positions, sorted({*(times + 1).tolist(), reports.end}))
    if way == "step by step":
        steps = (times[:: -(-len(times) // MANY)] + 1).tolist()
        return outcome(chain, reports.positions, sorted({*steps, reports.end}))
    if way == "sharded":
        return sharded(chain, reports.positions, sorted({*some}), 3)

    def restart(running: Running) -> Running:
        folder = Path(tmp) / "checkpoint"
        checkpoint.save(running, folder)
        again = checkpoint.load(list(chain.stages), folder)
        assert again is not None
        return again

    with TemporaryDirectory() as tmp:
        return outcome(chain, reports.positions, sorted({*some}), restart)


def _names_of_tracks(stages: list[Detector], reports: Reports) -> dict[int, str]:
    """The hull behind each track; a second track of one hull is called `NAME 2`."""
    segment = next(s for s in stages if s.writes == "tracks")
    tracks = outcome(Chain("segment", "positions", (segment,)), reports.positions, [reports.end])
    hulls: dict[int, set[str]] = {}
    for track, message in zip(tracks["track_id"].to_pylist(), tracks["message_id"].to_pylist(), strict=True):
        hulls.setdefault(track, set()).add(reports.hull_of[message])
    names: dict[int, str] = {}
    for track, hull in hulls.items():
        name = "/".join(sorted(hull))
        again = sum(n.partition(" #")[0] == name for n in names.values())
        names[track] = f"{name} #{again + 1}" if again else name
    return names


def _line(row: dict[str, Any], kind: str, names: dict[int, str]) -> tuple[list[str], dict[str, Any]]:
    """The cells of a row as the page writes them, and its measures."""
    if "event_id" in row:
        vessels = " + ".join(sorted(names[s] for s in row["subjects"]))
        end = "open" if row["t_end"] is None else minute(row["t_end"])
        zone = zone_of(row)
        about = {"zone": zone["name"].replace(" ", "_")} if zone else {}
        return [kind, vessels, minute(row["t_start"]), end], about | dict(row["measures"])
    tracks = [row[c] for c in ("track_id", "partner_track_id") if c in row]
    vessels = " + ".join(sorted(names[s] for s in tracks))
    shown = {k: row[k] for k in ("distance_mm", "pace_dkn") if k in row}
    places = {k: round(row[f"{k}_e7"] / 1e7, 4) for k in ("lat", "lon")}
    return [vessels, minute(row["t"])], {**places, **shown}


class Different(Exception):
    """A scenario gave other events than its page says."""


def _compare(got: list[tuple[list[str], dict[str, int]]], expected: list[list[str]], where: str) -> None:
    width = min((len(cells) for cells, _ in got), default=4)
    wanted = {tuple(line[:width]): [w for cell in line[width:] for w in cell.split()] for line in expected}
    lines = []
    for cells, measures in got:
        named = [w.partition("=")[0] for w in wanted.get(tuple(cells), [f"{k}=" for k in measures])]
        lines.append("  ".join([*cells, *(f"{k}={measures.get(k)}" for k in named)]))
    page = ["  ".join([*line[:width], *" ".join(line[width:]).split()]) for line in expected]
    if sorted(lines) != sorted(page):
        text = "\n".join(difflib.ndiff(sorted(page), sorted(lines)))
        raise Different(f"{where}\n(- the page, + what was found)\n{text}")

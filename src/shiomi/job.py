"""A job: what is asked of the engine of a watch, and what it gives back.

Engines differ in where they read and detect (`here`, or `afar`); what they give is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from shiomi.contracts import Detector
from shiomi.engine import checkpoint
from shiomi.engine.local import Running
from shiomi.errors import NothingRead, Unreadable
from shiomi.events.ladder.rules import Ladder
from shiomi.places.learn import Learn
from shiomi.sources.read import SourceFile
from shiomi.sources.tally import Tally
from shiomi.tracks.seen import Seen

__all__ = [
    "NEVER",
    "Detected",
    "Engine",
    "Job",
    "Options",
    "Progress",
    "Read",
    "checkpoint_of",
    "refuse_nothing",
]

NEVER = np.iinfo(np.int64).min
"""The watermark of a store into which nothing was watched."""

Progress = Callable[[str, float], None]
"""Called with what is being done and how far it is, 0 to 1, or less than 0 where nobody knows."""


@dataclass(frozen=True)
class Options:
    """What a person may set."""

    settings: Sequence[str] = ()
    """Parameters that differ from the defaults: `gap.min_silence_s=21600`."""
    place_lists: Sequence[Path] = ()
    """Lists of ports and anchorages to import beside those learned."""
    mapping: Path | None = None
    """Which column is which, for tables that do not say it themselves."""
    first_t: int | None = None
    """Time of the first line of a log that carries none; microseconds UTC."""
    now_t: int | None = None
    """The present: reports from more than a day after it are rejected; microseconds UTC."""
    until: int | None = None
    """Watch on to this instant though nothing more is heard; microseconds UTC."""
    learning: Learn = field(default_factory=Learn)
    ladder: Ladder = field(default_factory=Ladder)


class Job(NamedTuple):
    """What is asked of an engine: to bring a store from what it holds to what these files add."""

    inputs: Sequence[Path]
    store: Path
    run: dict[str, Any]
    """What run.json says of the store."""
    stages: list[Detector]
    options: Options
    progress: Progress

    @property
    def watched_to(self) -> int:
        """Up to which instant the store was watched; `NEVER` where it is new."""
        return int(self.run.get("watermark", NEVER))

    def checkpoint(self) -> Running | None:
        """Where the last run stood, or None where that is not known."""
        return checkpoint.load(self.stages, checkpoint_of(self.store, self.run.get("runs", 0)))


class Read(NamedTuple):
    """What came of reading."""

    tally: Tally
    files: list[SourceFile]
    problems: list[Unreadable]


class Detected(NamedTuple):
    """What an engine made of the files, before anything is judged."""

    read: Read
    found: pa.Table
    """The newest of each event that was found or went on in this run."""
    seen: Seen
    repeats: dict[str, int]
    """Reason to number of positions ignored as repeats."""
    running: Running
    """Where every stage stands at the end."""
    is_fresh: bool
    """Whether it began at the beginning, so that what it did not find no longer stands."""


Engine = Callable[[Job], Detected]
"""Reads, detects, and writes positions, particulars and rejects to the store: here, or on many machines."""


def checkpoint_of(store: Path, number: int) -> Path:
    """Every run has its own, so that the one named by run.json is never half replaced."""
    return store / f"checkpoint-{number}"


def refuse_nothing(job: Job, read: Read, first_t: int | None) -> None:
    """Nothing read is no empty sea, unless every file was read before.

    Raises:
        NothingRead: no row of any input became a position.
    """
    if first_t is None and (job.watched_to == NEVER or read.files or read.problems):
        raise NothingRead(_why_nothing(read))


def _why_nothing(read: Read) -> str:
    if read.problems:
        return "; ".join(str(p) for p in read.problems)
    reasons = ", ".join(f"{what} {reason} {n:,}" for what, reason, n in read.tally.table() if reason)
    return f"no row of {read.tally.rows:,} is a vessel's position ({reasons or 'the files are empty'})"

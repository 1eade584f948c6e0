"""What is compared with what, on which data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMPARISONS", "Comparison", "Contender"]


@dataclass(frozen=True, slots=True)
class Contender:
    """One program: a module of ours or of `peers`, and the task it is given."""

    name: str
    module: str
    task: str
    """Of ours with the kind of finding that is to be told, of which the others tell no other."""
    most_rows: float = float("inf")
    """Larger inputs take this one too long or too much memory; it is passed over with a sentence."""

    @property
    def is_ours(self) -> bool:
        """Runs with Shiomi's own environment, and first once untimed so that its loops are compiled."""
        return self.module == "ours"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same work by several programs in one run."""

    name: str
    title: str
    data: str
    """"ships" (1.42 million rows), "day" (as many as asked for), "csv" (a day of the US), "nmea"."""
    contenders: tuple[Contender, ...]
    kind: str = ""
    """The kind of finding whose recall is told; empty where nothing is to be found."""


_DUCKDB, _POLARS = "peers.duckdb_sql", "peers.polars_frames"
_MOVING, _MEOS = "peers.movingpandas_tracks", "peers.pymeos_tracks"

_MEETINGS = (
    Contender("Shiomi, encounter chain", "ours", "chain encounter"),
    Contender("DuckDB, slot and cell self-join", _DUCKDB, "meetings"),
    Contender("polars, slot and cell join", _POLARS, "meetings", 3e7),
    Contender("scipy, k-d tree a slot", "peers.ckdtree", "meetings", 3e7),
    Contender("PyMEOS, tDwithin", _MEOS, "meetings", 2e6),
)

COMPARISONS = (
    Comparison("meetings", "Meetings of ships, 1.42 million rows", "ships", _MEETINGS, "encounter"),
    Comparison("meetings-day", "Meetings of ships, a global day", "day", _MEETINGS, "encounter"),
    Comparison(
        "gaps",
        "Silences of twelve hours, 1.42 million rows",
        "ships",
        (
            Contender("Shiomi, whole watch", "ours", "watch gap"),
            Contender("DuckDB, window function", _DUCKDB, "gaps"),
            Contender("polars, shift", _POLARS, "gaps"),
            Contender("MovingPandas, gap splitter", _MOVING, "gaps", 2e6),
        ),
        "gap",
    ),
    Comparison(
        "drifts",
        "Drifts of four hours, 1.42 million rows",
        "ships",
        (
            Contender("Shiomi, whole watch", "ours", "watch loitering"),
            Contender("DuckDB, islands", _DUCKDB, "drifts"),
            Contender("polars, islands", _POLARS, "drifts"),
        ),
        "loitering",
    ),
    Comparison(
        "stops",
        "Stops of two hours, 1.42 million rows",
        "ships",
        (
            Contender("Shiomi, whole watch", "ours", "watch stop"),
            Contender("MovingPandas, stop detector", _MOVING, "stops", 2e6),
            Contender("PyMEOS, temporal stops", _MEOS, "stops", 2e6),
        ),
        "stop",
    ),
    Comparison(
        "watch",
        "The whole watch beside bare yardsticks, a global day",
        "day",
        (
            Contender("Shiomi, whole watch", "ours", "watch"),
            Contender("Shiomi, hulls told apart, nothing kept", "ours", "tracks"),
            Contender("Shiomi, the same and all positions kept", "ours", "positions"),
            Contender("Shiomi, encounter chain", "ours", "chain"),
            Contender("polars, sort by (mmsi, t)", _POLARS, "sort"),
            Contender("pyarrow, scan of five columns", "peers.pyarrow_scan", "scan"),
        ),
    ),
    Comparison(
        "csv",
        "A day of US waters from CSV to a store, 3.58 million rows",
        "csv",
        (
            Contender("Shiomi, whole watch", "ours", "watch"),
            Contender("polars, parse to typed columns", _POLARS, "csv"),
        ),
    ),
    Comparison(
        "decode",
        "AIVDM sentences to messages",
        "nmea",
        (
            Contender("Shiomi, to Arrow tables", "ours", "decode"),
            Contender("aiscat, to dictionaries", "peers.decoders", "aiscat"),
            Contender("pyais, to dictionaries", "peers.decoders", "pyais", 2e6),
        ),
    ),
)

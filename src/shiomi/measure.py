"""The public measure: every pack simulated, watched and scored, and the page that tells what came of it.

The packs' own seeds are those of development. A measure with another `seed` draws every ship, course, range
and loss anew from the same ranges.
"""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from shiomi.engine.plan import registered
from shiomi.events.score import SCORE, read_truth, score
from shiomi.events.store import newest_events, read_table
from shiomi.events.zoned import settle_zones
from shiomi.job import Engine, Options
from shiomi.simulate.every import port_discs
from shiomi.simulate.packing import REGIMES, load_pack, pack_names
from shiomi.simulate.run import LATE, simulate
from shiomi.simulate.scenario import Scenario
from shiomi.units import NAUTICAL_MILE_M
from shiomi.watch import watch

__all__ = ["HEADER", "MEASURE", "cells", "measure", "page", "shortfalls", "totals"]

MEASURE = pa.schema([pa.field("pack", pa.string(), False), pa.field("regime", pa.string(), False), *SCORE])
"""One row for each pack and kind that its truth or its events name."""

ORDINARY = ("stop", "port_visit", "presence", "close_manoeuvre", "rendezvous")
"""What ordinary traffic does all the time: an event without a truth is no false one."""

Progress = Callable[[str, float], None]


def measure(
    folder: Path,
    names: Iterable[str] = (),
    seed: int | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> pa.Table:
    """Simulate, watch and score packs under `folder`; schema MEASURE.

    Args:
        names: packs; all of them if none is named.
        seed: added to the seed of every pack; None keeps their own.
        engine: where to watch; this machine if None.
    """
    tell = progress or (lambda _what, _share: None)
    packs = list(names) or pack_names()
    parts = [MEASURE.empty_table()]
    for k, name in enumerate(packs):
        tell(name, k / len(packs))
        pack, scenario = load_pack(name)
        here, store = folder / name, folder / name / "store"
        # What an earlier measure kept there was another sea's.
        shutil.rmtree(store, ignore_errors=True)
        simulate(scenario, here, seed=None if seed is None else scenario.seed + seed)
        # A watchkeeper knows where the ports are; in a sea of seventy ships they could not be learned.
        ports = _write_ports(scenario, here / "ports.csv")
        options = Options(place_lists=[ports], settings=_zones(scenario, here / "zones.geojson", store))
        files = sorted((here / "ais").glob("*.csv.zst"))
        late = [f for f in files if f.name.startswith(LATE)]
        for part in filter(None, ([f for f in files if f not in late], late)):
            watch(part, store, options, lambda _what, _share: None, engine)
        rows = score(newest_events(store), read_truth(here / "truth.csv"), read_table(store, "tracks"))
        rows = rows.add_column(
            0, MEASURE.field("regime"), pa.repeat(pa.scalar(pack["regime"]), rows.num_rows)
        )
        parts.append(rows.add_column(0, MEASURE.field("pack"), pa.repeat(pa.scalar(name), rows.num_rows)))
    tell("done", 1.0)
    return pa.concat_tables(parts)


def _write_ports(scenario: Scenario, path: Path) -> Path:
    rows = [(name, *at, radius_m) for name, at, radius_m in port_discs(scenario.world)]
    frame = pl.DataFrame(rows, schema=["name", "lat", "lon", "radius_m"], orient="row")
    frame.with_columns(pl.col("radius_m").round().cast(pl.Int64)).write_csv(path)
    return path


def _zones(scenario: Scenario, path: Path, store: Path) -> list[str]:
    """Settings that give a watch the zones of a scenario, written as anybody would give them."""
    features = []
    for zone in scenario.world["zone"]:
        shape: dict[str, Any]
        told = {k: v for k, v in zone.items() if k not in ("ring", "line", "at", "radius_nm")}
        if "ring" in zone:
            shape = {
                "type": "Polygon",
                "coordinates": [[_lonlat(p) for p in (*zone["ring"], zone["ring"][0])]],
            }
        elif "line" in zone:
            shape = {"type": "LineString", "coordinates": [_lonlat(p) for p in zone["line"]]}
        else:
            shape = {"type": "Point", "coordinates": _lonlat(zone["at"])}
            told["radius_m"] = round(zone["radius_nm"] * NAUTICAL_MILE_M)
        features.append({"type": "Feature", "properties": told, "geometry": shape})
    if not features:
        return []
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return settle_zones(store, [path], registered())


def _lonlat(at: Sequence[float]) -> list[float]:
    return [at[1], at[0]]


def totals(table: pa.Table) -> list[dict[str, Any]]:
    """The measure added up by kind and regime, kinds in order of their names."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    is_false = pl.when(pl.col("kind").is_in(ORDINARY)).then(0).otherwise(pl.col("unaccounted"))
    found = pl.col("found").sum()
    return (
        frame.with_columns(false=pl.col("false_positives") + is_false)
        .group_by("kind", "regime")
        .agg(
            pl.col("truths").sum(),
            found,
            pl.col("found_suppressed").sum(),
            pl.col("true_positives").sum(),
            pl.col("false").sum(),
            pl.col("lookalikes").sum(),
            pl.col("lookalikes_wrong").sum(),
            covered=(pl.col("covered_mean") * pl.col("found")).sum()
            / pl.col("found").filter(pl.col("covered_mean").is_not_null()).sum(),
            bounded=pl.col("bounded_min").min(),
            fragments=pl.col("fragments_max").max(),
        )
        .filter((pl.col("truths") > 0) | (pl.col("lookalikes") > 0) | (pl.col("false") > 0))
        .with_columns(
            recall=pl.when(pl.col("truths") > 0).then(pl.col("found") / pl.col("truths")),
            precision=pl.when(pl.col("true_positives") + pl.col("false") > 0).then(
                pl.col("true_positives") / (pl.col("true_positives") + pl.col("false"))
            ),
        )
        .sort("kind", pl.col("regime").replace_strict(list(REGIMES), range(len(REGIMES))))
        .to_dicts()
    )


HEADER = (
    "behaviour",
    "reporting",
    "found",
    "set apart",
    "recall",
    "false",
    "precision",
    "time covered (mean)",
    "within bounds (least)",
    "pieces (most)",
    "look-alikes wrong",
)


def cells(row: dict[str, Any]) -> list[str]:
    """A row of `totals` for a person."""
    return [
        row["kind"],
        row["regime"],
        f"{row['found']} of {row['truths']}" if row["truths"] else "-",
        str(row["found_suppressed"]) if row["truths"] else "-",
        _percent(row["recall"]),
        str(row["false"]),
        _percent(row["precision"]),
        _percent(row["covered"]),
        _percent(row["bounded"]),
        str(row["fragments"] or "-"),
        f"{row['lookalikes_wrong']} of {row['lookalikes']}" if row["lookalikes"] else "-",
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None or share != share else f"{100 * share:.0f} %"


def page(table: pa.Table, seed: int | None) -> str:
    """docs/score.md: what the packs are, the totals, and every pack by itself."""
    drawn = "the packs' own seeds" if seed is None else f"seed {seed} added to those of the packs"
    lines = [_INTRODUCTION.format(drawn=drawn), *_markdown(HEADER, [cells(r) for r in totals(table)])]
    lines += ["", "## Pack by pack", "", "| pack | where and how | behaviour | found | missed | false |"]
    lines += ["|---|---|---|---|---|---|"]
    for row in table.to_pylist():
        if not (row["truths"] or row["lookalikes"]):
            continue
        title = load_pack(row["pack"])[0]["title"]
        wrong = [*row["violations"]]
        lines.append(
            f"| {row['pack']} | {title} | {row['kind']} | {row['found']} of {row['truths']} "
            f"| {', '.join(row['missed']) or '-'} | {', '.join(wrong) or '-'} |"
        )
    lines += ["", _SHORTFALLS]
    return "\n".join([*lines, *_reasons(table), ""])


def _reasons(table: pa.Table) -> list[str]:
    told = (f"- **{kind}** ({figures}). {why}" for kind, figures, why in shortfalls(table))
    wrap = textwrap.TextWrapper(118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [line for one in told for line in wrap.wrap(one)]


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(header)} |",
        f"|{'---|' * len(header)}",
        *(f"| {' | '.join(r)} |" for r in rows),
    ]


_INTRODUCTION = """# How often is Shiomi right?

This page is written by `make score`; do not edit it. It was made with {drawn}.

Packs ([simulate](simulate.md#packs)) are small seas with two ports, ordinary traffic and a few planted
behaviours, each heard in one way: **dense**, shore stations over all of it and a feed of a report every ten
seconds; **mixed**, shore stations near ports and lanes at a report a minute, satellites beyond; **sparse**,
satellites alone with a pass every 20 to 70 minutes.

Every planted behaviour that was received well enough to be found counts. It is *found* if an event of its
kind about its vessels overlaps it and is to be looked at, and *set apart* if there is one but the ladder
explains it away. *False* is every event to look at during which nothing planted is true of its vessels,
except of kinds that ordinary traffic makes all the time ({ordinary}). *Time covered* is the share of the
true time inside the event's plain start and end; *within bounds* the least share inside its stated earliest
start and latest end. Simulated ships are tamer than real ones: these figures say what breaks, not what a
real sea would give.
""".replace("{ordinary}", ", ".join(ORDINARY))

_SHORTFALLS = """## Where it falls short, and why

Every figure of recall or precision under 95 %, and every mean of time covered under 90 %. Position jumps,
outliers and close passings are instants, of which a share of time means nothing.
"""

_BAR, _COVERED_BAR = 0.95, 0.90

_WHY = {
    "blocking": (
        "Bows crossed are judged over steps of five minutes, with reports at most ten minutes apart, "
        "by the mean course of a step: a crossing at either end of the weaving may be lost, and "
        "between two passes of satellites none is seen. Simulated ships do not see each other, so "
        "some of the traffic cross close ahead [by chance](detectors/blocking.md)."
    ),
    "cable_area": (
        "A time over a cable begins and ends with reports inside its zone; of one that goes to and "
        "fro across the edge a part may be told, and between two passes [an hour is not "
        "seen](detectors/cable_area.md)."
    ),
    "close_manoeuvre": (
        "Nothing is said of a closest approach between reports more than ten minutes apart, so "
        "satellites alone [show none](detectors/close_manoeuvre.md)."
    ),
    "dual_identity": (
        "Vessels heard less often than every twenty minutes [are not compared](detectors/dual_identity.md)."
    ),
    "encounter": (
        "What is set apart has an ordinary explanation as far as the positions tell ([the "
        "ladder](ladder.md)); under satellites the first and last half hour may go unseen, and the "
        "bounds hold it."
    ),
    "fabricated_track": (
        "An event tells the first window of reports that shows it, a quarter of an hour at ten "
        "seconds, and the same track is [told again after a day](detectors/fabricated_track.md): its "
        "length is no measure of how long it lasted."
    ),
    "gap": (
        "What is set apart may have left coverage, or lies where nobody else sails; under satellites "
        "a ship of the traffic that was not heard again stays to be looked at, "
        "[undetermined](ladder.md#when-does-reception-explain-a-silence)."
    ),
    "gnss_interference": (
        "Between passes a displaced ship could have sailed to where it seems to be, so nothing is "
        "told, and what is found of it meanwhile [is not set apart](detectors/gnss_interference.md)."
    ),
    "identity_switch": (
        "Silences of hours are ordinary under satellites, so the end of one number and the beginning "
        "of the other [cannot be put together](detectors/identity_switch.md)."
    ),
    "loitering": (
        "Under satellites a drift of five hours may have too few reports to be told, and its first or "
        "last half hour [may go unseen](detectors/loitering.md). Ships deceived together there seem "
        "to drift."
    ),
    "mirror_gap": (
        "Every two silences that could have held a meeting are told, and a silence with every drift "
        "in its reach. In these packs up to seventeen ships of seventy are silenced, so nearly all of "
        "them fit. The measures `fits` and `by_chance_bits` say so, and are [to be read "
        "first](detectors/mirror_gap.md)."
    ),
    "outlier": (
        "Under satellites a single report hours from the next may fit none of its vessel's others, "
        "where the ship sails or is deceived: it is [set aside](tracks.md) though nobody planted it."
    ),
    "port_approach": (
        "A silence that begins elsewhere on such a course is one [as well](detectors/port_approach.md)."
    ),
    "port_visit": (
        "Between passes a ship may have lain for an hour before it was heard in port; the "
        "[bounds](detectors/port_visit.md) hold less than the truth where the place was learned "
        "smaller than it is."
    ),
    "position_jump": (
        "A ship of which satellites hear a few reports could have sailed to where it seems to be [and "
        "back](detectors/position_jump.md)."
    ),
    "presence": (
        "Where a line matters nothing is bridged that lasts longer than an hour, so under satellites "
        "a stay is [told in pieces](detectors/presence.md), and only what was seen counts."
    ),
    "raft": (
        "A vessel heard less often than hourly is not judged, and the event begins and ends at [full "
        "hours](detectors/raft.md)."
    ),
    "rendezvous": (
        "From one side a drift beside a ship that does not transmit looks like a drift alone. Both "
        "are told, because that is all that can be seen; the false ones here are [ships adrift "
        "alone](detectors/rendezvous.md)."
    ),
    "shadowing": (
        "A vessel heard less often than every ten minutes [is not judged](detectors/shadowing.md)."
    ),
    "shared_identity": (
        "Ships deceived together under satellites alone are not known to be, and seem to be in [two "
        "places](detectors/shared_identity.md)."
    ),
    "survey_pattern": (
        "A vessel heard less often than every ten minutes is not judged, and a line that is too short "
        "or turns within it [does not count](detectors/survey_pattern.md)."
    ),
    "swarm": (
        "Members heard less often than every three hours are absent from musters, and with too few "
        "left [nothing is told](detectors/swarm.md)."
    ),
}
"""Kind to why it falls short, with the page that says more."""


def shortfalls(table: pa.Table) -> list[tuple[str, str, str]]:
    """Kind, figures under the bar, and why, of every behaviour and way of reporting that is under it."""
    short: dict[str, list[str]] = {}
    for row in totals(table):
        bars = (
            ("recall", "recall", _BAR),
            ("precision", "precision", _BAR),
            ("time covered", "covered", _COVERED_BAR),
        )
        low = [
            f"{name} {_percent(row[of])}"
            for name, of, bar in bars
            if row[of] is not None and row[of] < bar and not (of == "covered" and row["kind"] in _INSTANTS)
        ]
        if low:
            short.setdefault(row["kind"], []).append(f"{row['regime']}: {', '.join(low)}")
    return [(kind, "; ".join(figures), _WHY.get(kind, _UNKNOWN)) for kind, figures in short.items()]


_UNKNOWN = "No reason is known yet."
_INSTANTS = ("position_jump", "close_manoeuvre", "outlier")

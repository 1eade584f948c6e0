"""How well events agree with a table of what is true: found, missed, false, and how much of the time.

A truth and an event match when they are of one kind, about the same MMSIs, and overlap in time (the event
between its outer bounds). Suppressed events are counted apart: they are neither found nor false. Only for
encounters, and for stays, port visits and close passings where the truth lists them, is an event without a
truth a false one; of the other kinds ordinary traffic has its own, so they are `unplanted`. Of a group of
three and more, half must be named, and no more others than those. An event that a truth's `must_not` names is
a violation, and false, whatever its kind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from shiomi.errors import Unreadable
from shiomi.schema import EVENTS
from shiomi.units import iso, microseconds

__all__ = ["SCORE", "TRUTH", "read_truth", "score", "score_rows", "write_truth"]

TRUTH = pa.schema(
    [
        pa.field("truth_id", pa.string(), False),
        pa.field("kind", pa.string(), False),
        pa.field("subkind", pa.string(), False),
        pa.field("must_find", pa.bool_(), False),
        pa.field("must_not", pa.string(), False),
        pa.field("mmsi", pa.int32(), False),
        pa.field("partner_mmsi", pa.int32()),
        pa.field("t_start", pa.int64(), False),
        pa.field("t_end", pa.int64()),
        pa.field("lat", pa.float64(), False),
        pa.field("lon", pa.float64(), False),
        pa.field("others", pa.string()),
    ]
)
"""What is true. `others`: MMSIs, comma-separated, of a group of more than two. `must_not`: kinds,
comma-separated, that must not stand unsuppressed for these vessels then; `gap:unexplained` is that of such
coverage alone.
`t_end` null: it goes on to the end of the data. Times in microseconds UTC, places in degrees."""

SCORE = pa.schema(
    [
        pa.field("kind", pa.string(), False),
        pa.field("truths", pa.int64(), False),
        pa.field("found", pa.int64(), False),
        pa.field("found_suppressed", pa.int64(), False),
        pa.field("recall", pa.float64()),
        pa.field("events", pa.int64(), False),
        pa.field("suppressed", pa.int64(), False),
        pa.field("true_positives", pa.int64(), False),
        pa.field("false_positives", pa.int64(), False),
        pa.field("unplanted", pa.int64(), False),
        pa.field("unaccounted", pa.int64(), False),
        pa.field("precision", pa.float64()),
        pa.field("bounded_min", pa.float64()),
        pa.field("bounded_mean", pa.float64()),
        pa.field("covered_min", pa.float64()),
        pa.field("covered_mean", pa.float64()),
        pa.field("fragments_mean", pa.float64()),
        pa.field("fragments_max", pa.int64()),
        pa.field("lookalikes", pa.int64(), False),
        pa.field("lookalikes_wrong", pa.int64(), False),
        pa.field("missed", pa.list_(pa.string()), False),
        pa.field("violations", pa.list_(pa.string()), False),
    ]
)
"""One row a kind. `truths` and `recall` are over truths that must be found; `events` and what follows are
unsuppressed events; `unaccounted` are those unplanted of whose vessels nothing at all is true then (two that
meet also loiter); `found_suppressed` are truths seen only by a suppressed event. `bounded_*` is the share
of the true time from `t_start_earliest` to `t_end_latest` of the best single event (to `t_end` where the end
has no stated bound), `covered_*` the share from its `t_start` to its `t_end`; both null for kinds that are an
instant. `fragments_*` is events per found truth; `missed` and `violations` are truth ids."""

_FOREVER = (1 << 62) - 1
_CLOSED_WORLD = ("encounter",)
"""Kinds of which every occurrence is known, so that an event without a truth is a false one."""
_LISTED = ("presence", "port_visit", "close_manoeuvre", "mirror_gap", "rendezvous")
"""The same of a truth that lists any of them: a scenario that asks for them has them all written down."""
_APART_BY_NATURE = "port_visit"
"""Told to be kept, not to be looked at; that it is shown apart is no reason against it."""
_OF_SUMMARIES = "outlier"
_INSTANTS = ("position_jump", "close_manoeuvre", _OF_SUMMARIES)
"""Kinds that say when something changed, not how long it lasted: they share no time with a truth."""


def write_truth(truth: pa.Table, path: str | Path) -> None:
    """The truth as CSV, times in ISO 8601 UTC."""
    columns = [
        pa.array([iso(t) or None for t in truth[f.name].to_pylist()], pa.string())
        if f.name.startswith("t_")
        else truth[f.name]
        for f in TRUTH
    ]
    options = pa_csv.WriteOptions(quoting_style="needed")
    pa_csv.write_csv(pa.table(columns, names=TRUTH.names), str(path), options)


def read_truth(path: str | Path) -> pa.Table:
    """The truth of a CSV file, schema TRUTH.

    Raises:
        Unreadable: there is no such file, or it lacks a column or holds something that is no time.
    """
    text = {f.name: pa.string() for f in TRUTH if f.name.startswith("t_") or f.name in ("truth_id", "others")}
    types = {f.name: text.get(f.name, f.type) for f in TRUTH}
    options = pa_csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False)
    try:
        raw = pa_csv.read_csv(str(path), convert_options=options)
        times = {
            n: pa.array([microseconds(x) if x else None for x in raw[n].to_pylist()], pa.int64())
            for n in ("t_start", "t_end")
        }
    except FileNotFoundError as e:
        raise Unreadable(path, "no such file", "give the truth.csv that `shiomi simulate` wrote") from e
    except (pa.ArrowException, ValueError, KeyError) as e:
        raise Unreadable(path, f"not a truth table ({e})", "see docs/simulate.md for its columns") from e
    # Files of before there were groups lack the column.
    others = [x or None for x in raw["others"].to_pylist()] if "others" in raw.column_names else None
    columns = times | {"others": pa.array(others or [None] * raw.num_rows, pa.string())}
    return pa.table([columns[f.name] if f.name in columns else raw[f.name] for f in TRUTH], schema=TRUTH)


def _identity(mmsi: list[int]) -> str:
    return ",".join(str(m) for m in sorted(set(mmsi)))


def _events(events: pa.Table, summaries: pa.Table | None) -> pl.DataFrame:
    """One row an event: kind, who, stated and outer times, whether suppressed."""
    end, end_latest = events["t_end"], events["t_end_latest"]
    frame = pl.DataFrame(
        {
            "kind": events["kind"].to_pylist(),
            "status": events["status"].to_pylist(),
            "who": [_identity([s >> 33 for s in x]) for x in events["subjects"].to_pylist()],
            "coverage": events["coverage"].to_pylist(),
            "start": events["t_start"].to_pylist(),
            "end": end.to_pylist(),
            "earliest": events["t_start_earliest"].to_pylist(),
            "latest": end_latest.to_pylist(),
            "suppressed": [
                bool(x) and kind != _APART_BY_NATURE
                for x, kind in zip(
                    events["suppressed_by"].to_pylist(), events["kind"].to_pylist(), strict=True
                )
            ],
        },
        schema_overrides=dict.fromkeys(("start", "end", "earliest", "latest"), pl.Int64)
        | dict.fromkeys(("kind", "status", "who", "coverage"), pl.String)
        | {"suppressed": pl.Boolean},
    )
    frame = frame.filter(pl.col("status") != "withdrawn").drop("status")
    if summaries is not None:
        rows = summaries.filter(pc.equal(summaries["kind"], _OF_SUMMARIES)).to_pylist()
        lone = [
            {"kind": _OF_SUMMARIES, "who": str(r["mmsi"]), "start": r["t_first"], "end": r["t_last"]}
            | {"coverage": None, "earliest": r["t_first"], "latest": r["t_last"], "suppressed": False}
            for r in rows
        ]
        frame = pl.concat([frame, pl.DataFrame(lone, schema=frame.schema)])
    still = pl.col("end").is_null()
    return frame.with_columns(
        end=pl.col("end").fill_null(_FOREVER),
        latest=pl.when(still).then(_FOREVER).otherwise(pl.col("latest").fill_null(pl.col("end"))),
    ).with_row_index("event")


def _truths(truth: pa.Table) -> pl.DataFrame:
    named = zip(*(truth[c].to_pylist() for c in ("mmsi", "partner_mmsi", "others")), strict=True)
    frame = pl.DataFrame(
        {n: truth[n].to_pylist() for n in ("truth_id", "kind", "must_find", "must_not")}
        | {
            "true_start": truth["t_start"].to_pylist(),
            "true_end": truth["t_end"].to_pylist(),
            "who": [
                _identity(
                    [m for m in (a, b, *map(int, filter(None, (more or "").split(",")))) if m is not None]
                )
                for a, b, more in named
            ],
        },
        schema_overrides={"true_start": pl.Int64, "true_end": pl.Int64, "must_find": pl.Boolean}
        | dict.fromkeys(("truth_id", "kind", "must_not", "who"), pl.String),
    )
    return frame.with_columns(pl.col("true_end").fill_null(_FOREVER))


def _matches(truths: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    pairs = pl.concat([truths.join(events, on=["kind", "who"], how="inner"), _groups(truths, events)])
    pairs = pairs.filter(
        (pl.col("earliest") <= pl.col("true_end")) & (pl.col("latest") >= pl.col("true_start"))
    )
    length = (pl.col("true_end") - pl.col("true_start")).cast(pl.Float64)
    timed = (pl.col("true_end") < _FOREVER) & (length > 0) & ~pl.col("kind").is_in(_INSTANTS)

    def share(a: str, b: str) -> pl.Expr:
        inside = pl.min_horizontal(b, "true_end") - pl.max_horizontal(a, "true_start")
        return pl.when(timed).then(pl.max_horizontal(inside, pl.lit(0)) / length)

    return pairs.with_columns(covered=share("start", "end"), bounded=share("earliest", "latest"))


def _groups(truths: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Truths of three vessels or more and the events that name half of them, and few others."""
    groups = truths.filter(pl.col("who").str.count_matches(",") >= 2)
    pairs = groups.join(events, on="kind", how="inner", suffix="_event")
    mine, theirs = (pl.col(c).str.split(",") for c in ("who", "who_event"))
    both = mine.list.set_intersection(theirs).list.len() * 2
    alike = (both >= mine.list.len()) & (both >= theirs.list.len()) & (pl.col("who") != pl.col("who_event"))
    columns = truths.join(events, on=["kind", "who"], how="inner").columns
    return pairs.filter(alike).select(columns)


def score(events: pa.Table, truth: pa.Table, summaries: pa.Table | None = None) -> pa.Table:
    """Schema SCORE: one row for each kind that the truth or the events name.

    Args:
        events: schema EVENTS, the newest revision of each; withdrawn ones are left out.
        truth: schema TRUTH.
        summaries: schema TRACK_SUMMARIES; its outliers are judged as findings of the kind `outlier`. Without
            it, and without such events, outliers are not judged.
    """
    missing = {f.name for f in EVENTS} - set(events.column_names)
    if missing:
        raise ValueError(f"events lack {', '.join(sorted(missing))}")
    found, true = _events(events, summaries), _truths(truth)
    guards = (
        true.filter(pl.col("must_not") != "")
        .with_columns(kind=pl.col("must_not").str.split(","))
        .explode("kind")
        .with_columns(pl.col("kind").str.strip_chars().str.split_exact(":", 1))
        .unnest("kind")
        .rename({"field_0": "kind", "field_1": "only"})
    )
    planted = true.filter(pl.col("kind") != "lookalike")
    judged = summaries is not None or bool((found["kind"] == _OF_SUMMARIES).any())
    if not judged:
        planted = planted.filter(pl.col("kind") != _OF_SUMMARIES)
    kinds = sorted({*planted["kind"], *guards["kind"], *found["kind"]})
    hits, breaches = _matches(planted, found), _matches(guards, found)
    breaches = breaches.filter(pl.col("only").is_null() | (pl.col("only") == pl.col("coverage")))
    accounted = _accounted(true, found)
    rows = [
        _score_kind(
            k,
            *(x.filter(pl.col("kind") == k) for x in (planted, found, hits, guards, breaches)),
            accounted=accounted,
        )
        for k in kinds
    ]
    return pa.Table.from_pylist(rows, SCORE)


def _accounted(truths: pl.DataFrame, events: pl.DataFrame) -> set[int]:
    """Events during which something is true of one of their vessels."""
    each = [f.with_columns(pl.col("who").str.split(",")).explode("who") for f in (truths, events)]
    pairs = each[0].select("who", "true_start", "true_end").join(each[1], on="who")
    overlap = (pl.col("earliest") <= pl.col("true_end")) & (pl.col("latest") >= pl.col("true_start"))
    return set(pairs.filter(overlap)["event"])


def _score_kind(
    kind: str,
    planted: pl.DataFrame,
    found: pl.DataFrame,
    hits: pl.DataFrame,
    guards: pl.DataFrame,
    breaches: pl.DataFrame,
    *,
    accounted: set[int],
) -> dict[str, Any]:
    shown = found.filter(~pl.col("suppressed"))
    good, apart = hits.filter(~pl.col("suppressed")), hits.filter(pl.col("suppressed"))
    bad = breaches.filter(~pl.col("suppressed"))
    wanted = set(planted.filter("must_find")["truth_id"])
    seen = wanted & set(good["truth_id"])
    true_events = set(good["event"])
    strangers = set(shown["event"]) - true_events
    is_closed = kind in _CLOSED_WORLD or (kind in _LISTED and len(planted) > 0)
    false_events = strangers if is_closed else strangers & set(bad["event"])
    judged = len(true_events) + len(false_events)
    best = good.sort("bounded", "covered", descending=True, nulls_last=True).unique(
        "truth_id", keep="first", maintain_order=True
    )
    fragments = good.group_by("truth_id").len()["len"]
    violations = sorted(set(bad["truth_id"]))
    return {
        "kind": kind,
        "truths": len(wanted),
        "found": len(seen),
        "found_suppressed": len(wanted & set(apart["truth_id"]) - seen),
        "recall": len(seen) / len(wanted) if wanted else None,
        "events": len(shown),
        "suppressed": len(found) - len(shown),
        "true_positives": len(true_events),
        "false_positives": len(false_events),
        "unplanted": len(strangers) - len(false_events),
        "unaccounted": len(strangers - false_events - accounted),
        "precision": len(true_events) / judged if judged else None,
        "bounded_min": best["bounded"].min(),
        "bounded_mean": best["bounded"].mean(),
        "covered_min": best["covered"].min(),
        "covered_mean": best["covered"].mean(),
        "fragments_mean": fragments.mean(),
        "fragments_max": fragments.max(),
        "lookalikes": guards["truth_id"].n_unique(),
        "lookalikes_wrong": len(violations),
        "missed": sorted(wanted - seen),
        "violations": violations,
    }


def score_rows(table: pa.Table) -> tuple[list[str], list[list[str]]]:
    """Header and rows of text for a person: shares in percent, a dash where there is nothing to divide by."""
    header = "kind,found,recall,events,suppressed,false,unplanted,precision,"
    header += "time within bounds (least / mean),from start to end (least / mean),fragments,look-alikes wrong"

    def percent(x: float | None) -> str:
        return "-" if x is None else f"{100 * x:.0f}%"

    def spread(r: dict[str, Any], name: str) -> str:
        least, mean = (r[f"{name}_{of}"] for of in ("min", "mean"))
        # Rounded down: what is not whole must not look so.
        return "-" if least is None else " / ".join(f"{int(100 * x + 1e-9)}%" for x in (least, mean))

    rows = [
        [
            r["kind"],
            f"{r['found']} of {r['truths']}",
            percent(r["recall"]),
            str(r["events"]),
            str(r["suppressed"]),
            str(r["false_positives"]),
            str(r["unplanted"]),
            percent(r["precision"]),
            spread(r, "bounded"),
            spread(r, "covered"),
            "-" if r["fragments_mean"] is None else f"{r['fragments_mean']:.2f}",
            f"{r['lookalikes_wrong']} of {r['lookalikes']}",
        ]
        for r in table.to_pylist()
    ]
    return header.split(","), rows

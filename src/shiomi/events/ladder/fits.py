"""How much a mirror gap says: how many fit as well, and how often one would fit by chance.

It finds no reason and passes no judgement. Where silences are common the two figures are high, and whoever
reads the event should know before reading anything else.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import Context, Said, nothing_said
from shiomi.findings import UNKNOWN
from shiomi.geo import distance_m
from shiomi.units import SECOND

__all__ = ["MEASURES", "fits"]

MEASURES = ("by_chance_bits", "fits")

_KIND = "mirror_gap"


def fits(events: pa.Table, context: Context) -> Said:
    """Measures `fits` and `by_chance_bits` of mirror gaps; nothing of other kinds."""
    asked = np.asarray(pc.equal(events["kind"], _KIND).to_numpy(zero_copy_only=False), np.bool_)
    said = nothing_said(np.zeros_like(asked))
    rows = np.flatnonzero(asked)
    if len(rows) == 0 or context.events is None:
        return said
    mine = events.take(pa.array(rows))
    standing = context.events.filter(pc.not_equal(context.events["status"], "withdrawn"))
    for name, values in (("fits", _as_well(mine, standing)), ("by_chance_bits", _by_chance(mine, context))):
        said.measures[name] = np.full(len(asked), UNKNOWN)
        said.measures[name][rows] = values
    return said


def _spans(events: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_id": pl.from_arrow(events["event_id"]),
            "track": pl.from_arrow(events["subjects"]),
            "t0": events["t_start"].to_numpy(),
            "t1": events["t_end"].to_numpy(),
        }
    ).explode("track")


def _as_well(mine: pa.Table, standing: pa.Table) -> np.ndarray:
    """Mirror gaps of either vessel that overlap in time, the event itself included."""
    theirs = _spans(standing.filter(pc.equal(standing["kind"], _KIND)))
    counted = (
        _spans(mine)
        .join(theirs, on="track", suffix="_other")
        .filter((pl.col("t0") <= pl.col("t1_other")) & (pl.col("t0_other") <= pl.col("t1")))
        .group_by("event_id")
        .agg(pl.col("event_id_other").n_unique().alias("fits"))
    )
    number = dict(zip(counted["event_id"].to_list(), counted["fits"].to_list(), strict=True))
    return np.array([number.get(e, 0) for e in mine["event_id"].to_pylist()], np.int64)


def _by_chance(mine: pa.Table, context: Context) -> np.ndarray:
    """How unlikely it is that a silence of another vessel within reach overlaps by chance: one in 2 to this.

    Every closed gap of the watch that began within reach is moved to any time of the watch with equal
    likelihood; the number that then overlap is taken as Poisson. In powers of two, so that a new gap seldom
    changes what was said. Where no other gap is known, nothing can be said.
    """
    assert context.events is not None
    if context.tracks is None or context.tracks.num_rows == 0:
        return np.full(mine.num_rows, UNKNOWN)
    gaps = context.events.filter(
        pc.and_(pc.equal(context.events["kind"], "gap"), pc.equal(context.events["status"], "closed"))
    )
    lat, lon = numpy_of(gaps, "lat_e7"), numpy_of(gaps, "lon_e7")
    silence_s = (numpy_of(gaps, "t_end", UNKNOWN) - numpy_of(gaps, "t_start")) // SECOND
    track = np.asarray(pc.list_element(gaps["subjects"], 0).to_numpy(), np.int64)
    span_s = max(1, (pc.max(context.tracks["t_last"]).as_py() - pc.min(context.tracks["t_first"]).as_py()))
    span_s = max(1, span_s // SECOND)
    out = []
    for e in mine.select(["lat_e7", "lon_e7", "subjects", "measures"]).to_pylist():
        measures = dict(e["measures"])
        near = distance_m(lat, lon, np.array(e["lat_e7"]), np.array(e["lon_e7"])) <= measures["reach_m"]
        near &= ~np.isin(track >> 33, np.array(e["subjects"], np.int64) >> 33)
        overlap = np.minimum(1.0, (silence_s[near] + measures["duration_s"]) / span_s)
        if not near.any():
            out.append(int(UNKNOWN))
            continue
        likely = -np.expm1(-float(np.sort(overlap).sum()))
        out.append(round(-np.log2(likely)))
    return np.array(out, np.int64)

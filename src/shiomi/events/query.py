"""Choosing events, and laying them flat: one row an event, one column a measure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.errors import BadParameter
from shiomi.geo import distance_m
from shiomi.ids import track_name
from shiomi.schema import EVENTS
from shiomi.units import nautical_miles

__all__ = [
    "Near",
    "best_names",
    "disc",
    "flat",
    "flat_tracks",
    "is_suppressed",
    "ranked",
    "select",
    "select_tracks",
]

_MMSI_SHIFT = 33

_TIME = pa.timestamp("us", "UTC")
_TIMES = ("t_start", "t_end", "t_start_earliest", "t_start_latest", "t_end_earliest", "t_end_latest")


class Near(NamedTuple):
    """A disc on the sea."""

    lat_e7: int
    lon_e7: int
    radius_m: int


def disc(lat: float, lon: float, radius_nm: float) -> Near:
    """A disc from degrees and nautical miles.

    Raises:
        BadParameter: it is not on the earth.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and radius_nm >= 0):
        raise BadParameter(
            f"{lat} {lon} {radius_nm} is no place; give latitude, longitude and nautical miles"
        )
    return Near(round(lat * 1e7), round(lon * 1e7), nautical_miles(radius_nm))


def select(
    events: pa.Table,
    kinds: Iterable[str] | None = None,
    mmsi: Iterable[int] | None = None,
    between: tuple[int | None, int | None] | None = None,
    near: Near | None = None,
    *,
    include_suppressed: bool = True,
    status: Iterable[str] = ("open", "closed"),
) -> pa.Table:
    """The events that pass every filter given, in the order they came; None lets everything pass.

    Args:
        events: EVENTS, with or without `revision`.
        kinds: names of detectors.
        mmsi: vessels, any of which is a subject.
        between: microseconds UTC [since, until): events that overlap it; an open event has no end yet.
        near: events whose representative place is in this disc.
        include_suppressed: also those that are shown apart.
        status: which of open, closed, withdrawn.

    Raises:
        BadParameter: `between` ends before it begins.
    """
    keep = np.ones(events.num_rows, np.bool_)
    keep &= _is_in(events["status"], status)
    if kinds is not None:
        keep &= _is_in(events["kind"], kinds)
    if mmsi is not None:
        rows, tracks = _listed(events["subjects"])
        hit = np.zeros(events.num_rows, np.bool_)
        hit[rows[np.isin(tracks.to_numpy() >> _MMSI_SHIFT, np.array(list(mmsi), np.int64))]] = True
        keep &= hit
    if between is not None:
        since, until = between
        if since is not None and until is not None and until < since:
            raise BadParameter("the interval ends before it begins; swap its two times")
        if since is not None:
            keep &= pc.fill_null(pc.greater_equal(events["t_end"], since), True).to_numpy()
        if until is not None:
            keep &= events["t_start"].to_numpy() < until
    if near is not None:
        centre = np.array([near.lat_e7]), np.array([near.lon_e7])
        away = distance_m(events["lat_e7"].to_numpy(), events["lon_e7"].to_numpy(), *centre)
        keep &= away <= near.radius_m
    if not include_suppressed:
        keep &= ~is_suppressed(events)
    return events.filter(pa.array(keep))


def select_tracks(
    summaries: pa.Table,
    mmsi: Iterable[int] | None = None,
    between: tuple[int | None, int | None] = (None, None),
    kind: str | None = None,
) -> pa.Table:
    """The track summaries that pass every filter given, in the order they came; times as in `select`."""
    keep = np.ones(summaries.num_rows, np.bool_)
    if mmsi is not None:
        keep &= np.isin(summaries["mmsi"].to_numpy(), np.array(list(mmsi), np.int64))
    if between[0] is not None:
        keep &= summaries["t_last"].to_numpy() >= between[0]
    if between[1] is not None:
        keep &= summaries["t_first"].to_numpy() < between[1]
    if kind is not None:
        keep &= _is_in(summaries["kind"], [kind])
    return summaries.filter(pa.array(keep))


def is_suppressed(events: pa.Table) -> npt.NDArray[np.bool_]:
    """Which events are shown apart, for a reason that they keep."""
    return np.asarray(pc.greater(pc.list_value_length(events["suppressed_by"]), 0).to_numpy(), np.bool_)


def ranked(events: pa.Table) -> pa.Table:
    """Events in the order in which to look at them: silences that cannot be told last, then the rarest first.

    Rarity is the measure `rarity_bits`; among equals the order stays as it was.
    """
    rows, entries = _listed(events["measures"].cast(EVENTS.field("measures").type))
    mine = pc.equal(entries.field("key"), "rarity_bits").to_numpy(zero_copy_only=False)
    bits = np.zeros(events.num_rows, np.int64)
    bits[rows[mine]] = entries.field("value").to_numpy(zero_copy_only=False)[mine]
    is_vague = np.asarray(pc.equal(events["coverage"], "undetermined").to_numpy(), np.bool_)
    return events.take(pa.array(np.lexsort((-bits, is_vague))))


def best_names(particulars: pa.Table) -> dict[int, str]:
    """The name that each MMSI claimed most often; among equals the one heard last, then the first in order.

    It is for reading. Who a vessel is stands in `particulars`, every claim with its time.
    """
    named = particulars.filter(
        pc.and_(pc.is_valid(particulars["name"]), pc.not_equal(particulars["name"], ""))
    )
    claims = named.group_by(["mmsi", "name"]).aggregate([("reports", "sum"), ("t_last", "max")])
    claims = claims.sort_by(
        [
            ("mmsi", "ascending"),
            ("reports_sum", "ascending"),
            ("t_last_max", "ascending"),
            ("name", "descending"),
        ]
    )
    return dict(zip(claims["mmsi"].to_pylist(), claims["name"].to_pylist(), strict=True))


def flat(events: pa.Table, particulars: pa.Table | None = None) -> pa.Table:
    """Events as plain columns, for files that know neither lists nor maps.

    Times are timestamps in UTC, places degrees, tracks the names that people write, reasons joined by `|`.
    Each measure has its own int64 column, null where the kind has none. Of an event about more than two
    tracks the first two are named; all of them stand in the store. With `particulars` the columns `name`
    and `partner_name` follow the MMSIs.
    """
    out: dict[str, pa.Array | pa.ChunkedArray] = {"event_id": events["event_id"]}
    if "revision" in events.column_names:
        out["revision"] = events["revision"]
    out |= {"kind": events["kind"], "status": events["status"]}
    tracks = [_subject(events["subjects"], i) for i in (0, 1)]
    mmsis = [pc.shift_right(t, pa.scalar(_MMSI_SHIFT, pa.int64())).cast(pa.int32()) for t in tracks]
    out |= {"mmsi": mmsis[0], "partner_mmsi": mmsis[1]}
    if particulars is not None:
        names = best_names(particulars)
        out["name"] = _named(mmsis[0], names)
        out["partner_name"] = _named(mmsis[1], names)
    out |= {"track_id": _track_names(tracks[0]), "partner_track_id": _track_names(tracks[1])}
    out |= {name: events[name].cast(_TIME) for name in _TIMES}
    out["lat"] = pa.array(events["lat_e7"].to_numpy() / 1e7, pa.float64())
    out["lon"] = pa.array(events["lon_e7"].to_numpy() / 1e7, pa.float64())
    out["suppressed_by"] = pc.binary_join(events["suppressed_by"], "|")
    out["coverage"] = events["coverage"]
    last = {
        "known_t": events["known_t"].cast(_TIME),
        "places_id": events["places_id"],
        "version": events["version"],
        "parameters": events["parameters"],
    }
    for key, column in _measures(events).items():
        out[key if key not in out and key not in last else f"measure_{key}"] = column
    return pa.table(out | last)


def flat_tracks(summaries: pa.Table, particulars: pa.Table | None = None) -> pa.Table:
    """Track summaries (TRACK_SUMMARIES) as plain columns, named as those of `flat`."""
    out: dict[str, pa.Array | pa.ChunkedArray] = {
        "track_id": _track_names(_whole(summaries["track_id"])),
        "mmsi": summaries["mmsi"],
    }
    if particulars is not None:
        out["name"] = _named(_whole(summaries["mmsi"]), best_names(particulars))
    out["kind"] = summaries["kind"]
    out |= {name: summaries[name].cast(_TIME) for name in ("t_first", "t_last")}
    out |= {name: summaries[name] for name in ("fixes", "distance_m")}
    for name in ("lat_e7_min", "lat_e7_max", "lat_e7", "lon_e7"):
        out[name.replace("_e7", "")] = pa.array(summaries[name].to_numpy() / 1e7, pa.float64())
    return pa.table(out)


def _measures(events: pa.Table) -> dict[str, pa.Array]:
    column = events["measures"].cast(EVENTS.field("measures").type)
    rows, entries = _listed(column)
    keys = entries.field("key").dictionary_encode()
    code, values = keys.indices.to_numpy(), entries.field("value").to_numpy(zero_copy_only=False)
    valid = entries.field("value").is_valid().to_numpy(zero_copy_only=False)
    out: dict[str, pa.Array] = {}
    for name in sorted(keys.dictionary.to_pylist()):
        mine = (code == keys.dictionary.index(name).as_py()) & valid
        value, known = np.zeros(events.num_rows, np.int64), np.zeros(events.num_rows, np.bool_)
        value[rows[mine]], known[rows[mine]] = values[mine], True
        out[name] = pa.array(value, mask=~known)
    return out


def _listed(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Row of each list element, and the elements laid end to end."""
    a = _whole(column)
    offsets = a.offsets.to_numpy()
    values = a.values.slice(offsets[0], offsets[-1] - offsets[0])
    return np.repeat(np.arange(len(a)), np.diff(offsets)), values


def _whole(column: pa.ChunkedArray) -> pa.Array:
    a = column.combine_chunks()
    return a if isinstance(a, pa.Array) else pa.concat_arrays(a.chunks)


def _subject(column: pa.ChunkedArray, i: int) -> pa.Array:
    """The i-th track of each event, null where it has fewer."""
    a = _whole(column)
    offsets = a.offsets.to_numpy()
    has = np.diff(offsets) > i
    value = np.zeros(len(a), np.int64)
    value[has] = a.values.to_numpy()[offsets[:-1][has] + i]
    return pa.array(value, mask=~has)


def _track_names(tracks: pa.Array) -> pa.Array:
    known = tracks.dictionary_encode()
    names = pa.array([track_name(t) for t in known.dictionary.to_pylist()], pa.string())
    return names.take(known.indices)


def _named(mmsi: pa.Array, names: dict[int, str]) -> pa.Array:
    known = mmsi.dictionary_encode()
    found = pa.array([names.get(m) for m in known.dictionary.to_pylist()], pa.string())
    return found.take(known.indices)


def _is_in(column: pa.ChunkedArray, values: Iterable[str]) -> npt.NDArray[np.bool_]:
    wanted: Sequence[str] = list(values)
    return np.asarray(pc.is_in(column, pa.array(wanted, column.type)).to_numpy(), np.bool_)

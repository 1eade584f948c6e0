"""How a detector writes down what it found: whole columns in, a table of EVENTS out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.kernels.cited import in_order_of_time
from shiomi.kernels.still import fixed
from shiomi.schema import EVENTS

__all__ = [
    "UNKNOWN",
    "Evidence",
    "Found",
    "event_id",
    "events_of",
    "evidence_rows",
    "no_events",
    "parameters_of",
]

UNKNOWN = np.iinfo(np.int64).min
"""A time that is not known (null in the table): no end yet, or no bound."""

_I64 = npt.NDArray[np.int64]


class Evidence(NamedTuple):
    """Message ids of many events laid end to end: event i has values[edges[i]:edges[i + 1]]."""

    edges: _I64
    values: _I64


class Found(NamedTuple):
    """Columns of n findings; see schema.EVENTS for the meaning of each."""

    is_open: npt.NDArray[np.bool_]
    subjects: list[_I64] | Evidence
    """One array of n track ids for each subject of an event, ascending across the list; or, where events
    have as many subjects as they come, these laid end to end."""
    t_start: _I64
    t_end: _I64
    t_start_earliest: _I64
    t_start_latest: _I64
    t_end_earliest: _I64
    t_end_latest: _I64
    known_t: _I64
    lat_e7: _I64
    lon_e7: _I64
    measures: dict[str, _I64]
    """By name with its unit; an event lacks those that are UNKNOWN."""
    evidence: Evidence
    founders: Evidence | None = None
    """The subjects that its id names, where others may still join; all of them where None."""


def parameters_of(detector: Any) -> str:
    """The parameters of a detector as canonical JSON: what is shown, hashed and signed."""
    values = {f.name: getattr(detector, f.name) for f in fields(detector)} if is_dataclass(detector) else {}
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def event_id(name: str, version: int, parameters: str, subjects: tuple[int, ...], t_start: int) -> str:
    """Content id of a finding, 16 hexadecimal digits of SHA-256."""
    return _id_of(_id_prefix(name, version, parameters), subjects, t_start)


def _id_prefix(name: str, version: int, parameters: str) -> Any:
    return hashlib.sha256(f"{name}/{version}/{parameters}".encode())


def _id_of(prefix: Any, subjects: tuple[int, ...], t_start: int) -> str:
    h = prefix.copy()
    h.update(f"|{subjects}|{t_start}".encode())
    return str(h.hexdigest()[:16])


def no_events() -> pa.Table:
    """An EVENTS table without rows."""
    return EVENTS.empty_table()


def evidence_rows(
    edges: _I64, columns: list[npt.NDArray[np.int64]], times: list[npt.NDArray[np.int64]]
) -> Evidence:
    """Evidence from several id columns over the rows of each event, repeats removed, in order of time.

    Args:
        edges: event i owns rows edges[i] to edges[i + 1] of every column.
        columns: message ids.
        times: when each of them was made.
    """
    return Evidence(
        *in_order_of_time(fixed(edges, np.int64), fixed(columns, np.int64), fixed(times, np.int64))
    )


def _times(values: _I64) -> pa.Array:
    return pa.array(values, pa.int64(), mask=values == UNKNOWN)


def _tuples(subjects: list[_I64] | Evidence) -> list[tuple[int, ...]]:
    if not isinstance(subjects, Evidence):
        return list(zip(*(s.tolist() for s in subjects), strict=True))
    values = subjects.values.tolist()
    return [tuple(values[a:b]) for a, b in pairwise(subjects.edges.tolist())]


def events_of(detector: Any, found: Found, about: _I64 | None = None) -> pa.Table:
    """A table of EVENTS, not yet judged: no coverage, no suppression, no places.

    Args:
        detector: who found them.
        found: what was found.
        about: what tells apart two findings of one subject that begin at one instant, such as a zone.
    """
    n = len(found.t_start)
    if n == 0:
        return no_events()
    parameters = parameters_of(detector)
    prefix = _id_prefix(detector.name, detector.version, parameters)
    subject_lists = _tuples(found.subjects)
    founders = subject_lists if found.founders is None else _tuples(found.founders)
    starts = found.t_start.tolist()
    ids = [_id_of(prefix, s, t) for s, t in zip(founders, starts, strict=True)]
    if about is not None:
        ids = [
            _id_of(_id_prefix(detector.name, detector.version, f"{parameters}|{a}"), s, t)
            for a, s, t in zip(about.tolist(), founders, starts, strict=True)
        ]
    names = sorted(found.measures)
    values = np.stack([found.measures[k] for k in names], axis=1)
    known = values != UNKNOWN
    keys = pa.array(np.tile(np.array(names, object), n)[known.reshape(-1)], pa.string())
    items = pa.array(values[known], pa.int64())
    measure_edges = np.concatenate([[0], np.cumsum(known.sum(axis=1))]).astype(np.int32)
    empty = pa.ListArray.from_arrays(pa.array(np.zeros(n + 1, np.int32)), pa.array([], pa.string()))
    columns = {
        "event_id": pa.array(ids, pa.string()),
        "kind": pa.repeat(pa.scalar(detector.name, pa.string()), n),
        "version": pa.repeat(pa.scalar(detector.version, pa.int32()), n),
        "parameters": pa.repeat(pa.scalar(parameters, pa.string()), n),
        "status": pa.array(np.where(found.is_open, "open", "closed"), pa.string()),
        "subjects": pa.array([list(s) for s in subject_lists], pa.list_(pa.int64())),
        "t_start": pa.array(found.t_start, pa.int64()),
        "t_end": _times(found.t_end),
        "t_start_earliest": pa.array(found.t_start_earliest, pa.int64()),
        "t_start_latest": pa.array(found.t_start_latest, pa.int64()),
        "t_end_earliest": _times(found.t_end_earliest),
        "t_end_latest": _times(found.t_end_latest),
        "known_t": pa.array(found.known_t, pa.int64()),
        "lat_e7": pa.array(found.lat_e7.astype(np.int32)),
        "lon_e7": pa.array(found.lon_e7.astype(np.int32)),
        "measures": pa.MapArray.from_arrays(measure_edges, keys, items),
        "coverage": pa.repeat(pa.scalar("unknown", pa.string()), n),
        "suppressed_by": empty,
        "ladder": empty,
        "places_id": pa.repeat(pa.scalar("", pa.string()), n),
        "evidence": pa.ListArray.from_arrays(
            pa.array(found.evidence.edges.astype(np.int32)), pa.array(found.evidence.values, pa.int64())
        ),
    }
    return pa.Table.from_arrays([columns[f.name].cast(f.type) for f in EVENTS], schema=EVENTS)

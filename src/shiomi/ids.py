"""Content ids: the same thing has the same name everywhere, whoever computes it and in whatever order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["message_ids", "pair_ids", "track_name"]

_REPORT_FIELDS = ("mmsi", "t", "lat_e7", "lon_e7", "sog_dkn", "cog_ddeg", "heading_deg")
_NULL = -(1 << 62)

_U64 = npt.NDArray[np.uint64]


def _mix(x: _U64) -> _U64:
    """SplitMix64 finaliser (Steele, Lea and Flood 2014): every input bit reaches every output bit."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _fold(columns: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    h = np.full(len(columns[0]), 0x9E3779B97F4A7C15, np.uint64)
    with np.errstate(over="ignore"):
        for c in columns:
            h = _mix(h * np.uint64(0x9E3779B97F4A7C15) + c.view(np.uint64))
    return h.view(np.int64)


def message_ids(positions: pa.Table) -> npt.NDArray[np.int64]:
    """Content ids of reports, int64, from who, when, where, and how they moved.

    64 bits: among 100 million reports of a day the chance that any two differ and share an id is 3e-4.
    """
    columns = []
    for name in _REPORT_FIELDS:
        c = positions[name].cast(pa.int64())
        filled = pc.fill_null(c, _NULL) if c.null_count else c
        columns.append(np.ascontiguousarray(filled.to_numpy()))
    return _fold(columns)


def pair_ids(
    track_id: npt.NDArray[np.int64], partner_track_id: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Content ids of pairs of tracks; the lower track id comes first."""
    return _fold([np.ascontiguousarray(track_id), np.ascontiguousarray(partner_track_id)])


def track_name(track_id: int) -> str:
    """A track id as people write it: MMSI and the UTC second it was first heard."""
    from shiomi.units import SECOND, iso

    return f"{int(track_id) >> 33:09d}@{iso((int(track_id) & ((1 << 33) - 1)) * SECOND)}"

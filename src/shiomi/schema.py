"""Every table and column, once: type, unit, meaning, and where the meaning comes from.

A message (what arrived) is decoded to a row of POSITIONS, of PARTICULARS, or of REJECTS.
Segmentation gives each position its track (TRACKS). Detectors turn tracks into EVENTS, whose
`evidence` names the messages they rest on.

Inside, everything is an integer: times are microseconds since 1970 UTC, places are 1e-7 degree,
speeds and courses keep the steps in which AIS sends them (0.1 kn, 0.1 degree). "Not available"
is null; the sentinels of ITU-R M.1371 never pass this border.
"""

from __future__ import annotations

import pyarrow as pa

__all__ = [
    "DISPLACEMENTS",
    "EVENTS",
    "LINKS",
    "MUSTERS",
    "PAIRS",
    "PARTICULARS",
    "PASSINGS",
    "PATROLS",
    "POSITIONS",
    "REJECTS",
    "SLOTS",
    "SOLITUDES",
    "TRACKS",
    "TRACK_SHIFT",
    "TRACK_SUMMARIES",
    "TURNOVERS",
    "UNHEARD",
    "column_meaning",
    "columns_of",
    "mmsi_of",
]


def _column(name: str, type_: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, type_, nullable=nullable, metadata={"meaning": meaning})


_T = pa.int64()

POSITIONS = pa.schema(
    [
        _column("message_id", pa.int64(), "content id of the report: equal reports have equal ids"),
        _column("mmsi", pa.int32(), "Maritime Mobile Service Identity as transmitted, 9 digits"),
        _column("t", _T, "when the report was made: microseconds since 1970-01-01 UTC"),
        _column(
            "received_t", _T, "when it was first held, where the feed says so; microseconds", nullable=True
        ),
        _column("lat_e7", pa.int32(), "latitude in 1e-7 degree, north positive"),
        _column("lon_e7", pa.int32(), "longitude in 1e-7 degree, east positive, in [-180, 180) degrees"),
        _column("sog_dkn", pa.int16(), "speed over ground in 0.1 knot (M.1371-5 table 48)", nullable=True),
        _column("cog_ddeg", pa.int16(), "course over ground in 0.1 degree, 0 to 3599", nullable=True),
        _column("heading_deg", pa.int16(), "true heading in degrees, 0 to 359", nullable=True),
        _column("nav_status", pa.int8(), "navigational status, 0 to 14 (M.1371-5 table 48)", nullable=True),
        _column("message_type", pa.int8(), "AIS message type 1 to 27, where known", nullable=True),
        _column("source_id", pa.int32(), "which file or feed of this store it came from"),
        _column("source_row", pa.int64(), "line or row in that file, counted from 1"),
    ]
)
"""One decoded, cleaned report of a vessel's place."""

PARTICULARS = pa.schema(
    [
        _column("mmsi", pa.int32(), "MMSI that made the claim"),
        _column("t", _T, "when the claim was first heard; microseconds UTC"),
        _column("t_last", _T, "when the same claim was last heard; microseconds UTC"),
        _column("reports", pa.int64(), "how many messages or rows made it"),
        _column("imo", pa.int32(), "IMO ship number as claimed", nullable=True),
        _column("name", pa.string(), "name as claimed, padding removed", nullable=True),
        _column("callsign", pa.string(), "call sign as claimed, padding removed", nullable=True),
        _column("ship_type", pa.int16(), "ship and cargo type (M.1371-5 table 53)", nullable=True),
        _column("length_m", pa.int16(), "length overall in metres (A + B)", nullable=True),
        _column("width_m", pa.int16(), "beam in metres (C + D)", nullable=True),
        _column("bow_m", pa.int16(), "from the bow to the antenna, metres (A)", nullable=True),
        _column("port_m", pa.int16(), "from the port side to the antenna, metres (C)", nullable=True),
        _column("draught_dm", pa.int16(), "present static draught in 0.1 m", nullable=True),
        _column("destination", pa.string(), "destination as typed", nullable=True),
        _column("source_id", pa.int32(), "which file or feed it came from"),
    ]
)
"""What a vessel says of itself, as dated claims; never merged into one truth."""

REJECTS = pa.schema(
    [
        _column("source_id", pa.int32(), "which file or feed"),
        _column("source_row", pa.int64(), "line or row in that file, counted from 1"),
        _column("reason", pa.string(), "short snake_case reason"),
        _column("raw", pa.string(), "the row as it stood, cut to 200 characters"),
    ]
)
"""Rows that could not be believed or read, each with its reason."""

TRACKS = pa.schema(
    [
        *POSITIONS,
        _column("track_id", pa.int64(), "hull behind the MMSI: mmsi << 33 | second of its first report"),
        _column("fix_no", pa.int32(), "0 for the first report of the track, 1 for the next, ..."),
        _column("prev_t", _T, "time of the report before it in its track; microseconds", nullable=True),
        _column(
            "interval_s",
            pa.int32(),
            "the vessel's own reporting interval here, seconds: mean of its newest twelve intervals without "
            "the longest; null until three are known",
            nullable=True,
        ),
        _column(
            "bridge_s", pa.int32(), "longest silence after this report that may be interpolated, seconds"
        ),
        _column(
            "pace_dkn",
            pa.int16(),
            "speed over ground as reported, or where unreported as implied since the last report; 0.1 knot",
            nullable=True,
        ),
    ]
)
"""A position with the track it belongs to and what that track knew when it was made."""

TRACK_SUMMARIES = pa.schema(
    [
        _column("track_id", pa.int64(), "the track"),
        _column("mmsi", pa.int32(), "its MMSI"),
        _column("kind", pa.string(), "track, or outlier: a report that no other report supports"),
        _column("t_first", _T, "first report; microseconds UTC"),
        _column("t_last", _T, "last report; microseconds UTC"),
        _column("fixes", pa.int64(), "number of reports"),
        _column("distance_m", pa.int64(), "sum over consecutive reports, metres"),
        _column("lat_e7_min", pa.int32(), "southernmost"),
        _column("lat_e7_max", pa.int32(), "northernmost"),
        _column("lat_e7", pa.int32(), "latitude of the last report"),
        _column("lon_e7", pa.int32(), "longitude of the last report"),
    ]
)
"""One row a track."""

SLOTS = pa.schema(
    [
        _column("track_id", pa.int64(), "the track"),
        _column("mmsi", pa.int32(), "its MMSI"),
        _column("t", _T, "the slot: a whole multiple of the grid step; microseconds UTC"),
        _column("lat_e7", pa.int32(), "latitude on the great circle between the two reports around it"),
        _column("lon_e7", pa.int32(), "longitude on it"),
        _column("pace_dkn", pa.int16(), "speed at the slot, between those of the two reports; 0.1 knot"),
        _column("before_id", pa.int64(), "message_id of the report before"),
        _column("after_id", pa.int64(), "message_id of the report after"),
        _column("before_t", _T, "time of the report before"),
        _column("after_t", _T, "time of the report after"),
        _column("since_t", _T, "no later than the newest report known at the slot before this one"),
        _column("prev_lat_e7", pa.int32(), "latitude one slot before; null if not known then", nullable=True),
        _column("prev_lon_e7", pa.int32(), "longitude one slot before", nullable=True),
        _column("prev_pace_dkn", pa.int16(), "speed one slot before; 0.1 knot", nullable=True),
        _column("prev_before_id", pa.int64(), "message_id of the report before it then", nullable=True),
        _column("prev_after_id", pa.int64(), "message_id of the report after it then", nullable=True),
        _column("prev_before_t", _T, "time of the report before it then", nullable=True),
        _column("prev_after_t", _T, "time of the report after it then", nullable=True),
        _column("is_still", pa.bool_(), "whether the two reports around it lie as one place", nullable=True),
    ]
)
"""Where a track was at the instants of a shared clock. The names `before` and `after` are the evidence."""

_AROUND_SLOT = [
    ("before_id", pa.int64(), "report before the slot"),
    ("after_id", pa.int64(), "report after the slot"),
    ("before_t", _T, "time of the report before"),
    ("after_t", _T, "time of the report after"),
    ("since_t", _T, "no later than the newest report known at the slot before"),
]

_PAIR_SIDE = [
    *_AROUND_SLOT,
    ("was_before_id", pa.int64(), "as before_id, at the slot before if they were together then only"),
    ("was_after_id", pa.int64(), "as after_id, there"),
    ("was_before_t", _T, "as before_t, there"),
    ("was_after_t", _T, "as after_t, there"),
]

PAIRS = pa.schema(
    [
        _column("pair_id", pa.int64(), "content id of the two track ids"),
        _column("track_id", pa.int64(), "the lower track id"),
        _column("partner_track_id", pa.int64(), "the higher track id"),
        _column("t", _T, "the slot; microseconds UTC"),
        _column("distance_mm", pa.int64(), "great-circle distance between the two antennas, millimetres"),
        _column("lat_e7", pa.int32(), "latitude half-way between them"),
        _column("lon_e7", pa.int32(), "longitude half-way between them"),
        _column("pace_dkn", pa.int16(), "the faster of the two speeds; 0.1 knot"),
        *[_column(n, t, f"lower track: {m}") for n, t, m in _PAIR_SIDE],
        *[_column(f"partner_{n}", t, f"higher track: {m}") for n, t, m in _PAIR_SIDE],
    ]
)
"""Two tracks at one slot: near each other, or at the slot after, parted."""

DISPLACEMENTS = pa.schema(
    [
        _column("sea", pa.int32(), "always 0: wherever they are, these rows must meet"),
        _column(
            "t",
            _T,
            "an onset: first report elsewhere; an end: when it was known to be over; microseconds UTC",
        ),
        _column(
            "onset_id", pa.int64(), "message_id of the first report elsewhere: an end names its onset by it"
        ),
        _column("is_end", pa.bool_(), "whether this row tells the end"),
        _column(
            "until_t", _T, "newest report elsewhere, for an onset the one that confirmed it; microseconds UTC"
        ),
        _column("mmsi", pa.int32(), "whose reports"),
        _column("track_id", pa.int64(), "the track that was left"),
        _column("away_track_id", pa.int64(), "the track of the first report elsewhere; may be the same"),
        _column("home_t", _T, "time of the last report believed; microseconds UTC"),
        _column("lat_e7", pa.int32(), "latitude of the last report believed"),
        _column("lon_e7", pa.int32(), "longitude of it"),
        _column("away_lat_e7", pa.int32(), "latitude of the first report elsewhere"),
        _column("away_lon_e7", pa.int32(), "longitude of it"),
        _column("wander_m", pa.int64(), "farthest from there of the reports that confirmed it, metres"),
        _column("evidence", pa.list_(pa.int64()), "message ids that give this row back, in order of time"),
        _column("evidence_t", pa.list_(_T), "their times"),
    ]
)
"""An MMSI reports places that its hull cannot be at: when that began, and when it was over."""

SOLITUDES = pa.schema(
    [
        _column("track_id", pa.int64(), "the track"),
        _column("t", _T, "the instant: a whole multiple of the grid step; microseconds UTC"),
        _column("lat_e7", pa.int32(), "latitude on the great circle between the two reports around it"),
        _column("lon_e7", pa.int32(), "longitude on it"),
        _column("pace_dkn", pa.int16(), "speed then; 0.1 knot"),
        *[_column(n, t, m) for n, t, m in _AROUND_SLOT],
        _column("is_near", pa.bool_(), "whether another slow vessel was near"),
        _column("near_before_id", pa.int64(), "its report before the instant; if none was near, the own"),
        _column("near_after_id", pa.int64(), "its report after the instant"),
        _column("near_before_t", _T, "time of its report before"),
        _column("near_after_t", _T, "time of its report after"),
    ]
)
"""A slow vessel at an instant, and the nearest other slow one if it was near."""

UNHEARD = pa.schema(
    [
        _column("sea", pa.int32(), "always 0: wherever they are, these rows must meet"),
        _column("t", _T, "when it was known to be over; microseconds UTC"),
        _column("track_id", pa.int64(), "the track"),
        _column("mmsi", pa.int32(), "its MMSI"),
        _column("is_slow", pa.bool_(), "a slow time in sight of receivers; else a silence"),
        _column("lost_t", _T, "last report before the silence, first of the slow time; microseconds UTC"),
        _column("again_t", _T, "first report after the silence, last of the slow time; microseconds UTC"),
        _column("lost_lat_e7", pa.int32(), "latitude of the first of the two"),
        _column("lost_lon_e7", pa.int32(), "longitude of it"),
        _column("again_lat_e7", pa.int32(), "latitude of the second"),
        _column("again_lon_e7", pa.int32(), "longitude of it"),
        _column("speed_dkn", pa.int16(), "faster than this it is taken not to have been; 0.1 knot"),
        _column("message_id", pa.int64(), "message_id of the second of the two reports"),
        _column("evidence", pa.list_(pa.int64()), "message ids that give this row back, in order of time"),
        _column("evidence_t", pa.list_(_T), "their times"),
    ]
)
"""A stretch of a track that could hold a meeting nobody heard: where it began and ended, and how fast."""

TURNOVERS = pa.schema(
    [
        _column("sea", pa.int32(), "always 0: wherever they are, these rows must meet"),
        _column("t", _T, "last report before a silence, or first after one; microseconds UTC"),
        _column("is_end", pa.bool_(), "whether this row tells the last report"),
        _column("mmsi", pa.int32(), "whose report"),
        _column("track_id", pa.int64(), "its track"),
        _column("lat_e7", pa.int32(), "its latitude"),
        _column("lon_e7", pa.int32(), "its longitude"),
        _column("pace_dkn", pa.int16(), "its speed; 0.1 knot"),
        _column("cog_ddeg", pa.int16(), "its course over ground in 0.1 degree", nullable=True),
        _column("evidence", pa.list_(pa.int64()), "message ids that give this row back, in order of time"),
        _column("evidence_t", pa.list_(_T), "their times"),
    ]
)
"""Where the reports of an MMSI end and begin, under way."""

PATROLS = pa.schema(
    [
        _column("track_id", pa.int64(), "the track"),
        _column("mmsi", pa.int32(), "its MMSI"),
        _column("t", _T, "end of the leg: a whole multiple of the grid step; microseconds UTC"),
        _column("lat_e7", pa.int32(), "latitude at t, on the straight line between the reports around it"),
        _column("lon_e7", pa.int32(), "longitude at t"),
        _column("prev_lat_e7", pa.int32(), "latitude one step before t"),
        _column("prev_lon_e7", pa.int32(), "longitude one step before t"),
        _column("way_mm", pa.int64(), "distance between these two places, millimetres"),
        _column("fix_ids", pa.list_(pa.int64()), "message_ids of all reports around and within the leg"),
        _column("fix_us", pa.list_(pa.int64()), "time of each less t, microseconds"),
        _column("fix_north_e7", pa.list_(pa.int32()), "latitude of each less that at t, 1e-7 degree"),
        _column("fix_east_e7", pa.list_(pa.int32()), "longitude of each less that at t, 1e-7 degree"),
    ]
)
"""A vessel under way over one step of a coarse clock, with every report it made meanwhile."""

_PASSING_SIDE = [
    ("way_mm", pa.int64(), "distance made good over the step, millimetres"),
    ("course_ddeg", pa.int16(), "course made good over the step, 0.1 degree"),
    ("bearing_ddeg", pa.int16(), "true bearing of the other from it at t, 0.1 degree"),
    ("prev_bearing_ddeg", pa.int16(), "the same one step before"),
    ("ahead_mm", pa.int64(), "how far ahead of it the other crossed its bow within the step; 0 if not"),
    ("leg_us", pa.int64(), "at the closest: time between the two reports around it, microseconds"),
    ("leg_mm", pa.int64(), "at the closest: distance between the two reports around it, millimetres"),
    ("fix_ids", pa.list_(pa.int64()), "message_ids of its reports around and within the step"),
    ("fix_us", pa.list_(pa.int64()), "time of each less t, microseconds"),
]

PASSINGS = pa.schema(
    [
        _column("pair_id", pa.int64(), "content id of the two track ids"),
        _column("track_id", pa.int64(), "the lower track id"),
        _column("partner_track_id", pa.int64(), "the higher track id"),
        _column("t", _T, "end of the step: a whole multiple of the grid step; microseconds UTC"),
        _column("lat_e7", pa.int32(), "latitude half-way between the two when closest"),
        _column("lon_e7", pa.int32(), "longitude half-way between the two when closest"),
        _column("distance_mm", pa.int64(), "distance between the two antennas at t, millimetres"),
        _column("prev_distance_mm", pa.int64(), "the same one step before"),
        _column("closest_mm", pa.int64(), "least distance within the step, millimetres"),
        _column("closest_us", pa.int64(), "when that was less t, microseconds"),
        _column("before_us", pa.int64(), "the later of the two reports before that, less t; microseconds"),
        _column("after_us", pa.int64(), "the earlier of the two reports after that, less t; microseconds"),
        _column("relative_mm", pa.int64(), "way of one relative to the other from before_us to after_us, mm"),
        *[_column(n, t, f"lower track: {m}") for n, t, m in _PASSING_SIDE],
        *[_column(f"partner_{n}", t, f"higher track: {m}") for n, t, m in _PASSING_SIDE],
    ]
)
"""Two vessels under way over one step: on a course near each other, or in company."""

MUSTERS = pa.schema(
    [
        _column("sea", pa.int32(), "always 0: wherever they are, these rows must meet"),
        _column("track_id", pa.int64(), "the track"),
        _column("mmsi", pa.int32(), "its MMSI"),
        _column("t", _T, "the muster: a whole multiple of the grid step; microseconds UTC"),
        _column("message_id", pa.int64(), "the first slow report at or after t, within one step"),
        _column("fix_t", _T, "time of that report"),
        _column("lat_e7", pa.int32(), "latitude of that report"),
        _column("lon_e7", pa.int32(), "longitude of that report"),
    ]
)
"""Where the slow vessels were, once in every step of a very coarse clock."""

LINKS = pa.schema([_column("sea", pa.int32(), "always 0: wherever they are, these rows must meet"), *PAIRS])
"""Two vessels that lie alongside at one slot: rows of PAIRS, all to meet in one place."""

EVENTS = pa.schema(
    [
        _column("event_id", pa.string(), "content id of detector, version, parameters, subjects, t_start"),
        _column("kind", pa.string(), "the detector that found it"),
        _column("version", pa.int32(), "version of the detector"),
        _column("parameters", pa.string(), "its parameters, canonical JSON"),
        _column("status", pa.string(), "open, closed or withdrawn"),
        _column("subjects", pa.list_(pa.int64()), "the tracks it is about, in ascending order"),
        _column("t_start", _T, "start as observed; microseconds UTC"),
        _column("t_end", _T, "end as observed; null while open", nullable=True),
        _column(
            "t_start_earliest", _T, "it began no earlier than this: the last report that shows otherwise"
        ),
        _column("t_start_latest", _T, "it had begun by this: the first report that shows it"),
        _column("t_end_earliest", _T, "it had not ended by this; null while open", nullable=True),
        _column("t_end_latest", _T, "it had ended by this; null while open or unknown", nullable=True),
        _column("known_t", _T, "watermark from which this could be known; microseconds UTC"),
        _column("lat_e7", pa.int32(), "representative latitude"),
        _column("lon_e7", pa.int32(), "representative longitude"),
        _column("measures", pa.map_(pa.string(), pa.int64()), "what was measured; names carry units"),
        _column("coverage", pa.string(), "what reception was there: unknown until it is learned"),
        _column("suppressed_by", pa.list_(pa.string()), "why it is shown apart, in the order of the ladder"),
        _column(
            "ladder",
            pa.list_(pa.string()),
            "what each step of the ladder said: `S2:passed`; see docs/ladder.md",
        ),
        _column("places_id", pa.string(), "hash of the table of places it was judged with; empty if none"),
        _column("evidence", pa.list_(pa.int64()), "message ids, enough to recompute it, in order of time"),
    ]
)
"""Findings. The store adds `revision`; the newest revision of an event_id wins."""

TRACK_SHIFT = 33
"""Bits of a track id below its MMSI: enough for the second of its first report until 2242."""


def mmsi_of(track_id: int) -> int:
    """MMSI of a track id (`mmsi << 33 | second of the first report`)."""
    return int(track_id) >> TRACK_SHIFT


def columns_of(schema: pa.Schema, *names: str) -> pa.Schema:
    """Some columns of a table, for a state that needs no more."""
    return pa.schema([schema.field(n) for n in names])


def column_meaning(schema: pa.Schema) -> dict[str, str]:
    """Column name to its meaning, for docs and `--help`."""
    return {f.name: f.metadata[b"meaning"].decode() for f in schema}

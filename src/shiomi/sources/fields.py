"""The raw columns every reader speaks, the names they go by in the wild, and a mapping for your own.

A reader of any feed only has to say which of its columns is which raw column; `border.py` does the rest.
Names carry the unit in which the border expects the value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from shiomi.errors import BadParameter
from shiomi.units import KNOT_MM_PER_S, microseconds

__all__ = ["RAW", "REQUIRED", "STATICS", "Mapping", "load_mapping", "match", "plain"]

RAW: dict[str, pl.DataType] = {
    "mmsi": pl.Int64(),
    "t": pl.Int64(),
    "received_t": pl.Int64(),
    "lat_deg": pl.Float64(),
    "lon_deg": pl.Float64(),
    "sog_kn": pl.Float64(),
    "cog_deg": pl.Float64(),
    "heading_deg": pl.Float64(),
    "nav_status": pl.String(),
    "message_type": pl.Int64(),
    "imo": pl.String(),
    "name": pl.String(),
    "callsign": pl.String(),
    "ship_type": pl.String(),
    "length_m": pl.Float64(),
    "width_m": pl.Float64(),
    "draught_m": pl.Float64(),
    "destination": pl.String(),
    "bow_m": pl.Float64(),
    "stern_m": pl.Float64(),
    "port_m": pl.Float64(),
    "starboard_m": pl.Float64(),
    "mobile": pl.String(),
}
"""Raw column to the type in which it reaches the border; times in microseconds UTC."""

REQUIRED = ("mmsi", "t", "lat_deg", "lon_deg")

STATICS = (
    "imo",
    "name",
    "callsign",
    "ship_type",
    "length_m",
    "width_m",
    "draught_m",
    "destination",
    "bow_m",
    "stern_m",
    "port_m",
    "starboard_m",
)

_ALIASES = {
    "t": """timestamp ts t time datetime date_time basedatetime base_date_time timestamp_utc time_utc
        datetime_utc date_time_utc utc utc_time dt_pos_utc position_time pos_time msgtime msg_time
        event_time obs_time epoch unix_time unixtime""",
    "received_t": """received received_t received_at received_time receive_time recv_time rx_time
        reception_time ts_received arrival_time""",
    "mmsi": "mmsi mmsi_number ship_mmsi vessel_mmsi source_mmsi userid user_id",
    "lat_deg": "lat latitude y latitude_degrees lat_deg latitude_deg lat_dd position_lat",
    "lon_deg": "lon lng long longitude x longitude_degrees lon_deg longitude_deg lon_dd position_lon",
    "sog_kn": "sog speed sog_knots speed_kn speed_knots speed_over_ground sog_kn sog_kts speed_kts velocity",
    "cog_deg": "cog course cog_degrees course_over_ground cog_deg course_deg",
    "heading_deg": "heading hdg true_heading trueheading heading_deg heading_degrees hdg_deg",
    "nav_status": "status nav_status navstatus navigational_status navigation_status navstat nav_stat",
    "message_type": "message_type msg_type messagetype msgtype message_id msgid ais_type",
    "imo": "imo imo_number imonumber imo_no imonr",
    "name": "name vesselname vessel_name shipname ship_name",
    "callsign": "callsign call_sign ircs",
    "ship_type": """ship_type shiptype vesseltype vessel_type type_and_cargo shipandcargotype type
        ship_and_cargo_type""",
    "length_m": "length length_m loa length_overall ship_length",
    "width_m": "width width_m beam breadth ship_width",
    "draught_m": "draught draft draught_m draft_m draughts",
    "destination": "destination dest voyage_destination",
    "bow_m": "a to_bow dimension_a dim_a bow",
    "stern_m": "b to_stern dimension_b dim_b stern",
    "port_m": "c to_port dimension_c dim_c port_side",
    "starboard_m": "d to_starboard dimension_d dim_d starboard",
    "mobile": "type_of_mobile mobile station_type",
}

_SPEED_KN = {"kn": 1.0, "dkn": 0.1, "m/s": 1000 / KNOT_MM_PER_S, "km/h": 1 / 1.852}
"""Knots in one of each unit a mapping may name for speed."""

_TIME_FORMS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is which, where the names alone do not say."""

    columns: dict[str, str] = field(default_factory=dict)
    """Raw column to the name it has in the file; an empty name leaves it out, whatever the file has."""
    time_form: str = ""
    """"iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", a strptime pattern, or empty to find out."""
    utc_offset_s: int = 0
    """How far the clock in the file is ahead of UTC, for times that name no zone; seconds."""
    speed_unit: str = "kn"
    delimiter: str = ""
    first_t: int | None = None
    """When an NMEA log without times begins; microseconds UTC."""

    @property
    def speed_kn(self) -> float:
        """Knots in one unit of the speed column."""
        return _SPEED_KN[self.speed_unit]


def plain(name: str) -> str:
    """A column name as it is compared: lower case, words joined by one underscore."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


_KNOWN = {alias: raw for raw, names in _ALIASES.items() for alias in (plain(raw), *names.split())}


def match(header: Iterable[str], mapping: Mapping) -> dict[str, str]:
    """Raw column to the column of the header that holds it; a mapping wins over common names."""
    header = list(header)
    present = {plain(h): h for h in reversed(header)}
    found = {raw: present[plain(name)] for raw, name in mapping.columns.items() if plain(name) in present}
    taken = set(found.values())
    for alias, raw in _KNOWN.items():
        is_left_out = mapping.columns.get(raw) == ""
        if raw not in found and not is_left_out and alias in present and present[alias] not in taken:
            found[raw] = present[alias]
            taken.add(present[alias])
    if "t" not in found and "received_t" in found:
        found["t"] = found["received_t"]
    return found


def load_mapping(path: Path) -> Mapping:
    """A mapping from a TOML file; docs/sources.md shows one.

    Raises:
        BadParameter: the file is not TOML, or says something that is not known.
    """
    try:
        said = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise BadParameter(f"mapping {path} could not be read ({e}); docs/sources.md shows one") from e
    columns = said.pop("columns", {})
    time, units, text, nmea = (said.pop(k, {}) for k in ("time", "units", "text", "nmea"))
    for part in (columns, time, units, text, nmea):
        if not isinstance(part, dict):
            raise BadParameter(f"mapping {path}: {part!r} should be a [table]; docs/sources.md shows one")
    unknown = [
        *said,
        *(f"columns.{k}" for k in columns if k not in RAW or not isinstance(columns[k], str)),
        *(f"time.{k}" for k in time if k not in ("form", "utc_offset_h")),
        *(f"units.{k}" for k in units if k != "sog"),
        *(f"text.{k}" for k in text if k != "delimiter"),
        *(f"nmea.{k}" for k in nmea if k != "start"),
    ]
    if unknown:
        raise BadParameter(
            f"mapping {path}: not understood: {', '.join(unknown)}; columns are {', '.join(RAW)}"
        )
    speed_unit, form = units.get("sog", "kn"), str(time.get("form", ""))
    if speed_unit not in _SPEED_KN:
        raise BadParameter(f"mapping {path}: units.sog is {speed_unit!r}; use one of {', '.join(_SPEED_KN)}")
    if form and form not in _TIME_FORMS and "%" not in form:
        raise BadParameter(
            f"mapping {path}: time.form is {form!r}; use one of {', '.join(_TIME_FORMS)} or %d.%m.%Y"
        )
    delimiter = str(text.get("delimiter", ""))
    if len(delimiter.encode()) > 1:
        raise BadParameter(f"mapping {path}: text.delimiter must be one ASCII character")
    try:
        offset_s = round(float(time.get("utc_offset_h", 0)) * 3600)
        start = nmea.get("start")
        first_t = microseconds(start) if start is not None else None
    except (TypeError, ValueError, AttributeError) as e:
        raise BadParameter(
            f"mapping {path}: {e}; write utc_offset_h = 9 and start = 2013-03-18T09:00:00Z"
        ) from e
    return Mapping(dict(columns), form, offset_s, speed_unit, delimiter, first_t)

"""MarineCadastre: the AIS files of the US Coast Guard and NOAA, in either generation of their header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from shiomi.contracts import Chunk
from shiomi.sources.fields import Mapping
from shiomi.sources.table import Table, layout_of

__all__ = ["MarineCadastre"]

_SIGNATURES = (
    {"MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "VesselName"},
    {"mmsi", "base_date_time", "longitude", "latitude", "sog", "cog", "vessel_name"},
)
"""Columns of the files to 2023 and from 2024 (marinecadastre.gov data dictionary)."""


@dataclass(frozen=True, slots=True)
class MarineCadastre:
    """CSV of one day; times in UTC, IMO numbers as `IMO1234567`."""

    name: ClassVar[str] = "marinecadastre"

    now_t: int | None = None

    def recognises(self, head: bytes) -> bool:
        """Whether the header is one of the two generations."""
        layout = layout_of(head, Mapping())
        return layout is not None and any(s <= set(layout.header) for s in _SIGNATURES)

    def read(self, stream: BinaryIO, source_id: int) -> Iterator[Chunk]:
        """See `Table.read`."""
        return Table(Mapping(time_form="iso"), self.now_t).read(stream, source_id)

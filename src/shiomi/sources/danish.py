"""The Danish Maritime Authority's daily CSV: words for codes, days before months, stations among ships."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from shiomi.contracts import Chunk
from shiomi.sources.fields import Mapping
from shiomi.sources.table import Table, layout_of

__all__ = ["Danish"]

_SIGNATURE = {"# Timestamp", "Type of mobile", "MMSI", "Latitude", "Longitude"}
_MAPPING = Mapping(time_form="%d/%m/%Y %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Danish:
    """CSV of one day; times in UTC, as the feed's own description says."""

    name: ClassVar[str] = "danish"

    now_t: int | None = None

    def recognises(self, head: bytes) -> bool:
        """Whether the header is that of the feed."""
        layout = layout_of(head, _MAPPING)
        return layout is not None and set(layout.header) >= _SIGNATURE

    def read(self, stream: BinaryIO, source_id: int) -> Iterator[Chunk]:
        """See `Table.read`."""
        return Table(_MAPPING, self.now_t).read(stream, source_id)

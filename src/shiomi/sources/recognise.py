"""Which kind of file this is, by what it holds and never by its name."""

from __future__ import annotations

from shiomi.contracts import Source
from shiomi.errors import Unreadable
from shiomi.sources.danish import Danish
from shiomi.sources.fields import Mapping
from shiomi.sources.marinecadastre import MarineCadastre
from shiomi.sources.nmea import Nmea
from shiomi.sources.parquet import Parquet
from shiomi.sources.table import Table, layout_of, missing_columns

__all__ = ["recognise"]

_KINDS = "MarineCadastre, Danish Maritime Authority, NMEA (AIVDM), and CSV or Parquet with known columns"
_WORDS = {"mmsi": "the MMSI", "t": "the time", "lat_deg": "the latitude", "lon_deg": "the longitude"}


def recognise(
    name: str,
    head: bytes,
    mapping: Mapping | None = None,
    first_t: int | None = None,
    now_t: int | None = None,
) -> Source:
    """The source that reads a file which begins with `head`.

    Raises:
        Unreadable: no source does; the sentence says what is missing.
    """
    said = mapping or Mapping()
    first_t = first_t if first_t is not None else said.first_t
    # A mapping is for tables that are not known; a known feed needs none, and would not obey one.
    feeds: list[Source] = [MarineCadastre(now_t), Danish(now_t)] if not said.columns else []
    for source in (*feeds, Parquet(said, now_t), Table(said, now_t), Nmea(first_t, now_t)):
        if source.recognises(head):
            return source
    raise Unreadable(name, *_why_not(head, said))


def _why_not(head: bytes, mapping: Mapping) -> tuple[str, str]:
    remedy = f"known are {_KINDS}; for another table give a mapping (docs/sources.md)"
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        return "it is empty", "fetch it again, or leave it out"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is text in UTF-16", "save it as UTF-8"
    layout = layout_of(head, mapping)
    if layout is not None and (missing := missing_columns(layout.columns)):
        what = " and ".join(f"{_WORDS[m]} ({m})" for m in missing)
        return f"no column is known to hold {what} among {', '.join(layout.header)[:200]}", remedy
    if b"\0" in head or sum(byte < 9 for byte in head[:4096]) > 8:
        return "it is binary data of no known kind", remedy
    return "it is of no known kind", remedy

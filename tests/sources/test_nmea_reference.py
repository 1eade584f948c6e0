"""The compiled reader against a slow plain one, on every shared log and on lines made by chance."""

from __future__ import annotations

import gzip
import io
import tempfile
from collections import Counter
from pathlib import Path

import plain_nmea
import pyais
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from outcomes import Outcome, read_paths

from shiomi.schema import PARTICULARS
from shiomi.sources import nmea
from shiomi.sources.tally import Tally, tally_of
from shiomi.units import microseconds

NMEA = Path("../shared/data/nmea")
LOGS = sorted(p for p in NMEA.rglob("*") if p.suffix in {".log", ".txt", ".aivdm", ".nmea", ".gz"})
LIGHT_LOGS = [p for p in LOGS if p.stat().st_size < 300_000 and p.suffix != ".gz"]
FIRST_T = microseconds("2012-01-01")
ARMOUR = "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw"
KINDS = {1: 168, 2: 168, 3: 168, 4: 168, 5: 424, 9: 168, 11: 168, 18: 168, 19: 312, 21: 272, 24: 168, 27: 96}
FEW = settings.get_current_profile_name() == "fast"
LIGHT = settings(max_examples=16 if FEW else 80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def agree(got: Outcome, log: plain_nmea.Log) -> None:
    """Positions equal row for row, claims as often, every line with the same fate."""
    counts = {"position": got.positions.num_rows, "particulars_only": got.tally.particulars_only}
    counts |= got.reasons()
    assert {k: n for k, n in counts.items() if n} == log.counts
    names = "source_row mmsi t received_t lat_e7 lon_e7 sog_dkn cog_ddeg heading_deg nav_status message_type"
    columns = [got.positions[c].to_pylist() for c in names.split()]
    assert sorted(zip(*columns, strict=True), key=str) == sorted(log.positions, key=str)
    said: Counter = Counter()
    for row in got.particulars.to_pylist():
        words = {c: row[c] for c in PARTICULARS.names[4:-1] if row[c] is not None}
        said[row["mmsi"], tuple(sorted(words.items()))] += row["reports"]
    assert said == log.claims


def read_bytes(content: bytes, first_t: int | None) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        path.write_bytes(content)
        return read_paths(path, first_t=first_t)


def read_content(log: Path) -> bytes:
    return gzip.decompress(log.read_bytes()) if log.suffix == ".gz" else log.read_bytes()


@pytest.mark.skipif(not LOGS, reason="the shared NMEA logs are not here")
@pytest.mark.parametrize("log", LIGHT_LOGS, ids=lambda p: p.name)
def test_small_logs_read_as_the_plain_reader_and_pyais_read_them(log):
    got = read_paths(log, first_t=FIRST_T)
    agree(got, plain_nmea.read_log(log.read_bytes(), FIRST_T))
    agree(got, plain_nmea.read_log(log.read_bytes(), FIRST_T, by_pyais))


@pytest.mark.slow
@pytest.mark.skipif(not LOGS, reason="the shared NMEA logs are not here")
@pytest.mark.parametrize("log", LOGS, ids=lambda p: p.name)
def test_every_log_reads_as_the_plain_reader_and_pyais_read_it(log):
    for first_t in (None, FIRST_T):
        agree(read_paths(log, first_t=first_t), plain_nmea.read_log(read_content(log), first_t))
    agree(read_paths(log), plain_nmea.read_log(read_content(log), None, by_pyais))


def sentence(body: str, tag: str = "") -> str:
    framed = f"{body}*{plain_nmea.checksum(body):02X}"
    return f"\\{tag}*{plain_nmea.checksum('!' + tag):02X}\\{framed}" if tag else framed


def armoured(bits: str) -> tuple[str, int]:
    fill = -len(bits) % 6
    bits += "0" * fill
    return "".join(ARMOUR[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6)), fill


@st.composite
def payloads(draw: st.DrawFn) -> tuple[str, int]:
    """Random bits of a type that is read, mostly of a vessel, now and then too short or too long."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    mmsi = draw(
        st.sampled_from([211_000_001, 987_654_321, 366_123_456, 2_442_000, 993_000_000, 0, 2**30 - 1])
    )
    size = KINDS[kind] + draw(st.sampled_from([0, 0, 0, 0, -4, -8, 2, 6, -60, 300]))
    rest = draw(st.integers(0, 2 ** max(0, size - 38) - 1))
    return armoured(f"{kind:06b}00{mmsi:030b}" + (f"{rest:0{size - 38}b}" if size > 38 else ""))


@st.composite
def messages(draw: st.DrawFn) -> list[str]:
    """The sentences of a message, some with a tag block, a trailer, a time in front, or damage."""
    payload, fill = draw(payloads())
    total = draw(st.sampled_from([1, 1, 1, 2, 3]))
    cuts = [len(payload) * i // total for i in range(total + 1)]
    sequence = draw(st.sampled_from("123")) if total > 1 else ""
    talker, channel = draw(st.sampled_from(["AI", "BS", "S\xe9"])), draw(st.sampled_from(["A", "B", ""]))
    lines = []
    for i in range(total):
        t = draw(st.sampled_from([1469664000, 1469664060, 1469664000123, "1469664001.5", 14696640000]))
        part = payload[cuts[i] : cuts[i + 1]]
        body = f"!{talker}VDM,{total},{i + 1},{sequence},{channel},{part},{fill if i + 1 == total else 0}"
        group = f"g:{i + 1}-{total}-{draw(st.sampled_from(['07', '7', 'a_1']))}"
        tag = draw(st.sampled_from(["", f"c:{t}", f"{group},s:r0,c:{t}", group, f"c:x,c:{t},n:1"]))
        line = sentence(body, tag)
        form = draw(st.sampled_from(["{}", "{}", "{},{t}", "{},b0036,{t}", "{t} {}", "{iso}: {}", "  {}\r"]))
        lines.append(form.format(line, t=t, iso="2016-07-28T00:00:10.25Z"))
    return draw(st.permutations(lines)) if draw(st.integers(0, 4)) == 0 else lines


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Messages among other lines, shuffled a little, cut, doubled and with some characters changed."""
    others = st.sampled_from(
        ["", "# remark", sentence("$GPZDA,000005.51,28,07,2016,,"), "$GPZDA,1", "junk", "\\s:a\\$ARVSI,1",
         sentence("$PGHP,1,2016,7,28,0,0,9,499,219,,2190048,1,4D"), "!AIVDM,1,1,,A", "$GPGGA,1*00", "\\\\\\"]
    )  # fmt: skip
    blocks = draw(st.lists(st.one_of(messages(), others.map(lambda x: [x])), max_size=12))
    lines = [line for block in blocks for line in block]
    if len(lines) > 2 and draw(st.booleans()):
        i = draw(st.integers(0, len(lines) - 2))
        lines[i], lines[i + 1] = lines[i + 1], lines[i]
    text = "\n".join(lines)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from(["", ",", "*", "!", "$", "\\", "#", "\n", "\xa0", "\xff", "0", "x", "\0"]))
        text = text[:at] + put + text[at + draw(st.integers(0, 2)) :]
    return (text + draw(st.sampled_from(["", "\n", "\r\n"]))).encode("latin-1", "replace")


@LIGHT
@given(logs(), st.sampled_from([None, FIRST_T]))
def test_lines_made_by_chance_read_as_the_plain_reader_reads_them(content, first_t):
    assume(nmea.Nmea().recognises(content))
    agree(read_bytes(content, first_t), plain_nmea.read_log(content, first_t))


@LIGHT
@given(logs(), st.integers(1, 400))
def test_where_a_log_is_cut_into_blocks_changes_nothing(content, block):
    def read(size: int) -> tuple[list, Tally]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nmea, "_BLOCK_BYTES", size)
            chunks = list(nmea.Nmea(first_t=FIRST_T).read(io.BytesIO(content), 1))
        rows = [row for c in chunks for row in c.positions.to_pylist()]
        return sorted(rows, key=lambda r: r["source_row"]), sum(map(tally_of, chunks), Tally())

    assert read(block) == read(1 << 20)


def by_pyais(payload: str, fill: int) -> dict:
    """The fields of `plain_nmea.decode` as pyais reads them; which lengths are read is our own rule."""
    ours = plain_nmea.decode(payload, fill)
    if "fate" in ours:
        return ours
    m = pyais.decode(sentence(f"!AIVDM,1,1,,A,{payload},{fill}")).asdict()

    def known(name: str, scale: int, most: int) -> int | None:
        value = round(m[name] * scale)
        return value if value <= most else None

    def words(name: str) -> str | None:
        return m[name].split("@")[0].strip() or None

    out = {"type": m["msg_type"], "mmsi": int(m["mmsi"]), "second": m.get("second")}
    if "lon" in m:
        per_minute = 10 if m["msg_type"] == 27 else 10_000
        out |= {"per_minute": per_minute, "lon": round(m["lon"] * 60 * per_minute)}
        out |= {"lat": round(m["lat"] * 60 * per_minute), "cog_ddeg": known("course", 10, 3599)}
        whole = m["msg_type"] in (9, 27)
        unknown = {9: 1023, 27: 63}.get(m["msg_type"])
        out["sog_dkn"] = (
            None if whole and m["speed"] == unknown else known("speed", 10, 10_220 if whole else 1022)
        )
        out["heading_deg"] = known("heading", 1, 359) if "heading" in m else None
        if "status" in m:
            out["nav_status"] = int(m["status"]) if m["status"] < 15 else None
        if out["sog_dkn"] is not None and out["sog_dkn"] > 1022:
            out["sog_dkn"] = None
    said = {name: words(theirs) for theirs, name in _WORDS.items() if theirs in m}
    if "ship_type" in m:
        code = ours["said"]["ship_type"]
        # pyais gives 0 for the codes that the standard reserves.
        is_named = code is None or code in {int(t) for t in pyais.constants.ShipType}
        said["ship_type"] = (int(m["ship_type"]) or None) if is_named else code
    if "imo" in m:
        said["imo"] = m["imo"] if 1_000_000 <= m["imo"] <= 9_999_999 else None
        said["draught_dm"] = round(m["draught"] * 10) or None
    if "to_bow" in m and not (m["msg_type"] == 24 and out["mmsi"] // 10_000_000 == 98):
        said |= {"length_m": m["to_bow"] + m["to_stern"] or None}
        said |= {"width_m": m["to_port"] + m["to_starboard"] or None}
        if m["to_bow"] or m["to_port"]:
            said |= {"bow_m": m["to_bow"], "port_m": m["to_port"]}
    return out | ({"said": said} if m["msg_type"] in (5, 19, 24) else {})


_WORDS = {"shipname": "name", "callsign": "callsign", "destination": "destination"}


@LIGHT
@given(st.lists(payloads(), min_size=1, max_size=20))
def test_random_payloads_read_as_pyais_reads_them(sent):
    lines = [sentence(f"!AIVDM,1,1,,A,{payload},{fill}") + ",1469664000" for payload, fill in sent]
    content = "\n".join(lines).encode()
    agree(read_bytes(content, None), plain_nmea.read_log(content, None, by_pyais))

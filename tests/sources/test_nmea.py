from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from shiomi.units import SECOND, microseconds

NMEA = Path("../shared/data/nmea")
LOGS = sorted(p for p in NMEA.rglob("*") if p.suffix in {".log", ".txt", ".aivdm", ".nmea", ".gz"})

POSITION = "!AIVDM,1,1,,B,15MgK45P3@G?fl0E`JbR0OwT0@MS,0*4D"  # second 50
STATIC_1 = "!AIVDM,2,1,9,B,55R3Vn82=ILTQ3KKS>1<D60Dq@E918U<F222221J1`?164vc03S1CCAD,0*2A"
STATIC_2 = "!AIVDM,2,2,9,B,`88888888888880,2*76"
STATION = "!AIVDM,1,1,,B,402=481uaUcf;OQ55JS9ITi025Jp,0*2B"  # 2010-06-11T11:46:11

_UNKNOWN = {"speed": (1023, 63), "course": range(3600, 4096), "heading": range(360, 512)}


def sentence(body: str) -> str:
    total = 0
    for c in body[1:]:
        total ^= ord(c)
    return f"{body}*{total:02X}"


def tagged(t: int | str, line: str) -> str:
    return f"\\{sentence(f'!c:{t}')[1:]}\\{line}"


@pytest.mark.skipif(not LOGS, reason="the shared NMEA logs are not here")
@pytest.mark.parametrize("log", LOGS, ids=lambda p: p.name)
def test_every_line_of_every_log_is_accounted_for(log, read):
    import gzip

    content = gzip.decompress(log.read_bytes()) if log.suffix == ".gz" else log.read_bytes()
    lines = content.removesuffix(b"\n").count(b"\n") + 1
    got = read(log, first_t=microseconds("2012-01-01"))
    assert got.problems == []
    assert got.tally.rows == lines
    assert got.positions.num_rows > 0 or "sixbit" in log.name


def _gpsd_pairs(check: Path) -> list[tuple[list[str], dict]]:
    """Sentences of each message in a gpsd check file, with the JSON that follows them."""
    pairs, waiting = [], []
    for line in check.read_text().splitlines():
        if line.startswith("!"):
            waiting.append(line)
        elif '"class":"AIS"' in line:
            pairs.append((waiting, json.loads(line)))
            waiting = []
    return pairs


@pytest.mark.parametrize("name", ["ais-nmea", "ais-nmea-type6-fid55", "ais-raw-messages", "ais-18-27"])
def test_fields_equal_those_that_gpsd_expects(name, shared, read_bytes):
    pairs = _gpsd_pairs(shared(f"nmea/gpsd/{name}.log.chk"))
    starts = np.cumsum([1, *(len(lines) for lines, _ in pairs)]).tolist()
    content = "\n".join(line for lines, _ in pairs for line in lines)
    got = read_bytes(content.encode(), first_t=microseconds("2012-01-01"))
    positions = {row["source_row"]: row for row in got.positions.to_pylist()}
    claims = {(row["mmsi"], row["name"], row["destination"]): row for row in got.particulars.to_pylist()}
    compared = 0
    for start, (lines, theirs) in zip(starts, pairs, strict=False):
        if not lines or len(lines) != int(lines[0].split(",")[1]):
            continue  # gpsd holds part A of type 24 back until it has part B
        ours = positions.get(start)
        if ours is None and theirs["type"] == 5:
            ours = claims.get(
                (theirs["mmsi"], theirs["shipname"].strip() or None, theirs["destination"].strip() or None)
            )
            if ours is not None:
                assert ours["callsign"] == (theirs["callsign"].strip() or None)
                assert ours["draught_dm"] == (theirs["draught"] or None)
                assert ours["length_m"] == (theirs["to_bow"] + theirs["to_stern"] or None)
                compared += 1
        elif ours is not None:
            per_minute = 10 if theirs["type"] == 27 else 10_000
            assert (ours["mmsi"], ours["message_type"]) == (theirs["mmsi"], theirs["type"])
            for name, places in (("lon", "lon_e7"), ("lat", "lat_e7")):
                assert ours[places] == pytest.approx(theirs[name] * 1e7 / 60 / per_minute, abs=1)
            whole = 10 if theirs["type"] in (9, 27) else 1
            _equal(ours["sog_dkn"], theirs["speed"], whole, _UNKNOWN["speed"])
            _equal(
                ours["cog_ddeg"],
                theirs["course"],
                *((10, [511]) if theirs["type"] == 27 else (1, _UNKNOWN["course"])),
            )
            if "heading" in theirs:
                _equal(ours["heading_deg"], theirs["heading"], 1, _UNKNOWN["heading"])
            compared += 1
    assert compared > 50


def _equal(ours: int | None, theirs: int, scale: int, unknown: Sequence[int]) -> None:
    assert theirs in unknown if ours is None else ours == theirs * scale


def test_every_message_type_of_the_sample_ends_somewhere(read, shared):
    got = read(shared("nmea/libais/test.aivdm"))
    types = {int(r[5:]) for r in got.tally.ignored if r.startswith("type_")}
    assert types >= {4, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23, 25, 26}
    assert set(got.positions["message_type"].to_pylist()) >= {1, 2, 3, 18, 19}
    assert got.tally.particulars_only > 0
    assert got.tally.rejects["bad_type"] > 0


def test_the_second_of_the_message_moves_the_logged_time(read_bytes):
    logged = microseconds("2024-03-01T10:00:01")
    got = read_bytes(tagged(logged // SECOND, POSITION).encode())
    assert got.positions["received_t"].to_pylist() == [logged]
    assert got.positions["t"].to_pylist() == [microseconds("2024-03-01T09:59:50")]


@pytest.mark.parametrize("text", ["1328133720", "1328133720000", "1328133720.000"])
def test_tag_blocks_trailers_and_prefixes_give_the_same_time(text, read_bytes):
    lines = (
        tagged(text, POSITION),
        f"{POSITION},{text}",
        f"{text} {POSITION}",
        f"{POSITION},r003669930,{text}",
    )
    for line in lines:
        got = read_bytes(line.encode())
        assert got.positions["received_t"].to_pylist() == [1328133720 * SECOND], line


def test_a_gatehouse_line_tells_when_its_sentence_was_heard(read_bytes):
    heard = sentence("$PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,4D")
    got = read_bytes(f"{heard}\n{POSITION}".encode())
    assert got.positions["received_t"].to_pylist() == [microseconds("2013-03-18T09:19:09.499")]
    other = sentence("$PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,4F")
    assert read_bytes(f"{other}\n{POSITION}".encode()).tally.rejects == {"no_time": 1}


def test_a_base_station_gives_the_clock_to_lines_without_time(read_bytes):
    got = read_bytes(f"{STATION}\n{POSITION}\n".encode())
    assert got.positions["t"].to_pylist() == [microseconds("2010-06-11T11:45:50")]
    assert got.positions["received_t"].to_pylist() == [None]


def test_a_receiver_with_gnss_gives_the_clock_too(read_bytes):
    for body in ("$GPZDA,114615.51,11,06,2010,,", "$GPRMC,114615.00,A,5250.5,N,00542.3,E,0.0,,110610,,,A"):
        got = read_bytes(f"{sentence(body)}\n{POSITION}\n".encode())
        assert got.positions["t"].to_pylist() == [microseconds("2010-06-11T11:45:50")], body


def test_without_any_time_a_line_is_rejected_unless_told_when_the_log_begins(read_bytes):
    assert read_bytes(POSITION.encode()).tally.rejects == {"no_time": 1}
    got = read_bytes(POSITION.encode(), first_t=microseconds("2024-03-01T10:00:00"))
    assert got.positions["t"].to_pylist() == [microseconds("2024-03-01T09:59:50")]


@pytest.mark.parametrize(
    "order", [(STATIC_1, STATIC_2), (STATIC_2, STATIC_1), (STATIC_1, POSITION, STATIC_2)]
)
def test_parts_of_a_message_are_put_together(order, read_bytes):
    got = read_bytes("\r\n".join(order).encode(), first_t=microseconds("2020-04-07"))
    claim = got.particulars.to_pylist()[0]
    assert (claim["imo"], claim["name"], claim["callsign"]) == (9266633, "SEA ENTERPRISE", "HP6683")
    assert (claim["length_m"], claim["width_m"], claim["ship_type"]) == (28, 7, 90)
    assert got.tally.ignored == {"part_of_message": 1}


def test_a_message_with_a_part_missing_is_rejected(read_bytes):
    for lines in ([STATIC_1], [STATIC_2], [STATIC_1, STATIC_1]):
        got = read_bytes("\n".join(lines).encode(), first_t=0)
        assert got.tally.rejects == {"missing_part": len(lines)}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (POSITION[:-1] + "0", "bad_checksum"),
        (POSITION[:-3], "no_checksum"),
        (sentence("!AIVDM,1,1,,B,15MgK45P3@G?fl0E`JbR0OwT0@M,0"), "bad_length"),
        (sentence("!AIVDM,1,1,,B,15MgK4~P3@G?fl0E`JbR0OwT0@MS,0"), "bad_payload"),
        (sentence("!AIVDM,1,1,,B,,0"), "bad_payload"),
        (sentence("!AIVDM,1,1,,B,15MgK45P3@G?fl0E`JbR0OwT0@MS,9"), "bad_sentence"),
        (sentence("!AIVDM,1,2,,B,15MgK45P3@G?fl0E`JbR0OwT0@MS,0"), "bad_sentence"),
        (sentence("!AIVDM,1,1,,B,w5MgK45P3@G?fl0E`JbR0OwT0@MS,0"), "bad_type"),
        ('{"class":"AIS"}', "not_nmea"),
        ("$GPGGA,nonsense*ZZ", "not_nmea"),
    ],
)
def test_what_is_malformed_is_rejected_with_its_line_and_text(line, reason, read_bytes):
    got = read_bytes(f"{POSITION},1328133720\n{line}\n".encode())
    reject = got.rejects.to_pylist()
    assert [(r["source_row"], r["reason"], r["raw"]) for r in reject] == [(2, reason, line)]
    assert got.positions.num_rows == 1


def test_small_blocks_give_what_one_block_gives(read, shared, monkeypatch):
    log = shared("nmea/dma_aislib/stream_example.txt")
    whole = read(log)
    monkeypatch.setattr("shiomi.sources.nmea._BLOCK_BYTES", 5_000)
    cut = read(log)
    assert cut.tally == whole.tally
    assert cut.multiset() == whole.multiset()
    assert cut.particulars.equals(whole.particulars)


@pytest.mark.parametrize("size", [100, 300, 1_000])
def test_lines_that_wait_for_a_part_keep_their_own_times(size, read_bytes, monkeypatch):
    payload = "15MgK45P3@G?fl0E`JbR0OwT0@MS"
    t = [1469664000 + 60 * i for i in range(10)]
    first = [tagged(t[i], sentence(f"!AIVDM,2,1,{i},A,{payload[:15]},0")) for i in range(10)]
    second = [sentence(f"!AIVDM,2,2,{i},A,{payload[15:]},0") for i in reversed(range(10))]
    monkeypatch.setattr("shiomi.sources.nmea._BLOCK_BYTES", size)
    got = read_bytes("\n".join([*first, *second]).encode())
    assert got.tally.ignored == {"part_of_message": 10}
    assert sorted(got.positions["received_t"].cast("int64").to_pylist()) == [x * SECOND for x in t]

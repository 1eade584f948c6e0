"""NMEA logs read the slow and obvious way: a regular expression a line, a string of bits a message.

The reference that the compiled reader is held to. Positions come as they stand in POSITIONS, claims as rows
of what was said with how often, and every line has one fate.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from shiomi.units import SECOND, microseconds

LINE = re.compile(
    r"^(?P<prefix>[^!$\\#]*)(?:\\(?P<tag>[^\\]*)\\)?"
    r"(?P<body>[!$][^!$*\\]*)(?:\*(?P<sum>[0-9A-Fa-f]{2})(?P<trailer>.*))?$",
    re.DOTALL,
)
VDM = re.compile(
    r"^!(?P<talker>[^,]{2})VD[MO],(?P<total>[1-9]),(?P<number>[1-9]),(?P<sequence>[0-9]?),(?P<channel>[^,]*),"
    r"(?P<payload>[^,]*),(?P<fill>[0-5])$"
)
BLANK = "\t\n\v\f\r \x85\xa0"
NUMBER = r"([0-9]{10}(?:\.[0-9]+)?|[0-9]{13})"
TRAILER, TAG, PREFIX, ISO, GROUP = (
    re.compile(p)
    for p in (
        rf"(?:^|,){NUMBER}$",
        rf"(?:^|,)c:{NUMBER}(?:,|\*|$)",
        rf"(?:^|[{BLANK},;\[]){NUMBER}[{BLANK},;:\]]*$",
        rf"(\d{{4}}-\d{{2}}-\d{{2}}[T ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,6}})?)Z?[{BLANK},;:\]]*$",
        r"(?:^|,)g:[0-9]+-[0-9]+-(\w+)",
    )
)
PGHP = re.compile(r"^\$PGHP,1,(\d+),(\d+),(\d+),(\d+),(\d+),(\d+),(\d+),.*,([0-9A-Fa-f]{2})$")
ZDA = re.compile(r"^\$..ZDA,(\d\d)(\d\d)(\d\d)(?:\.\d*)?,(\d\d),(\d\d),(\d{4}),")
RMC = re.compile(r"^\$..RMC,(\d\d)(\d\d)(\d\d)(?:\.\d*)?,A,(?:[^,]*,){6}(\d\d)(\d\d)(\d\d)(?:,|$)")
WINDOW_LINES = 2000
LENGTHS = {**dict.fromkeys((1, 2, 3, 4, 9, 11, 18), (168, 174)), 5: (420, 426), 19: (312, 318)}
LENGTHS |= {24: (160, 174), 27: (96, 168)}


@dataclass
class Log:
    """What one log holds."""

    positions: list[tuple] = field(default_factory=list)
    claims: Counter = field(default_factory=Counter)
    counts: Counter = field(default_factory=Counter)


@dataclass
class Line:
    row: int
    fate: str | None = None
    tag: str = ""
    body: str = ""
    said: int | None = None
    vdm: dict | None = None
    logged_t: int | None = None
    heard_t: int | None = None
    clock_t: int | None = None
    message: dict | None = None


def checksum(body: str) -> int:
    total = 0
    for c in body[1:].encode("latin-1"):
        total ^= c
    return total


def instant(*parts: str | int) -> int | None:
    try:
        return microseconds(dt.datetime(*(int(p) for p in parts)))
    except ValueError:
        return None


def number_time(found: re.Match | None) -> int | None:
    if found is None:
        return None
    whole, _, part = found[1].partition(".")
    if len(whole) == 13:
        return int(whole) * 1000
    return int(whole) * SECOND + int((part + "000000")[:6])


def parse(row: int, text: str) -> Line:
    text = text.strip(BLANK)
    out = Line(row)
    found = LINE.match(text)
    if not text or text.startswith("#") or not found:
        out.fate = "blank_line" if not text else "comment" if text.startswith("#") else "not_nmea"
        return out
    out.tag, out.body = found["tag"] or "", found["body"]
    out.said = int(found["sum"], 16) if found["sum"] else None
    iso = ISO.search(found["prefix"])
    for t in (
        number_time(TRAILER.search(found["trailer"] or "")),
        number_time(TAG.search(out.tag)),
        number_time(PREFIX.search(found["prefix"])),
        microseconds(iso[1]) if iso else None,
    ):
        out.logged_t = t if out.logged_t is None else out.logged_t
    fails = out.said is not None and out.said != checksum(out.body)
    vdm = VDM.match(out.body)
    if not re.match(r"^!..VD[MO],", out.body):
        out.fate = "bad_checksum" if fails else "not_ais"
    elif out.said is None or fails:
        out.fate = "bad_checksum" if fails else "no_checksum"
    elif not vdm or vdm["number"] > vdm["total"]:
        out.fate = "bad_sentence"
    elif not re.fullmatch("[0-W`-w]+", vdm["payload"]):
        out.fate = "bad_payload"
    else:
        out.vdm = {**vdm.groupdict(), "total": int(vdm["total"]), "number": int(vdm["number"])}
    return out


def give_clocks(lines: list[Line]) -> None:
    """`$PGHP` to the sentence it belongs to: the next line, the one after, or the one before."""
    heard: dict[int, tuple[int, int]] = {}
    for i, line in enumerate(lines):
        if line.fate != "not_ais":
            continue
        if m := PGHP.match(line.body):
            t = instant(*m.groups()[:6])
            if t is not None:
                heard[i] = (t + int(m[7]) * 1000, int(m[8], 16))
        elif m := ZDA.match(line.body):
            line.clock_t = instant(m[6], m[5], m[4], m[1], m[2], m[3])
        elif m := RMC.match(line.body):
            line.clock_t = instant(2000 + int(m[6]), m[5], m[4], m[1], m[2], m[3])
    for i, line in enumerate(lines):
        for at in (i - 1, i - 2, i + 1):
            if line.vdm and line.heard_t is None and at in heard and heard[at][1] == line.said:
                line.heard_t = heard[at][0]


def assemble(lines: list[Line]) -> None:
    """Gives the first line of each whole message its payload; all others of it are parts."""
    left = [line for line in lines if line.vdm]
    for line in left:
        if line.vdm["total"] == 1:
            line.message = {"parts": [line]}
    left = [line for line in left if line.vdm["total"] > 1]
    for direction in (1, -1):
        runs: dict[tuple, list[list[Line]]] = {}
        for line in left:
            v = line.vdm
            group = GROUP.search(line.tag)
            key = (group and group[1], v["talker"], v["channel"], v["sequence"], v["total"])
            of_key = runs.setdefault(key, [])
            last = of_key[-1][-1] if of_key else None
            rises = last is not None and direction * (v["number"] - last.vdm["number"]) > 0
            if not rises or line.row - last.row > WINDOW_LINES:
                of_key.append([])
            of_key[-1].append(line)
        for run in (run for of_key in runs.values() for run in of_key):
            if len(run) == run[0].vdm["total"]:
                run.sort(key=lambda p: p.vdm["number"])
                run[0].message = {"parts": list(run)}
                for part in run[1:]:
                    part.fate = "part_of_message"
                left = [line for line in left if line not in run]
    for line in left:
        line.fate = "missing_part"


def bits_of(payload: str) -> str:
    return "".join(f"{(ord(c) - 48 if c < '`' else ord(c) - 56):06b}" for c in payload)


def decode(payload: str, fill: int) -> dict:
    """Fields as integers; None where the standard says "not available"."""
    bits = bits_of(payload)
    size = len(bits) - fill
    bits = bits.ljust(426, "0")

    def uint(at: int, n: int, unknown: int = -1) -> int | None:
        value = int(bits[at : at + n], 2)
        return None if value == unknown else value

    def sint(at: int, n: int) -> int:
        return int(bits[at : at + n], 2) - (int(bits[at]) << n)

    def text(at: int, n: int) -> str | None:
        codes = [uint(at + 6 * i, 6) for i in range(n)]
        letters = "".join(chr(c + 64 if c < 32 else c) for c in codes)
        return letters.split("@")[0].strip() or None

    def dims(at: int) -> dict:
        length, width = uint(at, 9) + uint(at + 9, 9), uint(at + 18, 6) + uint(at + 24, 6)
        bow, port = uint(at, 9), uint(at + 18, 6)
        antenna = {"bow_m": bow, "port_m": port} if bow or port else {}
        return {"length_m": length or None, "width_m": width or None} | antenna

    kind = uint(0, 6)
    out: dict = {"type": kind}
    if kind in LENGTHS and not LENGTHS[kind][0] <= size <= LENGTHS[kind][1]:
        return out | {"fate": "bad_length"}
    if not 1 <= kind <= 27:
        return out | {"fate": "bad_type"}
    if kind not in LENGTHS:
        return out | {"fate": f"type_{kind}"}
    out["mmsi"] = uint(8, 30)
    ship_type = lambda at: uint(at, 8) if 1 <= uint(at, 8) <= 99 else None  # noqa: E731
    if kind in (4, 11):
        date = [uint(at, n) for at, n in ((38, 14), (52, 4), (56, 5), (61, 5), (66, 6), (72, 6))]
        t = instant(*date) if 1990 <= date[0] <= 2100 else None
        return out | {"fate": f"type_{kind}", "station_t": t}
    if kind in (1, 2, 3, 9, 18, 19):
        a = {18: 46, 19: 46}.get(kind, 50)
        sog = uint(a, 10, 1023)
        out |= {
            "sog_dkn": sog and sog * (10 if kind == 9 else 1),
            "lon": sint(a + 11, 28),
            "lat": sint(a + 39, 27),
        }
        out |= {"cog_ddeg": uint(a + 66, 12, 3600), "heading_deg": uint(a + 78, 9, 511), "per_minute": 10_000}
        out["second"] = uint({9: 128, 18: 133, 19: 133}.get(kind, 137), 6)
        if kind == 9:
            out["heading_deg"] = None
        if kind <= 3:
            out["nav_status"] = uint(38, 4, 15)
        if kind == 19:
            out["said"] = {"name": text(143, 20), "ship_type": ship_type(263), **dims(271)}
    elif kind == 27:
        sog, cog = uint(79, 6, 63), uint(85, 9, 511)
        out |= {
            "sog_dkn": sog and sog * 10,
            "cog_ddeg": cog and cog * 10,
            "lon": sint(44, 18),
            "lat": sint(62, 17),
        }
        out |= {"nav_status": uint(40, 4, 15), "per_minute": 10}
    elif kind == 5:
        imo, draught = uint(40, 30), uint(294, 8, 0)
        said = {"imo": imo if 1_000_000 <= imo <= 9_999_999 else None, "callsign": text(70, 7)}
        said |= {"name": text(112, 20), "ship_type": ship_type(232), **dims(240), "draught_dm": draught}
        out["said"] = said | {"destination": text(302, 20)}
    elif uint(38, 2) == 0:
        out["said"] = {"name": text(40, 20)}
    elif uint(38, 2) == 1 and size >= 162:
        out["said"] = {"callsign": text(90, 7), "ship_type": ship_type(40)}
        if out["mmsi"] // 10_000_000 != 98:
            out["said"] |= dims(132)
    else:
        out["fate"] = "type_24"
    for name, limit in (("cog_ddeg", 3600), ("heading_deg", 360)):
        if out.get(name) is not None and out[name] >= limit:
            out[name] = None
    if out.get("sog_dkn") is not None and out["sog_dkn"] > 1022:
        out["sog_dkn"] = None
    return out


def form_of(mmsi: int) -> str | None:
    """Why a station with this number is no vessel."""
    if 2_000_000 <= mmsi <= 7_999_999:
        return "base_station"
    if 20_000_000 <= mmsi <= 79_999_999:
        return "coast_or_group"
    if 992_000_000 <= mmsi <= 997_999_999:
        return "aid_to_navigation"
    if mmsi // 1_000_000 in (111, 970, 972, 974) or 820_000_000 <= mmsi <= 879_999_999:
        return "not_a_vessel"
    return None


def read_log(content: bytes, first_t: int | None = None, decode: Callable[[str, int], dict] = decode) -> Log:
    """Every line of a log, the fields of its messages by `decode`."""
    text = content.decode("latin-1").removesuffix("\n")
    lines = [parse(i + 1, line) for i, line in enumerate(text.split("\n"))] if content else []
    give_clocks(lines)
    assemble(lines)
    log, past_t = Log(), first_t
    for line in lines:
        m = {}
        if line.message:
            parts = line.message["parts"]
            m = decode("".join(p.vdm["payload"] for p in parts), int(parts[-1].vdm["fill"]))
            for name in ("heard_t", "logged_t"):
                times = [getattr(p, name) for p in parts if getattr(p, name) is not None]
                setattr(line, name, times[0] if times else None)
        own = [t for t in (line.heard_t, line.logged_t) if t is not None]
        known = [t for t in (*own, line.clock_t, m.get("station_t"), past_t) if t is not None]
        past_t = known[0] if known else None
        log.counts[_judge(log, line, m, own[0] if own else past_t)] += 1
    return log


def _judge(log: Log, line: Line, m: dict, near_t: int | None) -> str:
    if line.fate or m.get("fate"):
        return line.fate or m["fate"]
    if near_t is None:
        return "no_time"
    t, second = near_t, m.get("second")
    if second is not None and second < 60:
        off = (second * SECOND - near_t % (60 * SECOND) + 30 * SECOND) % (60 * SECOND) - 30 * SECOND
        t = near_t + off
    received_t = line.heard_t if line.logged_t is None else line.logged_t
    mmsi = m["mmsi"]
    if reason := form_of(mmsi):
        return reason
    if not (200_000_000 <= mmsi <= 799_999_999 or 982_000_000 <= mmsi <= 987_999_999):
        return "bad_mmsi"
    if t < microseconds("1990-01-01"):
        return "bad_time"
    if received_t is not None and t > received_t + 600 * SECOND:
        return "future_time"
    lost = None
    if "lon" in m:
        scale = 60 * m["per_minute"]
        lat_e7, lon_e7 = (round(m[c] * 10_000_000 / scale) for c in ("lat", "lon"))
        if m["lat"] == 91 * scale or m["lon"] == 181 * scale:
            lost = "no_position"
        elif abs(lat_e7) > 900_000_000:
            lost = "bad_latitude"
        elif abs(lon_e7) > 1_800_000_000:
            lost = "bad_longitude"
        elif lat_e7 == lon_e7 == 0:
            lost = "null_island"
        else:
            lon_e7 = (lon_e7 + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
            moved = (m.get(c) for c in ("sog_dkn", "cog_ddeg", "heading_deg", "nav_status"))
            log.positions.append((line.row, mmsi, t, received_t, lat_e7, lon_e7, *moved, m["type"]))
    if "said" in m and lost in (None, "no_position"):
        said = {k: v for k, v in m["said"].items() if v is not None}
        if said:
            log.claims[mmsi, tuple(sorted(said.items()))] += 1
        return "position" if "lon" in m and not lost else "particulars_only"
    return lost or "position"

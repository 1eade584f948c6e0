"""The table of presence on paper: on the terminal, as CSV, and as JSON where every row names its events."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shiomi.errors import BadParameter
from shiomi.events.presence import HEARD_SLOT_S, MIN_HEARD_PCT, Row, Stays
from shiomi.events.words import Language, quantity
from shiomi.reports.counted import Counted
from shiomi.units import SECOND, iso

__all__ = [
    "HEADINGS",
    "NUMBERS",
    "cell_headings",
    "cell_lines",
    "export_presence",
    "head_lines",
    "table_rows",
]

HEADINGS: dict[Language, tuple[str, ...]] = {
    "en": (
        "period", "days", "vessels", "vessel-days", "entries", "undetermined", "longest run",
        "longest stay (union)", "unheard", "count is",
    ),
    "ja": (
        "期間", "確認日数", "隻数", "延べ隻数（隻・日）", "入域回数", "判定不能", "最長連続日数",
        "最長滞在（重なりを通算）", "無受信時間", "計数の性質",
    ),
}  # fmt: skip
NUMBERS = {lang: names[1:6] for lang, names in HEADINGS.items()}

_WORDS: dict[str, dict[Language, str]] = {
    "total": {"en": "total", "ja": "合計"},
    "minimum": {"en": "minimum", "ja": "最小値"},
    "count": {"en": "as heard", "ja": "受信の限り"},
    "days": {"en": "{n} d, {first} to {last}", "ja": "{n}日（{first}～{last}）"},
    "stay": {"en": "{length} (at most {most}), from {begin} to {end}",
             "ja": "{length}（最長{most}）、{begin}～{end}"},
    "zone": {"en": "Zone: {name}. {basis}", "ja": "区域：{name}。{basis}"},
    "derived": {"en": "The line is derived ({source}), not declared, and may be {line_m} off.",
                "ja": "境界線は算出による（{source}）。宣言されたものではなく、誤差は{line_m}程度。"},
    "given": {"en": "The line is as given by {source}.", "ja": "境界線は{source}による。"},
    "claims": {"en": "Claimed by: {list}. Nobody's claim is preferred here.",
               "ja": "主張する国・地域：{list}。ここではいずれにも与しない。"},
    "how": {"en": "Days are those of {tz}; one report surely inside makes a day. From {since} to {until}.",
            "ja": "日付は{tz}による。確実に区域内の報告が一件あれば一日と数える。{since}～{until}。"},
    "minimum_means": {
        "en": "A minimum: in less than {pct} % of the quarter-hours any vessel was heard in or near it, or "
              "reception during some stay is poor or unknown. "
              "Vessels without AIS are in no count, and being there is no intrusion by itself.",
        "ja": "最小値：区域内または付近で何らかの船が受信された15分区分が{pct}％未満か、"
              "いずれかの滞在中の受信状況が不良または不明の場合。"
              "AISを発信しない船は含まれない。区域内にいることだけでは侵入とは言えない。"},
    "apart": {"en": "{n} stays are shown apart for a reason and are not counted.",
              "ja": "{n}件の滞在は理由があり別扱いとし、計数に含めない。"},
}  # fmt: skip


def head_lines(c: Counted, lang: Language) -> list[str]:
    """What a reader must know before the figures."""
    zone = c.zone
    basis = _say(zone["basis"], lang, source=zone["source"], line_m=quantity("line_m", zone["line_m"], lang))
    when = {"since": _local(c.since, c.tz), "until": _local(c.until, c.tz)}
    lines = [_say("zone", lang, name=zone["name"], basis=basis)]
    if zone["claimed_by"]:
        lines.append(_say("claims", lang, list=", ".join(zone["claimed_by"].split("|"))))
    lines.append(_say("how", lang, tz=c.tz, **when))
    if c.apart:
        lines.append(_say("apart", lang, n=c.apart))
    lines.append(_say("minimum_means", lang, pct=MIN_HEARD_PCT))
    return lines


def table_rows(c: Counted, lang: Language) -> list[list[str]]:
    """The table as a person reads it."""
    return [
        [
            _WORDS["total"][lang] if r.key == "total" else r.key,
            *(f"{n:,}" for n in (r.days, r.vessels, r.vessel_days, r.entries, r.undetermined)),
            _say("days", lang, n=r.run_days, first=r.run_first, last=r.run_last) if r.run_days else "",
            _stay(r, c.tz, lang) if r.days else "",
            quantity("unheard_s", r.unheard_s, lang),
            _WORDS["minimum" if r.is_minimum else "count"][lang],
        ]
        for r in c.rows
    ]


def _stay(r: Row, tz: str, lang: Language) -> str:
    return _say(
        "stay",
        lang,
        length=quantity("stay_s", r.longest_s, lang),
        most=quantity("stay_s", r.longest_at_most_s, lang),
        begin=_local(r.longest_from, tz),
        end=_local(r.longest_to, tz),
    )


def cell_headings(c: Counted) -> list[str]:
    """Over the lines of `cell_lines`."""
    return ["event", "MMSI", "from (UTC)", "to (UTC)", f"from ({c.tz})", f"to ({c.tz})", "counts as"]


def cell_lines(c: Counted, key: str) -> list[list[str]]:
    """The stays behind one row: event, vessel, first and last report inside (UTC, local), what it is.

    Raises:
        BadParameter: the table has no such row.
    """
    rows, stays, tz = c.rows, c.stays, c.tz
    row = next((r for r in rows if r.key == key), None)
    if row is None:
        some = ", ".join(r.key for r in rows[:6])
        raise BadParameter(f"the table has no row {key!r}; it has {some}{' ...' if len(rows) > 6 else ''}")
    wanted = set(row.event_ids)
    lines = []
    for i, event in enumerate(stays.event_id):
        if event not in wanted:
            continue
        start, end = int(stays.start[i]), int(stays.end[i])
        what = "undetermined" if not stays.is_sure[i] else "entry" if stays.is_entry[i] else "stay"
        open_ = " (open)" if stays.is_open[i] else ""
        lines.append(
            [
                event,
                f"{stays.mmsi[i]:09d}",
                iso(start),
                iso(end),
                _local(start, tz),
                _local(end, tz),
                what + open_,
            ]
        )
    return lines


def export_presence(path: Path, c: Counted) -> int:
    """Write the table to .csv, or to .json with the stays of every row; how many rows were written.

    Raises:
        BadParameter: another ending.
    """
    if path.suffix.lower() == ".json":
        about = {
            k: c.zone[k] for k in ("name", "zone_hash", "kind", "claimed_by", "basis", "source", "line_m")
        }
        document = {
            "zone": about,
            "time_zone": c.tz,
            "since": iso(c.since),
            "until": iso(c.until),
            "heard_slot_s": HEARD_SLOT_S,
            "min_heard_pct": MIN_HEARD_PCT,
            "rows": [_plain(r) | {"event_ids": sorted(r.event_ids)} for r in c.rows],
            "stays": [_plain_stay(c.stays, i) for i in range(len(c.stays.event_id))],
        }
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        path.write_text(text, encoding="utf-8")
    elif path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8", newline="") as f:
            table = csv.DictWriter(f, [n for n in Row._fields if n != "event_ids"], lineterminator="\n")
            table.writeheader()
            table.writerows(_plain(r) for r in c.rows)
    else:
        raise BadParameter(f"cannot tell the format of {path} from its ending; use .csv or .json")
    return len(c.rows)


def _plain(r: Row) -> dict[str, Any]:
    values = r._asdict()
    del values["event_ids"]
    for name in ("longest_from", "longest_to"):
        values[name] = iso(values[name]) if r.days else ""
    return values


def _plain_stay(stays: Stays, i: int) -> dict[str, Any]:
    times = {n: iso(int(getattr(stays, n)[i])) for n in ("start", "end", "at_earliest", "at_latest")}
    flags = {n: bool(getattr(stays, n)[i]) for n in ("is_sure", "is_entry", "is_open", "is_heard")}
    return {"event_id": stays.event_id[i], "mmsi": int(stays.mmsi[i]), **times, **flags}


def _say(key: str, lang: Language, **values: object) -> str:
    return _WORDS[key][lang].format(**values)


def _local(t: int, tz: str) -> str:
    when = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=t // SECOND)
    return when.astimezone(ZoneInfo(tz)).strftime("%Y-%m-%d %H:%M")

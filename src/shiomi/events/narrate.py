"""An event in plain sentences: what was seen, by which rule, how surely, and what it does not mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shiomi.events.observed import OBSERVED
from shiomi.events.words import (
    BASES,
    LIMITS,
    REASONS,
    SENTENCES,
    Language,
    place,
    quantity,
    readable,
    when,
)
from shiomi.events.zoned import zone_of
from shiomi.ids import track_name
from shiomi.places.zones import CABLE, WATCHED_PORT
from shiomi.schema import mmsi_of

__all__ = ["explain"]


def explain(
    event: Mapping[str, Any],
    positions: pa.Table | None = None,
    names: Mapping[int, str] | None = None,
    lang: Language = "en",
) -> list[str]:
    """Sentences about one event, in the order a reader asks.

    Args:
        event: a row of EVENTS as a dict, as `to_pylist` gives it; `revision` and `reason` may be there.
        positions: the evidence that is held (TRACKS); None if nobody looked.
        names: MMSI to the name that the vessel claims.
        lang: en or ja.
    """
    sentences = [
        *_observed(event, names or {}, lang),
        *_where(event, lang),
        *_zone(event, lang),
        _rule(event, lang),
        *_bounds(event, lang),
        _evidence(event, positions, lang),
        LIMITS.get(event["kind"], LIMITS[""])[lang],
        _suppressed(event, lang),
        *_ladder(event, lang),
        *([_say("places", lang, places_id=event["places_id"])] if event["places_id"] else []),
        *_coverage(event, lang),
        _say(f"status.{event['status']}", lang, known_t=when(event["known_t"], lang)),
        *([_say("withdrawn_because", lang, reason=event["reason"])] if event.get("reason") else []),
    ]
    return [s[:1].upper() + s[1:] for s in sentences]


def _say(key: str, lang: Language, **values: object) -> str:
    return SENTENCES[key][lang].format(**values)


def _observed(event: Mapping[str, Any], names: Mapping[int, str], lang: Language) -> list[str]:
    measures = dict(event["measures"])
    mmsis = dict.fromkeys(mmsi_of(track) for track in event["subjects"])
    vessels = [_vessel(mmsi, names, lang) for mmsi in mmsis]
    t_start = when(event["t_start"], lang)
    t_end = None if event["t_end"] is None else when(event["t_end"], lang)
    values: dict[str, str] = {k: quantity(k, v, lang) for k, v in measures.items() if v is not None}
    values |= {
        "kind": event["kind"],
        "who": vessels[0] if vessels else "",
        "tracks": _say("and", lang).join(track_name(track) for track in event["subjects"]),
        "place": place(event["lat_e7"], event["lon_e7"]),
        "t_start": t_start,
        "span": _say("span.open", lang, t_start=t_start)
        if t_end is None
        else _say("span", lang, t_start=t_start, t_end=t_end),
    }
    if zone := zone_of(event):
        values["zone"] = readable(zone["name"])
    if len(vessels) > 1:
        values["partner"] = _say("and", lang).join(vessels[1:])
    if t_end is not None:
        values["t_end"] = t_end

    known = OBSERVED.get(event["kind"]) or OBSERVED.get(
        f"{event['kind']}.{'open' if t_end is None else 'closed'}"
    )
    if known:
        told = [_filled(s, values) for s in known[lang]]
        if told[0] is not None:
            return [s for s in told if s is not None]
    values["who"] = _say("and", lang).join(vessels)
    listed = [_measure("measure", k, k, v, lang) for k, v in sorted(measures.items())]
    return [
        SENTENCES["measured"][lang].format(**values),
        *([_say("measures", lang, list=_say("and", lang).join(listed))] if listed else []),
    ]


def _where(event: Mapping[str, Any], lang: Language) -> list[str]:
    measures, out = dict(event["measures"]), []
    shore_m, place_m = measures.get("shore_m"), measures.get("place_m")
    if shore_m is not None and shore_m >= 0:
        out.append(_say("shore", lang, shore_m=quantity("shore_m", shore_m, lang)))
    elif shore_m is not None:
        out.append(_say("inland", lang, inland_m=quantity("shore_m", -shore_m, lang)))
    if place_m is not None:
        key = "place" if place_m else "place.inside"
        out.append(_say(key, lang, place_m=quantity("place_m", place_m, lang)))
    return out


def _zone(event: Mapping[str, Any], lang: Language) -> list[str]:
    """Whose line it is, how sure it is, and whether any report was surely inside."""
    zone = zone_of(event)
    if zone is None:
        return []
    out = [_say("zone.undetermined", lang)] if dict(event["measures"]).get("inside_reports") == 0 else []
    line_m = quantity("line_m", zone["line_m"], lang)
    out.append(_say(f"zone.{zone['basis']}", lang, source=readable(zone["source"]), line_m=line_m))
    if zone["kind"] in (CABLE, WATCHED_PORT):
        return out
    claimants = [c for c in zone["claimed_by"].split("|") if c]
    if claimants:
        key = "zone.claims" if len(claimants) > 1 else "zone.claim"
        out.append(_say(key, lang, list=_say("and", lang).join(claimants)))
    return out


def _filled(sentence: str, values: Mapping[str, str]) -> str | None:
    """The sentence with its measures, or None where one of them is absent."""
    try:
        return sentence.format(**values)
    except KeyError:
        return None


def _vessel(mmsi: int, names: Mapping[int, str], lang: Language) -> str:
    if names.get(mmsi):
        return _say("vessel.named", lang, mmsi=f"{mmsi:09d}", name=readable(names[mmsi]))
    return _say("vessel", lang, mmsi=f"{mmsi:09d}")


def _measure(key: str, name: str, stem: str, value: Any, lang: Language) -> str:
    base = next((b for b in (stem, stem.rpartition("_")[0]) if b in BASES), None)
    words = BASES[base][lang] if base else stem.rpartition("_")[0].replace("_", " ") or stem
    raw = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return _say(key, lang, base=words, value=quantity(name, value, lang), name=name, raw=raw)


def _rule(event: Mapping[str, Any], lang: Language) -> str:
    parts = []
    for name, value in sorted(json.loads(event["parameters"] or "{}").items()):
        side, _, stem = name.partition("_")
        if side in ("min", "max") and stem:
            parts.append(_measure(f"parameter.{side}", name, stem, value, lang))
        else:
            parts.append(_measure("parameter", name, name, value, lang))
    facts = {"kind": event["kind"], "version": event["version"]}
    if not parts:
        return _say("rule.plain", lang, **facts)
    return _say("rule", lang, **facts, list=_say("and", lang).join(parts))


def _bounds(event: Mapping[str, Any], lang: Language) -> list[str]:
    out = [_between("start", event["t_start_earliest"], event["t_start_latest"], lang)]
    if event["t_end"] is not None and event["t_end_earliest"] is not None:
        out.append(_between("end", event["t_end_earliest"], event["t_end_latest"], lang))
    return out


def _between(side: str, earliest: int, latest: int | None, lang: Language) -> str:
    if latest is None:
        return _say(f"{side}.unknown", lang, earliest=when(earliest, lang))
    if earliest == latest:
        return _say(f"{side}.exact", lang, at=when(earliest, lang))
    return _say(f"{side}.between", lang, earliest=when(earliest, lang), latest=when(latest, lang))


def _evidence(event: Mapping[str, Any], positions: pa.Table | None, lang: Language) -> str:
    cited = set(event["evidence"])
    if positions is None:
        return _say("evidence", lang, cited=len(cited))
    mine = positions.filter(pc.is_in(positions["message_id"], pa.array(list(cited), pa.int64())))
    held = len(mine["message_id"].unique())
    if held < len(cited) or not held:
        return _say("evidence.missing", lang, cited=len(cited), held=held)
    span = pc.min_max(mine["t"]).as_py()
    return _say(
        "evidence.held", lang, cited=len(cited), first=when(span["min"], lang), last=when(span["max"], lang)
    )


def _suppressed(event: Mapping[str, Any], lang: Language) -> str:
    reasons = [_reason(reason, lang) for reason in event["suppressed_by"]]
    if not reasons:
        return _say("suppressed.not", lang)
    return _say("suppressed", lang, list=_say("and", lang).join(reasons))


def _ladder(event: Mapping[str, Any], lang: Language) -> list[str]:
    """What each step of the ladder said, and how rare such an event is where it was."""
    steps = []
    for said in event.get("ladder") or []:
        step, _, state = said.partition(":")
        name = SENTENCES.get(f"step.{step}", {}).get(lang, "")
        steps.append(
            f"{step} {name}: {SENTENCES.get(f'said.{state}', {}).get(lang, state)}".replace(" :", ":")
        )
    out = [_say("ladder", lang, list=_say("and", lang).join(steps))] if steps else []
    bits = dict(event["measures"]).get("rarity_bits")
    return [*out, *([_say("rarity", lang, days=f"{2**bits:,}")] if bits is not None else [])]


def _reason(reason: str, lang: Language) -> str:
    code, _, detail = reason.partition(":")
    phrase = REASONS.get(code)
    return phrase[lang].format(detail=detail) if phrase else reason


def _coverage(event: Mapping[str, Any], lang: Language) -> list[str]:
    values = {k: f"{v:,}" for k, v in dict(event["measures"]).items() if v is not None}
    key = f"coverage.{event['coverage']}"
    if key not in SENTENCES:
        return [_say("coverage.stated", lang, coverage=event["coverage"])]
    longest_s = dict(event["measures"]).get("longest_silence_s")
    values |= {"longest_silence_s": quantity("longest_silence_s", longest_s, lang)} if longest_s else {}
    keys = (key, "longest_silence", "coverage.expected", "coverage.share")
    told = [_filled(SENTENCES[k][lang], values) for k in keys]
    return [s for s in told if s is not None]

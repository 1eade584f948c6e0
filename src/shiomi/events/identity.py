"""Identity: where what vessels say of themselves cannot all be true.

A claim is kept as it was made, with its time and how often it was heard; nothing is corrected and nothing
merged. A conflict names two claims, or one that contradicts its own form, and says whether a slip of the
hand would explain it. It says nothing of who is right. A number may be formally right and false all the
same: IMO numbers obtained by fraud pass their check digit (C4ADS, Unmasked, 2021).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from shiomi.events.flags import UNKNOWN_FLAG, flag_of

__all__ = [
    "CONFLICTS",
    "FIELDS",
    "conflicts",
    "differing",
    "edits",
    "has_check_digit",
    "is_slip",
    "name_edits",
    "said_most",
]

CONFLICTS = pa.schema(
    [
        ("rule", pa.string()),
        ("mmsi", pa.int32()),
        ("other_mmsi", pa.int32()),
        ("claim", pa.string()),
        ("other_claim", pa.string()),
        ("t", pa.int64()),
        ("t_last", pa.int64()),
        ("reports", pa.int64()),
        ("differ", pa.string()),
        ("likely_clerical", pa.bool_()),
    ]
)
"""rule; who claims; what; from and to (microseconds UTC); the fewer of the messages on either side; in which
other fields the two differ (of name, callsign, length_m, ship_type); whether a slip would explain it."""

_WEIGHTS = np.array([7, 6, 5, 4, 3, 2])
"""The last digit of the weighted sum of the first six is the seventh (IMO resolution A.1117(30))."""

FIELDS = ("name", "callsign", "imo", "length_m", "ship_type")
"""What two MMSIs are compared by, each independent of the others."""
_LENGTH_M = 3
"""Lengths that differ by no more are the same one measured twice. Analyst-set."""
_LIKE = 0.34
"""Names that differ in no more than a third of their letters are alike. Analyst-set."""


def has_check_digit(imo: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether the seventh digit of each IMO number is the one that the first six give."""
    digits = (imo[:, None] // 10 ** np.arange(6, -1, -1)) % 10
    given = (digits[:, :6] * _WEIGHTS).sum(axis=1) % 10
    return np.asarray((imo >= 1_000_000) & (imo <= 9_999_999) & (given == digits[:, 6]), np.bool_)


def edits(a: str, b: str) -> int:
    """Letters to insert, remove, replace or swap with their neighbour to make b of a (Damerau 1964)."""
    older: list[int] = []
    old = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                best = min(best, older[j - 2] + 1)
            row.append(best)
        older, old = old, row
    return old[-1]


def name_edits(a: str, b: str) -> tuple[int, int]:
    """Edits between two names, in the order of their words or sorted, and letters of the longer one."""
    words = [["".join(c for c in w if c.isalnum()) for w in n.upper().split()] for n in (a, b)]
    plain, ordered = ("".join(w) for w in words), ("".join(sorted(w)) for w in words)
    longest = max(len("".join(w)) for w in words)
    return min(edits(*plain), edits(*ordered)), longest


def is_slip(a: int | str, b: int | str) -> bool:
    """Whether one digit typed wrongly, or two neighbours swapped, makes one number of the other."""
    return a != b and len(str(a)) == len(str(b)) and edits(str(a), str(b)) == 1


def conflicts(particulars: pa.Table, *, min_reports: int = 5) -> pa.Table:
    """Claims in PARTICULARS that contradict each other or their own form, heard `min_reports` times at least.

    Rules: `mmsi_form` (its digits name no state), `imo_check_digit`, `several_imos` of one MMSI, and
    `shared_imo` of two MMSIs, if name, call sign, length or type differ too: one field alone is no claim.
    """
    claims = pl.from_arrow(particulars)
    assert isinstance(claims, pl.DataFrame)
    imo = (
        claims.drop_nulls("imo")
        .group_by("mmsi", "imo")
        .agg(pl.col("t").min(), pl.col("t_last").max(), pl.col("reports").sum())
        .filter(pl.col("reports") >= min_reports)
        .sort("imo", "mmsi")
    )
    imo = imo.with_columns(ok=pl.Series(has_check_digit(imo["imo"].to_numpy().astype(np.int64))))
    rows = [*_malformed(claims, min_reports), *_bad_digits(imo), *_several(imo), *_shared(imo, claims)]
    rows.sort(key=lambda r: (r["rule"], r["mmsi"], r["other_mmsi"] or 0, r["claim"]))
    return pa.Table.from_pylist(rows, CONFLICTS)


def _row(
    rule: str, a: dict[str, object], b: dict[str, object] | None = None, **more: object
) -> dict[str, object]:
    """A conflict of one claim, or of two as far as they were heard at the same time or apart."""
    both = [a] if b is None else [a, b]
    return {
        "rule": rule,
        "mmsi": a["mmsi"],
        "other_mmsi": None,
        "claim": str(a.get("imo", "")),
        "other_claim": None if b is None else str(b["imo"]),
        "t": min(x["t"] for x in both),  # type: ignore[type-var]
        "t_last": max(x["t_last"] for x in both),  # type: ignore[type-var]
        "reports": min(x["reports"] for x in both),  # type: ignore[type-var]
        "differ": "",
        "likely_clerical": False,
    } | more


def _malformed(claims: pl.DataFrame, min_reports: int) -> list[dict[str, object]]:
    heard = claims.group_by("mmsi").agg(pl.col("t").min(), pl.col("t_last").max(), pl.col("reports").sum())
    heard = heard.filter(pl.col("reports") >= min_reports).sort("mmsi")
    bad = [r for r in heard.to_dicts() if flag_of(r["mmsi"]) == UNKNOWN_FLAG and not _is_device(r["mmsi"])]
    return [_row("mmsi_form", r, claim=f"{r['mmsi']:09d}") for r in bad]


def _is_device(mmsi: int) -> bool:
    """Beacons of search and rescue carry a maker's number (ITU-R M.585-9, annex 2)."""
    return mmsi // 1_000_000 in (970, 972, 974)


def _bad_digits(imo: pl.DataFrame) -> list[dict[str, object]]:
    bad, good = imo.filter(~pl.col("ok")), imo.filter("ok")
    of = {m: part["imo"].to_list() for (m,), part in good.group_by("mmsi")}
    return [
        _row("imo_check_digit", r, likely_clerical=any(is_slip(r["imo"], g) for g in of.get(r["mmsi"], [])))
        for r in bad.to_dicts()
    ]


def _several(imo: pl.DataFrame) -> list[dict[str, object]]:
    rows = []
    for _, part in imo.filter("ok").group_by("mmsi"):
        first, *others = part.sort("reports", "imo", descending=[True, False]).to_dicts()
        rows += [
            _row("several_imos", first, r, likely_clerical=is_slip(first["imo"], r["imo"])) for r in others
        ]
    return rows


def _shared(imo: pl.DataFrame, claims: pl.DataFrame) -> list[dict[str, object]]:
    rows = []
    shared = imo.filter(pl.col("ok") & (pl.col("mmsi").n_unique().over("imo") > 1))
    said = said_most(claims.filter(pl.col("mmsi").is_in(shared["mmsi"].implode())).to_arrow())
    for _, part in shared.group_by("imo"):
        first, *others = part.sort("reports", "mmsi", descending=[True, False]).to_dicts()
        for other in others:
            a, b = sorted((first, other), key=lambda r: int(r["mmsi"]))
            differ = differing(said[a["mmsi"]], said[b["mmsi"]])
            if differ:
                slip = is_slip(a["mmsi"], b["mmsi"])
                rows.append(
                    _row(
                        "shared_imo",
                        a,
                        b,
                        other_mmsi=b["mmsi"],
                        differ=" ".join(differ),
                        likely_clerical=slip,
                    )
                )
    return rows


def said_most(particulars: pa.Table, min_reports: int = 1) -> dict[int, dict[str, object]]:
    """What each MMSI says most often, field by field, if `min_reports` times; among equals the greater."""
    claims = pl.from_arrow(particulars)
    assert isinstance(claims, pl.DataFrame)
    out: dict[int, dict[str, object]] = {}
    for field in FIELDS:
        best = (
            claims.drop_nulls(field)
            .group_by("mmsi", field)
            .agg(pl.col("reports").sum())
            .filter(pl.col("reports") >= min_reports)
            .sort("mmsi", "reports", field)
            .unique("mmsi", keep="last", maintain_order=True)
        )
        for mmsi, value in zip(best["mmsi"].to_list(), best[field].to_list(), strict=True):
            out.setdefault(mmsi, dict.fromkeys(FIELDS))[field] = value
    return out


def differing(a: Mapping[str, object], b: Mapping[str, object]) -> list[str]:
    """Fields in which two MMSIs clearly say different things; unknown on either side is none."""
    out = []
    for field in FIELDS:
        x, y = a.get(field), b.get(field)
        if x is None or y is None or x == y:
            continue
        if isinstance(x, str) and isinstance(y, str) and field == "name":
            n, letters = name_edits(x, y)
            if n <= _LIKE * letters:
                continue
        elif isinstance(x, int) and isinstance(y, int):
            if field == "length_m" and abs(x - y) <= _LENGTH_M:
                continue
            if field == "ship_type" and x // 10 == y // 10:
                continue
        out.append(field)
    return out

"""S4 for pairs that sail as one: whether the two say that they are two.

A tug and its tow, two push boats at one raft and an escort beside a tanker keep together like the two
transmitters of one hull. What they say of themselves tells them apart, as far as one believes it: two
fields that have nothing to do with each other, each said often, must differ. Where they do not, or where
nothing is said, the pair stays to be looked at.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shiomi.events.identity import FIELDS, differing, name_edits, said_most
from shiomi.events.ladder.context import APART, UNTOLD, Context, Said, by_rule, nothing_said
from shiomi.findings import UNKNOWN
from shiomi.schema import mmsi_of

__all__ = ["MEASURES", "TWO_VESSELS", "claims"]

TWO_VESSELS = "two_vessels"
MEASURES = ("name_edits", "name_letters")
_MIN_REPORTS = 5
"""What was said less often may be a damaged message. Analyst-set."""
_MIN_FIELDS = 2
"""One field alone is a slip or a habit. Analyst-set."""


def claims(events: pa.Table, context: Context) -> Said:
    """Reason `two_vessels:FIELDS` where the two MMSIs of an event differ in two fields at least."""
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([r.is_one_hull for r in rules], np.bool_)[rule]
    said = nothing_said(asked, UNTOLD)
    rows = np.flatnonzero(asked)
    measures = {m: np.full(events.num_rows, UNKNOWN, np.int64) for m in MEASURES}
    if len(rows) == 0 or context.particulars is None:
        return said._replace(measures=measures)
    subjects = events["subjects"].take(pa.array(rows)).to_pylist()
    mmsis = {mmsi_of(s) for pair in subjects for s in pair}
    mine = context.particulars.filter(np.isin(context.particulars["mmsi"].to_numpy(), [*mmsis]))
    known = said_most(mine, _MIN_REPORTS)
    apart, texts = [], []
    for i, pair in zip(rows.tolist(), subjects, strict=True):
        a, b = (known.get(mmsi_of(s), dict.fromkeys(FIELDS)) for s in (pair[0], pair[-1]))
        if isinstance(a["name"], str) and isinstance(b["name"], str):
            measures["name_edits"][i], measures["name_letters"][i] = name_edits(a["name"], b["name"])
        differ = differing(a, b)
        if len(differ) >= _MIN_FIELDS:
            apart.append(i)
            texts.append(f"{TWO_VESSELS}:{'+'.join(differ)}")
        elif a["name"] is not None and b["name"] is not None:
            said.state[i] = "passed"
    said.state[apart] = APART
    return Said(said.state, [(np.array(apart, np.int64), texts)], measures)

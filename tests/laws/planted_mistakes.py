"""Mistakes that this field makes, each as the change of a line or two in a copy of the package."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MISTAKES", "Mistake"]


class Mistake(NamedTuple):
    """A name, where it is planted, what stands there and what is put in its place."""

    name: str
    file: str
    changes: list[tuple[str, str]]
    chains: str
    """Which chains the laws are held for; pytest's -k."""


MISTAKES = [
    Mistake(
        "a silence is measured only within a UTC day",
        "kernels/silences.py",
        [("t[i] > t[j] and not", "t[i] // 86_400_000_000 == t[j] // 86_400_000_000 and not")],
        "gap",
    ),
    Mistake(
        "distance on a flat earth, longitudes not wrapped",
        "geo.py",
        [
            (
                "2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(h)))",
                "EARTH_RADIUS_M * np.hypot(b - a, (np.asarray(lon2_e7, np.int64) - lon1_e7) * _RAD)",
            )
        ],
        "gap",
    ),
    Mistake(
        "quiet tracks are forgotten after six hours",
        "kernels/silences.py",
        [("keep[j] = True", "keep[j] = watermark - t[j] < 21_600_000_000")],
        "gap",
    ),
    Mistake(
        "a run is told only where its step has many rows",
        "kernels/runs.py",
        [("if t_last - t_first >= min_us:", "if t_last - t_first >= min_us and n > 30:")],
        "loitering",
    ),
    Mistake(
        "the wall clock in a measure",
        "detectors/gap.py",
        [
            (
                '"silence_s": silence // SECOND',
                '"silence_s": silence // SECOND + __import__("time").time_ns() % 7',
            )
        ],
        "gap or gap.py",
    ),
    Mistake(
        "the first report of a run is not cited",
        "kernels/runs.py",
        [
            (
                "ev[n : n + n_kept] = kept[:n_kept]\n    n += n_kept",
                "ev[n : n + n_kept - 1] = kept[1:n_kept]\n    n += n_kept - 1",
            )
        ],
        "loitering",
    ),
    Mistake(
        "reports of one instant stand in the order in which they came",
        "engine/local.py",
        [('(by, "t", tie)))', '(by, "t")), fixed(np.arange(table.num_rows), np.int64))')],
        "segment",
    ),
    Mistake(
        "slow is slower than the median of this step",
        "detectors/loitering.py",
        [
            (
                "start_dkn=self.max_pace_dkn",
                'start_dkn=min(self.max_pace_dkn, int(np.median(p["pace_dkn"])) if len(p) else 0)',
            )
        ],
        "loitering",
    ),
    Mistake(
        "two reports are joined though others lay between them",
        "kernels/resample.py",
        [("prev_t[i] != t[a] or ", ""), ("prev_t[i] == t[a] and ", "")],
        "encounter or shared_identity",
    ),
    Mistake(
        "the closest approach is not cited",
        "pairs.py",
        [
            (
                "    cited = r.cited.values\n",
                '    cited, edges, mm = r.cited.values, r.cited.edges, p["distance_mm"][r.cited.values]\n'
                "    if len(cited):\n"
                "        low = np.repeat(np.minimum.reduceat(mm, edges[:-1]), np.diff(edges))\n"
                "        cited = np.where(mm == low, np.repeat(r.last, np.diff(edges)), cited)\n",
            )
        ],
        "encounter",
    ),
    Mistake(
        "an event is known at the end of the step that found it",
        "kernels/runs.py",
        [("broke, known, g)", "broke, watermark - 1, g)")],
        "stop",
    ),
    Mistake(
        "what may be bridged is computed with the next report",
        "kernels/segment.py",
        [
            (
                "iv[best, h[best, 7] % INTERVALS] = dt // _SECOND",
                "iv[best, h[best, 7] % INTERVALS] = (t[min(i + 1, n - 1)] - h[best, 1]) // _SECOND",
            )
        ],
        "segment",
    ),
    Mistake(
        "a leg has its slots at both ends",
        "kernels/resample.py",
        [
            ("if s >= t[i] or", "if s > t[i] or"),
            ("while s < t[i]:", "while s <= t[i]:"),
        ],
        "resample",
    ),
    Mistake(
        "half-way between two longitudes without wrapping",
        "pairs.py",
        [("wrap_e7(lon[b] - lon[a]) // 2", "(lon[b] - lon[a]) // 2")],
        "proximity or encounter",
    ),
    Mistake(
        "runs end where the data end",
        "kernels/runs.py",
        [
            (
                "(t[i] if i < hi else watermark) > known",
                "(i == hi or t[i] > known)",
            )
        ],
        "stop",
    ),
    Mistake(
        "an open silence is as long as it happens to be",
        "detectors/gap.py",
        [
            (
                "np.where(is_open, limit[before], t[after]",
                "np.where(is_open, t.max(initial=0) - t[before], t[after]",
            )
        ],
        "gap",
    ),
    Mistake(
        "ids from hash()",
        "findings.py",
        [("return str(h.hexdigest()[:16])", 'return format(hash(h.hexdigest()) & (2**64 - 1), "016x")')],
        "purity or findings.py or another_process",
    ),
    Mistake(
        "means in floating point, cut towards zero",
        "runs.py",
        [("lon + dlon // n", "(lon + dlon / n).astype(np.int64)")],
        "stop",
    ),
    Mistake(
        "what was told is forgotten",
        "kernels/runs.py",
        [("told_now[first : last + 1] = True", "told_now[first : last + 1] = False")],
        "loitering",
    ),
    Mistake(
        "what led to a run is forgotten with the step",
        "kernels/runs.py",
        [("mark_now[lead0] = mark_now[lead1] = LEAD", "mark_now[lead0] = mark_now[lead1] = 0")],
        "loitering",
    ),
    Mistake(
        "pairs across the lower faces of a cell are missed",
        "kernels/pairs.py",
        [("for dz in (-1, 0, 1)", "for dz in (0, 1)")],
        "proximity or encounter",
    ),
    Mistake(
        "a quick look at longitudes, which are wide apart near a pole",
        "kernels/pairs.py",
        [("if d > max_mm:", "if d > max_mm or abs(np.int64(lon[i]) - lon[j]) > 100_000:")],
        "proximity or encounter",
    ),
    Mistake(
        "a silence is told a microsecond early",
        "kernels/silences.py",
        [("watermark - 1 - t[j] >= limit_us[j]", "watermark - t[j] >= limit_us[j]")],
        "gap",
    ),
    Mistake(
        "slots are given out a moment before they are final",
        "engine/release.py",
        [(".searchsorted(until)", ".searchsorted(until + 1)")],
        "resample",
    ),
    Mistake(
        "a finding that waited for slots claims it was known before",
        "engine/local.py",
        [("_known_later(found, watermark - mark)", "found")],
        "encounter or shared_identity",
    ),
    Mistake(
        "rows held between stages are lost in a restart",
        "engine/checkpoint.py",
        [("return Running(stages, states, held, ", "return Running(stages, states, {}, ")],
        "encounter or shared_identity",
    ),
    Mistake(
        "a measure without a unit",
        "detectors/stop.py",
        [("radius_m=r.most", "radius=r.most")],
        "stop",
    ),
    Mistake(
        "a limit written into the code as a bare number",
        "runs.py",
        [("        max_break_s * SECOND,", "        600 * SECOND,")],
        "stop or loitering",
    ),
    Mistake(
        "a jump is told before the old place had time to answer",
        "kernels/jumps.py",
        [("if alone and watermark - 1 < t[i] + absent_us:", "if alone and watermark < t[i]:")],
        "position_jump",
    ),
    Mistake(
        "the newest slot is not carried",
        "kernels/resample.py",
        [("        newest_t[g] = was_t\n", "")],
        "resample or encounter",
    ),
    Mistake(
        "what shows two together before they parted is not cited",
        "pairs.py",
        [('f"prev_{c}" if parted else c', "c")],
        "encounter",
    ),
    Mistake(
        "whether a vessel lies at rest depends on the slot before",
        "kernels/resample.py",
        [("still and not begins", "still and was_t == s - step_us")],
        "encounter",
    ),
    Mistake(
        "evidence in the order of the track ids",
        "kernels/cited.py",
        [("t = times[c, k]", "t = 0 * times[c, k]")],
        "encounter or shared_identity",
    ),
]

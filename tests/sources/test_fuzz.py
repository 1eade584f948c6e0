"""Whatever the bytes, reading ends, nothing crashes, and the counts add up (`read_paths` checks them)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outcomes import read_paths

HEADER = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType"
ROW = "212911000,2020-01-01T00:00:00,49.28918,-123.06809,0.4,285.4,180.0,LEMESSOS QUEEN,IMO9464417,5BVR4,70"
LOG = (
    "\\g:1-2-73,s:r08,c:1469664000*3B\\!AIVDM,1,1,,B,15MgK45P3@G?fl0E`JbR0OwT0@MS,0*4D\r\n"
    "$PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B*5B\n"
    "!AIVDM,1,1,,B,402=481uaUcf;OQ55JS9ITi025Jp,0*2B,r003669930,1272412827\n"
    "!AIVDM,2,1,9,B,55R3Vn82=ILTQ3KKS>1<D60Dq@E918U<F222221J1`?164vc03S1CCAD,0*2A\n"
    "!AIVDM,2,2,9,B,`88888888888880,2*76\n# remark\n$GPZDA,114702.51,27,01,2012,,*66\n"
)
PIECES = st.sampled_from(
    [
        "nan",
        "inf",
        "-1e400",
        '"',
        '""',
        "\r",
        "\n",
        "\0",
        ",",
        ";",
        "\ufffd",
        "é",
        "99999999999999999999",
        "*",
        "\\",
        "!",
    ]
)
FEW = settings.get_current_profile_name() == "fast"
LIGHT = settings(max_examples=12 if FEW else 60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read_content(content: bytes, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        return read_paths(path, **options)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> bytes:
    """The text with some of its characters cut, doubled or replaced by awkward ones."""
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        upto = min(len(text), at + draw(st.integers(0, 30)))
        piece = draw(st.one_of(st.just(""), st.just(text[at:upto] * 2), PIECES, st.text(max_size=5)))
        text = text[:at] + piece + text[upto:]
    return text.encode("utf-8", "surrogatepass")


@LIGHT
@given(st.binary(max_size=3000))
def test_random_bytes_never_crash(content):
    read_content(content)


@LIGHT
@given(st.binary(max_size=2000))
def test_random_bytes_after_a_header_never_crash(content):
    read_content(HEADER.encode() + b"\n" + ROW.encode() + b"\n" + content)
    read_content(LOG.encode() + content)


@LIGHT
@given(mutated("\n".join([HEADER, *[ROW] * 5, ""])))
def test_mutated_rows_never_crash(content):
    read_content(content)


@LIGHT
@given(
    mutated(
        "\n".join(
            [
                "time;mmsi;lat;lon;nav_status;a;b",
                *["2024-03-01 10:00:00.5Z; 219000001;55,5;12,5;moored;1;2"] * 4,
            ]
        )
    )
)
def test_mutated_loose_rows_never_crash(content):
    read_content(content)


@LIGHT
@given(mutated(LOG * 2))
def test_mutated_sentences_never_crash(content):
    read_content(content, first_t=0)


@LIGHT
@given(
    st.lists(
        st.text(
            alphabet="0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw",
            min_size=1,
            max_size=80,
        ),
        max_size=8,
    )
)
def test_any_payload_with_a_right_checksum_never_crashes(payloads):
    lines = []
    for payload in payloads:
        body, total = f"!AIVDM,1,1,,A,{payload},0", 0
        for c in body[1:]:
            total ^= ord(c)
        lines.append(f"{body}*{total:02X},1272412827")
    got = read_content(
        "\n".join(["!AIVDM,1,1,,B,15MgK45P3@G?fl0E`JbR0OwT0@MS,0*4D,1272412827", *lines]).encode()
    )
    assert got.tally.rows == len(payloads) + 1


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.one_of(mutated("\n".join([HEADER, *[ROW] * 5, ""])), mutated(LOG * 3)))
def test_many_mutations_never_crash(content):
    read_content(content)

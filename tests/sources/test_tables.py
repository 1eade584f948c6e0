from __future__ import annotations

import gzip
import io
import random
import re
import zipfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shiomi.errors import BadParameter
from shiomi.sources.fields import load_mapping
from shiomi.sources.messages import REASONS
from shiomi.units import SECOND, microseconds

HEADER = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType"
ROW = "212911000,2020-01-01T00:00:00,49.28918,-123.06809,0.4,285.4,180.0,LEMESSOS QUEEN,IMO9464417,5BVR4,70"
OTHER = "220263000,2020-01-01T00:00:05,33.00687,-127.36658,17.1,116.6,116.0,ALBERT MAERSK,IMO9260469,OUOW2,70"
DANISH = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,"
    "Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,"
    "Data source type,A,B,C,D"
)


def table(*rows: str, header: str = "time,mmsi,lat,lon,sog") -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def marinecadastre(*rows: str) -> bytes:
    return table(*rows, header=HEADER)


@pytest.mark.slow
def test_the_us_day_adds_up(read, shared):
    got = read(shared("ais/marinecadastre_us_2020-01-01.csv.zst"))
    assert got.problems == []
    assert set(got.kinds.values()) == {"marinecadastre"}
    assert got.tally.rows == 3_583_487
    assert got.tally.positions == 3_579_135
    assert got.positions["source_row"].to_pylist()[:2] == [2, 3]


@pytest.mark.parametrize(
    ("name", "rows", "positions"),
    [
        ("nordic_baltic_2026-07.csv.gz", 47_744, 47_077),
        ("world_5min_2019-07-01.csv.gz", 42_625, 42_455),
        ("solent_2016-01-12.csv", 18_623, 18_623),
    ],
)
def test_tables_are_read_by_their_column_names(name, rows, positions, read, shared):
    got = read(shared(f"ais/{name}"))
    assert (got.tally.rows, got.tally.positions, set(got.kinds.values())) == (rows, positions, {"table"})


def test_a_row_becomes_a_position_and_a_claim(read_bytes):
    got = read_bytes(marinecadastre(ROW))
    assert set(got.kinds.values()) == {"marinecadastre"}
    row = got.positions.to_pylist()[0]
    assert {k: row[k] for k in ("mmsi", "t", "lat_e7", "lon_e7")} == {
        "mmsi": 212_911_000,
        "t": microseconds("2020-01-01"),
        "lat_e7": 492_891_800,
        "lon_e7": -1_230_680_900,
    }
    assert (row["sog_dkn"], row["cog_ddeg"], row["heading_deg"], row["source_row"]) == (4, 2854, 180, 2)
    claim = got.particulars.to_pylist()[0]
    assert (claim["imo"], claim["name"], claim["callsign"], claim["ship_type"]) == (
        9_464_417,
        "LEMESSOS QUEEN",
        "5BVR4",
        70,
    )


def test_the_newer_us_header_says_the_same(read_bytes):
    header = (
        "mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,"
        "status,length,width,draft,cargo,transceiver"
    )
    row = "212911000,2020-01-01 00:00:00,-123.06809,49.28918,0.4,285.4,180,LEMESSOS QUEEN,IMO9464417,5BVR4,"
    new = read_bytes(table(row + "70,5,200,32,10.5,70,A", header=header))
    old = read_bytes(marinecadastre(ROW))
    assert set(new.kinds.values()) == {"marinecadastre"}
    assert new.positions["message_id"].to_pylist() == old.positions["message_id"].to_pylist()
    assert new.positions["nav_status"].to_pylist() == [5]
    claim = new.particulars.to_pylist()[0]
    assert (claim["length_m"], claim["width_m"], claim["draught_dm"]) == (200, 32, 105)


def test_the_danish_feed_is_read_in_its_words(read_bytes):
    ship = (
        "{time},{mobile},{mmsi},{lat},{lon},Under way using engine,,5.5,360,511,9263461,OXXX2,FÆRGEN,Cargo,,"
        "20,150,GPS,6.4,AARHUS,,AIS,100,50,10,10"
    )
    when = "13/02/2024 00:00:01"
    got = read_bytes(
        table(
            ship.format(time=when, mobile="Class A", mmsi=219_000_001, lat=56.1, lon=10.2),
            ship.format(time=when, mobile="Base Station", mmsi=2_190_045, lat=56.1, lon=10.2),
            ship.format(time=when, mobile="AtoN", mmsi=992_190_045, lat=56.1, lon=10.2),
            ship.format(time=when, mobile="Class B", mmsi=219_000_002, lat=91, lon=0),
            header=DANISH,
        )
    )
    assert set(got.kinds.values()) == {"danish"}
    row = got.positions.to_pylist()[0]
    assert row["t"] == microseconds("2024-02-13T00:00:01")
    assert (row["nav_status"], row["cog_ddeg"], row["heading_deg"]) == (0, None, None)
    assert got.tally.ignored == {"base_station": 1, "aid_to_navigation": 1}
    assert got.tally.particulars_only == 1
    claim = got.particulars.to_pylist()[0]
    assert (claim["name"], claim["ship_type"], claim["length_m"], claim["draught_dm"]) == (
        "FÆRGEN",
        70,
        150,
        64,
    )
    assert (claim["bow_m"], claim["port_m"]) == (100, 10)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T10:00:00.500Z",
        "2024-03-01 10:00:00.500000",
        "2024-03-01T19:00:00.5+09:00",
        "2024-03-01T05:00:00.5-0500",
        "1709287200.5",
        "1709287200500",
        "1709287200500000",
        "1709287200500000000",
    ],
)
def test_times_are_read_in_the_forms_they_come_in(text, read_bytes):
    got = read_bytes(table(f"{text},219000001,55.5,12.5,1"))
    assert got.positions["t"].to_pylist() == [microseconds("2024-03-01T10:00:00.5")]


def test_mixed_times_in_one_column_are_each_read(read_bytes):
    texts = ["2024-03-01T10:00:00", "2024-03-01 10:00:00.0Z", "2024-03-01T19:00+09", "soon", ""]
    got = read_bytes(table(*(f"{t},219000001,55.5,12.5,1" for t in texts)))
    assert got.positions["t"].to_pylist() == [microseconds("2024-03-01T10:00:00")] * 3
    assert got.tally.rejects == {"bad_time": 2}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter, read_bytes):
    content = table("2024-03-01T10:00:00,219000001,55.5,12.5,1.5").decode().replace(",", delimiter)
    assert read_bytes(content.encode()).positions["sog_dkn"].to_pylist() == [15]


def test_decimal_commas_and_blanks_around_values_are_read(read_bytes):
    content = b"time; mmsi; lat; lon; sog\n2024-03-01T10:00:00; 219000001; 55,5; 12,25; 1,5\n"
    row = read_bytes(content).positions.to_pylist()[0]
    assert (row["mmsi"], row["lat_e7"], row["lon_e7"], row["sog_dkn"]) == (
        219_000_001,
        555_000_000,
        122_500_000,
        15,
    )


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        ("2024-03-01T10:00:00,219000001,91,181,1", "no_position"),
        ("2024-03-01T10:00:00,219000001,,,1", "no_position"),
        ("2024-03-01T10:00:00,219000001,90.1,12,1", "bad_latitude"),
        ("2024-03-01T10:00:00,219000001,x,12,1", "bad_latitude"),
        ("2024-03-01T10:00:00,219000001,nan,12,1", "bad_latitude"),
        ("2024-03-01T10:00:00,219000001,55,180.1,1", "bad_longitude"),
        ("2024-03-01T10:00:00,219000001,55,inf,1", "bad_longitude"),
        ("2024-03-01T10:00:00,219000001,0,0,1", "null_island"),
        ("2024-03-01T10:00:00,123456789,55,12,1", "bad_mmsi"),
        ("2024-03-01T10:00:00,0,55,12,1", "bad_mmsi"),
        ("2024-03-01T10:00:00,21900000,55,12,1", "coast_or_group"),
        ("2024-03-01T10:00:00,2190000011,55,12,1", "bad_mmsi"),
        ("2024-03-01T10:00:00,,55,12,1", "bad_mmsi"),
        ("2024-03-01T10:00:00,1e300,55,12,1", "bad_mmsi"),
        ("2024-03-01T10:00:00,002190045,55,12,1", "base_station"),
        ("2024-03-01T10:00:00,021900001,55,12,1", "coast_or_group"),
        ("2024-03-01T10:00:00,992190001,55,12,1", "aid_to_navigation"),
        ("2024-03-01T10:00:00,111219001,55,12,1", "not_a_vessel"),
        ("2024-03-01T10:00:00,970219001,55,12,1", "not_a_vessel"),
        ("1989-12-31T23:59:59,219000001,55,12,1", "bad_time"),
        ("2024-13-01T10:00:00,219000001,55,12,1", "bad_time"),
        ("2024-03-03T10:00:00,219000001,55,12,1", "future_time"),
        ("2024-03-01T10:00:00,219000001,55", "bad_row"),
        ("2024-03-01T10:00:00,219000001,55,12,1,2", "bad_row"),
        ("", "blank_line"),
    ],
)
def test_each_fate_has_its_reason(row, fate, read_bytes):
    good = "2024-03-01T10:00:00,219000001,55,12,1"
    got = read_bytes(table(good, row, good), now_t=microseconds("2024-03-01T12:00:00"))
    assert got.reasons() == {fate: 1}
    assert got.positions["source_row"].to_pylist() == [2, 4]
    if got.rejects.num_rows:
        assert got.rejects.to_pylist()[0]["source_row"] == 3
        assert got.rejects.to_pylist()[0]["raw"] == row


def test_what_is_reported_long_before_it_happened_is_rejected(read_bytes):
    header = "time,received,mmsi,lat,lon"
    rows = (
        "2024-03-01T10:11:00,2024-03-01T10:00:00,219000001,55,12",
        "2024-03-01T10:09:00,2024-03-01T10:00:00,219000001,55,12",
    )
    got = read_bytes(table(*rows, header=header))
    assert got.tally.rejects == {"future_time": 1}
    assert got.positions["received_t"].to_pylist() == [microseconds("2024-03-01T10:00:00")]


@pytest.mark.parametrize(
    ("text", "lon_e7"),
    [
        ("180", -1_800_000_000),
        ("-180", -1_800_000_000),
        ("179.99999999", -1_800_000_000),
        ("1.23456789", 12_345_679),
    ],
)
def test_longitude_is_rounded_and_then_wrapped(text, lon_e7, read_bytes):
    got = read_bytes(table(f"2024-03-01T10:00:00,219000001,55,{text},1"))
    assert got.positions["lon_e7"].to_pylist() == [lon_e7]


@pytest.mark.parametrize(
    ("sog", "cog", "heading", "kept"),
    [
        ("102.3", "360", "511", (None, None, None)),
        ("102.2", "359.96", "359", (1022, 0, 359)),
        ("-1", "-5", "-1", (None, None, None)),
        ("", "", "", (None, None, None)),
        ("nan", "x", "400", (None, None, None)),
    ],
)
def test_what_is_not_available_is_null(sog, cog, heading, kept, read_bytes):
    content = table(
        f"2024-03-01T10:00:00,219000001,55,12,{sog},{cog},{heading}", header="t,mmsi,lat,lon,sog,cog,hdg"
    )
    row = read_bytes(content).positions.to_pylist()[0]
    assert (row["sog_dkn"], row["cog_ddeg"], row["heading_deg"]) == kept


def test_equal_claims_are_one_row_with_their_first_and_last_time(read_bytes):
    got = read_bytes(
        marinecadastre(ROW, OTHER, ROW.replace("00:00:00", "09:00:00"), ROW.replace("5BVR4", ""))
    )
    claims = [
        (c["mmsi"], c["callsign"], c["reports"], c["t_last"] - c["t"]) for c in got.particulars.to_pylist()
    ]
    assert sorted(claims, key=str) == [
        (212_911_000, "5BVR4", 2, 9 * 3600 * SECOND),
        (212_911_000, None, 1, 0),
        (220_263_000, "OUOW2", 1, 0),
    ]


@pytest.mark.parametrize(
    "junk", ["garbage", 'he said "', '"', "a,b,c,d,e,f,g,h,i,j,k,l,m", "\x01\x02\x03", '"' * 7]
)
@pytest.mark.parametrize("has_quotes", [False, True])
def test_one_corrupt_line_is_one_reject_with_its_number_and_text(junk, has_quotes, read_bytes):
    row = ROW.replace("LEMESSOS QUEEN", '"LEMESSOS, QUEEN"') if has_quotes else ROW
    got = read_bytes(marinecadastre(*[row] * 500, junk, *[row] * 500))
    assert got.positions.num_rows == 1000
    assert [(r["source_row"], r["raw"]) for r in got.rejects.to_pylist()] == [(502, junk)]


def test_quoted_fields_may_hold_commas_quotes_and_line_ends(read_bytes):
    names = ('"QUEEN, THE"', '"TWO\nLINES"', '"THE ""BOAT"""', '"A\nB,C\nD"')
    got = read_bytes(marinecadastre(*(ROW.replace("LEMESSOS QUEEN", n) for n in names), OTHER))
    assert got.tally.rejects == {}
    assert got.positions["source_row"].to_pylist() == [2, 3, 5, 6, 9]
    assert {"QUEEN, THE", "TWO\nLINES", 'THE "BOAT"', "A\nB,C\nD"} <= set(got.particulars["name"].to_pylist())


def test_rows_are_the_same_wherever_a_block_ends(read_bytes, monkeypatch):
    names = ('"QUEEN, THE"', '"TWO\nLINES"', "PLAIN", "BAD,COMMA", '"A\nB"')
    rows = [ROW.replace("LEMESSOS QUEEN", f"{random.Random(i).choice(names)}") for i in range(300)]
    whole = read_bytes(marinecadastre(*rows))
    for size in (300, 1_000, 7_777):
        monkeypatch.setattr("shiomi.sources.delimited.BLOCK_BYTES", size)
        monkeypatch.setattr("shiomi.sources.table.HEAD_BYTES", 200)
        cut = read_bytes(marinecadastre(*rows))
        assert cut.positions.equals(whole.positions)
        assert cut.rejects.equals(whole.rejects)
        assert cut.tally == whole.tally


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("has_last_end", [True, False])
def test_marks_and_line_ends_change_nothing(end, mark, has_last_end, read_bytes):
    plain = read_bytes(marinecadastre(ROW, OTHER))
    text = end.join([HEADER, ROW, OTHER]) + (end if has_last_end else "")
    got = read_bytes(mark + text.encode())
    assert got.multiset() == plain.multiset()
    assert got.tally == plain.tally
    assert got.particulars.drop(["source_id"]).equals(plain.particulars.drop(["source_id"]))


def test_names_in_latin_1_are_read(read_bytes):
    content = marinecadastre(ROW.replace("LEMESSOS QUEEN", "FÆRGEN"), OTHER.replace("ALBERT MAERSK", "海洋"))
    mixed = content.replace("FÆRGEN".encode(), "FÆRGEN".encode("latin-1"))
    assert set(read_bytes(mixed).particulars["name"].to_pylist()) == {"FÆRGEN", "海洋"}


def test_a_file_with_only_a_header_has_no_rows_and_no_problem(read_bytes):
    got = read_bytes(marinecadastre())
    assert (got.tally.rows, got.problems) == (0, [])


def test_order_and_repeats_of_rows_change_only_where_they_stand(read_bytes):
    rows = [ROW.replace("00:00:00", f"00:{i:02}:00") for i in range(60)]
    shuffled = random.Random(1).sample(rows, len(rows))
    plain, newest_first, mixed = (read_bytes(marinecadastre(*r)) for r in (rows, rows[::-1], shuffled))
    assert plain.multiset() == newest_first.multiset() == mixed.multiset()
    twice = read_bytes(marinecadastre(*rows, *rows))
    assert twice.multiset() == sorted(plain.multiset() * 2, key=str)


def test_a_mapping_names_columns_units_zone_and_pattern(read_bytes, tmp_path):
    toml = tmp_path / "mapping.toml"
    toml.write_text(
        '[columns]\nt = "Zeit"\nmmsi = "Schiff"\nlat_deg = "B"\nlon_deg = "L"\nsog_kn = "v"\n'
        '[time]\nform = "%d.%m.%Y %H:%M"\nutc_offset_h = 9\n[units]\nsog = "m/s"\n[text]\ndelimiter = ";"\n'
    )
    content = b"Zeit;Schiff;B;L;v\n01.03.2024 19:00;219000001;55.5;12.5;10\n"
    row = read_bytes(content, mapping=load_mapping(toml)).positions.to_pylist()[0]
    assert (row["t"], row["lat_e7"], row["sog_dkn"]) == (microseconds("2024-03-01T10:00"), 555_000_000, 194)


def test_an_empty_name_leaves_a_column_out(read_bytes, tmp_path):
    toml = tmp_path / "mapping.toml"
    toml.write_text('[columns]\nname = ""\nsog_kn = ""\n')
    content = table(
        "2024-03-01T10:00:00,219000001,55,12,7,ASTA,OXYZ2", header="t,mmsi,lat,lon,sog,name,callsign"
    )
    got = read_bytes(content, mapping=load_mapping(toml))
    assert got.positions["sog_dkn"].to_pylist() == [None]
    assert [(r["name"], r["callsign"]) for r in got.particulars.to_pylist()] == [(None, "OXYZ2")]


def test_dates_that_could_be_read_two_ways_are_not_guessed(read_bytes):
    got = read_bytes(table("03/04/2024 10:00:00,219000001,55,12,1"))
    assert got.tally.rows == 0
    assert "day or the month" in str(got.problems[0])


def test_parquet_of_anyone_is_read_like_a_table(read_bytes):
    rows = {
        "timestamp": ["2024-03-01T10:00:00", "2024-03-01T10:00:10"],
        "mmsi": [219_000_001, 2],
        "latitude": [55.5, 55.5],
        "longitude": [12.5, 12.5],
    }
    texts = pl.DataFrame(rows)
    typed = texts.with_columns(pl.col("timestamp").str.to_datetime())
    for frame in (texts, typed, typed.with_columns(pl.col("timestamp").dt.replace_time_zone("UTC"))):
        out = io.BytesIO()
        frame.write_parquet(out)
        got = read_bytes(out.getvalue())
        assert got.positions["t"].to_pylist() == [microseconds("2024-03-01T10:00:00")]
        assert [(r["source_row"], r["reason"]) for r in got.rejects.to_pylist()] == [(2, "bad_mmsi")]


def test_positions_written_as_parquet_come_back_the_same(read_bytes, tmp_path):
    first = read_bytes(marinecadastre(ROW, OTHER))
    out = io.BytesIO()
    pq.write_table(first.positions, out)
    for content in (out.getvalue(), gzip.compress(out.getvalue())):
        again = read_bytes(content)
        assert again.multiset() == first.multiset()
        assert again.positions["source_row"].to_pylist() == [1, 2]


@pytest.mark.parametrize("suffix", ["gz", "zst", "zip", "bz2", "xz", "gz in zip"])
def test_compression_is_seen_through_whatever_the_name(suffix, read_bytes):
    import bz2
    import lzma

    content = marinecadastre(ROW, OTHER)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("day.csv", gzip.compress(content) if suffix == "gz in zip" else content)
    packed = {
        "gz": gzip.compress,
        "zst": lambda b: pa.compress(b, "zstd", asbytes=True),
        "bz2": bz2.compress,
        "xz": lzma.compress,
    }
    made = packed[suffix](content) if suffix in packed else zipped.getvalue()
    got = read_bytes(made, name="no_suffix")
    assert (got.tally.positions, got.problems) == (2, [])


def test_the_example_on_the_page_gives_what_the_page_says(read_bytes, tmp_path):
    page = Path("docs/sources.md").read_text("utf-8")
    content, toml = (page.split(f"```{kind}\n")[1].split("```")[0] for kind in ("", "toml"))
    (tmp_path / "mapping.toml").write_text(toml, "utf-8")
    row = read_bytes(content.encode(), mapping=load_mapping(tmp_path / "mapping.toml")).positions.to_pylist()[
        0
    ]
    assert (row["t"], row["lat_e7"], row["lon_e7"], row["sog_dkn"]) == (
        microseconds("2024-03-01T10:00"),
        555_000_000,
        125_000_000,
        194,
    )


def test_every_reason_is_explained_on_the_page():
    page = Path("docs/sources.md").read_text("utf-8")
    code = "".join(p.read_text("utf-8") for p in Path("src/shiomi/sources").glob("*.py"))
    reasons = set(re.findall(r'pl\.lit\("([a-z_]+)"\)', code)) | {"bad_row", "blank_line"}
    reasons |= {r for r in REASONS if r and not r.startswith("type_")}
    assert {r for r in reasons if f"`{r}`" not in page} == set()
    assert len(reasons) > 15


@pytest.mark.parametrize(
    "text",
    [
        "[columns",
        "[columns]\nfoo = 'x'",
        "[units]\nsog = 'mph'",
        "[time]\nform = 'x'",
        "other = 1",
        "time = 3",
    ],
)
def test_a_mapping_that_is_not_understood_says_so(text, tmp_path):
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(BadParameter, match=r"m\.toml"):
        load_mapping(tmp_path / "m.toml")


def test_columns_may_be_named_in_any_script(read_bytes, tmp_path):
    toml = tmp_path / "mapping.toml"
    toml.write_text(
        '[columns]\nt = "時刻"\nmmsi = "船舶"\nlat_deg = "緯度"\nlon_deg = "経度"\n', encoding="utf-8"
    )
    content = "船舶,経度,緯度,時刻\n431000001,139.5,35.0,2024-03-01T00:00:00\n".encode()
    row = read_bytes(content, mapping=load_mapping(toml)).positions.to_pylist()[0]
    assert (row["mmsi"], row["lat_e7"], row["lon_e7"]) == (431_000_001, 350_000_000, 1_395_000_000)

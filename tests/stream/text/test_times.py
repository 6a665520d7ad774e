"""A time is read in any notation or refused; a wrong unit never gives another year."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.text.times import EARLIEST_S, LATEST_S, fault, fixed_offset_s, is_missing, iso_s, when, zone_of

CASES = Path(__file__).parents[4] / "shared" / "cases" / "times.jsonl"
NOON = 1_704_081_600.0  # 2024-01-01 12:00 in Shanghai, 04:00 UTC
FORMS: list[tuple[Any, float | None]] = [
    (1704081600, NOON), (1704081600.25, NOON + 0.25), (1704081600000, NOON), (1704081600000000, NOON),
    (1704081600000000000, NOON), ("1704081600", NOON), (" 1704081600.5 ", NOON + 0.5), ("1704081600000", NOON),
    ("2024-01-01 12:00:00", NOON), ("2024/1/1 12:00", NOON), ("2024.01.01 12:00:00", NOON),
    ("2024年1月1日 12时00分", NOON), ("2024年01月01日12:00:00", NOON), ("2024-01-01", NOON - 12 * 3600),
    ("2024年1月1日", NOON - 12 * 3600), ("20240101", NOON - 12 * 3600),
    ("2024-01-01T04:00:00Z", NOON), ("2024-01-01T12:00:00+08:00", NOON), ("2024-01-01T12:00:00+0800", NOON),
    ("2024-01-01T12:00:00+08", NOON), ("2024-01-01 04:00:00 UTC", NOON), ("2024-01-01 04:00:00 +0000", NOON),
    ("2024-01-01 12:00:00 GMT+8", NOON), ("2024-01-01T12:00:00.123456789+08:00", NOON + 0.123456),
    ("2024-01-01T12:00:00+08:00[Asia/Shanghai]", NOON), ("2024-01-01T12:00:00,5+08:00", NOON + 0.5),
    ("Mon Jan 01 12:00:00 +0800 2024", NOON), ("Mon Jan  1 12:00:00 2024", NOON),
    ("Mon, 01 Jan 2024 12:00:00 +0800", NOON), ("01 Jan 2024 04:00:00 GMT", NOON),
    ("01/Jan/2024:12:00:00 +0800", NOON), ("[01/Jan/2024:12:00:00 +0800]", NOON), ("1-Jan-2024 12:00", NOON),
    ("20240101120000", NOON), (20240101120000, NOON), ("202401011200", NOON), ("20240101120000123", NOON + 0.123),
    ("1.7040816e9", NOON), ("1.7040816E+12", NOON), ("１７０４０８１６００", NOON),
    ("２０２４-０１-０１ １２：００", NOON),
    ("2024年1月1日 下午3:20", NOON + 12_000), ("2024-01-01 上午 12:30", NOON - 41_400),
    ("2024-01-01 03:20 PM", NOON + 12_000),
    ("2024/1/1 12:00:00 AM", NOON - 43_200), ("2024年1月1日 星期一 12:00", NOON),
    ("2024년 1월 1일 오후 3:20", NOON + 12_000),
    ("2024. 1. 1. 12:00", NOON), ("Jan 1, 2024, 3:20:05 PM", NOON + 12_005), ("January 1, 2024", NOON - 43_200),
    ("Mon Jan 01 2024 12:00:00 GMT+0800 (China Standard Time)", NOON), ("Mon Jan 01 12:00:00 CST 2024", NOON),
    ("2024-01-01 12:00:00 +0800 CST", NOON), ("2024-01-01 04:00:00.0 +0000 UTC m=+0.1", NOON),
    ("2024-01-01 12:00:00 Asia/Shanghai", NOON), ("2024-01-01 13:00:00 JST", NOON),
    ("Sun, 31 Dec 2023 23:00:00 EST", NOON),
    ("/Date(1704081600000)/", NOON), ("/Date(1704081600000+0800)/", NOON), ("2024-01-01T00:00:00\u221204:00", NOON),
    ({"seconds": 1704081600, "nanos": 500_000_000}, NOON + 0.5), ({"_seconds": 1704081600, "_nanoseconds": 0}, NOON),
    ("13/01/2024 12:00", None), ("2024-01-01 12:00 Middle/Earth", None), ("1704081600000Z", None),
    ("24/01/01 12:00", None),
    ({"$date": "2024-01-01T04:00:00Z"}, NOON), ({"$date": {"$numberLong": "1704081600000"}}, NOON),
    ({"$date": 1704081600000}, NOON), ({"$timestamp": {"t": 1704081600, "i": 1}}, NOON),
    ([2024, 1, 1, 12], NOON), ([2024, 1, 1, 12, 0, 0, 500_000_000], NOON + 0.5),
    (20240101, None), (45292, None), (240101, None), (0, None), (-1, None), (1e30, None), (638396640000000000, None),
    (float("nan"), None), (float("inf"), None), (True, None), (None, None), (b"2024-01-01", None),
    ("", None), ("刚刚", None), ("5分钟前", None), ("99999-01-01", None), ("1970-01-01T00:00:00Z", None),
    ("2611-05-30T00:00:00Z", None), ("2024-02-30", None), ("2024-13-01 00:00", None), ("01/02/2024", None),
    ({"$date": "soon"}, None), ({}, None), ([2024, 1], None), ([2024, 13, 1], None), ({"a": 1, "b": 2}, None),
]  # fmt: skip


@pytest.mark.parametrize(("stamp", "at_s"), FORMS, ids=lambda part: str(part)[:40])
def test_every_usual_form_is_read_and_no_other(stamp: Any, at_s: float | None) -> None:
    assert when(stamp, zone_of("+08:00")) == at_s


def test_cst_is_read_only_if_the_zone_setting_decides_its_meaning() -> None:
    found = [when("2024-01-01 12:00:00 CST", zone_of(zone)) for zone in ("Asia/Shanghai", "America/Chicago", "UTC")]
    assert found == [NOON, NOON + 14 * 3600, None]


@pytest.mark.skipif(not CASES.exists(), reason="needs ../shared/cases")
@pytest.mark.parametrize("line", CASES.read_text("utf-8").splitlines() if CASES.exists() else [])
def test_the_listed_forms_are_read_as_listed(line: str) -> None:
    case = json.loads(line)
    stamp, found = json.loads(case["form"]), when(json.loads(case["form"]), zone_of(case.get("zone", "UTC")))
    if case.get("utc"):
        assert found == datetime.fromisoformat(case["utc"]).replace(tzinfo=UTC).timestamp()
    else:
        assert found is None
        assert is_missing(stamp) == ("error" not in case)


@settings(max_examples=200)
@given(st.integers(int(EARLIEST_S), int(LATEST_S) - 1), st.sampled_from([1, 1000, 1_000_000]), st.booleans())
def test_the_unit_of_a_number_follows_from_its_size(at_s: int, size: int, as_text: bool) -> None:
    number = at_s * size
    digits = len(str(number))
    if digits in (12, 14, 17) and str(number)[:2] in ("19", "20"):  # may be a compact date
        return
    assert when(str(number) if as_text else number) == at_s


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.from_regex(r"[\d:T/ .+-]{1,25}", fullmatch=True)))
def test_nothing_raises_and_every_time_is_plausible(stamp: Any) -> None:
    found = when(stamp)
    assert found is None or EARLIEST_S <= found < LATEST_S
    assert found is not None or fault(stamp)


def test_a_hint_names_the_unit_that_would_be_wrong() -> None:
    assert fault(20240101) == "as seconds it is of 1970; a date is written 2024-01-01"
    assert (
        fault(45292)
        == "no unit makes it a time between 1980 and 2100: it is of 1970 in seconds, of 1970 in milliseconds"
    )
    assert (
        fault(20230101120)
        == "no unit makes it a time between 1980 and 2100: it is of 2611 in seconds, of 1970 in milliseconds"
    )
    assert fault("soon") == fault(None) == "is no time"


def test_a_zone_is_an_offset_or_a_name() -> None:
    assert fixed_offset_s(zone_of("+08:00")) == 28_800
    assert fixed_offset_s(zone_of("-0330")) == -12_600
    assert zone_of("") == zone_of("UTC") == UTC
    assert fixed_offset_s(zone_of("Europe/Berlin")) is None
    assert when("2024-07-01 12:00:00", zone_of("Europe/Berlin")) == 1_719_828_000.0
    with pytest.raises(ValueError, match="no time zone is called Middle/Earth"):
        zone_of("Middle/Earth")


def test_the_times_of_our_own_events_may_be_of_any_year() -> None:
    assert iso_s("1970-01-01T00:01:40+00:00") == 100.0
    assert iso_s("1969-12-31T23:59:59+00:00") is None
    assert iso_s("soon") is None


def test_a_moment_is_the_same_in_every_zone() -> None:
    for hours in (-11, 0, 5, 14):
        there = datetime.fromtimestamp(NOON, timezone(timedelta(hours=hours)))
        assert when(there.isoformat()) == when(there.strftime("%a %b %d %H:%M:%S %z %Y")) == NOON

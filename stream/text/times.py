"""Any notation of a time -> seconds since 1970 UTC, or None: one reader for JSON, CSV, SQL and MongoDB.

It reads numbers of seconds, milliseconds, microseconds or nanoseconds, also as digits in a text; compact dates of 14
digits (YYYYMMDDhhmmss); ISO 8601 and its relatives (2024/01/01, 2024年01月01日 12:00); the formats of mail and of
social networks (Mon Jan 01 12:00:00 +0800 2024); MongoDB's extended JSON ($date, $numberLong); lists [2024, 1, 1, 12].
Times before 1980 or from 2100 on are not accepted: they come from a wrong unit and would move every window. The unit of
a number follows from its size, because the accepted ranges of the units do not overlap.
Cost: 1 us for ISO 8601 and numbers, about 5 us for other forms.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

EARLIEST_S, LATEST_S = 315_532_800.0, 4_102_444_800.0  # 1980-01-01 and 2100-01-01
LEAST_NS = 1e18  # .NET counts ticks since the year 1; they would pass for nanoseconds of 1990
UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}

_DIGITS = re.compile(r"[+-]?\d{1,30}(?:\.\d{0,30})?(?:[eE]\+?\d{1,2})?", re.A)
_DATE_OF_NET = re.compile(r"\\?/Date\((\d{1,15})(?:[+-]\d{4})?\)\\?/", re.A)
_COMPACT = {12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S%f"}
_HALVES = {"上午": 0, "午前": 0, "오전": 0, "凌晨": 0, "早上": 0, "下午": 12, "午後": 12, "오후": 12, "晚上": 12}
_CLOCK = (
    rf"(?:(?P<half>{'|'.join(_HALVES)})\s*)?(?P<hour>\d{{1,2}})[:时時点시]\s?(?P<minute>\d{{1,2}})"
    r"(?:[:分분]\s?(?P<second>\d{1,2})(?:[.,](?P<part>\d+))?[秒초]?|[分분])?(?:\s?(?P<noon>[AP])\.?M\b\.?)?"
)
_NAMED = {"JST": 9, "KST": 9, "HKT": 8, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
"""Hours ahead of UTC, as RFC 2822 has them. CST is China's where the zone of the setting is."""
_ZONE = (
    rf"(?:(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{{1,2}}(?::?\d{{2}})?|CST|{'|'.join(_NAMED)}|[A-Z]\w+/\w+(?:/\w+)?)"
    r"(?:\s+(?:UTC|[A-Z]{3,4}))?(?:\s+m=\S+)?(?:\s*\([^()]*\))?)"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_FORMS = tuple(
    re.compile(form, re.A | re.I)
    for form in (
        r"(?P<year>\d{4})[-/.年년]\s?(?P<month>\d{1,2})[-/.月월]\s?(?P<day>\d{1,2})[日일.]?"
        rf"(?:\s?[(（]?(?:星期|周|週)[一二三四五六日天][)）]?)?(?:[T\s]*{_CLOCK})?\s*{_ZONE}?"
        r"(?:\s*\[[\w/+-]+\])?",
        rf"(?:[a-z]{{3,9}},?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+{_CLOCK}(?:\s+{_ZONE})?\s+(?P<year>\d{{4}})",
        rf"(?:[a-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[\s/-]{_MONTH}[\s/-](?P<year>\d{{4}})(?:[\s:,]+{_CLOCK})?\s*{_ZONE}?",
        rf"(?:[a-z]{{3,9}},?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})(?:,?\s+(?:at\s+)?{_CLOCK})?\s*{_ZONE}?",
    )
)


def when(stamp: Any, zone: tzinfo = UTC) -> float | None:
    """Seconds since 1970 UTC; None for what is no plausible time. `zone` holds for times that name none.

    >>> when("2021-01-01T08:00:00+08:00"), when(1609459200), when("1609459200000"), when("soon"), when(20240101)
    (1609459200.0, 1609459200.0, 1609459200.0, None, None)
    """
    try:
        seconds = _seconds(stamp, zone)
    except (ValueError, OverflowError):
        return None
    return seconds if seconds is not None and EARLIEST_S <= seconds < LATEST_S else None


def iso_s(text: str) -> float | None:
    """Return the seconds since 1970 UTC of an ISO 8601 time as our events have it, from 1970 on; else None."""
    try:
        parsed = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return seconds if seconds >= 0 else None


def is_missing(stamp: Any) -> bool:
    """Whether a field states that there is no time, as opposed to a time that cannot be read."""
    return stamp is None or (isinstance(stamp, str) and not stamp.strip())


def fault(stamp: Any) -> str:
    """Return why `when` cannot read a time, with a hint at the unit of a number."""
    number = _number(stamp)
    if number is None:
        return "is no time"
    text = str(stamp).strip()
    if len(text) == 8 and text.isdecimal() and _compact(text, "%Y%m%d", UTC) is not None:
        return f"as seconds it is of 1970; a date is written {text[:4]}-{text[4:6]}-{text[6:]}"
    read = [f"of {_year(number / size)} in {unit}" for unit, size in UNITS.items() if _year(number / size)]
    return f"no unit makes it a time between 1980 and 2100: it is {', '.join(read[:2])}" if read else "is no time"


@cache
def zone_of(name: str) -> tzinfo:
    """Return the zone for `+08:00`, `UTC` or a name such as `Asia/Shanghai`. Raises ValueError."""
    if name in ("", "UTC", "Z"):
        return UTC
    if match := re.fullmatch(r"[+-]\d{2}(?::?\d{2})?", name, re.A):
        return _offset(match[0])
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"no time zone is called {name}") from error


def fixed_offset_s(zone: tzinfo) -> float | None:
    """Return the seconds that a zone is ahead of UTC; None if that depends on the date."""
    offset = zone.utcoffset(None)
    return None if offset is None else offset.total_seconds()


def _seconds(stamp: Any, zone: tzinfo) -> float | None:
    if isinstance(stamp, str):
        text = stamp.strip() if stamp.isascii() else unicodedata.normalize("NFKC", stamp).replace("\u2212", "-").strip()
        return _of_number(text, zone) if _DIGITS.fullmatch(text) else _of_text(text, zone)
    if isinstance(stamp, bool):
        return None
    if isinstance(stamp, int | float):
        return _of_number(stamp, zone)
    if isinstance(stamp, dict):
        return _of_extended(stamp, zone)
    if isinstance(stamp, list):
        return _of_parts(stamp, zone)
    return None


def _number(stamp: Any) -> float | None:
    if isinstance(stamp, bool) or not isinstance(stamp, int | float | str):
        return None
    try:
        return float(stamp)
    except (ValueError, OverflowError):
        return None


def _of_number(stamp: int | float | str, zone: tzinfo) -> float | None:
    text = stamp if isinstance(stamp, str) else str(int(stamp)) if stamp == stamp // 1 else ""
    if text.isdecimal() and (form := _COMPACT.get(len(text))) and text[:2] in ("19", "20"):
        compact_s = _compact(text, form, zone)
        if compact_s is not None:
            return compact_s
    if len(text) == 8 and isinstance(stamp, str):
        return _compact(text, "%Y%m%d", zone)  # ISO 8601's basic form; as a number it could be a count of seconds
    value = float(stamp)
    for size in UNITS.values():
        if EARLIEST_S <= value / size < LATEST_S and (size < 1e9 or value >= LEAST_NS):
            return value / size
    return None


def _compact(text: str, form: str, zone: tzinfo) -> float | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return None


def _of_text(text: str, zone: tzinfo) -> float | None:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        if match := _DATE_OF_NET.fullmatch(text):
            return int(match[1]) / 1000
        return next(_of_forms(text.strip("'\"") if text[:1] != "[" else text[1:].removesuffix("]"), zone), None)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).timestamp()


def _of_forms(text: str, zone: tzinfo) -> Iterator[float]:
    if len(text) > 100:
        return
    for form in _FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            month = int(parts["month"]) if parts.get("month") else _MONTHS.index(parts["name"].title()) + 1
            hour, minute, second = (int(parts[part] or 0) for part in ("hour", "minute", "second"))
            hour = _of_half(hour, parts["half"], (parts["noon"] or "").upper())
            micro = int((parts["part"] or "0").ljust(6, "0")[:6])
            named = _named_zone(parts["zone"], zone) if parts["zone"] else zone
            day = datetime(int(parts["year"]), month, int(parts["day"]), hour, minute, second, micro, named)
            yield day.timestamp()


def _of_half(hour: int, half: str | None, noon: str) -> int:
    """The hour of the day, of one of its halves."""
    if half is None and not noon:
        return hour
    if hour > 12:
        return hour
    return hour % 12 + (12 if noon == "P" else _HALVES.get(half or "", 0))


def _named_zone(name: str, zone: tzinfo) -> tzinfo:
    """Raises ValueError for a name that several zones have."""
    short = name.upper()
    if "/" in name:
        return zone_of(name)
    if short in _NAMED:
        return timezone(timedelta(hours=_NAMED[short]))
    if short != "CST":
        return _offset(name)
    if datetime(2024, 1, 1, tzinfo=zone).utcoffset() not in (timedelta(hours=8), timedelta(hours=-6)):
        raise ValueError("CST is a time of China and of America")
    return zone


def _offset(name: str) -> tzinfo:
    digits = name.upper().removeprefix("UTC").removeprefix("GMT").replace(":", "")
    if digits in ("", "Z"):
        return UTC
    hours, minutes = (digits[1:], "0") if len(digits) < 4 else (digits[1:-2], digits[-2:])
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-ahead if digits[0] == "-" else ahead)


def _of_extended(stamp: dict[str, Any], zone: tzinfo) -> float | None:
    """Read MongoDB's extended JSON, and BSON timestamps in it."""
    seconds = stamp.get("seconds", stamp.get("_seconds"))
    if seconds is not None and len(stamp) <= 2:
        part = stamp.get("nanos", stamp.get("nanoseconds", stamp.get("_nanoseconds", 0)))
        return float(seconds) + float(part) / 1e9 if isinstance(part, int) else None
    if len(stamp) != 1:
        return None
    (kind, value), *_ = stamp.items()
    if kind == "$timestamp" and isinstance(value, dict):
        return _seconds(value.get("t"), UTC)
    return _seconds(value, UTC) if kind in ("$date", "$numberLong", "$numberInt", "$numberDouble") else None


def _of_parts(parts: list[Any], zone: tzinfo) -> float | None:
    """Read [year, month, day, hour, minute, second, nanosecond], as Java libraries write them."""
    if not 3 <= len(parts) <= 7 or not all(isinstance(part, int) for part in parts):
        return None
    year, month, day, hour, minute, second, nano = (*parts, 0, 0, 0, 0)[:7]
    return datetime(year, month, day, hour, minute, second, nano // 1000, zone).timestamp()


def _year(seconds: float) -> int | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).year
    except (ValueError, OverflowError, OSError):
        return None

"""Whatever a source calls a time -> seconds since 1970 UTC, or nothing: one reader for JSON, CSV, SQL and MongoDB.

Read are numbers of seconds, milliseconds, microseconds or nanoseconds, as numbers or as digits in a text; compact dates
of 14 digits (YYYYMMDDhhmmss); ISO 8601 and its relatives (2024/01/01, 2024年01月01日 12:00); the forms of mail and of
social networks (Mon Jan 01 12:00:00 +0800 2024); MongoDB's extended JSON ($date, $numberLong); lists [2024, 1, 1, 12].
A time before 1980 or from 2100 on is not read: a wrong unit makes such times, and they would move every window. The
unit of a number follows from its size alone, since the ranges of the units do not overlap.
Cost: 1 us for ISO 8601 and numbers, some 5 us for other forms.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

EARLIEST_S, LATEST_S = 315_532_800.0, 4_102_444_800.0  # 1980-01-01 and 2100-01-01
LEAST_NS = 1e18  # .NET counts ticks since the year 1; they would pass for nanoseconds of 1990
UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}

_DIGITS = re.compile(r"[+-]?\d{1,30}(?:\.\d{0,30})?", re.A)
_COMPACT = {12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S%f"}
_CLOCK = r"(?P<hour>\d{1,2})[:时時点](?P<minute>\d{1,2})(?:[:分](?P<second>\d{1,2})(?:[.,](?P<part>\d+))?秒?|分)?"
_ZONE = r"(?P<zone>[Zz]|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_FORMS = tuple(
    re.compile(form, re.A | re.I)
    for form in (
        rf"(?P<year>\d{{4}})[-/.年](?P<month>\d{{1,2}})[-/.月](?P<day>\d{{1,2}})日?(?:[T\s]*{_CLOCK})?\s*{_ZONE}?"
        r"(?:\s*\[[\w/+-]+\])?",
        rf"(?:[a-z]{{3,9}},?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+{_CLOCK}(?:\s+{_ZONE})?\s+(?P<year>\d{{4}})",
        rf"(?:[a-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[\s-]{_MONTH}[\s-](?P<year>\d{{4}})(?:[\s:,]+{_CLOCK})?\s*{_ZONE}?",
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
    """Seconds since 1970 UTC of an ISO 8601 text as our own events hold them, of any year from 1970 on; else None."""
    try:
        parsed = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return seconds if seconds >= 0 else None


def is_missing(stamp: Any) -> bool:
    """Whether a field says that there is no time, rather than one that cannot be read."""
    return stamp is None or (isinstance(stamp, str) and not stamp.strip())


def fault(stamp: Any) -> str:
    """Why `when` reads no time, with a hint at the unit of a number."""
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
    """`+08:00`, `UTC` or a name of the zone database such as `Asia/Shanghai`. Raises ValueError."""
    if name in ("", "UTC", "Z"):
        return UTC
    if match := re.fullmatch(r"[+-]\d{2}(?::?\d{2})?", name, re.A):
        return _offset(match[0])
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"no time zone is called {name}") from error


def fixed_offset_s(zone: tzinfo) -> float | None:
    """Seconds that a zone is ahead of UTC; None where that depends on the date."""
    offset = zone.utcoffset(None)
    return None if offset is None else offset.total_seconds()


def _seconds(stamp: Any, zone: tzinfo) -> float | None:
    if isinstance(stamp, str):
        text = stamp.strip()
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
        return next((found for found in _of_forms(text, zone) if found is not None), None)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).timestamp()


def _of_forms(text: str, zone: tzinfo) -> Iterator[float | None]:
    if len(text) > 100:
        return
    for form in _FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            month = int(parts["month"]) if parts.get("month") else _MONTHS.index(parts["name"].title()) + 1
            hour, minute, second = (int(parts[part] or 0) for part in ("hour", "minute", "second"))
            micro = int((parts["part"] or "0").ljust(6, "0")[:6])
            named = _offset(parts["zone"]) if parts["zone"] else zone
            day = datetime(int(parts["year"]), month, int(parts["day"]), hour, minute, second, micro, named)
            yield day.timestamp()


def _offset(name: str) -> tzinfo:
    digits = name.upper().removeprefix("UTC").removeprefix("GMT").replace(":", "")
    if digits in ("", "Z"):
        return UTC
    hours, minutes = (digits[1:], "0") if len(digits) < 4 else (digits[1:-2], digits[-2:])
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-ahead if digits[0] == "-" else ahead)


def _of_extended(stamp: dict[str, Any], zone: tzinfo) -> float | None:
    """MongoDB's extended JSON, and BSON's timestamps in it."""
    if len(stamp) != 1:
        return None
    (kind, value), *_ = stamp.items()
    if kind == "$timestamp" and isinstance(value, dict):
        return _seconds(value.get("t"), UTC)
    return _seconds(value, UTC) if kind in ("$date", "$numberLong", "$numberInt", "$numberDouble") else None


def _of_parts(parts: list[Any], zone: tzinfo) -> float | None:
    """[year, month, day, hour, minute, second, nanosecond], as Java libraries write them."""
    if not 3 <= len(parts) <= 7 or not all(isinstance(part, int) for part in parts):
        return None
    year, month, day, hour, minute, second, nano = (*parts, 0, 0, 0, 0)[:7]
    return datetime(year, month, day, hour, minute, second, nano // 1000, zone).timestamp()


def _year(seconds: float) -> int | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).year
    except (ValueError, OverflowError, OSError):
        return None

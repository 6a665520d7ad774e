"""`message_batch.plain_messages` as a compiled loop: reads UTF-8, JSON and times as strictly as the libraries.

The loop never says what is wrong: it leaves any message that is not of the simplest form to `message.decode`. Positions
are in bytes; -1 means that nothing was read.

Why it exists beside orjson: orjson returns a dictionary for each message, from which Python would have to make the
columns. Measured on the same messages, one core, from bytes to columns: 74-byte titles 0.18 us a message here and
1.6 us with orjson (8.5 times), 131-byte chat lines 0.45 and 2.0 us (4.5 times), 645-byte texts 1.4 and 3.1 us (2.2
times); `message.decode` one by one takes 3.0 to 4.3 us.
"""

from typing import Any

import numpy as np

from sketches.count_min import F64
from sketches.hashing import BASE_AT, U64
from sketches.loops_numba import finalize, loop
from stream.text.message_batch import OTHER, SOURCE, TEXT, TIME
from stream.text.runs import I64, U8, U32
from stream.text.runs_numba import mixed_point
from stream.text.times import EARLIEST_S, LATEST_S

SOURCE_SHIFT = np.uint64(24)
_TRUE, _FALSE, _NULL = (int.from_bytes(word, "big") for word in (b"true", b"false", b"null"))
_QUOTE, _BACKSLASH, _SLASH = 34, 92, 47
_EXACT = 15  # digits that a float holds
_TENS = 10 ** np.arange(_EXACT + 1)


@loop
def _space(data: U8, at: int, end: int) -> int:
    while at < end and (data[at] == 32 or data[at] == 10 or data[at] == 13 or data[at] == 9):
        at += 1
    return at


@loop
def _point(data: U8, at: int, end: int) -> tuple[int, int]:
    """Return a code point of two or more bytes, and where it ends."""
    first = int(data[at])
    if first >= 0xE0 and first < 0xF0 and at + 2 < end:
        second, third = int(data[at + 1]), int(data[at + 2])
        point = ((first & 15) << 12) | ((second & 63) << 6) | (third & 63)
        good = (second & 0xC0 == 0x80) & (third & 0xC0 == 0x80) & (point >= 0x800) & (point >> 11 != 0x1B)
        return point, at + 3 if good else -1
    if first >= 0xC2 and first < 0xE0 and at + 1 < end:
        second = int(data[at + 1])
        return ((first & 31) << 6) | (second & 63), at + 2 if second & 0xC0 == 0x80 else -1
    if first >= 0xF0 and first < 0xF5 and at + 3 < end:
        second, third, fourth = int(data[at + 1]), int(data[at + 2]), int(data[at + 3])
        point = ((first & 7) << 18) | ((second & 63) << 12) | ((third & 63) << 6) | (fourth & 63)
        good = (second & 0xC0 == 0x80) & (third & 0xC0 == 0x80) & (fourth & 0xC0 == 0x80)
        return point, at + 4 if good and point >= 0x10000 and point <= 0x10FFFF else -1
    return 0, -1


@loop
def _hex(data: U8, at: int, end: int) -> int:
    """Return the value of four hexadecimal digits; -1 if they are not."""
    if at + 4 > end:
        return -1
    value = 0
    for i in range(at, at + 4):
        byte = int(data[i])
        digit = byte - 48 if byte < 58 else (byte | 32) - 87
        if byte < 48 or digit > 15 or (byte > 57 and digit < 10):
            return -1
        value = value * 16 + digit
    return value


@loop
def _escaped(data: U8, at: int, end: int) -> tuple[int, int]:
    """Return the code point of the escape whose backslash is at `at`, and where it ends."""
    if at + 1 >= end:
        return 0, -1
    byte = data[at + 1]
    if byte in (_QUOTE, _BACKSLASH, _SLASH):
        return int(byte), at + 2
    for name, point in ((98, 8), (102, 12), (110, 10), (114, 13), (116, 9)):
        if byte == name:
            return point, at + 2
    if byte != 117:
        return 0, -1
    point = _hex(data, at + 2, end)
    if point >> 10 == 0x36 and at + 7 < end and data[at + 6] == _BACKSLASH and data[at + 7] == 117:
        low = _hex(data, at + 8, end)
        return 0x10000 + ((point & 0x3FF) << 10) + (low & 0x3FF), at + 12 if low >> 10 == 0x37 else -1
    return point, at + 6 if point >= 0 and point >> 11 != 0x1B else -1


@loop
def _string(data: U8, at: int, end: int, written: U32, number: int) -> tuple[int, int]:
    """Write the code points of the JSON string that begins at `at`; return where it ends and the new `number`."""
    while at < end:
        byte = data[at]
        if byte > 0xE0 and byte < 0xED and at + 2 < end:  # three bytes, as most are: neither too long nor a surrogate
            second, third = int(data[at + 1]) ^ 0x80, int(data[at + 2]) ^ 0x80
            if second | third > 63:
                break
            written[number] = (int(byte) & 15) << 12 | second << 6 | third
            number, at = number + 1, at + 3
            continue
        if byte == _QUOTE:
            return at + 1, number
        if byte == _BACKSLASH:
            point, at = _escaped(data, at, end)
        elif byte < 128:
            point, at = int(byte), at + 1 if byte >= 32 else -1
        else:
            point, at = _point(data, at, end)
        if at < 0:
            break
        written[number] = point
        number += 1
    return -1, number


@loop
def _is_solid(points: U32) -> bool:
    """Whether one of the characters is certainly not a Unicode blank."""
    for point in points:
        if point > 0x3000 or (point > 32 and point < 127) or (point > 0xA0 and point < 0x2000 and point != 0x1680):
            return True
    return False


@loop
def _behind_key(data: U8, at: int, end: int) -> int:
    """Return where the key that begins at `at` ends; -1 if it is not plain ASCII."""
    while at < end and data[at] != _QUOTE:
        if data[at] < 32 or data[at] > 127 or data[at] == _BACKSLASH:
            return -1
        at += 1
    return at + 1 if at < end else -1


@loop
def _role(data: U8, begin: int, end: int, names: U8, ends: I64, roles: U8) -> int:
    """Return the role of the field name that a key equals, or `OTHER`."""
    first = 0
    for number in range(len(ends)):
        last = ends[number]
        if last - first == end - begin:
            at = 0
            while at < end - begin and data[begin + at] == names[first + at]:
                at += 1
            if at == end - begin:
                return int(roles[number])
        first = last
    return OTHER


@loop
def _digits(data: U8, at: int, end: int) -> tuple[int, int]:
    """Return a number of at most 18 digits, and where it ends."""
    value, begin = 0, at
    while at < end and data[at] >= 48 and data[at] <= 57 and at - begin < 18:
        value, at = value * 10 + int(data[at]) - 48, at + 1
    return value, at


@loop
def _number(data: U8, at: int, end: int) -> tuple[float, int]:
    """Return a JSON number without sign and exponent that a float represents exactly, and where it ends."""
    whole, behind = _digits(data, at, end)
    digits = behind - at
    if digits == 0 or (data[at] == 48 and digits > 1):
        return 0.0, -1
    value, at = float(whole), behind
    if at < end and data[at] == 46:
        part, behind = _digits(data, at + 1, end)
        places = behind - at - 1
        digits += places
        if places == 0 or digits > _EXACT:
            return 0.0, -1
        value, at = float(whole * _TENS[places] + part) / float(_TENS[places]), behind
    is_over = at >= end or not (data[at] == 46 or data[at] | 32 == 101 or (data[at] >= 48 and data[at] <= 57))
    return value, at if is_over and digits <= _EXACT else -1


@loop
def _two(data: U8, at: int, least: int, most: int) -> int:
    """Return a number of two digits within bounds; -1 otherwise."""
    tens, ones = int(data[at]) - 48, int(data[at + 1]) - 48
    value = tens * 10 + ones
    return value if tens >= 0 and tens <= 9 and ones >= 0 and ones <= 9 and value >= least and value <= most else -1


@loop
def _days(year: int, month: int, day: int) -> int:
    """Return the days from 1970 to a Gregorian date; -1 if there is no such date."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = 31 - ((month == 4) | (month == 6) | (month == 9) | (month == 11)) - (3 - leap if month == 2 else 0)
    if day > length:
        return -1
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719162  # to the first of January
    for earlier in range(1, month):
        days += 31 - ((earlier == 4) | (earlier == 6) | (earlier == 9) | (earlier == 11))
        days -= 3 - leap if earlier == 2 else 0
    return days + day - 1


@loop
def _moment(data: U8, at: int, end: int, ahead_s: float) -> tuple[float, int]:
    """Return the seconds since 1970 of an ISO 8601 time in a string that begins at `at`, and where it ends.

    Only the most common forms: YYYY-MM-DD, T or a blank, hh:mm:ss, optional .mmm or .uuuuuu, optional Z, +hh:mm or
    -hh:mm. Without a zone, `ahead_s` is how far the clock is ahead of UTC; NaN if that is not known.
    """
    if at + 19 >= end:
        return 0.0, -1
    century, year = _two(data, at, 0, 99), _two(data, at + 2, 0, 99)
    month, day = _two(data, at + 5, 1, 12), _two(data, at + 8, 1, 31)
    hour, minute, second = _two(data, at + 11, 0, 23), _two(data, at + 14, 0, 59), _two(data, at + 17, 0, 59)
    marks = data[at + 4] == 45 and data[at + 7] == 45 and data[at + 13] == 58 and data[at + 16] == 58
    is_set = century >= 0 and year >= 0 and month >= 0 and day >= 0 and hour >= 0 and minute >= 0 and second >= 0
    if not (marks and is_set and (data[at + 10] == 84 or data[at + 10] == 32)):
        return 0.0, -1
    days = _days(century * 100 + year, month, day)
    seconds, at = ((days * 24 + hour) * 60 + minute) * 60 + second, at + 19
    microseconds = 0
    if data[at] == 46:
        microseconds, behind = _digits(data, at + 1, end)
        places = behind - at - 1
        if places != 3 and places != 6:
            return 0.0, -1
        microseconds, at = microseconds * (1000 if places == 3 else 1), behind
    if at < end and data[at] == 90:
        at += 1
    elif at + 6 < end and (data[at] == 43 or data[at] == 45):
        hours, minutes = _two(data, at + 1, 0, 23), _two(data, at + 4, 0, 59)
        if hours < 0 or minutes < 0 or data[at + 3] != 58:
            return 0.0, -1
        seconds += (hours * 60 + minutes) * 60 * (-1 if data[at] == 43 else 1)
        at += 6
    elif np.isnan(ahead_s):
        return 0.0, -1
    else:
        seconds -= int(ahead_s)
    good = days >= 0 and seconds >= 0 and at < end and data[at] == _QUOTE
    return float(seconds * 1_000_000 + microseconds) / 1e6, at + 1 if good else -1


@loop
def _passed(data: U8, at: int, end: int, written: U32, number: int) -> int:
    """Return where a value ends that is not needed; what it wrote is overwritten."""
    if at < end and data[at] == _QUOTE:
        return _string(data, at + 1, end, written, number)[0]
    packed = 0
    for i in range(at, min(at + 5, end)):
        packed = packed << 8 | int(data[i])
        if packed in (_TRUE, _NULL, _FALSE):
            return i + 1
    return _number(data, at, end)[1]


@loop
def _name(points: U32, basic: U64) -> np.uint64:
    """Return `texts.source_names` for one source."""
    name = np.uint64(0)
    for at in range(len(points) - 1, -1, -1):
        name = name * basic[BASE_AT] + mixed_point(points[at], basic)
    return finalize(name) >> SOURCE_SHIFT


@loop
def _stamp(data: U8, at: int, end: int, ahead_s: float) -> tuple[float, int]:
    """Return a time in seconds and where it ends: from a string, or from a number of seconds or milliseconds."""
    if data[at] == _QUOTE:
        return _moment(data, at + 1, end, ahead_s)
    seconds, at = _number(data, at, end)
    return seconds / 1000 if seconds >= LATEST_S else seconds, at


@loop
def _message(
    data: U8, at: int, end: int, written: U32, number: int, most_name: int, basic: U64, ahead_s: float,
    names: U8, ends: I64, roles: U8,
) -> tuple[int, float, np.uint64]:  # fmt: skip
    """Read a JSON object: where its text ends in `written`, its time (-1 without one) and its source.

    Returns -1 as the end if the object is not of the simplest form: no lists or objects, no role twice.
    """
    seconds, source, behind = -1.0, np.uint64(0), -1
    has_source = False
    at = _space(data, at, end)
    if at >= end or data[at] != 123:
        return -1, seconds, source
    while True:
        at = _space(data, at + 1, end)  # behind the brace or the comma
        if at >= end or data[at] != _QUOTE:
            return -1, seconds, source
        begin, at = at + 1, _behind_key(data, at + 1, end)
        if at < 0:
            return -1, seconds, source
        role = _role(data, begin, at - 1, names, ends, roles)
        at = _space(data, at, end)
        if at >= end or data[at] != 58:
            return -1, seconds, source
        at = _space(data, at + 1, end)
        if at >= end:
            return -1, seconds, source
        free = number if behind < 0 else behind
        if role == OTHER:
            at = _passed(data, at, end, written, free)
        elif role == TEXT and behind < 0 and data[at] == _QUOTE:
            at, behind = _string(data, at + 1, end, written, number)
        elif role == TIME and seconds < 0:
            seconds, at = _stamp(data, at, end, ahead_s)
        elif role == SOURCE and not has_source and data[at] == _QUOTE:
            at, stands = _string(data, at + 1, end, written, free)
            if stands - free > most_name:
                return -1, seconds, source
            source, has_source = _name(written[free:stands], basic), True
        else:
            at = -1
        if at < 0:
            return -1, seconds, source
        at = _space(data, at, end)
        if at < end and data[at] == 125:
            at = _space(data, at + 1, end)
            return behind if at == end else -1, seconds, source
        if at >= end or data[at] != 44:
            return -1, seconds, source


@loop
def _plainly(data: U8, at: int, end: int, written: U32, number: int) -> int:
    """Write the code points of UTF-8; return where they end, -1 if it is invalid."""
    while at < end:
        if data[at] < 128:
            point, at = int(data[at]), at + 1
        else:
            point, at = _point(data, at, end)
        if at < 0:
            return -1
        written[number] = point
        number += 1
    return number


def plain_messages(begin: I64, end: I64, data: bytes | memoryview, *settings: Any) -> tuple[Any, ...]:
    """Call the loop with the bytes in the one form for which it is compiled."""
    columns: tuple[Any, ...] = read(np.frombuffer(memoryview(data).toreadonly(), np.uint8), begin, end, *settings)
    return columns


@loop
def read(
    data: U8, begin: I64, end: I64, came_s: F64, is_json: bool, latest_s: float, most_bytes: int, most_chars: int,
    most_name: int, basic: U64, ahead_s: float, names: U8, ends: I64, roles: U8,
) -> tuple[U32, I64, F64, U64, np.ndarray]:  # fmt: skip
    """The same as `message_batch.plain_messages`.

    `names` are the bytes of the relevant field names, each up to its place in `ends`; `roles` is what they stand for.
    """
    total = len(begin)
    for i in range(len(begin)):
        for at in range(begin[i], end[i]):
            total += data[at] & 0xC0 != 0x80  # there are no more code points than bytes that begin one
    written, starts = np.empty(total, np.uint32), np.zeros(len(begin) + 1, np.int64)
    at_s, sources = np.zeros(len(begin)), np.zeros(len(begin), np.uint64)
    plain = np.zeros(len(begin), np.bool_)
    number = 0
    for i in range(len(begin)):
        behind, seconds, source = -1, came_s[i], np.uint64(0)
        if begin[i] <= end[i] and end[i] - begin[i] <= most_bytes:
            if is_json:
                behind, seconds, source = _message(data, begin[i], end[i], written, number, most_name, basic, ahead_s,
                                                   names, ends, roles)  # fmt: skip
                if seconds >= 0 and (seconds < EARLIEST_S or seconds >= LATEST_S):
                    behind = -1
                seconds = came_s[i] if seconds < 0 else seconds
            else:
                behind = _plainly(data, begin[i], end[i], written, number)
        is_fit = seconds >= 0 and seconds <= latest_s
        if behind >= 0 and behind - number <= most_chars and is_fit and _is_solid(written[number:behind]):
            plain[i], at_s[i], sources[i], number = True, seconds, source, behind
        written[number] = 0
        number += 1
        starts[i + 1] = number
    return written[:number], starts, at_s, sources, plain

"""The compiled loops of `clean`: which texts hold suspicious characters, and where."""

import numpy as np

from sketches.loops_numba import loop
from stream.text.clean_patterns import (
    ANGLE,
    AT,
    BEHIND_DOTS,
    BRACKET,
    BRACKETED_CHARS,
    COLON,
    DOT,
    IN_BRACKETS,
    LEAST_TOKEN,
    LONG_TOKEN,
    OF_SOMEBODY,
    PATH,
    PERCENT,
    PHRASE,
    SCHEME,
    SIGN,
    TICK,
    TOKEN,
    URI,
    WHATEVER,
    WITH_BAR,
    WITH_BLANK,
    WITH_COLON,
)
from stream.text.runs import I32, I64, U8, U32

LETTER = np.uint8(32)
COMPOSE, SPECIAL, MIXED, SECOND = np.uint8(3), np.uint8(8), np.uint8(48), np.uint8(128)
FIRST, SECOND_ABOVE_FIRST = (
    np.uint8(4),
    np.uint8(5),
)  # of a pair of characters; shifted by so much they are the same bit
MARKUP, SUSPECT = np.uint8(4), np.uint8(64)
_WIDE_AT = 0xFF20
_KANA = 0x3041  # from here on characters are of scripts written without spaces


@loop
def _is_letter(point: int) -> bool:
    return (point >= 97 and point <= 122) or (point >= 65 and point <= 90)


@loop
def _is_digit(point: int) -> bool:
    return point >= 48 and point <= 57


@loop
def _kind(before: int, point: int, after: int) -> int:
    """Return the kind of suspicion of a character that is no letter, digit or ideograph, given its neighbours."""
    word_before = _is_letter(before) or _is_digit(before)
    if point == 64 or point == _WIDE_AT:
        return AT
    if point == 91:
        return BRACKET
    if point == 58:
        if after == 47:
            return SCHEME
        named = _is_letter(after) or _is_digit(after) or after == 43
        if word_before:
            return URI if _is_letter(before) and (named or after == 63) else 0
        return COLON if named or after in (95, 45) else 0
    if point == 46:
        behind = word_before or before == 95 or before == 45 or (before >= _KANA and before < 0x40000)
        return DOT if behind and _is_letter(after) else 0
    if point == 35 or point == 43:
        return SIGN if word_before else 0
    if point == 47:
        if after >= 0x4E00 and after <= 0x9FFF:
            return PATH if before in (0, 32) else 0
        is_word = _is_letter(before) and before != 117
        return PATH if _is_letter(after) and not (is_word or before == 47 or before == 60) else 0
    if point == 37:
        return PERCENT if _is_digit(after) or (after | 32 >= 97 and after | 32 <= 102) else 0
    if point == 92:
        return PATH if before == 58 else 0
    if point == 60:
        return ANGLE if _is_letter(after) or after in (47, 33, 64, 58, 35, 63) else 0
    return TICK if point == 96 else 0


@loop
def _is_entity(points: U32, at: int, end: int) -> bool:
    """Whether an ampersand begins an entity: letters and digits, then a semicolon."""
    last = min(at + 34, end)
    at += 1
    if at < last and points[at] == 35:
        at += 1
    first = at
    while at < last and (_is_letter(int(points[at])) or _is_digit(int(points[at]))):
        at += 1
    return at > first + 1


@loop
def _names_author(points: U32, at: int, end: int, by_words: U32) -> bool:
    """Whether a word for an author follows a bracket, before any other bracket."""
    for place in range(at + 1, min(at + BRACKETED_CHARS, end - 1)):
        for number in range(by_words.shape[1]):
            second = by_words[1, number]
            if points[place] == by_words[0, number] and (second == 0 or points[place + 1] == second):
                return True
        if points[place] in (0x28, 0x29, 0xFF08, 0xFF09):
            return False
    return False


@loop
def _is_phrase(points: U32, at: int, end: int, beginnings: U32, by_words: U32) -> bool:
    """Whether interface text or a byline may begin here; (4, n) are first characters (0 for no third) and the rule."""
    second = points[at + 1] if at + 1 < end else np.uint32(0)
    third = points[at + 2] if at + 2 < end else np.uint32(0)
    before = points[at - 1] if at else np.uint32(0)
    for number in range(beginnings.shape[1]):
        if points[at] != beginnings[0, number] or second != beginnings[1, number]:
            continue
        if beginnings[2, number] and third != beginnings[2, number]:
            continue
        rule = beginnings[3, number]
        if (
            rule == WHATEVER
            or (rule == WITH_BAR and third in (0x4E28, 0x7C, 0xFF5C, 0x2F, 0xFF0F))
            or (rule == WITH_COLON and third in (0x3A, 0xFF1A))
            or (rule == WITH_BLANK and third == 32)
            or (rule == OF_SOMEBODY and before == 0x7684)
            or (rule == BEHIND_DOTS and before in (0x2E, 0x2026, 0x20))
            or (rule == IN_BRACKETS and _names_author(points, at, end, by_words))
        ):
            return True
    return False


@loop
def _is_token(points: U32, at: int, end: int) -> bool:
    """Whether the letters and digits that begin here are long and mixed enough to be a hash."""
    letters = digits = 0
    while at < end and (letters + digits < LONG_TOKEN or letters == 0):
        point = int(points[at])
        if _is_letter(point):
            letters += 1
        elif _is_digit(point):
            digits += 1
        else:
            break
        at += 1
    if letters + digits >= LONG_TOKEN:
        return letters > 0
    return letters + digits >= LEAST_TOKEN and letters > 0 and digits > 0


@loop
def _holds_token(points: U32) -> bool:
    """Whether any token may be a hash. Only every third place is checked: a token covers two adjacent ones of them."""
    before = False
    for at in range(0, len(points), 3):
        point = int(points[at])
        is_word = _is_letter(point) or _is_digit(point)
        if before and is_word:
            begin = at - 3
            while begin and (_is_letter(int(points[begin - 1])) or _is_digit(int(points[begin - 1]))):
                begin -= 1
            if _is_token(points, begin, len(points)):
                return True
        before = is_word
    return False


@loop
def look(points: U32, starts: I64, table: U8, beginnings: U32, by_words: U32) -> U8:
    """Return (n,) what must be done with each text: bits of the table, and `SUSPECT` if there is a suspicious place."""
    found = np.zeros(len(starts) - 1, np.uint8)
    for text in range(len(starts) - 1):
        part = points[starts[text] : starts[text + 1] - 1]
        seen = last = result = np.uint8(0)
        for at in range(len(part)):
            one = table[part[at]]
            seen |= one
            if (one & SPECIAL) | (one & SECOND & (last << SECOND_ABOVE_FIRST)):  # seldom
                result |= _suspicion(part, at, table, beginnings, by_words)
            last = one
        if seen & LETTER and _holds_token(part):
            result |= SUSPECT
        found[text] = result | (seen & COMPOSE)
    return found


@loop
def _suspicion(points: U32, at: int, table: U8, beginnings: U32, by_words: U32) -> np.uint8:
    """Return `MARKUP` for a tag or an entity, `SUSPECT` for a suspicious place, here or one character before."""
    end, result = len(points), np.uint8(0)
    point = int(points[at])
    if table[point] & SPECIAL:
        if point == 38:
            return MARKUP if _is_entity(points, at, end) else np.uint8(0)
        if point == 92 and at + 1 < end and points[at + 1] in (110, 114, 116, 117, 120):
            result |= MARKUP
        before, after = int(points[at - 1]) if at else 0, int(points[at + 1]) if at + 1 < end else 0
        kind = _kind(before, point, after)
        if kind == SCHEME and not (at + 2 < end and points[at + 2] == 47):
            kind = 0
        if kind:
            result |= (MARKUP | SUSPECT) if point == 60 else SUSPECT
    if at and _is_phrase(points, at - 1, end, beginnings, by_words):
        result |= SUSPECT
    return result


@loop
def suspects(
    points: U32, starts: I64, texts: I64, table: U8, beginnings: U32, by_words: U32
) -> tuple[I32, U8, I64]:  # fmt: skip
    """Return the `clean_patterns.SUSPICIOUS` places of some texts, their kinds, and where those of each text end."""
    total = 0
    for number in range(len(texts)):
        total += starts[texts[number] + 1] - starts[texts[number]]
    places, kinds, ends = np.empty(total + 1, np.int32), np.empty(total + 1, np.uint8), np.empty(len(texts), np.int64)
    found = 0
    for number in range(len(texts)):
        part = points[starts[texts[number]] : starts[texts[number] + 1] - 1]
        end, in_token = len(part), False
        for at in range(end):
            one = table[part[at]]
            is_word = (one & MIXED) != 0
            kind = 0
            if is_word:
                if not in_token and _is_token(part, at, end):
                    kind = TOKEN
            elif one & (SPECIAL | FIRST):
                point, before = int(part[at]), int(part[at - 1]) if at else 0
                after = int(part[at + 1]) if at + 1 < end else 0
                kind = _kind(before, point, after)
                if kind == SCHEME and not (at + 2 < end and part[at + 2] == 47):
                    kind = 0
                if kind == 0 and _is_phrase(part, at, end, beginnings, by_words):
                    kind = PHRASE
            places[found], kinds[found] = at, kind
            found += kind > 0
            in_token = is_word
        ends[number] = found
    return places[:found], kinds[:found], ends

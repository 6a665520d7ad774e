"""Composes Unicode text and drops invisible characters.

A character may be written as one code point or as a letter and its marks, a half-width kana with its mark after it, a
Hangul syllable in parts; and between any two there may be invisible code points (zero width, soft hyphen, variation
selectors, directions, byte order marks, control characters). Here each is composed (NFC, after half-width kana are
widened), and invisible ones are dropped without separating words.
Laws: composing twice equals composing once; inserting invisible characters changes nothing.
Cost: text without any of these is recognised by one table look-up a character.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np

from stream.text.runs import U8

IGNORABLE = (
    (0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F),  # control characters that are no blanks
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""Default_Ignorable_Code_Point of Unicode 15.1 (DerivedCoreProperties.txt), and control characters."""
HALF_WIDTH = ((0xFF61, 0xFF9F), (0xFFA1, 0xFFDC))
IS_IGNORABLE, IS_PART = 1, 2  # bits of `marks`

_IGNORED = re.compile("[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in IGNORABLE) + "]+")


def compose(text: str) -> str:
    r"""The text as it is meant.

    >>> compose("\u30af\u3099\u30d8\u309a"), compose("ﾊﾞ"), compose("塑\u200b稚"), compose("cafe\u0301")
    ('グペ', 'バ', '塑稚', 'café')
    """
    text = _IGNORED.sub("", text)
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _half_width().sub(_widened, text))


def mark(table: U8, ranges: Sequence[tuple[int, int]], bit: int) -> None:
    """Set a bit of the code points in these ranges."""
    for first, last in ranges:
        table[first : last + 1] |= bit


@cache
def marks() -> U8:
    """Return (0x110000,) bits that say whether composing may change a text that holds the code point."""
    table = np.zeros(0x110000, np.uint8)
    mark(table, HALF_WIDTH, IS_PART)
    table[_parts()] |= IS_PART
    mark(table, IGNORABLE, IS_IGNORABLE)
    return table


def _parts() -> list[int]:
    """Return the code points that NFC changes, alone or after another one: marks, parts of syllables, duplicates.

    Ideographs and whole syllables are skipped, because NFC changes none of them.
    """
    points = (*range(0x80, 0x3400), *range(0xA000, 0xAC00), *range(0xD7B0, 0xD800), *range(0xE000, 0x20000),
              *range(0x2F800, 0x2FA20))  # fmt: skip
    found = []
    for point in points:
        if 0xE000 <= point < 0xF900:  # private
            continue
        character = chr(point)
        split = unicodedata.normalize("NFD", character)
        if unicodedata.combining(character) or unicodedata.normalize("NFC", split) != character:
            found.append(point)
        elif len(split) > 1:
            found += map(ord, split[1:])
    return [*found, *range(0x1100, 0x1200)]


@cache
def _half_width() -> re.Pattern[str]:
    spans = "".join(f"{chr(first)}-{chr(last)}" for first, last in HALF_WIDTH)
    return re.compile(f"[{spans}]+")


def _widened(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])

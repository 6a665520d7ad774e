"""Raw texts -> texts as people wrote them: composed, rendered, and with the spans marked that are not language.

*Composed* refers to Unicode (`unicode.compose`). *Rendered* refers to HTML: tags become blanks, entities the characters
they stand for. Both change the text itself to what a reader would see. *Marked* are links, user names, e-mail
addresses, emoticon codes, file names, hashes, interface text and bylines: `TextBatch.prose` has blanks in their places,
so they separate words and are not counted, while examples still show them. A `#hashtag#` is prose.
Guarantee: a removed span never joins the text on its two sides; positions in the prose are positions in the text.

Cost: one table look-up for each character, and nothing more for texts without suspicious characters. In others the
pattern for its kind is tried at each suspicious place (`clean_numba.suspects`: `//`, `@`, `[`, a dot between letters).
"""

import html
import re
from collections.abc import Iterator
from functools import cache

import numpy as np

from sketches.kernels import kernel
from stream.text.clean_patterns import BEGINNINGS, BY_WORDS, PATTERNS, SUSPICIOUS, Suspicion
from stream.text.message import SKIP
from stream.text.runs import I32, I64, U8, U32
from stream.text.text_batch import TextBatch
from stream.text.unicode import compose, mark, marks

COMPOSE, FIRST, SPECIAL, DIGIT, LETTER, SECOND = 3, 4, 8, 16, 32, 128
"""Bits of a character: those of `unicode.marks`; the first of a phrase; one to be looked at; digit; letter; the second
of a phrase.
"""
MARKUP, SUSPECT = 4, 64
"""Bits of a text beside `COMPOSE`: it may hold a tag or an entity; it holds a suspicious place."""
BLANK = 32
_ELEMENTS = (
    "a abbr address area article aside audio b big blockquote body br button canvas center cite code col dd del "
    "details dfn div dl dt em embed emoji fieldset figcaption figure font footer form h[1-6] head header hr html i "
    "iframe img input ins kbd label li link main map mark meta nav ol option p param picture pre q rp rt ruby s samp "
    "script section select small source span strike strong style sub summary sup svg path table tbody td template "
    "textarea tfoot th thead time title tr tt u ul var video wbr"
)
_TAG = re.compile(
    r"<(?:script|style)\b[^<>]*>.*?</(?:script|style)\s*>|<!--.*?(?:-->|\Z)|<!\w[^<>]*>|<!\[CDATA\[|\]\]>"
    r"|<\?[A-Za-z][^<>]*\?>"
    rf"|</?(?:{'|'.join(_ELEMENTS.split())})(?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*|\s[^<>]*|\s*/)?(?:>|\Z)"
    r"|&(?:amp;)*(?:nbsp|quot|lt|gt|copy|reg|middot|hellip|ldquo|rdquo|mdash|ensp|emsp|#\d{2,7})(?![A-Za-z0-9;=])"
    r"|&(?:amp;)*(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
    re.I | re.S,
)

_MARKUP = re.compile(r"<(?=[A-Za-z/!@:#?])|&#?[A-Za-z0-9]{2}|\\[nrtux]")
_ESCAPE = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+|(?:\\x[0-9A-Fa-f]{2})+|\\[nrt](?![A-Za-z])")
"""Characters as programs write them: a text that was encoded once more than it was decoded."""


def cleaned(texts: TextBatch, skip: tuple[str, ...] = SKIP) -> TextBatch:
    """Return the texts composed and rendered, with spans of the kinds in `skip` blanked in their prose."""
    looked = look(_read_only(texts.written), texts.starts, _table(), *_beginnings())
    anew = np.flatnonzero(looked & (COMPOSE | (MARKUP if "markup" in skip else 0)))
    if len(anew):
        texts = texts.replaced(anew, [rendered(texts.text(number), "markup" in skip) for number in anew.tolist()])
        looked[anew] = SUSPECT
    suspicious = np.flatnonzero(looked & SUSPECT)
    if not len(suspicious) or not skip:
        return texts
    prose = _blanked(texts, suspicious, skip)
    return texts if prose is None else texts.with_prose(prose)


def prose_points(points: U32, skip: tuple[str, ...] = SKIP) -> U32:
    """Return the prose of consecutive texts, with a 0 after each."""
    ends = np.flatnonzero(points == 0) + 1
    starts = np.concatenate((np.zeros(1, np.int64), ends))
    number = len(ends)
    nothing = np.zeros(number, np.uint64)
    return cleaned(TextBatch(points, starts, np.zeros(number), nothing, np.arange(number), "", 0), skip).prose


def rendered(text: str, with_markup: bool = True) -> str:
    """A text as it is meant to be seen.

    >>> rendered("鸮影&nbsp;<b>祭</b>&#21475;caf&eacute;")
    '鸮影\\xa0 祭 口café'
    """
    text = compose(text)
    if with_markup and "\\" in text:
        text = _ESCAPE.sub(_meant, text)
    if with_markup and ("<" in text or "&" in text):
        text = compose(_TAG.sub(_shown, text))
    return text


def prose_of(text: str, skip: tuple[str, ...] = SKIP) -> str:
    """Return a rendered text with blanks in place of spans that are not language; the length stays the same."""
    marked = list(text)
    for begin, end in spans(text, skip):
        marked[begin:end] = " " * (end - begin)
    return "".join(marked)


def spans(text: str, skip: tuple[str, ...] = SKIP) -> Iterator[tuple[int, int]]:
    """Return (begin, end) of the spans of a rendered text that are not language, in order."""
    return _spans(text, ((match.start(), match.lastindex or 0) for match in SUSPICIOUS.finditer(text)), skip)


def _spans(text: str, suspects: Iterator[tuple[int, int]], skip: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Return the spans at suspicious places (position, kind), without overlaps."""
    done, wanted = 0, _wanted(skip)
    for at, kind in suspects:
        if at < done:
            continue
        for _, find in wanted[kind]:
            found = find(text, at)
            if found is not None and found[1] > done:
                yield max(found[0], done), found[1]
                done = found[1]
                break


@cache
def _wanted(skip: tuple[str, ...]) -> list[list[Suspicion]]:
    """Return the patterns to be tried for each kind of suspicion, from 1 on."""
    return [[], *([one for one in several if one[0] in skip] for several in PATTERNS)]


def _shown(match: re.Match[str]) -> str:
    if match[0][0] in "<]":
        return " "
    return html.unescape(re.sub(r"&(?:amp;)+", "&", match[0]))


def _meant(match: re.Match[str]) -> str:
    escape = match[0]
    if escape[1] == "u":
        points = b"".join(int(one, 16).to_bytes(2, "big") for one in escape[2:].split("\\u"))
        return points.decode("utf-16-be", "replace")
    if escape[1] == "x":
        return bytes(int(one, 16) for one in escape[2:].split("\\x")).decode("utf-8", "replace").replace("\ufffd", " ")
    return "\n" if escape[1] == "n" else " "


@kernel("stream.text.clean_numba")
def look(points: U32, starts: I64, table: U8, beginnings: U32, by_words: U32) -> U8:
    """Return (n,) what must be done with each text: bits of `COMPOSE`, `MARKUP` and `SUSPECT`."""
    if len(starts) < 2:
        return np.zeros(0, np.uint8)
    inside = table.copy()
    inside[0] = 0  # behind each text; one within a text is found by their number
    bits: U8 = np.bitwise_or.reduceat(inside[points], starts[:-1])
    zeros = np.add.reduceat(points == 0, starts[:-1], dtype=np.int64) > 1
    found = ((bits & COMPOSE) | zeros).astype(np.uint8)
    for number in np.flatnonzero((bits & (SPECIAL | FIRST) > 0) | (bits & LETTER > 0)).tolist():
        text = _text(points, starts, number)
        found[number] |= SUSPECT * bool(SUSPICIOUS.search(text)) | MARKUP * bool(_MARKUP.search(text))
    return found


@kernel("stream.text.clean_numba")
def suspects(
    points: U32, starts: I64, texts: I64, table: U8, beginnings: U32, by_words: U32
) -> tuple[I32, U8, I64]:  # fmt: skip
    """Return the `SUSPICIOUS` places of some texts, their kinds, and where those of each text end."""
    places, kinds, ends = list[int](), list[int](), list[int]()
    for number in texts.tolist():
        text = _text(points, starts, number)
        for match in SUSPICIOUS.finditer(text):
            places.append(match.start())
            kinds.append(match.lastindex or 0)
        ends.append(len(places))
    return np.array(places, np.int32), np.array(kinds, np.uint8), np.array(ends, np.int64)


def _read_only(points: U32) -> U32:
    """Return the array in the one form for which the loops are compiled."""
    points = points.view()
    points.flags.writeable = False
    return points


def _text(points: U32, starts: I64, number: int) -> str:
    return points[starts[number] : starts[number + 1] - 1].tobytes().decode("utf-32-le", "surrogatepass")


def _blanked(texts: TextBatch, suspicious: I64, skip: tuple[str, ...]) -> U32 | None:
    """Return the code points with blanks in the spans; None without spans."""
    places, kinds, ends = suspects(_read_only(texts.written), texts.starts, suspicious, _table(), *_beginnings())
    prose, first = None, 0
    for number, end in zip(suspicious.tolist(), ends.tolist(), strict=True):
        if end > first:
            found = zip(places[first:end].tolist(), kinds[first:end].tolist(), strict=True)
            begin = int(texts.starts[number])
            for a, b in _spans(texts.text(number), found, skip):
                prose = texts.written.copy() if prose is None else prose
                prose[begin + a : begin + b] = BLANK
        first = end
    return prose


@cache
def _table() -> U8:
    """Return (0x110000,) the bits of each code point."""
    table = marks().copy()
    mark(table, ((0x30, 0x39),), DIGIT)
    mark(table, ((0x41, 0x5A), (0x61, 0x7A)), LETTER)
    for character in "@＠[:/.\\`<&#+%":
        table[ord(character)] |= SPECIAL
    for beginning, _ in BEGINNINGS:
        table[ord(beginning[0])] |= FIRST
        table[ord(beginning[1])] |= SECOND
    return table


@cache
def _beginnings() -> tuple[U32, U32]:
    """Return the first characters of `BEGINNINGS` (4, n), with 0 for no third and the rule, and those of `BY_WORDS`
    (2, m).
    """
    points = [[*[*map(ord, word), 0][:3], rule] for word, rule in BEGINNINGS]
    return np.array(points, np.uint32).T.copy(), np.array([[*map(ord, word)] for word in BY_WORDS], np.uint32).T.copy()

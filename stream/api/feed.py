"""`/feed.atom`: new words as an Atom feed (RFC 4287).

Each entry is a word; its id consists of the word and the time it was announced, so it never changes. With
`?verdict=accepted` the feed has only words that reviewers accepted. Links lead to the page, on the host of the request.
"""

import re
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from stream.api.operation import Given, Operation
from stream.api.parameters import whole
from stream.api.reading_api import FILTERS, ReadingApi, filter_of
from stream.api.schemas import TEXT
from stream.events.events import iso
from stream.store.words import FoundWord, find_words
from stream.web.answers import etag_of, unless_known

PATH = "/feed.atom"
KIND = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_operation(api: ReadingApi) -> Operation:
    """The operation: the words announced last."""

    async def answer(request: Request, given: Given) -> Response:
        found = await api.ask(lambda connection: find_words(connection, filter_of(given), "announced", given["limit"]))
        body = feed_of(found.words, f"{request.url.scheme}://{request.url.netloc}", request.url.query)
        return unless_known(request, body, etag_of(body), KIND)

    return Operation(PATH, "feed", "New words as an Atom feed.", answer, {KIND: TEXT},
                     (*FILTERS, whole("limit", "entries", 1, 200, 50)))  # fmt: skip


def feed_of(words: tuple[FoundWord, ...], base: str, query: str) -> bytes:
    """Return the document as UTF-8."""
    feed = ElementTree.Element("feed", {"xmlns": NAMESPACE})
    own = f"{base}{PATH}{'?' + query if query else ''}"
    _text(feed, "id", own)
    _text(feed, "title", "new words")
    _text(feed, "updated", iso(max((one.detected_s for one in words), default=0.0)))
    ElementTree.SubElement(feed, "link", {"rel": "self", "type": KIND, "href": own})
    ElementTree.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{base}/"})
    _text(ElementTree.SubElement(feed, "author"), "name", "new-words")
    for one in words:
        _entry(feed, one, base)
    written: bytes = ElementTree.tostring(feed, "utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written


def _entry(feed: ElementTree.Element, one: FoundWord, base: str) -> None:
    entry = ElementTree.SubElement(feed, "entry")
    day = datetime.fromtimestamp(one.announced_s, UTC).strftime("%Y-%m-%d")
    name = f"{quote(one.key, safe='')}/{round(one.announced_s * 1000)}"
    _text(entry, "id", f"tag:new-words.invalid,{day}:{name}")
    _text(entry, "title", one.word)
    _text(entry, "published", iso(one.announced_s))
    _text(entry, "updated", iso(one.detected_s))
    href = f"{base}/?word={quote(one.word, safe='')}"
    ElementTree.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": href})
    for term in filter(None, (one.status, one.novelty, one.verdict)):
        ElementTree.SubElement(entry, "category", {"term": term})
    figures = f"{one.status}: {one.count} texts, score {one.score:.1f}"
    _text(entry, "summary", f"{figures}. {one.example}" if one.example else figures)


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    """Return the text without characters that XML cannot hold."""
    ElementTree.SubElement(parent, tag).text = NO_XML.sub("", text)

"""The Atom feed fulfils RFC 4287, as a feed reader sees it, and is valid XML for any text."""

from xml.etree import ElementTree

import feedparser
import pytest

from stream.api.feed import feed_of
from stream.events.events import encode
from stream.store.history import History
from stream.store.words import WordFilter, find_words
from stream.verdicts.verdict import ACCEPTED, Verdict
from tests.stream.api.desks import desk
from tests.stream.events.event_samples import bare_event as event
from tests.stream.web.served import ask

ATOM = "{http://www.w3.org/2005/Atom}"


def test_a_reader_finds_the_words_announced_last_first() -> None:
    with desk() as (server, _, _):
        answer = ask(server, "/feed.atom?limit=3")
        again = ask(server, "/feed.atom?limit=3", If_None_Match=answer.headers["etag"])
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert again.status == 304
    feed = feedparser.parse(answer.body)
    assert (feed.bozo, feed.version) == (False, "atom10")
    assert [one.title for one in feed.entries] == ["癸", "壬", "辛"]
    assert feed.entries[0].published == "2023-11-14T22:23:00.000Z"
    assert feed.entries[0].link.startswith(f"http://127.0.0.1:{server.port}/?word=")


def test_it_has_all_that_the_standard_asks_for() -> None:
    with desk() as (server, _, _):
        root = ElementTree.fromstring(ask(server, "/feed.atom").body)
    assert root.tag == f"{ATOM}feed"
    for parent in (root, *root.findall(f"{ATOM}entry")):
        for required in ("id", "title", "updated"):
            assert len(parent.findall(f"{ATOM}{required}")) == 1
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    assert [one.get("rel") for one in root.findall(f"{ATOM}link")] == ["self", "alternate"]
    names = [one.findtext(f"{ATOM}id") for one in root.findall(f"{ATOM}entry")]
    assert len(set(names)) == len(names) == 10


def test_an_entry_keeps_its_id_after_later_events_of_the_word() -> None:
    with desk() as (server, _, history):
        before = feedparser.parse(ask(server, "/feed.atom").body)
        history.judge(Verdict("癸", ACCEPTED, 1.0))
        history.add([encode(event("癸", 1_700_009_000.0, "faded", 1))])
        after = feedparser.parse(ask(server, "/feed.atom?verdict=accepted").body)
    assert [one.id for one in after.entries] == [before.entries[0].id]
    assert after.entries[0].updated > before.entries[0].updated


@pytest.mark.parametrize("word", ["<script>&\"'", "a\x00\x0bb\ufffe", "]]>", "词" * 50])
def test_the_feed_is_valid_xml_for_any_word(word: str) -> None:
    history = History()
    history.add([encode(event(word))])
    with history.reading() as connection:
        found = find_words(connection, WordFilter()).words
    root = ElementTree.fromstring(feed_of(found, "http://a", "q=<&"))
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == word.translate({0: None, 11: None, 0xFFFE: None})


def test_an_empty_feed_is_a_feed() -> None:
    with desk(fill=False) as (server, _, _):
        assert feedparser.parse(ask(server, "/feed.atom").body).bozo is False

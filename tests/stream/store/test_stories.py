"""Words of one story are grouped; a word without one is its own story."""

import orjson

from stream.events.events import encode
from stream.store.history import History
from stream.store.stories import find_stories
from stream.store.words import WordFilter
from tests.stream.events.event_samples import bare_event as event


def test_words_are_grouped_by_the_story_of_their_last_event() -> None:
    history = History()
    history.add([encode(event(word, at_s, score=score)) for word, at_s, score in
                 (("甲", 100.0, 9.0), ("乙", 200.0, 5.0), ("丙", 300.0, 7.0))])  # fmt: skip
    with history.reading() as connection:
        connection.execute("UPDATE event SET story='甲 1970' WHERE word IN ('甲', '乙')")
        first, second = find_stories(connection, WordFilter(), 10)
        assert [one.story for one in find_stories(connection, WordFilter(), 1)] == ["甲 1970"]
    assert (first.story, [one.word for one in first.words], first.score) == ("甲 1970", ["甲", "乙"], 9.0)
    assert (first.first_s, first.last_s) == (70.0, 200.0)
    assert (second.story, len(second.words)) == ("丙", 1)


def test_an_event_of_an_older_schema_has_no_story() -> None:
    fields = orjson.loads(encode(event("词")))
    fields = {name: value for name, value in fields.items() if name not in ("story", "related", "earlier")}
    history = History()
    assert history.add([orjson.dumps({**fields, "schema": 1})]) == 0
    with history.reading() as connection:
        assert [one.story for one in find_stories(connection, WordFilter(), 10)] == ["词"]

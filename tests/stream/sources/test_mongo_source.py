"""Pages of a collection are all of it, once, in order; the driver is imported only when it is wanted.

A stand-in answers the three calls we make as MongoDB does; `integration/test_databases` asks a server over the wire.
"""

import json
import sys
from typing import Any

import pytest

from stream.errors import SourceError, UsageError
from stream.sources.mongo_source import MongoTexts, open_mongo
from stream.sources.rows import Fields


class Collection:
    """Understands {"_id": {"$gt": x}}, {"kind": x} and {"$and": […]} of these."""

    def __init__(self, documents: list[dict[str, Any]], failing: Exception | None = None) -> None:
        self.documents, self.failing = documents, failing
        self.found: list[dict[str, Any]] = []

    def find(self, where: dict[str, Any], wanted: dict[str, int]) -> "Collection":
        if self.failing:
            raise self.failing
        self.found = [
            {key: value for key, value in one.items() if key in wanted or key == "_id"}
            for one in self.documents
            if self._fits(one, where)
        ]
        return self

    def sort(self, key: str, direction: int) -> "Collection":
        self.found.sort(key=lambda one: one[key], reverse=direction < 0)
        return self

    def limit(self, most: int) -> list[dict[str, Any]]:
        return self.found[:most]

    def _fits(self, one: dict[str, Any], where: dict[str, Any]) -> bool:
        if "$and" in where:
            return all(self._fits(one, part) for part in where["$and"])
        return all(
            one[key] > value["$gt"] if isinstance(value, dict) else one.get(key) == value
            for key, value in where.items()
        )


def texts(collection: Collection, where: dict[str, Any] | None = None, fields: Fields | None = None) -> MongoTexts:
    return MongoTexts(collection, "m", fields or Fields(), where or {}, json.dumps, json.loads, OSError)


def rows(source: MongoTexts, cursor: Any = None, most: int = 3) -> list[Any]:
    return [json.loads(line)["text"] for batch in source.batches(cursor, most) for line in batch.lines]


DOCUMENTS: list[dict[str, Any]] = [{"_id": n * 7 % 11, "text": f"t{n * 7 % 11}", "kind": n % 2} for n in range(11)]


@pytest.mark.parametrize("most", [1, 3, 10, 11, 12])
def test_pages_are_all_of_it_once_in_order(most: int) -> None:
    assert rows(texts(Collection(DOCUMENTS)), most=most) == [f"t{n}" for n in range(11)]


@pytest.mark.parametrize("where", [{}, {"kind": 1}])
def test_going_on_from_any_cursor_gives_the_rest(where: dict[str, Any]) -> None:
    every = rows(texts(Collection(DOCUMENTS), where))
    assert len(every) == (5 if where else 11)
    done = 0
    for batch in texts(Collection(DOCUMENTS), where).batches(None, 2):
        done += len(batch.lines)
        assert rows(texts(Collection(DOCUMENTS), where), batch.cursor) == every[done:]


def test_fields_may_lie_within_fields_and_be_missing() -> None:
    documents = [
        {"_id": 1, "post": {"body": "天气"}, "at": 5, "user": {"name": "甲"}},
        {"_id": 2, "post": "no such field", "at": 5},
        {"_id": 3, "post": {"body": "雨"}},
    ]
    source = texts(Collection(documents), fields=Fields(("post.body",), ("at",), ("user.name",)))
    (batch,) = source.batches(None, 10)
    assert [json.loads(line) if line else None for line in batch.lines] == [
        {"post": {"body": "天气"}, "at": 5, "user": {"name": "甲"}},
        None,
        {"post": {"body": "雨"}},
    ]


def test_a_server_that_fails_is_a_source_error() -> None:
    with pytest.raises(SourceError, match="m: connection refused"):
        rows(texts(Collection([], OSError("connection refused"))))


def test_without_the_driver_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymongo", None)
    with pytest.raises(UsageError, match=r"^reading MongoDB needs pymongo: pip install 'new-words\[mongo\]'$"):
        open_mongo("mongodb://localhost/x", "c", Fields(), "")

"""The last verdict on a word is the current one, for that word only."""

import numpy as np

from stream.rules.word_lists import WordLists
from stream.text.hash64 import word_key
from stream.verdicts.verdict import ACCEPTED, PART_OF, REFUSED, Verdict, encode_verdict
from stream.verdicts.verdict_book import VerdictBook


def record(word: str, verdict: str, of: str | None = None) -> tuple[bytes, bytes]:
    one = Verdict(word, verdict, 1.0, of)
    return one.key.encode(), encode_verdict(one)


def test_the_last_record_of_a_key_holds_and_one_without_a_value_takes_it_back() -> None:
    book = VerdictBook()
    assert book.take(*record("iPhone14", REFUSED)) == "iphone14"
    assert book.is_unwanted("IPHONE14")
    assert not book.is_accepted("iphone14")
    book.take(*record("iphone14", ACCEPTED))
    assert book.is_accepted("iPhone14")
    assert book.take(b"iphone14", None) == "iphone14"
    assert book.of("iphone14") is None


def test_a_record_that_is_none_changes_nothing_and_is_counted() -> None:
    book = VerdictBook([Verdict("天气", REFUSED, 1.0)])
    assert book.take(b"\xff", b"x") is None
    assert book.take(None, b"{}") is None
    assert book.unreadable == 2
    assert list(book.verdicts) == ["天气"]


def test_a_verdict_under_the_key_of_another_word_is_applied_to_neither() -> None:
    book = VerdictBook()
    assert book.take("别的".encode(), record("天气", REFUSED)[1]) is None
    assert not book.is_unwanted("天气")
    assert not book.is_unwanted("别的")


def test_unwanted_words_are_denied_until_the_verdict_changes() -> None:
    book = VerdictBook(
        [Verdict("天气", REFUSED, 1.0), Verdict("好天", PART_OF, 1.0, "好天气"), Verdict("词", ACCEPTED, 1.0)]
    )
    lists, keys = (
        book.added_to(WordLists.none()),
        np.array([word_key(one) for one in ("天气", "好天", "词")], np.uint64),
    )
    assert lists.deny(keys).tolist() == [True, True, False]
    assert lists.news(keys).tolist() == [False, False, True]
    book.withdraw("天气")
    assert lists.deny(keys).tolist() == [False, True, False]

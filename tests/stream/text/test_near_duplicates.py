"""Copies are known by their names: exact ones always, changed ones mostly, others never."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.text.near_duplicates import LONG, Seen, text_names
from stream.text.runs import Alphabet, fold_word

LAW = settings(max_examples=80, deadline=None)
ALPHABET = Alphabet(("han", "latin", "digit"))


def fresh(texts: list[str], seen: Seen) -> list[bool]:
    return seen.fresh(text_names(ALPHABET.runs(texts))).tolist()


@LAW
@given(st.lists(st.text("天气b，1", max_size=4), max_size=12), st.integers(0, 12))
def test_a_copy_of_a_text_is_not_fresh_within_a_batch_or_across(texts: list[str], place: int) -> None:
    """Digits and marks do not make another text, but that they keep apart what would be folded as drawn out."""
    kept = [re.sub("[,1]", "", fold_word(text)) for text in texts]
    seen = Seen(100)
    found = fresh(texts[:place], seen) + fresh(texts[place:], seen)
    assert found == [text not in kept[:n] for n, text in enumerate(kept)]


def test_case_width_digits_and_marks_do_not_make_another_text() -> None:
    assert fresh(["天气ＡＢ：12", "天气 ab！7", "天气abc", "气天ab"], Seen(100)) == [True, False, True, True]


def test_a_full_memory_of_texts_still_knows_those_it_holds() -> None:
    seen = Seen(2)
    assert fresh(["天", "气", "好", "好", "天"], seen) == [True, True, True, True, False]
    assert len(seen.names) == 2


@LAW
@given(st.lists(st.text(st.characters(), max_size=9), max_size=8))
def test_a_text_has_the_same_name_in_every_batch(texts: list[str]) -> None:
    alone = [int(text_names(ALPHABET.runs([text]))[0]) for text in texts]
    assert text_names(ALPHABET.runs(texts)).tolist() == alone


def long_texts(number: int, characters: int = 100) -> list[str]:
    rng = random.Random(1)
    return ["".join(chr(rng.randrange(0x4E00, 0x5E00)) for _ in range(characters)) for _ in range(number)]


def test_a_long_text_with_a_few_characters_more_is_mostly_a_copy() -> None:
    """With 3 of 100 more, 93 of 96 stretches are common: 0.97 ** 2 = 0.94 of them are known."""
    texts = long_texts(300)
    found = fresh([*texts, *(f"转发{text}好" for text in texts)], Seen(1000))
    assert all(found[:300])
    assert sum(found[300:]) <= 0.12 * 300


def test_long_texts_that_quote_the_same_are_mostly_no_copies() -> None:
    """20 characters of 100 in common are 13 of 173 stretches: 0.6 % of the pairs, and that only by the quotation."""
    quoted = long_texts(1)[0][:20]
    found = fresh([quoted + text[:80] for text in long_texts(200)], Seen(1000))
    assert sum(found) >= 0.9 * 200


def test_a_short_text_that_differs_in_one_character_is_another() -> None:
    title = long_texts(1)[0][: LONG - 1]
    assert fresh([title, title[:-1] + "好", title], Seen(10)) == [True, True, False]

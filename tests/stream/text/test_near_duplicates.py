"""Fingerprints tell copies: of a text itself, of one with a few words more, and of none that merely shares a part."""

import random
import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.horizon.copies import Copies
from stream.text.near_duplicates import LONG, Fingerprints, are_alike, fingerprints, text_names
from stream.text.runs import Alphabet, fold_word

LAW = settings(max_examples=80)
ALPHABET = Alphabet(("han", "latin", "digit"))


def prints(texts: list[str]) -> Fingerprints:
    runs = ALPHABET.runs(texts)
    return fingerprints(runs.points, runs.kinds, runs.starts)


def new(texts: list[str], copies: Copies | None = None) -> list[bool]:
    found: list[bool] = (copies or Copies(10_000, 1e9)).are_new(prints(texts), 0.0).tolist()
    return found


def long_texts(number: int, characters: int = 100, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    return ["".join(chr(rng.randrange(0x4E00, 0x5E00)) for _ in range(characters)) for _ in range(number)]


@LAW
@given(st.lists(st.text("天气b，1", max_size=4), max_size=12), st.integers(0, 12))
def test_a_copy_of_a_text_is_not_new_within_a_batch_or_across(texts: list[str], place: int) -> None:
    """Digits and marks do not make another text, but that they keep apart what would be folded as drawn out."""
    kept = [re.sub("[,1]", "", fold_word(text)) for text in texts]
    copies = Copies(10_000, 1e9)
    found = new(texts[:place], copies) + new(texts[place:], copies)
    assert found == [text not in kept[:n] for n, text in enumerate(kept)]


def test_case_width_digits_and_marks_do_not_make_another_text() -> None:
    assert new(["天气ＡＢ：12", "天气 ab！7", "天气abc", "气天ab"]) == [True, False, True, True]


@LAW
@given(st.lists(st.text(st.characters(), max_size=9), max_size=8))
def test_a_text_has_the_same_name_in_every_batch(texts: list[str]) -> None:
    alone = [int(text_names(ALPHABET.runs([text]))[0]) for text in texts]
    assert text_names(ALPHABET.runs(texts)).tolist() == alone


def test_a_long_text_with_a_comment_is_mostly_a_copy() -> None:
    """With 5 of 100 more, nine tenths of the shingles are common."""
    texts = long_texts(300)
    found = new([*texts, *(f"转发了{text}好的" for text in texts)])
    assert all(found[:300])
    assert sum(found[300:]) <= 0.06 * 300


def test_texts_that_share_a_third_or_a_half_are_no_copies() -> None:
    """Titles of one series share its name, posts of one account its footer: all of them have their own words."""
    footer, series = long_texts(2, 30, seed=2)
    titles = long_texts(200, 30)
    assert sum(new([f"{title}丨{footer}" for title in titles])) >= 0.99 * 200
    assert sum(new([f"{series[:20]}：{title[:20]}" for title in titles])) >= 0.99 * 200


def test_copies_of_texts_with_the_same_footer_are_still_known() -> None:
    """The text before with the same key is another one; the name tells."""
    footer = long_texts(1, 60, seed=3)[0]
    texts = [f"{own}{footer}" for own in long_texts(50, 40)]
    assert not any(new([*texts, *texts])[50:])


def test_a_hashtag_that_is_added_makes_another_text() -> None:
    """Whoever copies a text and puts it under a new topic speaks of the topic."""
    text = long_texts(1)[0]
    assert new([text, f"{text} #鸮影祭#", f"#鸮影祭# {text}", f"{text}#雀影会#", text]) == [
        True,
        True,
        False,
        True,
        False,
    ]


def test_a_short_text_that_differs_in_one_character_is_another() -> None:
    title = long_texts(1)[0][: LONG - 1]
    assert new([title, title[:-1] + "好", title]) == [True, True, False]


def test_signatures_are_alike_where_most_of_what_is_written_is_the_same() -> None:
    texts = long_texts(200, 50)
    own = prints(texts).signatures
    others = long_texts(200, 50, seed=9)
    nearly, hardly = (prints([text[:kept] + more[kept:] for text, more in zip(texts, others, strict=True)])
                      for kept in (47, 30))  # fmt: skip
    assert are_alike(own, own).all()
    assert np.mean(are_alike(own, nearly.signatures)) >= 0.95
    assert np.mean(are_alike(own, hardly.signatures)) <= 0.05

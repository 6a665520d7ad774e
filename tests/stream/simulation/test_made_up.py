"""A made-up language: its words fit the tables, and each seed has its own."""

import numpy as np

from stream.simulation.language import MAX_WORD_CHARS
from stream.simulation.made_up import character_shares, coin, made_up_language


def test_no_word_is_longer_than_a_text_has_room_for() -> None:
    assert max(map(len, made_up_language(0, 3000).words)) <= MAX_WORD_CHARS


def test_a_vocabulary_is_as_large_as_asked_for() -> None:
    sizes = [len(set(made_up_language(1, vocabulary).words)) for vocabulary in (500, 5000)]
    assert 4400 < sizes[1] - sizes[0] <= 4500


def test_the_same_seed_gives_the_same_words_and_another_seed_others() -> None:
    one, again, other = (made_up_language(seed, 1000).words for seed in (1, 1, 2))
    assert one == again
    assert len(set(one) & set(other)) < 200


def test_the_first_quarter_of_the_characters_makes_four_fifths_of_the_text() -> None:
    shares = character_shares(2000)
    assert abs(shares.sum() - 1) < 1e-9
    assert 0.7 < shares[:500].sum() < 0.85


def test_coined_words_are_two_to_five_characters_and_as_random_as_asked_for() -> None:
    rng = np.random.default_rng(0)
    words = [coin(3, rng) for _ in range(200)]
    assert {len(word) for word in words} == {2, 3, 4, 5}
    assert len(set(words)) > 190

"""Of a stream in which all is chance nothing is announced; what is news passes although chance is beside it."""

from math import comb

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.rules.significance import KEYS, Chance, late, p_value, recent

LAW = settings(max_examples=100, deadline=None)


def announced(values: list[float], most: float = 0.4) -> list[float]:
    chance, passed = Chance(most), []
    for key, value in enumerate(values):
        chance.note(key, value)
        if chance.passes(value):
            passed.append(value)
    return passed


def test_among_2000_words_by_chance_hardly_one_passes() -> None:
    passed = [len(announced(np.random.default_rng(seed).random(2000).tolist())) for seed in range(5)]
    assert sum(passed) <= 2


def test_news_among_chance_passes_and_the_late_half_of_chance_does_not() -> None:
    rng = np.random.default_rng(1)
    values = np.where(rng.random(2000) < 0.7, rng.random(2000) * 0.02, rng.random(2000))
    passed = announced(values.tolist())
    assert np.mean([value in set(passed) for value in values[values <= 0.02]]) > 0.95
    assert max(passed) < 0.9


def test_the_first_word_of_all_passes_if_it_is_far_from_chance() -> None:
    assert announced([1e-9]) == [1e-9]
    assert announced([0.01]) == []


def test_a_share_of_one_turns_the_rule_off() -> None:
    assert announced([0.9, 1.0], most=1.0) == [0.9, 1.0]


def test_a_word_teaches_once_and_the_words_are_bounded() -> None:
    chance = Chance(0.4)
    for key in range(KEYS + 5):
        chance.note(key, 0.1)
        chance.note(key, 0.9)
    assert len(chance.keys) == KEYS
    assert set(chance.values) == {0.1}


@LAW
@given(st.integers(1, 40), st.floats(0, 1), st.floats(0, 1))
def test_later_mentions_are_never_likelier(mentions: int, one: float, other: float) -> None:
    early, younger = max(one, other) * mentions, min(one, other) * mentions
    assert 0 <= late(mentions, younger) <= late(mentions, early) + 1e-6 <= 1 + 1e-6


def test_even_mentions_have_even_p_values() -> None:
    ages = np.random.default_rng(2).random((4000, 5)).sum(axis=1)
    values = np.array([late(5, float(age)) for age in ages])
    for share in (0.1, 0.5, 0.9):
        assert abs(np.mean(values <= share) - share) < 0.03


@LAW
@given(st.integers(1, 30), st.integers(0, 30), st.floats(0.01, 0.99))
def test_recent_is_never_below_the_exact_binomial_tail(count: int, older: int, share: float) -> None:
    total = count + older
    exact = sum(comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(count, total + 1))
    assert recent(count, total, share) >= exact * (1 - 1e-9)


def test_a_word_without_links_or_a_past_is_judged_by_its_mentions_alone() -> None:
    assert p_value(3, 0.5, float("inf"), 0.1) == p_value(3, 0.5, 3, 1.0) == late(2, 0.5) == 0.125

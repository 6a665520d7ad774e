"""The languages stored as data are large and varied enough for the statistics, and free of mistakes."""

from collections import Counter
from dataclasses import replace

import pytest

from stream.simulation.chinese import CHINESE
from stream.simulation.english import ENGLISH
from stream.simulation.grammar import SLOT, Grammar, language_of
from stream.simulation.language import MAX_WORD_CHARS
from stream.simulation.simulate import SimulateSettings, planted, simulate

GRAMMARS = {"zh": CHINESE, "en": ENGLISH}
LENGTHS = {"zh": (8, 40), "en": (30, 120)}


def patterns(grammar: Grammar) -> list[str]:
    return [*grammar.shared, *grammar.asides, *(pattern for topic in grammar.topics for pattern in topic.patterns)]


def settings(language: str) -> SimulateSettings:
    shortest, longest = LENGTHS[language]
    return SimulateSettings(texts=8000, language=language, shortest=shortest, longest=longest, plants=3, seed=2)


@pytest.mark.parametrize(("grammar", "words", "sentences"), [(CHINESE, 500, 100), (ENGLISH, 170, 45)])
def test_it_has_hundreds_of_words_and_dozens_of_patterns(grammar: Grammar, words: int, sentences: int) -> None:
    listed = {word for words in grammar.words.values() for word in words.split()}
    listed |= {word for topic in grammar.topics for field in (topic.nouns, topic.verbs, topic.adjectives)
               for word in field.split()}  # fmt: skip
    assert len(listed) > words
    assert len(patterns(grammar)) == len(set(patterns(grammar))) > sentences


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_every_slot_names_a_class_and_every_word_fits(grammar: Grammar) -> None:
    slots = {name for pattern in patterns(grammar) for name in SLOT.findall(pattern)}
    assert slots == {*grammar.words, "N", "V", "A"}
    words = [
        *language_of(grammar).words,
        *(grammar.before_word + word for t in grammar.topics for word in t.coined.split()),
    ]
    assert max(map(len, words)) <= MAX_WORD_CHARS


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_a_sentence_that_may_begin_a_text_has_a_noun_to_plant_a_word_for(grammar: Grammar) -> None:
    opening = [*grammar.shared, *(pattern for topic in grammar.topics for pattern in topic.patterns)]
    assert all("{N}" in pattern for pattern in opening)
    assert not any("{N}" in pattern for pattern in grammar.asides)


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_coined_words_are_unlike_one_another(grammar: Grammar) -> None:
    """Two that share two characters in a row, in Chinese, would lend each other their links."""
    coined = [word for topic in grammar.topics for word in topic.coined.split()]
    assert len(set(coined)) == len(coined)
    if not grammar.before_word:
        pairs = Counter(pair for word in coined for pair in {word[at : at + 2] for at in range(len(word) - 1)})
        assert [pair for pair, words in pairs.items() if words > 1] == []


@pytest.mark.parametrize("language", GRAMMARS)
def test_texts_are_varied_and_as_long_as_asked_for(language: str) -> None:
    texts = [text.text for text in simulate(settings(language))]
    assert len(set(texts)) > 0.98 * len(texts)
    shortest, longest = LENGTHS[language]
    assert all(shortest <= len(text) <= longest for text in texts)


@pytest.mark.parametrize("language", GRAMMARS)
def test_the_truth_is_what_a_search_through_the_texts_finds(language: str) -> None:
    texts = list(simulate(settings(language)))
    for word in planted(settings(language)):
        moments = [text.at_s for text in texts if word.word in text.text]
        assert (len(moments), moments[0]) == (word.texts, word.first_at_s)


@pytest.mark.parametrize("language", GRAMMARS)
def test_the_background_is_stationary(language: str) -> None:
    """Pairs of characters are as frequent in the second half as in the first, but for chance."""
    texts = [text.text for text in simulate(replace(settings(language), plant=(), texts=16_000))]
    first, last = (Counter(pair for text in half for pair in {text[at : at + 2] for at in range(len(text) - 1)})
                   for half in (texts[:8000], texts[8000:]))  # fmt: skip
    frequent = [pair for pair in first | last if first[pair] + last[pair] >= 50]
    sigmas = [abs(first[pair] - last[pair]) / (first[pair] + last[pair]) ** 0.5 for pair in frequent]
    assert len(frequent) > 300
    assert max(sigmas) < 5

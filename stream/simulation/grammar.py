"""Sentence patterns and word lists -> a `Language` that texts can be drawn from.

A grammar is plain data (`chinese`, `english`). Its words keep the order they are listed in as their rank, its texts
stay within one topic, and its planted words are the coined words of the topics, each in sentences of its own topic.
Frequencies do not change with time: with nothing planted, nothing is new.
"""

import re
from dataclasses import dataclass

from stream.simulation.language import Language, Vocabulary, zipf

SLOT = re.compile(r"\{(\w+)\}")
NOUN, VERB, ADJECTIVE = "N", "V", "A"


@dataclass(frozen=True, slots=True)
class Topic:
    """What a text can be about. Words are separated by spaces, the most frequent first."""

    nouns: str
    verbs: str
    adjectives: str
    patterns: tuple[str, ...]
    coined: str


@dataclass(frozen=True, slots=True)
class Grammar:
    """Word lists by class, the marks between sentences, patterns for every topic, patterns for later sentences only,
    the topics, and what stands before each word (a space, where words are spaced).
    """

    words: dict[str, str]
    marks: str
    shared: tuple[str, ...]
    asides: tuple[str, ...]
    topics: tuple[Topic, ...]
    before_word: str = ""


def language_of(grammar: Grammar) -> Language:
    """The language of a grammar; the same for every seed."""
    vocabulary = Vocabulary()
    spaced = {name: [grammar.before_word + word for word in words.split()] for name, words in grammar.words.items()}
    vocabulary.add_class(",", [(mark, 1.0) for mark in grammar.marks.split()])
    for name, words in spaced.items():
        vocabulary.add_class(name, zipf(words))
    for number, topic in enumerate(grammar.topics):
        for name, listed in ((NOUN, topic.nouns), (VERB, topic.verbs), (ADJECTIVE, topic.adjectives)):
            vocabulary.add_class(f"{name}{number}", zipf([grammar.before_word + word for word in listed.split()]))
    for number, topic in enumerate(grammar.topics):
        own = [_slots(pattern, number, grammar.before_word) for pattern in (*grammar.shared, *topic.patterns)]
        asides = [_slots(pattern, number, grammar.before_word) for pattern in grammar.asides]
        vocabulary.add_topic(own, asides)
    nouns = {f"{NOUN}{number}" for number in range(len(grammar.topics))}
    coined = tuple(tuple(topic.coined.split()) for topic in grammar.topics)
    return vocabulary.language(nouns, coined, whole_sentences=True, before_word=grammar.before_word)


def _slots(pattern: str, topic: int, before_word: str) -> list[str]:
    """Return the class names for the slots of a pattern; fixed text becomes a class of one word, named after itself.

    >>> _slots("{who}和{who}一起{V}{N}", 3, "")
    ['who', '=和', 'who', '=一起', 'V3', 'N3']
    >>> _slots("the {N} again", 0, " ")
    ['= the', 'N0', '= again']
    """
    names = []
    for at, part in enumerate(SLOT.split(pattern)):
        if at % 2:
            names.append(f"{part}{topic}" if part in (NOUN, VERB, ADJECTIVE) else part)
        elif part.strip():
            names += [f"={before_word}{word}" for word in part.split()]
    return names

"""Groups words into stories: words that the same texts carry, as their events say.

A word without a story is its own.
"""

import sqlite3
from dataclasses import dataclass

from stream.store.words import FoundWord, WordFilter, find_words

MOST_WORDS = 2000  # looked through for a page of stories


@dataclass(frozen=True, slots=True)
class FoundStory:
    """A story: its id (the word if there is none) and its words by score."""

    story: str
    words: tuple[FoundWord, ...]
    first_s: float
    last_s: float
    count: int
    score: float


def find_stories(connection: sqlite3.Connection, wanted: WordFilter, limit: int) -> list[FoundStory]:
    """Return stories by the highest score of their words."""
    grouped: dict[str, list[FoundWord]] = {}
    for one in find_words(connection, wanted, "score", MOST_WORDS).words:
        grouped.setdefault(one.story or one.word, []).append(one)
    return [_story(name, words) for name, words in list(grouped.items())[:limit]]


def _story(name: str, words: list[FoundWord]) -> FoundStory:
    return FoundStory(name, tuple(words), min(one.first_s for one in words), max(one.detected_s for one in words),
                      max(one.count for one in words), words[0].score)  # fmt: skip

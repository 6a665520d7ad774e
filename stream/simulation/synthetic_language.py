"""seed -> an invented language: words, how often each is used, and the sentences they stand in.

Characters and function words are Chinese, everything else is drawn from the seed: which characters are frequent, which
of them make words, which words are frequent (Zipf). Word order comes from a dozen clause patterns, so neighbours within
a word belong together and neighbours across words do so only as far as grammar wants. Nothing here changes with time.
It is not Chinese: it has no meaning, no topics, and fewer hard cases than real text. Never tune thresholds on it.
Cost: `write` is numpy throughout, some 8 us a text.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from stream.text.runs import U32

I64 = npt.NDArray[np.int64]

MAX_WORD_CHARS = 8
CLOSED = {
    ",": "，，，，，，，！？：",
    "d": "也都就还又很再正已却",
    "p": "在对把被从给向为",
    "t": "了过着",
    "c": "个次年天名家",
}
"""Function characters by class; one named twice is twice as frequent."""
OPEN = {"n": 0.6, "v": 0.27, "a": 0.13}
"""Nouns, verbs, adjectives: their share of the vocabulary. Besides, `q` are product names and `m` numbers."""
CLAUSES = (
    "nvn", "nvtn", "ndvn", "ndvtn", "n的nvn", "nvn的n", "npnv", "npnvtn", "a的nvn", "nva的n", "n和ndv", "vn", "n是a的n",
    "n不vn", "pn的nvn", "mcnvn", "nvmcn", "nvqn", "qdvn", "an是n", "ndv不vn", "nvn吗",
)  # fmt: skip
"""Letters are classes, any other character is itself. A noun comes early in each, for planted words to stand in for."""


@dataclass(frozen=True, slots=True)
class Language:
    """Words are rows; row 0 is the empty one. `cumulative` holds, class after class, class number + share so far."""

    points: U32  # (words, MAX_WORD_CHARS) code points, 0 behind the end of a word
    lengths: I64  # (words,)
    cumulative: npt.NDArray[np.float64]  # (words,) ascending
    clauses: I64  # (clauses, slots) class numbers, 0 (the class of row 0) behind the end of a clause
    noun_class: int
    words: tuple[str, ...]
    ordinary: str  # characters that words are made of, the most frequent first


def character_shares(count: int) -> npt.NDArray[np.float64]:
    """(count,) how often the r-th character is used: of 2,000, the first 500 make four fifths, about as in Chinese."""
    uses = 1 / (np.arange(count) + 60.0) ** 1.5
    shares: npt.NDArray[np.float64] = uses / uses.sum()
    return shares


@lru_cache(maxsize=4)
def language(seed: int, vocabulary: int) -> Language:
    """The language of a seed, with some `vocabulary` words of 1 to 4 Han characters."""
    rng = np.random.default_rng((seed, 0))
    ordinary = _ordinary(rng)
    content = _content_words(rng, ordinary, vocabulary)
    classes: dict[str, list[tuple[str, float]]] = {"": [("", 1.0)]}
    for name, characters in CLOSED.items():
        classes[name] = [(character, 1.0) for character in characters]
    first = 0
    for name, share in OPEN.items():
        last = first + max(1, round(share * len(content)))
        classes[name] = _zipf(content[first:last])
        first = last
    classes["q"] = _zipf(_product_names(rng, 60))
    classes["m"] = _zipf([str(number) for number in (2, 3, 1, 5, 10, 12, 100, 2024, 8, 30, 4, 6, 7, 15, 20, 50, 300)])
    for literal in sorted(set("".join(CLAUSES)) - set(classes)):
        classes[literal] = [(literal, 1.0)]
    number = {name: at for at, name in enumerate(classes)}
    slots = 1 + max(map(len, CLAUSES))
    clauses = np.array(
        [[number[name] for name in "," + clause] + [0] * (slots - 1 - len(clause)) for clause in CLAUSES]
    )
    words = [word for entries in classes.values() for word, _ in entries]
    shares = [np.array([weight for _, weight in entries]) for entries in classes.values()]
    cumulative = np.concatenate([at + np.cumsum(share) / np.cumsum(share)[-1] for at, share in enumerate(shares)])
    points = np.array([[*map(ord, word), *[0] * (MAX_WORD_CHARS - len(word))] for word in words], np.uint32)
    lengths = (points > 0).sum(axis=1)
    return Language(points, lengths, cumulative, clauses, number["n"], tuple(words), ordinary)


def write(
    spoken: Language, rng: np.random.Generator, texts: int, shortest: int, longest: int, planted: list[str]
) -> list[str]:
    """`texts` texts of `shortest` to `longest` characters, `longest >= shortest + MAX_WORD_CHARS`.

    A text whose entry in `planted` (one a text, up to MAX_WORD_CHARS characters, or "") is a word has it in place of
    one of its nouns, nearly always: the caller looks, and asks again for those where the noun fell off the end.
    """
    slots = spoken.clauses.shape[1]
    clauses = rng.integers(0, len(spoken.clauses), (texts, longest // 6 + 2))  # of some 8 characters
    classes = spoken.clauses[clauses].reshape(texts, -1)
    classes[:, 0] = 0  # no comma before the first clause
    ids = np.zeros_like(classes)
    filled = classes > 0
    drawn = rng.random(np.count_nonzero(filled))
    ids[filled] = np.searchsorted(spoken.cumulative, classes[filled] + drawn, side="right")
    target = rng.integers(shortest, longest + 1, texts)[:, None]
    points, lengths, ids = _replaced(spoken, rng, ids, classes, target, planted)
    ends = np.cumsum(lengths[ids], axis=1)
    whole = np.repeat(ends[:, slots - 1 :: slots] <= target, slots, axis=1)
    cut = (ends <= target) | (ends - lengths[ids] <= shortest)
    kept = np.where((lengths[ids] * whole).sum(axis=1, keepdims=True) >= shortest, whole, cut)
    last = kept.shape[1] - 1 - np.argmax((kept & (lengths[ids] > 0))[:, ::-1], axis=1)
    rows = np.arange(texts)
    kept[rows, last] &= classes[rows, last] != 1  # a comma with nothing behind it
    letters = points[ids[kept]]
    joined = letters[letters > 0].astype("<u4").tobytes().decode("utf-32-le")
    stops = np.cumsum((lengths[ids] * kept).sum(axis=1)).tolist()
    return [joined[first:stop] for first, stop in zip([0, *stops[:-1]], stops, strict=True)] if texts else []


def _replaced(
    spoken: Language, rng: np.random.Generator, ids: I64, classes: I64, target: I64, planted: list[str]
) -> tuple[U32, I64, I64]:
    """The tables with the planted words added, and `ids` with one noun of each text that wants one replaced by it."""
    rows = np.flatnonzero([bool(word) for word in planted])
    if not len(rows):
        return spoken.points, spoken.lengths, ids
    extra = list(dict.fromkeys(planted[row] for row in rows))
    added = np.array([[*map(ord, word), *[0] * (MAX_WORD_CHARS - len(word))] for word in extra], np.uint32)
    row_of = {word: len(spoken.points) + at for at, word in enumerate(extra)}
    nouns = classes[rows] == spoken.noun_class
    within = np.cumsum(spoken.lengths[ids[rows]], axis=1) <= target[rows]
    column = np.argmax(rng.random(nouns.shape) * (1 + within) * nouns, axis=1)
    ids[rows, column] = [row_of[planted[row]] for row in rows]
    return np.concatenate((spoken.points, added)), np.concatenate((spoken.lengths, (added > 0).sum(axis=1))), ids


def _zipf(words: list[str]) -> list[tuple[str, float]]:
    return [(word, 1 / (rank + 20)) for rank, word in enumerate(words)]  # no word in more than a few % of texts


def _ordinary(rng: np.random.Generator) -> str:
    """2,000 of the everyday characters (GB 2312 rows 16 to 54, where they lie in order of sound), shuffled."""
    everyday = bytes(byte for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF) for byte in (row, cell))
    function = set("".join(CLOSED.values()) + "".join(CLAUSES))
    usable = [character for character in everyday.decode("gb2312", "ignore") if character not in function]
    return "".join(usable[at] for at in rng.permutation(len(usable))[:2000])


def _content_words(rng: np.random.Generator, ordinary: str, count: int) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < count:
        lengths = rng.choice((1, 2, 3, 4), count, p=(0.07, 0.66, 0.17, 0.1)).tolist()
        drawn = rng.choice(len(ordinary), (count, 4), p=character_shares(len(ordinary))).tolist()
        words.update(
            dict.fromkeys("".join(ordinary[at] for at in row[:n]) for row, n in zip(drawn, lengths, strict=True))
        )
    return list(words)[:count]


def _product_names(rng: np.random.Generator, count: int) -> list[str]:
    """Such as "Kelo", "vami7": at most MAX_WORD_CHARS letters and digits."""
    names: dict[str, None] = {}
    while len(names) < count:
        syllables = rng.integers(2, 4)
        letters = "".join(rng.choice(list("bdfgklmnprstvz")) + rng.choice(list("aeiou")) for _ in range(syllables))
        number = str(rng.integers(1, 20)) if rng.random() < 0.4 else ""
        names[(letters.capitalize() if rng.random() < 0.5 else letters) + number] = None
    return list(names)

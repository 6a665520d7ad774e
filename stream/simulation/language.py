"""A language as tables, and texts drawn from it: the part that made-up words, Chinese and English have in common.

A language is words in classes, each with its share; clauses, each a row of classes; and topics, each a range of
clauses. `write` draws clauses and words with numpy, all texts at once, some 8 us a text. Every draw is independent of
time, so the texts are stationary. Nothing here knows what a word means.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stream.text.runs import U32

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

MAX_WORD_CHARS = 8  # with the space before it, where words are spaced
MARK = 1  # the class of the marks between clauses


@dataclass(frozen=True, slots=True)
class Language:
    """Words are rows; row 0 is the empty one. `cumulative` holds, class after class, class number + share so far."""

    points: U32  # (words, MAX_WORD_CHARS) code points, 0 after the end of a word
    lengths: I64  # (words,)
    cumulative: F64  # (words,) ascending
    clauses: I64  # (clauses, slots) class numbers, 0 (the class of row 0) after the end of a clause
    topics: I64  # (topics, 3) first clause, end of those that may begin a text, end
    replaceable: npt.NDArray[np.bool_]  # (classes,) whether a planted word can stand for a word of that class
    words: tuple[str, ...]
    coined: tuple[tuple[str, ...], ...] = ()  # words to plant, by topic
    whole_sentences: bool = False  # whether a text ends where a clause ends, if the longest length allows it
    before_word: str = ""

    def topic_of(self, word: str) -> int:
        """Return the topic of a planted word; 0 if it has none."""
        return next((number for number, words in enumerate(self.coined) if word in words), 0)


@dataclass(slots=True)
class Vocabulary:
    """Collects classes, clauses and topics, and makes a `Language` of them. The first class must be the marks."""

    classes: dict[str, list[tuple[str, float]]] = field(default_factory=lambda: {"": [("", 1.0)]})
    clauses: list[list[str]] = field(default_factory=list)
    topics: list[tuple[int, int, int]] = field(default_factory=list)

    def add_class(self, name: str, words: list[tuple[str, float]]) -> None:
        """Add a class of words with their weights."""
        self.classes[name] = words

    def add_topic(self, opening: list[list[str]], later: list[list[str]]) -> None:
        """Add a topic: clauses as class names, those that may begin a text, and those that only follow.

        An unknown name `=word` becomes a class of that one word.
        """
        first = len(self.clauses)
        self.clauses += [*opening, *later]
        self.topics.append((first, first + len(opening), len(self.clauses)))
        for name in sorted({name for clause in (*opening, *later) for name in clause} - self.classes.keys()):
            self.add_class(name, [(name.removeprefix("="), 1.0)])

    def language(
        self,
        replaceable: set[str],
        coined: tuple[tuple[str, ...], ...] = (),
        whole_sentences: bool = False,
        before_word: str = "",
    ) -> Language:
        """Return the tables. `replaceable` names the classes whose words planted words can replace."""
        number = {name: at for at, name in enumerate(self.classes)}
        slots = 1 + max(map(len, self.clauses))
        clauses = np.array([[MARK, *(number[name] for name in clause), *[0] * (slots - 1 - len(clause))]
                            for clause in self.clauses])  # fmt: skip
        words = [word for entries in self.classes.values() for word, _ in entries]
        shares = [np.array([weight for _, weight in entries]) for entries in self.classes.values()]
        cumulative = np.concatenate([at + np.cumsum(share) / np.cumsum(share)[-1] for at, share in enumerate(shares)])
        return Language(
            points=_points(words),
            lengths=np.array([len(word) for word in words]),
            cumulative=cumulative,
            clauses=clauses,
            topics=np.array(self.topics),
            replaceable=np.array([name in replaceable for name in self.classes]),
            words=tuple(words),
            coined=coined,
            whole_sentences=whole_sentences,
            before_word=before_word,
        )


def zipf(words: list[str]) -> list[tuple[str, float]]:
    """Return the words with weights by rank, flat enough that no word is in more than a few percent of the texts."""
    return [(word, 1 / (rank + 20)) for rank, word in enumerate(words)]


def write(
    spoken: Language, rng: np.random.Generator, texts: int, shortest: int, longest: int, planted: list[str]
) -> list[str]:
    """Write `texts` texts of `shortest` to `longest` characters, `longest >= shortest + MAX_WORD_CHARS`.

    `planted` has for each text a word of up to MAX_WORD_CHARS characters or "". A text with such a word has it in place
    of one of its nouns, nearly always: the caller checks, and writes texts again in which the noun was cut off.
    """
    shortest, longest = shortest + len(spoken.before_word), longest + len(spoken.before_word)  # the first is taken off
    if not texts:
        return []
    slots = spoken.clauses.shape[1]
    classes = _clauses(spoken, rng, texts, longest // 6 + 2, planted).reshape(texts, -1)  # a clause has some 8 chars
    classes[:, 0] = 0  # no mark before the first clause
    ids = np.zeros_like(classes)
    filled = classes > 0
    drawn = rng.random(np.count_nonzero(filled))
    ids[filled] = np.searchsorted(spoken.cumulative, classes[filled] + drawn, side="right")
    target = rng.integers(shortest, longest + 1, texts)[:, None]
    points, lengths, ids = _replaced(spoken, rng, ids, classes, target, planted)
    ends = np.cumsum(lengths[ids], axis=1)
    clause_ends = ends[:, slots - 1 :: slots]
    if spoken.whole_sentences:  # to the end of the first clause that makes the text long enough
        enough = np.argmax(clause_ends >= shortest, axis=1)[:, None]
        target = np.minimum(np.maximum(target, np.take_along_axis(clause_ends, enough, axis=1)), longest)
    whole = np.repeat(clause_ends <= target, slots, axis=1)
    cut = (ends <= target) | (ends - lengths[ids] <= shortest)
    kept = np.where((lengths[ids] * whole).sum(axis=1, keepdims=True) >= shortest, whole, cut)
    last = kept.shape[1] - 1 - np.argmax((kept & (lengths[ids] > 0))[:, ::-1], axis=1)
    rows = np.arange(texts)
    kept[rows, last] &= classes[rows, last] != MARK  # a mark with nothing after it
    letters = points[ids[kept]]
    joined = letters[letters > 0].astype("<u4").tobytes().decode("utf-32-le")
    stops = np.cumsum((lengths[ids] * kept).sum(axis=1)).tolist()
    return [joined[first:stop].lstrip(" ") for first, stop in zip([0, *stops[:-1]], stops, strict=True)]


def _clauses(spoken: Language, rng: np.random.Generator, texts: int, most: int, planted: list[str]) -> I64:
    """Return (texts, most, slots) classes: each text stays within one topic, that of its planted word if it has one."""
    if len(spoken.topics) == 1:
        return spoken.clauses[rng.integers(0, len(spoken.clauses), (texts, most))]
    topics = rng.integers(0, len(spoken.topics), texts)
    of_word = {word: spoken.topic_of(word) for word in set(planted)}
    wanted = np.array([of_word[word] for word in planted], np.int64)
    topics = np.where([bool(word) for word in planted], wanted, topics)
    first, opening, end = spoken.topics[topics].T[:, :, None]
    numbers = rng.integers(first, end, (texts, most))
    numbers[:, :1] = rng.integers(first, opening)
    return spoken.clauses[numbers]


def _replaced(
    spoken: Language, rng: np.random.Generator, ids: I64, classes: I64, target: I64, planted: list[str]
) -> tuple[U32, I64, I64]:
    """Return the tables with the planted words added, and `ids` with one noun of each such text replaced."""
    rows = np.flatnonzero([bool(word) for word in planted])
    if not len(rows):
        return spoken.points, spoken.lengths, ids
    extra = list(dict.fromkeys(planted[row] for row in rows))
    added = _points([spoken.before_word + word for word in extra])
    row_of = {word: len(spoken.points) + at for at, word in enumerate(extra)}
    nouns = spoken.replaceable[classes[rows]]
    within = np.cumsum(spoken.lengths[ids[rows]], axis=1) <= target[rows]
    column = np.argmax(rng.random(nouns.shape) * (1 + within) * nouns, axis=1)
    ids[rows, column] = [row_of[planted[row]] for row in rows]
    return np.concatenate((spoken.points, added)), np.concatenate((spoken.lengths, (added > 0).sum(axis=1))), ids


def _points(words: list[str]) -> U32:
    """Return (words, MAX_WORD_CHARS) code points, 0 after the end of a word."""
    return np.array([[*map(ord, word), *[0] * (MAX_WORD_CHARS - len(word))] for word in words], np.uint32)

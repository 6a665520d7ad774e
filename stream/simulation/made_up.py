"""seed -> a made-up language: words, how often each is used, and the sentences they stand in.

Characters and function words are Chinese, everything else is drawn from the seed: which characters are frequent, which
of them make words, which words are frequent (Zipf). Word order comes from a dozen clause patterns, so neighbours within
a word belong together and neighbours across words do so only as far as grammar wants. It has no meaning, no topics,
and fewer hard cases than real text: never tune thresholds on it. Tests use it where they need as many words as they
like and another language for each seed.
"""

import numpy as np

from stream.simulation.language import F64, Language, Vocabulary, zipf

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
NUMBERS = (2, 3, 1, 5, 10, 12, 100, 2024, 8, 30, 4, 6, 7, 15, 20, 50, 300)
# The ranks that planted words take their characters from. Two of the most frequent ones meet by chance so often that a
# pulse of 24 texts leaves their PMI below 2 in a third of the cases, measured on 40,000 texts.
ORDINARY = slice(150, 1000)


def character_shares(count: int) -> F64:
    """(count,) how often the r-th character is used: of 2,000, the first 500 make four fifths, about as in Chinese."""
    uses = 1 / (np.arange(count) + 60.0) ** 1.5
    shares: F64 = uses / uses.sum()
    return shares


def made_up_language(seed: int, vocabulary: int) -> Language:
    """The language of a seed, with some `vocabulary` words of 1 to 4 Han characters."""
    rng = np.random.default_rng((seed, 0))
    content = _content_words(rng, _ordinary(rng), vocabulary)
    words = Vocabulary()
    for name, characters in CLOSED.items():
        words.add_class(name, [(character, 1.0) for character in characters])
    first = 0
    for name, share in OPEN.items():
        last = first + max(1, round(share * len(content)))
        words.add_class(name, zipf(content[first:last]))
        first = last
    words.add_class("q", zipf(_product_names(rng, 60)))
    words.add_class("m", zipf([str(number) for number in NUMBERS]))
    words.add_topic([list(clause) for clause in CLAUSES], [])
    return words.language({"n"})


def coin(seed: int, rng: np.random.Generator) -> str:
    """A word of 2 to 5 ordinary characters of the language of `seed`, which may happen to be a word of it."""
    ordinary = _ordinary(np.random.default_rng((seed, 0)))
    shares = character_shares(len(ordinary))[ORDINARY]
    length = rng.choice((2, 3, 4, 5), p=(0.4, 0.3, 0.2, 0.1))
    drawn = rng.choice(len(shares), length, p=shares / shares.sum())
    return "".join(ordinary[ORDINARY][at] for at in drawn)


def _ordinary(rng: np.random.Generator) -> str:
    """2,000 of the everyday characters (GB 2312 rows 16 to 54, where they lie in order of sound), shuffled: the first
    are to be the most frequent.
    """
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

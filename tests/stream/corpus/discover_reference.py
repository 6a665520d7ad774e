"""The article's job as one would write it down: for comparing answers, and speed."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from math import log

RUN = re.compile("[\u4e00-\u9fa50-9a-zA-Z]+")


def reference(texts: Iterable[str], min_count: int, min_pmi: float) -> list[tuple[str, int]]:
    """Words and counts, most frequent first, ties by word."""
    runs = [run for text in texts for run in RUN.findall(text)]
    chars = Counter(char for run in runs for char in run)
    pairs = Counter(a + b for run in runs for a, b in pairwise(run))
    total = sum(pairs.values())
    chars = Counter({char: n for char, n in chars.items() if n >= min_count})
    pairs = Counter({pair: n for pair, n in pairs.items() if n >= min_count})
    strong = {ab for ab, n in pairs.items() if log(total * n / (chars[ab[0]] * chars[ab[1]])) >= min_pmi}
    words: Counter[str] = Counter()
    for run in runs:
        word = run[0]
        for a, b in pairwise(run):
            if a + b in strong:
                word += b
            else:
                words[word] += 1
                word = b
        words[word] += 1
    return sorted(((word, n) for word, n in words.items() if n >= min_count), key=lambda item: (-item[1], item[0]))

"""Two plain word finders, day by day on titles with a time, to set our figures beside: exact counts, no bounds.

`article`: the rule of kexue.fm/archives/3913 (`tests/stream/corpus/discover_reference.py`) on the titles of the last
`DAYS` days; a word is new when it was not found before and is not known.
`ngrams`: strings of 2 to 6 characters in the titles of the last `DAYS` days, with their weakest inner PMI and the
entropy of their neighbours on either side (the classic of unspaced text), new when they never stood in a title before.
Both announce nothing in the first `WARMUP` days, as we do not.
"""

import json
import math
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from stream.sources.files import open_lines
from stream.text.runs import fold_word
from tests.stream.corpus.discover_reference import reference

DAYS, WARMUP, LONGEST = 30, 60, 6
RUN = re.compile("[\u4e00-\u9fff0-9a-z]+")
Day = tuple[int, float, list[str]]
Found = tuple[str, float]


def days(path: Path) -> Iterator[Day]:
    """(day, time of its last title, its titles), folded."""
    day, titles, at_s = -1, [], 0.0
    for line in open_lines([str(path)]):
        row = json.loads(line)
        now_s = datetime.fromisoformat(row["ts"]).timestamp()
        if int(now_s // 86_400) != day and titles:
            yield day, at_s, titles
            titles = []
        day, at_s = int(now_s // 86_400), now_s
        titles.append(fold_word(row["text"]))
    yield day, at_s, titles


def article(stream: Iterable[Day], known: set[str], min_count: int = 3, min_pmi: float = 2.0) -> Iterator[Found]:
    """Every word of the last days that was not found on a day before."""
    recent: deque[list[str]] = deque(maxlen=DAYS)
    seen: set[str] = set()
    for number, (_, at_s, titles) in enumerate(stream):
        recent.append(titles)
        words = {word for word, _ in reference([title for several in recent for title in several], min_count, min_pmi)}
        for word in words:
            if len(word) > 1 and not word.isdigit() and word not in seen and word not in known and number >= WARMUP:
                yield word, at_s
        seen.update(words)


def ngrams(
    stream: Iterable[Day], known: set[str], min_count: int = 4, min_pmi: float = 2.0, min_entropy: float = 0.6
) -> Iterator[Found]:
    """Every string of the last days that was in no title before them, holds together and stands free."""
    counts: Counter[str] = Counter()
    recent: deque[tuple[list[str], Counter[str]]] = deque()
    past: set[str] = set()
    found: set[str] = set()
    for number, (_, at_s, titles) in enumerate(stream):
        grams = Counter(gram for title in titles for gram in _grams(title))
        counts.update(grams)
        recent.append((titles, grams))
        if len(recent) > DAYS:
            _, old = recent.popleft()
            counts.subtract(old)
            past.update(gram for gram in old if len(gram) > 1)
        total = sum(count for gram, count in counts.items() if len(gram) == 1)
        due = [gram for gram in grams if len(gram) > 1 and counts[gram] >= min_count and gram not in past | found]
        fit = [gram for gram in due if gram not in known and _cohesion(gram, counts, total) >= min_pmi]
        for gram, entropy in _entropies(fit, [title for several, _ in recent for title in several]).items():
            if entropy >= min_entropy:
                found.add(gram)
                if number >= WARMUP:
                    yield gram, at_s


def _grams(title: str) -> Iterator[str]:
    for run in RUN.findall(title):
        for begin in range(len(run)):
            for end in range(begin + 1, min(begin + LONGEST, len(run)) + 1):
                yield run[begin:end]


def _cohesion(gram: str, counts: Counter[str], total: int) -> float:
    """PMI at the weakest place to split it."""
    return min(math.log(total * counts[gram] / (counts[gram[:at]] * counts[gram[at:]])) for at in range(1, len(gram)))


def _entropies(grams: list[str], titles: list[str]) -> dict[str, float]:
    """The smaller of the entropies of what stands left and right; an edge is another neighbour each time."""
    if not grams:
        return {}
    sides: dict[str, tuple[Counter[str], Counter[str]]] = {gram: (Counter(), Counter()) for gram in grams}
    for number, title in enumerate(titles):
        for match in RUN.finditer(title):
            run = match.group()
            for begin in range(len(run)):
                for end in range(begin + 2, min(begin + LONGEST, len(run)) + 1):
                    if side := sides.get(run[begin:end]):
                        side[0][run[begin - 1] if begin else f"<{number}"] += 1
                        side[1][run[end] if end < len(run) else f">{number}"] += 1
    return {gram: min(_entropy(left), _entropy(right)) for gram, (left, right) in sides.items()}


def _entropy(counts: Counter[str]) -> float:
    total = sum(counts.values())
    return -sum(count / total * math.log(count / total) for count in counts.values())

"""Texts -> basic statistics of a stream: how many texts, how long, from whom, when.

It only counts; `choices` draws the conclusions. Cost: one pass over the characters and one sort of the times.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from stream.finder.finder import fingerprints_of
from stream.finder.settings import DAY_S
from stream.horizon.copies import Copies
from stream.text.clean import cleaned
from stream.text.message import Text
from stream.text.runs import SCRIPTS, U8, folding
from stream.text.text_batch import TextBatch

HOUR_S = 3600.0
BLANK = 32


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The statistics. Shares are of texts, those of `scripts` of countable characters, `hours` of the day's hours
    in UTC.
    """

    texts: int
    first_s: float
    last_s: float
    copies: float
    median_chars: float
    long_chars: float  # one text in ten is longer
    scripts: tuple[tuple[str, float], ...]  # the most frequent first
    skipped: float  # share of characters that are links, names, markup and the like
    sources: int
    with_source: float
    loudest: float  # share of the texts of the source that wrote the most
    hours: tuple[float, ...]
    longest_pause_s: float

    @property
    def days(self) -> float:
        return max(self.last_s - self.first_s, 1.0) / DAY_S

    @property
    def a_day(self) -> float:
        """The number of texts a day that are not copies."""
        return self.texts * (1 - self.copies) / max(self.days, 1 / 1440)


def first_look(texts: Sequence[Text], skip: tuple[str, ...]) -> FirstLook:
    """Compute the statistics of at least one text."""
    batch = cleaned(TextBatch.of(texts), skip)
    at_s, chars = np.sort(batch.at_s), np.diff(batch.starts) - 1
    names = Counter(text.source for text in texts if text.source is not None)
    with_source = names.total() / len(texts)
    hours = np.bincount((at_s % DAY_S // HOUR_S).astype(np.int64), minlength=24) / len(texts)
    written, prose = batch.written, batch.prose
    shown = max(1, int(np.count_nonzero(written > BLANK)))
    return FirstLook(
        texts=len(texts),
        first_s=float(at_s[0]),
        last_s=float(at_s[-1]),
        copies=1 - float(np.mean(Copies(len(texts), np.inf).are_new(fingerprints_of(batch), float(at_s[-1])))),
        median_chars=float(np.median(chars)),
        long_chars=float(np.quantile(chars, 0.9)),
        scripts=_scripts(prose),
        skipped=1 - int(np.count_nonzero(prose > BLANK)) / shown,
        sources=len(names),
        with_source=with_source,
        loudest=max(names.values(), default=0) / len(texts),
        hours=tuple(hours.tolist()),
        longest_pause_s=float(np.diff(at_s).max(initial=0.0)),
    )


def busy_hours(hours: Sequence[float], share: float = 0.9) -> tuple[int, int]:
    """The shortest stretch of the day, in hours (from, to), around midnight too, that has such a share of the texts.

    >>> busy_hours([0.0] * 8 + [0.25] * 4 + [0.0] * 12)
    (8, 12)
    >>> busy_hours([0.5] + [0.0] * 22 + [0.5])
    (23, 1)
    """
    for length in range(1, 25):
        sums = [sum(hours[(first + step) % 24] for step in range(length)) for first in range(24)]
        best = max(range(24), key=lambda first: sums[first])
        if sums[best] >= share - 1e-9:
            return best, (best + length) % 24
    return 0, 0


def duration(seconds: float) -> str:
    """A length of time as people say it.

    >>> duration(59), duration(7200), duration(86_400 * 100)
    ('59 seconds', '2 hours', '100 days')
    """
    for unit, length in (("days", DAY_S), ("hours", HOUR_S), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return "1 second" if round(seconds) == 1 else f"{seconds:.0f} seconds"


def _scripts(points: np.ndarray) -> tuple[tuple[str, float], ...]:
    counts = np.bincount(_script_table().take(folding().take(points)), minlength=len(SCRIPTS) + 1)[1:]
    total = max(1, int(counts.sum()))
    found = [(name, count / total) for name, count in zip(SCRIPTS, counts.tolist(), strict=True) if count]
    return tuple(sorted(found, key=lambda one: -one[1]))


@cache
def _script_table() -> U8:
    """Return (0x110000,) the number of the script of each code point, from 1; 0 if it is in none of `SCRIPTS`."""
    table = np.zeros(0x110000, np.uint8)
    for number, (_, ranges) in enumerate(SCRIPTS.values(), 1):
        for first, last in ranges:
            table[first : last + 1] = number
    return table

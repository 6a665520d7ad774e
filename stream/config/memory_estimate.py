"""Estimate the memory a process needs when every bound of its configuration is reached.

It is an upper bound, not a forecast: a stream with few texts never fills its windows and needs far less. Two sizes that
no setting bounds are assumed: texts of about 100 characters, and the measured size of a word, which
`tests/stream/config/test_memory_estimate.py` compares with the real structures. The estimate is for one process that
owns all partitions, as the last remaining process would.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sketches.pair_sketch import SketchSettings
from stream.rules.settings import TrendSettings
from stream.words.capacity import WORDS_AN_EXAMPLE
from stream.words.windows import TOGETHER_CHARS, WindowSettings

MOST_CHARS = 1 << 20  # of texts waiting to be counted (see `roles.counter`)
PROCESS = 66 << 20  # Python with its libraries, and the Kafka client
COMPILED = 110 << 20  # numba and its compiled code, in a process that counts or cuts; 0 without numba
TALLY = TOGETHER_CHARS * 80  # the counts of one range while they are made, packed or unpacked
AT_WORK = {"count": (24 << 20) + MOST_CHARS * 12 + TALLY, "refresh": (4 << 20) + TALLY, "segment": 36 << 20}
"""Fetched records and the batch being processed; texts waiting to be counted, as they came and joined."""
LOOKUP = 100  # per candidate while the rarest are searched
LOCATED = 4  # per candidate: the index of its first cell
WAITING = 8 << 18  # pairs not yet added to the candidates
LINK = 16  # per strong pair in a model
MODELS = 4  # segmenter and announcer each hold the current and the next model
WORD = 230  # per word in a window: its row and 9 context counts
EXAMPLE = 420  # per example; there is one for every `WORDS_AN_EXAMPLE` words
STORED_WORD = 320  # per word in a record being read or written
TEXT = 450  # per kept text
ANNOUNCED = 470  # per announced word, with its row in the record
WRITTEN = 1.5  # copies of the baseline while it is written: compressed (at most 3/4 of its size) and in chunks
PACKED = 1.5  # copies of a snapshot while it is read or written: compressed to 2/5, unpacked beside its cells


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes by purpose: `refresh` holds a sketch for each shard, `segment` windows and the past of all words.

    Only windows and past grow with the number of partitions.
    """

    process: int
    sketches: int
    windows: int
    past: int

    @property
    def total(self) -> int:
        return self.process + self.sketches + self.windows + self.past

    def __str__(self) -> str:
        parts = (f"{name} {getattr(self, name) / 1e6:,.0f}" for name in self.__slots__ if getattr(self, name))
        return f"{self.total / 1e6:,.0f} MB ({', '.join(parts)})"


def memory_of(
    roles: Collection[str], partitions: int, sketches: SketchSettings, windows: WindowSettings, trends: TrendSettings
) -> Memory:
    """Estimate for one process with these roles.

    >>> print(memory_of(["refresh"], 4, SketchSettings(), WindowSettings(), TrendSettings()))
    217 MB (process 94, sketches 122)
    """
    segmenting = "segment" in roles
    return Memory(
        PROCESS + COMPILED * bool({"count", "segment"} & set(roles)) + sum(AT_WORK[role] for role in set(roles)),
        ("refresh" in roles) * _refreshing(sketches),
        segmenting * (_windows(partitions, windows, trends.horizon) + MODELS * LINK * sketches.candidates),
        segmenting * _past(partitions, windows, trends),
    )


def _state(sketches: SketchSettings) -> int:
    """Cells and candidates of one partition."""
    return sketches.rows * (sketches.char_width + sketches.pair_width) * 8 + 8 * sketches.candidates


def _refreshing(sketches: SketchSettings) -> int:
    """The sketch of one shard, plus a snapshot being read or written, or its candidates being looked up; the previous
    and the current model. Each shard has its own.
    """
    one = _state(sketches) + WAITING
    at_work = max(int(PACKED * one), LOOKUP * sketches.candidates)
    return one + at_work + (LOCATED + 2 * LINK) * sketches.candidates


def _windows(partitions: int, windows: WindowSettings, horizon: int) -> int:
    """Tables of the horizon, plus texts and a second table of windows that are cut again, or the records being read."""
    kept = WORD + EXAMPLE // WORDS_AN_EXAMPLE
    settled = horizon * (windows.settled_words * kept + 8 * windows.keep_names)
    live = windows.recut * (windows.keep_words * (kept + WORD) + windows.keep_texts * TEXT)
    reading = horizon * windows.settled_words * STORED_WORD
    return partitions * (settled + max(live, reading))


def _past(partitions: int, windows: WindowSettings, trends: TrendSettings) -> int:
    """Tables of all partitions, the baseline with the copies made while it is written, and the announced words.

    After long downtime the tables are as many as the log keeps. Otherwise they are those of the horizon, and two
    versions of each window that is cut again.
    """
    cut_again = windows.recut * windows.keep_words
    absent = (2 * trends.horizon - windows.recut) * windows.settled_words + cut_again
    steady = max(0, trends.horizon - windows.recut) * windows.settled_words + 2 * cut_again
    baseline = 2 * trends.baseline_rows * trends.baseline_width * 8
    stored = partitions * max(absent, steady) * STORED_WORD
    return stored + int((1 + WRITTEN) * baseline) + trends.announced * ANNOUNCED

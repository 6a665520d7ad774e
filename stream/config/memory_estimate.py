"""settings -> bytes: how much memory a process needs once every bound of its configuration is reached.

A sum over the bounds, not a forecast: a thin stream never fills its windows and stays far below. What no setting bounds
is assumed: texts of some 100 characters, and the size of a word, which is measured (`tests/stream/workers/test_memory`
holds the figure against the very structures). It is for one process that has all partitions, as the last one left has.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sketches.pair_sketch import SketchSettings
from stream.rules.settings import TrendSettings
from stream.words.capacity import WORDS_AN_EXAMPLE
from stream.words.windows import TOGETHER_CHARS, WindowSettings

MOST_CHARS = 1 << 20  # of texts that wait to be counted (see `roles.counter`)
PROCESS = 66 << 20  # Python with its libraries, and the Kafka client
COMPILED = 110 << 20  # numba and what it has compiled, in a process that counts or cuts; nothing without it
TALLY = TOGETHER_CHARS * 80  # the counts of one range while they are made, packed or unpacked
AT_WORK = {"count": (24 << 20) + MOST_CHARS * 12 + TALLY, "refresh": (4 << 20) + TALLY, "segment": 36 << 20}
"""What was fetched, a batch at work; texts that wait to be counted, as they came and joined."""
LOOKUP = 100  # of a candidate while the rarest are looked for
LOCATED = 4  # of a candidate, where its first cell is
WAITING = 8 << 18  # pairs not yet among the candidates
LINK = 16  # of a strong pair in a model
MODELS = 4  # where words are cut and where they are announced: the one in use, and the one after it
WORD = 230  # of a word in a window: its row, 9 facets
EXAMPLE = 420  # of an example that is no kept text; there is one for `WORDS_AN_EXAMPLE` words
STORED_WORD = 320  # of a word read back from a record, or on its way to one
TEXT = 450  # of a kept text
ANNOUNCED = 470  # of a word remembered as announced, with its line in the record
WRITTEN = 1.5  # copies of the baseline while it is written: compressed to three quarters at most, and in chunks
PACKED = 1.5  # copies of a snapshot while it is read or written: compressed to two fifths, unpacked beside its cells


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes, by what holds them: `refresh` has a sketch for each shard, `segment` windows and the past of all words.

    Only the latter two grow with the number of partitions.
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
    """What one process with these roles needs.

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
    """Cells and candidates of a partition."""
    return sketches.rows * (sketches.char_width + sketches.pair_width) * 8 + 8 * sketches.candidates


def _refreshing(sketches: SketchSettings) -> int:
    """One sketch of all partitions: beside it a snapshot being read or written, or its candidates being looked up; the
    model before and the one at work. A shard has its own of all of that.
    """
    one = _state(sketches) + WAITING
    at_work = max(int(PACKED * one), LOOKUP * sketches.candidates)
    return one + at_work + (LOCATED + 2 * LINK) * sketches.candidates


def _windows(partitions: int, windows: WindowSettings, horizon: int) -> int:
    """Tables within the horizon, texts and a second table where they are cut again; or the records being read."""
    kept = WORD + EXAMPLE // WORDS_AN_EXAMPLE
    settled = horizon * (windows.settled_words * kept + 8 * windows.keep_names)
    live = windows.recut * (windows.keep_words * (kept + WORD) + windows.keep_texts * TEXT)
    reading = horizon * windows.settled_words * STORED_WORD
    return partitions * (settled + max(live, reading))


def _past(partitions: int, windows: WindowSettings, trends: TrendSettings) -> int:
    """Tables of all partitions; the baseline, with copies of it being written; the announced.

    After a long absence those are as many tables as the log keeps, else those of the horizon, and of the windows that
    are cut again the ones before them too.
    """
    cut_again = windows.recut * windows.keep_words
    absent = (2 * trends.horizon - windows.recut) * windows.settled_words + cut_again
    steady = max(0, trends.horizon - windows.recut) * windows.settled_words + 2 * cut_again
    baseline = 2 * trends.baseline_rows * trends.baseline_width * 8
    stored = partitions * max(absent, steady) * STORED_WORD
    return stored + int((1 + WRITTEN) * baseline) + trends.announced * ANNOUNCED

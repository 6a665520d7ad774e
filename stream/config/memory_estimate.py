"""Settings -> bytes: the memory that a process needs once every bound of its configuration is reached.

It is the sum of the bounds, not a forecast: a slow stream never fills its horizon and needs much less. The cost of each
bound is measured; `tests/stream/config/test_memory_estimate.py` compares the figures with the data structures.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sketches.pair_sketch import SketchSettings
from stream.finder.settings import FinderSettings
from stream.rules.settings import TrendSettings
from stream.segmentation.windows import TOGETHER_CHARS

MOST_CHARS = 1 << 20  # of texts that wait to be counted (see `roles.counter`)
PROCESS = 66 << 20  # Python with its libraries, and the Kafka client
COMPILED = 110 << 20  # numba and what it has compiled; nothing without it
TALLY = TOGETHER_CHARS * 80  # the counts of one range while they are made, packed or unpacked
AT_WORK = {"count": (24 << 20) + MOST_CHARS * 12 + TALLY, "refresh": (4 << 20) + TALLY, "segment": 36 << 20}
"""What was fetched, a batch at work; texts that wait to be counted, as they came and joined."""
LOOKUP = 100  # of a candidate while the rarest are looked for
LOCATED = 4  # of a candidate, where its first cell is
WAITING = 8 << 18  # pairs not yet among the candidates
LINK = 16  # of a strong pair in a model
MODELS = 4  # where words are cut and where they are announced: the one in use, and the one after it
UNIT = 57  # of a unit of the horizon's texts: a character, or a whole Latin word (`horizon.buffer`)
LINKS = 32 * 2  # of the distinct units, pairs and triples of one: at most two new ones for each character
STATISTICS = 50  # of a unit or pair whose counts are kept (`horizon.unit_statistics`)
NAME = 48  # of a key by which copies are known, in each of two generations: 24, and as much while one is added
RUNG = 52  # of a candidate whose next rung is known, in two generations
TABLES = 2 << 20  # what the tables of the horizon take before anything is held (measured)
LOOK = 24  # of a unit while the horizon is looked through
ANNOUNCED = 470  # of a word remembered as announced, with its line in the record
WRITTEN = 3.5  # copies of the memory of the past while it is written: as the finder gives it, as parts, in chunks
PACKED = 1.4  # copies of a snapshot while it is read or written: compressed to two fifths, unpacked beside its cells


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes by what holds them: `refresh` has a sketch for each shard, `segment` the texts of the horizon and the past.

    `batch` is a batch that unpacks to the largest allowed size, for each role that reads what others write. None of
    these grows with the number of partitions.
    """

    process: int
    batch: int
    sketches: int
    horizon: int
    past: int

    @property
    def total(self) -> int:
        return self.process + self.batch + self.sketches + self.horizon + self.past

    def __str__(self) -> str:
        parts = (f"{name} {getattr(self, name) / 1e6:,.0f}" for name in self.__slots__ if getattr(self, name))
        return f"{self.total / 1e6:,.0f} MB ({', '.join(parts)})"


def memory_of(
    roles: Collection[str], sketches: SketchSettings, finder: FinderSettings, trends: TrendSettings,
    max_batch_bytes: int,
) -> Memory:  # fmt: skip
    """Return what one process with these roles needs.

    >>> print(memory_of(["refresh"], SketchSettings(), FinderSettings(), TrendSettings(), 16 << 20))
    328 MB (process 210, sketches 118)
    """
    segmenting = "segment" in roles
    return Memory(
        PROCESS + COMPILED + sum(AT_WORK[role] for role in set(roles)),
        max_batch_bytes * len({"count", "segment"} & set(roles)),
        ("refresh" in roles) * _refreshing(sketches),
        segmenting * (TABLES + finder.max_chars * (UNIT + LINKS + LOOK) + MODELS * LINK * sketches.candidates),
        segmenting * _past(finder, trends),
    )


def _state(sketches: SketchSettings) -> int:
    """Return the cells and candidates of a sketch."""
    return sketches.rows * (sketches.char_width + sketches.pair_width) * 8 + 8 * sketches.candidates


def _refreshing(sketches: SketchSettings) -> int:
    """Return the needs of one shard: its sketch, a snapshot being read or written or a look-up of candidates, two
    models.
    """
    one = _state(sketches) + WAITING
    at_work = max(int(PACKED * one), LOOKUP * sketches.candidates)
    return one + at_work + (LOCATED + 2 * LINK) * sketches.candidates


def _past(finder: FinderSettings, trends: TrendSettings) -> int:
    """Return the memory of the past, with a copy while it is written, statistics, copies, rungs and announced words."""
    memory = 2 * finder.memory_rows * finder.memory_width * 8
    statistics = STATISTICS * (finder.units + finder.pairs) + 2 * NAME * finder.copies + RUNG * finder.judged
    return int((1 + WRITTEN) * memory) + statistics + trends.announced * ANNOUNCED

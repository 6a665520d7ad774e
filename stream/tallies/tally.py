"""The tally of a range: exact counts of the texts [begin, end) of one input partition, by window.

Guarantee: a tally is a function of the log alone, so every process that counts a range gets the same one, and the
accepted tallies add up exactly. Pairs are distributed over the shards; characters go to every shard.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.pair_sketch import Tally
from stream.segmentation.tally import tally
from stream.segmentation.windows import WindowSettings
from stream.text.message import REASONS
from stream.text.message_batch import READABLE
from stream.text.runs import U8, Alphabet
from stream.text.text_batch import TextBatch

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads neighbouring pairs evenly
_UPPER = np.uint64(32)


@dataclass(frozen=True, slots=True)
class RangeTally:
    """`windows` are (begin of the window in event time, counts); `totals` counts texts, and rejected records by reason.

    `newest_s` is the event time of the newest text in seconds since 1970, 0 if there is none.
    """

    partition: int
    begin: int
    end: int
    newest_s: float = 0.0
    totals: dict[str, int] = field(default_factory=dict)
    windows: tuple[tuple[float, Tally], ...] = ()

    @property
    def pairs(self) -> int:
        """The number of adjacent pairs in all windows and shards."""
        return int(sum(counts.total for _, counts in self.windows))

    @property
    def characters(self) -> int:
        """The number of characters in all windows."""
        return int(sum(counts.char_counts.sum() for _, counts in self.windows))

    def share(self, shard: int, shards: int) -> "RangeTally":
        """Return the part of the tally that belongs to a shard."""
        if shards == 1:
            return self
        return replace(self, windows=tuple((at_s, shared(counts, shard, shards)) for at_s, counts in self.windows))


def count_windows(windows: WindowSettings, texts: TextBatch, alphabet: Alphabet) -> tuple[tuple[float, Tally], ...]:
    """Count the prose of the texts of each window together."""
    return tuple((window * windows.length_s, tally(alphabet.runs_of(several.prose, several.starts)))
                 for window, several in sorted(windows.by_window(texts).items()))  # fmt: skip


def totals_of(reasons: U8) -> dict[str, int]:
    """Count how many records of `Decoded.reasons` are texts, and how many were rejected for each reason."""
    found = zip(*np.unique(reasons, return_counts=True), strict=True)
    names = {int(reason): int(count) for reason, count in found}
    texts = names.pop(READABLE, 0)
    return {"texts": texts, **{REASONS[reason - 1]: count for reason, count in names.items()}}


def shard_of(pairs: U64, shards: int) -> npt.NDArray[np.int64]:
    """Return (n,) the shard of each packed pair."""
    return (((pairs * _MIX) >> _UPPER) % np.uint64(shards)).astype(np.int64)


def shared(counts: Tally, shard: int, shards: int) -> Tally:
    """Return the counts that belong to a shard: its pairs, and all characters."""
    if shards == 1:
        return counts
    mine = shard_of(counts.pairs, shards) == shard
    return Tally(counts.chars, counts.char_counts, counts.pairs[mine], counts.pair_counts[mine], counts.total)

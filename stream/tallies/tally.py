"""The tally of a range of offsets: exact counts of the texts [begin, end) of one input partition, by window.

Law: it is a function of the log alone. Whoever counts the range gets the same, so what is accepted adds up exactly,
whoever wrote it. A tally is shared out by pair: a triple goes where its first pair goes, characters go everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.pair_sketch import Tally
from stream.segmentation.tally import pack, unpack_triples, with_triples
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch, joined

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads neighbouring pairs evenly
_UPPER = np.uint64(32)


@dataclass(frozen=True, slots=True)
class RangeTally:
    """`windows` are (event time at which the window begins, counts); `totals` count texts, and rejects by reason.

    `newest_s` is the event time of the newest text, 0 if there is none.
    """

    partition: int
    epoch: int
    begin: int
    end: int
    newest_s: float
    totals: dict[str, int] = field(default_factory=dict)
    windows: tuple[tuple[float, Tally], ...] = ()
    shards: int = 1

    @property
    def pairs(self) -> int:
        """Adjacent pairs of all windows and shards."""
        return int(sum(counts.total for _, counts in self.windows))

    @property
    def characters(self) -> int:
        """Characters of all windows."""
        return int(sum(counts.char_counts.sum() for _, counts in self.windows))

    def share(self, shard: int, shards: int) -> "RangeTally":
        """What of it belongs to a shard."""
        if shards == 1:
            return replace(self, shards=1)
        windows = tuple((at_s, shared(counts, shard, shards)) for at_s, counts in self.windows)
        return replace(self, windows=windows, shards=shards)


def count_windows(
    waiting: Mapping[int, list[TextBatch]], length_s: float, alphabet: Alphabet
) -> tuple[tuple[float, Tally], ...]:
    """The texts of each window, counted together."""
    counted = []
    for window, several in sorted(waiting.items()):
        texts = joined(several)
        counted.append((window * length_s, with_triples(alphabet.runs_of(texts.prose, texts.starts))))
    return tuple(counted)


def shard_of(pairs: U64, shards: int) -> npt.NDArray[np.int64]:
    """(n,) the shard of each packed pair."""
    return (((pairs * _MIX) >> _UPPER) % np.uint64(shards)).astype(np.int64)


def shared(counts: Tally, shard: int, shards: int) -> Tally:
    """The counts that belong to a shard: its pairs and triples, and all characters."""
    mine = shard_of(counts.pairs, shards) == shard
    first, second, _ = unpack_triples(counts.triples)
    triples = shard_of(pack(first.astype(np.uint32), second.astype(np.uint32)), shards) == shard
    return Tally(counts.chars, counts.char_counts, counts.pairs[mine], counts.pair_counts[mine],
                 counts.triples[triples], counts.triple_counts[triples], counts.total)  # fmt: skip

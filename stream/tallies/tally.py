"""The tally of a range of offsets: exact counts of the texts [begin, end) of one input partition, by window.

Law: it is a function of the log alone. Whoever counts the range gets the same, so what is accepted adds up exactly,
whoever wrote it. A tally is shared out by pair; characters go to every shard.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from sketches.pair_sketch import Tally
from stream.log.protocol import Records
from stream.range_log.reread import Portion
from stream.segmentation.tally import tally
from stream.text.message import REASONS, TextSettings
from stream.text.message_batch import READABLE, Decoded, Origin, decode_all, unreadable
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch, joined
from stream.words.windows import WindowSettings

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads neighbouring pairs evenly
_UPPER = np.uint64(32)


@dataclass(frozen=True, slots=True)
class RangeTally:
    """`windows` are (event time at which the window begins, counts); `totals` count texts, and rejects by reason.

    `newest_s` is the event time of the newest text, 0 if there is none.
    """

    partition: int
    begin: int
    end: int
    newest_s: float = 0.0
    totals: dict[str, int] = field(default_factory=dict)
    windows: tuple[tuple[float, Tally], ...] = ()

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
            return self
        return replace(self, windows=tuple((at_s, shared(counts, shard, shards)) for at_s, counts in self.windows))


def count_windows(
    waiting: Mapping[int, list[TextBatch]], length_s: float, alphabet: Alphabet
) -> tuple[tuple[float, Tally], ...]:
    """The texts of each window, counted together."""
    counted = []
    for window, several in sorted(waiting.items()):
        texts = joined(several)
        counted.append((window * length_s, tally(alphabet.runs_of(texts.prose, texts.starts))))
    return tuple(counted)


def count_again(
    portion: Portion, partition: int, topic: str, text: TextSettings, windows: WindowSettings, now_s: float
) -> RangeTally:
    """The tally of what was read again, the same as the role `count` would have made."""
    if portion.records is None:
        return RangeTally(partition, portion.begin, portion.end)
    decoded = decode_records(portion.records, topic, text, now_s)
    texts = decoded.texts.chosen(decoded.reasons == READABLE)
    waiting: defaultdict[int, list[TextBatch]] = defaultdict(list)
    for window, several in windows.by_window(texts).items():
        waiting[window].append(several)
    counted = count_windows(waiting, windows.length_s, Alphabet(text.scripts))
    newest_s = float(texts.at_s.max(initial=0.0))
    return RangeTally(partition, portion.begin, portion.end, newest_s, totals_of(texts, decoded), counted)


def decode_records(records: Records, topic: str, text: TextSettings, now_s: float) -> Decoded:
    """The texts of records, as of the wall clock."""
    origin = Origin(topic, records.partition, records.offsets, records.at_s)
    if records.unread is not None:
        return unreadable(origin, records.unread.reason)
    return decode_all(records.values, origin, now_s, text)


def totals_of(texts: TextBatch, decoded: Decoded) -> dict[str, int]:
    """How many texts there are, and how many records were rejected, by reason."""
    totals = {"texts": len(texts)}
    for reason in np.unique(decoded.reasons).tolist():
        if reason != READABLE:
            totals[REASONS[reason - 1]] = int(np.count_nonzero(decoded.reasons == reason))
    return totals


def shard_of(pairs: U64, shards: int) -> npt.NDArray[np.int64]:
    """(n,) the shard of each packed pair."""
    return (((pairs * _MIX) >> _UPPER) % np.uint64(shards)).astype(np.int64)


def shared(counts: Tally, shard: int, shards: int) -> Tally:
    """The counts that belong to a shard: its pairs, and all characters."""
    if shards == 1:
        return counts
    mine = shard_of(counts.pairs, shards) == shard
    return Tally(counts.chars, counts.char_counts, counts.pairs[mine], counts.pair_counts[mine], counts.total)

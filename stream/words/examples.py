"""Texts that show words in use, as columns: they are chosen and put together without a step of Python for each.

They refer to code points that others may hold too, such as those of a whole batch, until they are `gathered`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sketches.kernels import kernel
from stream.text.runs import I32, I64, U32, encoded
from stream.text.text_batch import TextBatch

EXAMPLE_CHARS = 200
Origin = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text that contains the word, and where it can be found."""

    text: str
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Examples:
    """Shapes (n,) where nothing else is said. Of a long text there are the first EXAMPLE_CHARS characters."""

    points: U32  # (characters,) those of each text lie from `begin` to `end`
    begin: I64
    end: I64
    offsets: I64
    origin: I32  # which of `origins`
    origins: tuple[Origin, ...]

    @classmethod
    def none(cls) -> "Examples":
        places = np.zeros(0, np.int64)
        return cls(np.zeros(0, np.uint32), places, places, places, np.zeros(0, np.int32), ())

    @classmethod
    def of(cls, texts: TextBatch, which: I64) -> "Examples":
        """Some of a batch, where they lie."""
        begin = texts.starts[which]
        end = np.minimum(texts.starts[which + 1] - 1, begin + EXAMPLE_CHARS)
        origin = np.zeros(len(which), np.int32)
        return cls(texts.written, begin, end, texts.offsets[which], origin, ((texts.topic, texts.partition),))

    @classmethod
    def listed(cls, examples: Sequence[Example]) -> "Examples":
        """These, in this order."""
        points, starts = encoded([example.text for example in examples])
        offsets = np.array([example.offset for example in examples], np.int64)
        origins = [(example.topic, example.partition) for example in examples]
        distinct = tuple(dict.fromkeys(origins))
        origin = np.array([distinct.index(each) for each in origins], np.int32)
        return cls(points, starts[:-1], starts[1:] - 1, offsets, origin, distinct)

    def __len__(self) -> int:
        return len(self.offsets)

    def alone(self) -> "Examples":
        """The same, with no other code points than theirs."""
        mine = int((self.end - self.begin).sum())
        return self if len(self.points) == mine and self.points.base is None else gathered([self], np.arange(len(self)))

    def example(self, number: int) -> Example:
        """One of them."""
        points = self.points[self.begin[number] : self.end[number]]
        text = points.tobytes().decode("utf-32-le", "surrogatepass")
        topic, partition = self.origins[self.origin[number]]
        return Example(text, topic, partition, int(self.offsets[number]))


def gathered(several: Sequence[Examples], which: I64) -> Examples:
    """Those of several, one behind the other, whose numbers rise in `which`; with no other code points than theirs."""
    ends = np.cumsum([0, *map(len, several)])
    edges = np.searchsorted(which, ends)
    few = [which[a:b] - begin for a, b, begin in zip(edges, edges[1:], ends, strict=False)]
    length = np.concatenate([one.end[mine] - one.begin[mine] for one, mine in zip(several, few, strict=True)])
    end = np.cumsum(length)
    points = np.empty(length.sum(), np.uint32)
    for one, mine, a, b in zip(several, few, edges, edges[1:], strict=False):
        if len(mine):
            copied(one.begin[mine], length[a:b], one.points, points[end[a] - length[a] : end[b - 1]])
    origins = tuple(dict.fromkeys(origin for one in several for origin in one.origins))
    origin = [np.array([origins.index(each) for each in one.origins], np.int32)[one.origin[mine]]
              for one, mine in zip(several, few, strict=True)]  # fmt: skip
    offsets = np.concatenate([one.offsets[mine] for one, mine in zip(several, few, strict=True)])
    return Examples(points, end - length, end, offsets, np.concatenate(origin), origins)


@kernel("stream.words.word_table_numba")
def copied(begin: I64, length: I64, points: U32, into: U32) -> U32:
    """Copy stretches of code points `into` an array, one behind the other; returns it."""
    places = np.repeat(begin - np.cumsum(length) + length, length) + np.arange(len(into))
    return np.take(points, places, out=into)

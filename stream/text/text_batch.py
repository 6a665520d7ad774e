"""The texts of one partition as columns, so that no Python code runs for each text between a fetch and the counts.

Invariant: `written[starts[i]:starts[i + 1]]` are the code points of text i and a 0; the same holds for `prose`, which
has blanks in place of spans that are not language (`text.clean`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64
from stream.text.hash64 import word_keys
from stream.text.message import Text
from stream.text.runs import I64, U32, encoded

SOURCE_BITS = 40  # of the hash of a source


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Texts of one topic and partition in order of offset. Shapes are (n,) unless stated."""

    written: U32  # (characters + n,)
    starts: I64  # (n + 1,)
    at_s: F64  # event time
    sources: U64  # a hash of SOURCE_BITS bits, 0 if the text has no source
    offsets: I64
    topic: str
    partition: int
    blanked: U32 | None = None  # (characters + n,) the prose, where it differs

    @property
    def prose(self) -> U32:
        """(characters + n,) the code points that are counted, at the same positions."""
        return self.written if self.blanked is None else self.blanked

    @classmethod
    def of(cls, texts: Sequence[Text]) -> "TextBatch":
        """Convert texts to columns; all must be of one partition."""
        number = len(texts)
        return cls(
            *encoded(list(map(itemgetter(0), texts))),
            np.fromiter(map(itemgetter(1), texts), np.float64, number),
            source_names([text.source for text in texts]),
            np.fromiter(map(attrgetter("offset"), texts), np.int64, number),
            texts[0].topic if number else "",
            texts[0].partition if number else 0,
        )

    def __len__(self) -> int:
        return len(self.at_s)

    def between(self, first: int, last: int) -> "TextBatch":
        """Return texts [first, last)."""
        if first == 0 and last >= len(self):
            return self
        starts = self.starts[first : last + 1]
        few = slice(first, last)
        of_these = slice(starts[0], starts[-1])
        return TextBatch(self.written[of_these], starts - starts[0], self.at_s[few], self.sources[few],
                         self.offsets[few], self.topic, self.partition,
                         None if self.blanked is None else self.blanked[of_these])  # fmt: skip

    def chosen(self, which: npt.NDArray[np.bool_]) -> "TextBatch":
        """Return the texts for which `which`, shape (n,), is true."""
        if which.all():
            return self
        lengths = np.diff(self.starts)
        mine = np.repeat(which, lengths)
        return TextBatch(self.written[mine], np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths[which]))),
                         self.at_s[which], self.sources[which], self.offsets[which], self.topic, self.partition,
                         None if self.blanked is None else self.blanked[mine])  # fmt: skip

    def replaced(self, which: I64, several: Sequence[str]) -> "TextBatch":
        """Return a batch with other texts in these places; times and sources stay, and all of a new text is prose."""
        points, begins = encoded(several)
        kept, parts = 0, []
        for number, begin, end in zip(which.tolist(), begins, begins[1:], strict=False):
            parts += [self.written[kept : self.starts[number]], points[begin:end]]
            kept = int(self.starts[number + 1])
        lengths = np.diff(self.starts)
        lengths[which] = np.diff(begins)
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        return replace(self, written=np.concatenate([*parts, self.written[kept:]]), starts=starts, blanked=None)

    def with_prose(self, prose: U32) -> "TextBatch":
        """Return the batch with this prose."""
        return replace(self, blanked=prose)

    @property
    def lengths(self) -> I64:
        """The length of each text in characters."""
        return np.diff(self.starts) - 1

    def text(self, number: int, most: int | None = None) -> str:
        """Return the text as it was written, at most its first `most` characters."""
        begin, end = int(self.starts[number]), int(self.starts[number + 1]) - 1
        if most is not None:
            end = min(end, begin + most)
        return self.written[begin:end].tobytes().decode("utf-32-le", "surrogatepass")


def joined(several: Iterable[TextBatch]) -> TextBatch:
    """Concatenate batches of one partition."""
    parts = [texts for texts in several if len(texts)]
    if len(parts) < 2:
        return parts[0] if parts else NONE
    begins = np.cumsum([0] + [len(texts.written) for texts in parts])
    starts = [texts.starts[:-1] + begin for texts, begin in zip(parts, begins.tolist(), strict=False)]
    return TextBatch(np.concatenate([texts.written for texts in parts]), np.concatenate([*starts, begins[-1:]]),
                 np.concatenate([texts.at_s for texts in parts]), np.concatenate([texts.sources for texts in parts]),
                 np.concatenate([texts.offsets for texts in parts]), parts[0].topic, parts[0].partition,
                 np.concatenate([texts.prose for texts in parts])
                 if any(texts.blanked is not None for texts in parts) else None)  # fmt: skip


def source_names(sources: Sequence[str | None]) -> U64:
    """Return (sources,) the hash of each source: the upper bits of its key, 0 for none."""
    return word_keys([source or "" for source in sources]) >> np.uint64(64 - SOURCE_BITS)


_NOWHERE, _NOTHING = np.zeros(0, np.int64), np.zeros(0, np.uint64)
NONE = TextBatch(np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros(0), _NOTHING, _NOWHERE, "", 0)

"""announced words + hashes of the texts that hold them -> stories: words carried by the same texts are one story.

A word that emerges is compared with the words announced before it that have not faded, and with those that emerge with
it: by the texts that hold both, as far as samples of their texts tell, or all of them where one word contains the other
(国乒队 and 国乒). It joins the story whose words it shares most texts with: at least `SHARED` texts and `OVERLAP` of
the rarer word's with one of them, and `MEAN_OVERLAP` on the average over them, so that one word of many subjects (CEO,
定档) does not join all of them. Else it begins a story, which is named for it and the time.
Guarantee: a word never changes its story, and a story never its name. How a word came to be announced does not matter
here. Bounded: `capacity` words of `SAMPLE` hashes; those whose texts were last seen longest ago leave first.
The bounds of overlap were chosen on hot-list titles (`python -m tests.quality.stories`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sketches.count_min import F64
from sketches.hashing import U64
from stream.events.events import Related, story_name
from stream.trends.text_sample import TextOverlap, TextSample

SHARED = 2  # texts: one alone may name anything side by side
OVERLAP, MEAN_OVERLAP = 0.2, 0.15
RELATED_OVERLAP, MOST_RELATED = 0.1, 8


@dataclass(frozen=True, slots=True)
class Carried:
    """A word as it is folded and as it is shown, and the sorted 64-bit hashes of all texts that hold it."""

    word: str
    shown: str
    texts: U64


@dataclass(frozen=True, slots=True)
class Place:
    """The story a word belongs to, and the words it shares texts with, the closest first."""

    story: str
    related: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class _Member:
    shown: str
    story: str  # empty until it is found
    sample: TextSample


class Stories:
    """The words announced that have not faded: `emerge`, `look` at newer texts, ask for their `place`, `fade`.

    >>> stories, both = Stories(), np.arange(5, dtype=np.uint64)
    >>> one, other = stories.emerge([Carried("涿州", "涿州", both), Carried("洪水", "洪水", both[1:])], 0.0)
    >>> one.story == other.story, other.related
    (True, (Related(word='涿州', overlap=1.0),))
    """

    def __init__(self, capacity: int = 50_000) -> None:
        self._capacity = capacity
        self._members: dict[str, _Member] = {}  # by folded word, the one last seen longest ago first

    def __len__(self) -> int:
        return len(self._members)

    def emerge(self, words: Sequence[Carried], at_s: float) -> list[Place]:
        """Words that are announced now, in this order, each with the story it joins or begins.

        Cost: one pass over the hashes of all words that have not faded, for each word.
        """
        for one in words:
            story = self._members[one.word].story if one.word in self._members else ""
            self._put(one.word, _Member(one.shown, story, TextSample.of(one.texts)))
        overlap = self._overlap()
        for one in words:
            member = self._members.get(one.word)  # more may emerge at once than there is room for
            if member is not None and not member.story:
                story = self._nearest(*self._shared(one.word, overlap)) or story_name(one.word, at_s)
                self._members[one.word] = replace(member, story=story)
        return [self._place(one.word, overlap) or Place(story_name(one.word, at_s), ()) for one in words]

    def look(self, texts: Mapping[str, U64]) -> None:
        """The texts that hold some of the words now; other words are passed over."""
        for word, hashes in texts.items():
            if word in self._members:
                self._put(word, replace(self._members[word], sample=TextSample.of(hashes)))

    def place(self, word: str) -> Place | None:
        """Of a word that was announced and has not faded, by the texts last seen; None for any other."""
        return self._place(word, self._overlap()) if word in self._members else None

    def fade(self, word: str) -> None:
        """Forget a word: no other can join its story through it any more."""
        self._members.pop(word, None)

    def state(self) -> dict[str, bytes]:
        """All of it, for `restore`: lines of words, and arrays as little-endian bytes."""
        members = self._members.values()
        lines = (f"{word}\t{one.shown}\t{one.story}\n" for word, one in self._members.items())
        samples = np.concatenate([np.zeros(0, np.uint64), *(one.sample.hashes for one in members)])
        return {
            "words": "".join(lines).encode(),
            "texts": np.array([one.sample.texts for one in members], "<i8").tobytes(),
            "sizes": np.array([len(one.sample.hashes) for one in members], "<i4").tobytes(),
            "hashes": samples.astype("<u8").tobytes(),
        }

    def restore(self, parts: Mapping[str, bytes | memoryview]) -> None:
        """Fill it, empty as it is. Raises ValueError or KeyError if the parts do not fit together."""
        texts, sizes = np.frombuffer(parts["texts"], "<i8"), np.frombuffer(parts["sizes"], "<i4")
        hashes = np.frombuffer(parts["hashes"], "<u8").astype(np.uint64)
        lines = bytes(parts["words"]).decode().splitlines()
        if not len(lines) == len(texts) == len(sizes) or sizes.min(initial=0) < 0 or sizes.sum() != len(hashes):
            raise ValueError("stories whose parts do not fit together")
        samples = np.split(hashes, np.cumsum(sizes)[:-1]) if len(sizes) else []
        for line, several, sample in zip(lines, texts.tolist(), samples, strict=True):
            word, shown, story = line.split("\t")
            self._put(word, _Member(shown, story, TextSample(sample, several)))

    def _put(self, word: str, member: _Member) -> None:
        self._members.pop(word, None)
        self._members[word] = member
        while len(self._members) > self._capacity:
            del self._members[next(iter(self._members))]

    def _overlap(self) -> TextOverlap:
        return TextOverlap([one.sample for one in self._members.values()])

    def _shared(self, word: str, overlap: TextOverlap) -> tuple[F64, F64]:
        """(words,) the texts a word shares with every other, and their share of the rarer one's."""
        shared, share = overlap.of(list(self._members).index(word))
        for number, other in enumerate(self._members):
            if other != word and is_within(*sorted((word, other), key=len)):
                shared[number], share[number] = max(shared[number], SHARED), 1.0
        return shared, share

    def _nearest(self, shared: F64, share: F64) -> str | None:
        """The story of which the words share most texts, if that is enough."""
        stories = defaultdict[str, list[int]](list)
        for number, one in enumerate(self._members.values()):
            if one.story:
                stories[one.story].append(number)
        near = (shared >= SHARED) & (share >= OVERLAP)
        means = {story: float(share[numbers].mean()) for story, numbers in stories.items() if near[numbers].any()}
        best = max(means, key=lambda story: (means[story], story), default=None)
        return best if best is not None and means[best] >= MEAN_OVERLAP else None

    def _place(self, word: str, overlap: TextOverlap) -> Place | None:
        member = self._members.get(word)
        if member is None:
            return None
        shared, share = self._shared(word, overlap)
        near = (shared >= SHARED) & (share >= RELATED_OVERLAP)
        found = [Related(one.shown, round(float(share[number]), 3))
                 for number, one in enumerate(self._members.values()) if near[number]]  # fmt: skip
        return Place(member.story, tuple(sorted(found, key=lambda one: (-one.overlap, one.word))[:MOST_RELATED]))


def is_within(shorter: str, longer: str) -> bool:
    """Whether every text with the longer word holds the shorter one too, as a word and not as letters of another.

    >>> is_within("国乒", "国乒队"), is_within("cos", "cosplay"), is_within("su7", "小米su7")
    (True, False, True)
    """
    place = longer.find(shorter)
    if place < 0:
        return False
    end = place + len(shorter)
    return not (_is_token(longer[max(0, place - 1) : place + 1]) or _is_token(longer[end - 1 : end + 1]))


def _is_token(two: str) -> bool:
    """Whether these are two characters of one Latin word or number."""
    return len(two) == 2 and two.isascii() and two.isalnum()

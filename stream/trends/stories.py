"""events + announced words -> the same events with their stories: words carried by the same texts are one story.

A word that emerges is compared with the words announced before it that still have texts within the horizon, and with
those that emerge with it. It joins the story whose words it shares most texts with: at least `SHARED` texts and
`OVERLAP` of the rarer word's with one of them, and `MEAN_OVERLAP` on the average over them, so that one word of many
subjects (CEO, 定档) does not join all of them. Else it begins a story, which is named for it and the time.
A story is never renamed, merged with another or left, so its name is stable. How a word came to be announced does not
matter here. The bounds were chosen on hot-list titles (`python -m tests.quality.stories`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sketches.count_min import F64
from sketches.hashing import U64
from stream.events.events import FADED, Event, Related, iso
from stream.text.runs import I64, fold_word
from stream.trends.announced import Announced
from stream.trends.text_overlap import TextOverlap

SHARED = 2  # texts: one alone may name anything side by side
OVERLAP, MEAN_OVERLAP = 0.2, 0.15
RELATED_OVERLAP, MOST_RELATED = 0.1, 8


def with_stories(
    events: Sequence[Event], announced: Mapping[str, Announced], texts: Mapping[str, U64]
) -> tuple[list[Event], dict[str, str]]:
    """Events in their order, each with its story and related words; and the story of each of their words.

    `announced` has the words of the events, as of now, by folded word; `texts` the sorted hashes of the texts of those
    that have texts within the horizon. Cost: nothing without events, else a comparison of each event's texts with all.
    """
    if not events:
        return [], {}
    told = _Telling(announced, texts)
    return [told.event(event) for event in events], told.stories


class _Telling:
    """The stories that the words of one evaluation belong to."""

    def __init__(self, announced: Mapping[str, Announced], texts: Mapping[str, U64]) -> None:
        self._words = [was for word, was in announced.items() if word in texts]
        self._number = {was.word: number for number, was in enumerate(self._words)}
        self._overlap = TextOverlap([texts[was.word] for was in self._words])
        self.stories = {was.word: was.story for was in self._words if was.story}

    def event(self, event: Event) -> Event:
        """The event with its story, which the word joins or begins now if it has none."""
        word = fold_word(event.word)
        number = self._number.get(word)
        if number is None:  # it has no text any more
            return replace(event, story=self.stories.get(word) or story_name(word, event.detected_at_s))
        shared, overlap = self._overlap.of(number)
        if word not in self.stories:
            self.stories[word] = self._joined(shared, overlap) or story_name(word, event.detected_at_s)
        return replace(event, story=self.stories[word], related=self._related(shared, overlap))

    def _joined(self, shared: I64, overlap: F64) -> str | None:
        """The story whose words share most texts, if that is enough."""
        stories = defaultdict[str, list[int]](list)
        for number, was in enumerate(self._words):
            if (story := self.stories.get(was.word)) and was.status != FADED:
                stories[story].append(number)
        near = (shared >= SHARED) & (overlap >= OVERLAP)
        means = {story: float(overlap[numbers].mean()) for story, numbers in stories.items() if near[numbers].any()}
        best = max(means, key=lambda story: (means[story], story), default=None)
        return best if best is not None and means[best] >= MEAN_OVERLAP else None

    def _related(self, shared: I64, overlap: F64) -> tuple[Related, ...]:
        near = (shared >= SHARED) & (overlap >= RELATED_OVERLAP)
        found = [Related(was.spelling, float(overlap[number])) for number, was in enumerate(self._words)
                 if near[number] and was.status != FADED]  # fmt: skip
        return tuple(sorted(found, key=lambda one: (-one.overlap, one.word))[:MOST_RELATED])


def story_name(word: str, at_s: float) -> str:
    """The name of the story that a folded word began.

    >>> story_name("涿州", 1690855200.25)
    '涿州@2023-08-01T02:00:00Z'
    """
    return f"{word}@{iso(at_s)[:-5]}Z"


def first_word(story: str) -> str:
    """The word that began a story, folded: a word that has another one joined it.

    >>> first_word("涿州@2023-08-01T02:00:00Z")
    '涿州'
    """
    return story.rpartition("@")[0]

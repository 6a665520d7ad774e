"""The events of a period -> its words, each with the status of its last event and the best count and score of any.

An event belongs to the period of its `detected_at`, with the begin included and the end excluded. Words are not folded:
two spellings are two words if the service announced them so.
Guarantee: the result does not depend on how events of different words are interleaved.
Cost: one entry a word, whatever the number of events.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from stream.events.events import EMERGED, FADED, RISING, Event, iso

STATUSES = (EMERGED, RISING, FADED)
COLUMNS = ("word", "status", "novelty", "first_seen", "announced", "updated", "count", "score", "sources", "example",
           "story")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A word. `status` is the last; count, score and sources are the greatest published.

    Times are in seconds since 1970.

    `story` names the story it belongs to, empty if its events name none.
    """

    word: str
    status: str
    novelty: str
    first_seen_s: float
    announced_s: float
    updated_s: float
    count: int
    score: float
    sources: int | None
    example: str
    story: str = ""

    def row(self) -> dict[str, str | int | float | None]:
        """Return the row of a table, by `COLUMNS`, with times in ISO 8601."""
        times = {column: iso(getattr(self, f"{column}_s")) for column in ("first_seen", "announced", "updated")}
        return {column: times[column] if column in times else getattr(self, column) for column in COLUMNS}


class PeriodSummary:
    """Collects events with `add`; `entries` returns the words."""

    def __init__(self, since_s: float = float("-inf"), until_s: float = float("inf")) -> None:
        self._since_s, self._until_s = since_s, until_s
        self._entries: dict[str, Entry] = {}

    def add(self, event: Event) -> None:
        """Add an event; those of one word must come in the order in which they were published."""
        if not self._since_s <= event.detected_at_s < self._until_s:
            return
        was, now = self._entries.get(event.word), _entry(event)
        self._entries[event.word] = now if was is None else _joined(was, now)

    def entries(self, statuses: Collection[str] = STATUSES, min_score: float = float("-inf")) -> list[Entry]:
        """Return the words whose last status is one of these and whose best score is enough; most texts first."""
        fit = (one for one in self._entries.values() if one.status in statuses and one.score >= min_score)
        return sorted(fit, key=lambda one: (-one.count, one.word))


def by_story(entries: Iterable[Entry]) -> list[Entry]:
    """Order words so that those of a story are adjacent, at the place of its first word."""
    stories: dict[str, list[Entry]] = {}
    for one in entries:
        stories.setdefault(one.story or f"\0{one.word}", []).append(one)
    return [one for story in stories.values() for one in story]


def _entry(event: Event) -> Entry:
    return Entry(
        word=event.word,
        status=event.status,
        novelty=event.novelty,
        first_seen_s=event.first_seen_s,
        announced_s=event.detected_at_s,
        updated_s=event.detected_at_s,
        count=event.count,
        score=event.score,
        sources=event.sources,
        example=event.examples[0].text if event.examples else "",
        story=event.story or "",
    )


def _joined(was: Entry, now: Entry) -> Entry:
    return replace(
        was,
        status=now.status,
        first_seen_s=min(was.first_seen_s, now.first_seen_s),
        updated_s=now.updated_s,
        count=max(was.count, now.count),
        score=max(was.score, now.score),
        sources=max(filter(None, (was.sources, now.sources)), default=was.sources),
        example=was.example or now.example,
        story=was.story or now.story,
    )

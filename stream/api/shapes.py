"""Rows of the store -> the JSON objects of the API."""

from dataclasses import dataclass
from typing import Any

from stream.api.live import Live
from stream.events.events import iso
from stream.store.stories import FoundStory
from stream.store.words import FoundWord


@dataclass(frozen=True, slots=True)
class Curve:
    """The number of texts in each step of time (seconds since 1970)."""

    start_s: float
    step_s: float
    texts: list[int]


def word_fields(one: FoundWord, live: Live, curve: Curve | None = None) -> dict[str, Any]:
    """Return the `Word` object; `now` has its current counts if this process is the announcer and follows the word."""
    shown = live.words.get(one.key)
    return {
        "word": one.word,
        "status": one.status,
        "novelty": one.novelty,
        "announced": iso(one.announced_s),
        "updated": iso(one.detected_s),
        "first_seen": iso(one.first_s),
        "count": one.count,
        "score": one.score,
        "sources": one.sources,
        "story": one.story,
        "events": one.events,
        "example": one.example,
        "verdict": verdict_fields(one),
        "now": {"count": shown.count, "score": shown.score} if shown else None,
        "curve": curve_fields(curve) if curve else None,
    }


def verdict_fields(one: FoundWord) -> dict[str, Any] | None:
    """Return the `Verdict` object."""
    if one.verdict is None or one.judged_s is None:
        return None
    return {"word": one.word, "verdict": one.verdict, "part_of": one.part_of, "note": one.note or "",
            "by": one.by or "", "at": iso(one.judged_s)}  # fmt: skip


def curve_fields(curve: Curve) -> dict[str, Any]:
    return {"start": iso(curve.start_s), "step_s": curve.step_s, "texts": curve.texts}


def story_fields(one: FoundStory, live: Live) -> dict[str, Any]:
    return {"story": one.story, "first_seen": iso(one.first_s), "updated": iso(one.last_s), "count": one.count,
            "score": one.score, "words": [word_fields(word, live) for word in one.words]}  # fmt: skip

"""Events for tests: as the service publishes them, the fields that matter given by name."""

from typing import Any

from stream.events.events import Event, Neighbours
from stream.events.examples import Example


def event(word: str, at_s: float = 0.0, **fields: Any) -> Event:
    """An event of that word, detected then, first seen a minute before."""
    usual: dict[str, Any] = {
        "status": "emerged", "first_seen_s": max(0.0, at_s - 60.0), "window_s": 60.0, "count": 8, "baseline": 0.0,
        "score": 6.5, "novelty": "unseen", "cohesion": tuple(3.0 for _ in word[1:]), "left": Neighbours(3, 0.5),
        "right": Neighbours(4, 0.25), "sources": None, "examples": (Example(f"谈{word}。", "raw-text", 0, 7),),
        "model": 3,
    }  # fmt: skip
    return Event(word=word, detected_at_s=at_s, **usual | fields)


def bare_event(word: str, at_s: float = 100.0, status: str = "emerged", count: int = 9, score: float = 7.0) -> Event:
    """An event that says no more than that: no source and no example."""
    return event(word, at_s, status=status, count=count, score=score, first_seen_s=at_s - 30, examples=(), model=1)

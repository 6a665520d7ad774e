"""Settings of the sections `trends` and `novelty`: when a word is announced."""

from dataclasses import dataclass

from stream.events.events import UNSEEN

ANY = "any"
YEAR_S = 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class TrendSettings:
    """When a word is announced, and how announced words are followed."""

    novelty: str = UNSEEN
    events_a_day: float = 0.0
    min_texts: int = 5
    min_surprise: float = 2.0
    min_probability: float = 0.45
    hold: bool = False
    min_sources: int = 0
    warmup_windows: int = 0
    announced: int = 50_000
    rising_factor: float = 3.0
    faded_share: float = 0.1
    evaluate_s: float = 1.0

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        least = {"events_a_day": 0, "min_texts": 1, "min_surprise": 0, "min_sources": 0, "warmup_windows": 0,
                 "announced": 1, "rising_factor": 1, "faded_share": 0, "evaluate_s": 0}  # fmt: skip
        wrong = [(key, f"must be at least {floor}") for key, floor in least.items() if getattr(self, key) < floor]
        if not 0 <= self.min_probability <= 1:
            wrong.append(("min_probability", "must be in [0, 1]"))
        if self.novelty not in (UNSEEN, ANY):
            wrong.append(("novelty", f"must be {UNSEEN} or {ANY}"))
        return wrong

    @property
    def takes_old_words(self) -> bool:
        """Whether words that were there before the horizon may be announced when they become frequent."""
        return self.novelty == ANY


@dataclass(frozen=True, slots=True)
class NoveltySettings:
    """How far the memory of the past reaches back."""

    memory_s: float | None = None  # auto: a year

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        return [("memory_s", "must be greater than 0")] if self.memory_s is not None and self.memory_s <= 0 else []

    @property
    def memory(self) -> float:
        """The span of the memory of the past (s)."""
        return YEAR_S if self.memory_s is None else self.memory_s

"""What decides whether a word is news: section `trends` of the configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrendSettings:
    horizon: int = 15
    min_texts: int = 8
    min_score: float = 5.0
    beta: float = 1.0
    half_life_windows: float = 1440.0
    warmup_windows: int = 60
    max_neighbour_share: float = 0.7
    max_link_age: float = 2.5
    max_part_ratio: float = 4.0
    min_bound: float = 0.7
    min_unity: float = 0.5
    max_chance: float = 0.4
    max_events_a_day: int = 0
    hold: bool = False
    min_sources: int = 0
    baseline_rows: int = 4
    baseline_width: int = 1 << 18
    announced: int = 50_000
    rising_factor: float = 3.0
    faded_share: float = 0.1
    evaluate_s: float = 1.0

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        least = {
            "horizon": 1, "min_texts": 1, "min_score": 0, "beta": 1e-9, "half_life_windows": 1e-9, "warmup_windows": 0,
            "min_sources": 0, "baseline_rows": 1, "baseline_width": 16, "announced": 1,
            "max_link_age": 1e-9, "max_part_ratio": 1, "max_chance": 0, "max_events_a_day": 0,
            "rising_factor": 1, "faded_share": 0, "evaluate_s": 0,
        }  # fmt: skip
        wrong = [(key, f"must be at least {floor}") for key, floor in least.items() if getattr(self, key) < floor]
        if not 0 < self.max_neighbour_share <= 1:
            wrong.append(("max_neighbour_share", "must be in (0, 1]"))
        shares = ("min_bound", "min_unity")
        wrong += [(key, "must be in [0, 1]") for key in shares if not 0 <= getattr(self, key) <= 1]
        return wrong

"""Settings of the section `finder`: bounds of memory and time.

What depends on the stream is derived from the stream.
"""

from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """Sizes bound the memory, times bound the horizon, and minima say from when a candidate may be announced."""

    max_chars: int = 3_000_000  # characters of the horizon's texts: on a fast stream the horizon ends where they do
    shortest_horizon_s: float = 30 * DAY_S  # with less, what comes every month would look new
    longest_horizon_s: float = 84 * DAY_S  # twelve weeks: with a season, a third of the year would count as now
    horizon_texts: int = 750  # a word that one text in 150 holds is in five of them
    max_units: int = 12  # of a word: characters, or whole tokens of letters and digits
    few: int = 2  # texts of the past that may hold a word, or a link, that counts as new
    min_texts: int = 3  # of the horizon that hold a candidate before it is judged
    memory_rows: int = 4
    memory_width: int = 1 << 19  # cells of a row of each of the five sketches of the past
    pairs: int = 1 << 20  # pairs of units whose counts are kept; when there are more, all counts are halved
    units: int = 1 << 18
    copies: int = 1 << 19  # keys of texts in each of two generations: who was read within them is a copy
    judged: int = 1 << 18  # candidates whose last rung is known
    weights: str = ""  # path of a file of the word model, as `new-words fit` writes it; empty: the one shipped

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = []
        for key, least in (("max_chars", 10_000), ("horizon_texts", 1), ("max_units", 2), ("few", 0), ("min_texts", 2),
                           ("memory_rows", 1), ("memory_width", 16), ("pairs", 1024), ("units", 1024),
                           ("copies", 1024), ("judged", 1024)):  # fmt: skip
            if getattr(self, key) < least:
                wrong.append((key, f"must be at least {least}"))
        if not 0 < self.shortest_horizon_s <= self.longest_horizon_s:
            wrong.append(("shortest_horizon_s", "must be greater than 0 and at most longest_horizon_s"))
        return wrong

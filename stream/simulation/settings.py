"""Settings of a simulated stream, with their validation."""

from dataclasses import dataclass

from stream.simulation.language import MAX_WORD_CHARS

SHAPES = ("pulse", "ramp", "shift")
MADE_UP = "made-up"
COINED = {"zh": 120, "en": 60}
"""How many words can be planted at once, of languages that are written down. Made-up ones coin as many as asked for."""
LANGUAGES = (*COINED, MADE_UP)


@dataclass(frozen=True, slots=True)
class SimulateSettings:
    """The defaults are those of tests; the command speaks Chinese unless told otherwise."""

    texts: int = 40_000
    rate: float = 2.0  # texts/s, mean over a day
    plant: tuple[str, ...] = SHAPES
    plants: int = 1  # words of each shape
    share: float = 0.02  # of the texts, with a ramp at its end; a pulse begins at four times that, a shift is half
    copies: float = 0.0  # share of texts that are exact copies of another
    seed: int = 0
    start_s: float = 1_704_067_200.0  # 2024-01-01 08:00 in China
    shortest: int = 8
    longest: int = 40
    rhythm: float = 0.5  # how far the rate swings over the day, as a share of `rate`
    sources: int = 20
    language: str = MADE_UP
    vocabulary: int = 3000  # words of a made-up language

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        least = {"texts": 0, "plants": 1, "seed": 0, "shortest": MAX_WORD_CHARS, "sources": 1, "vocabulary": 100}
        wrong = [(key, f"must be at least {floor}") for key, floor in least.items() if getattr(self, key) < floor]
        if not self.rate > 0:
            wrong.append(("rate", "must be above 0"))
        wrong += [("plant", f"must be some of {', '.join(SHAPES)}") for shape in self.plant if shape not in SHAPES]
        if not 0 <= self.share <= 0.25 or self.share * len(self.plant) * self.plants > 0.5:
            wrong.append(("share", "must be 0 to 0.25, and times the number of planted words at most 0.5"))
        if not 0 <= self.copies < 1:
            wrong.append(("copies", "must be in [0, 1)"))
        if not 0 <= self.rhythm <= 0.9:
            wrong.append(("rhythm", "must be in [0, 0.9]"))
        if self.longest < self.shortest + MAX_WORD_CHARS:
            wrong.append(("longest", f"must be at least {MAX_WORD_CHARS} above the shortest, so that a last word fits"))
        return wrong + self._language_faults()

    def _language_faults(self) -> list[tuple[str, str]]:
        if self.language not in LANGUAGES:
            return [("language", f"must be one of {', '.join(LANGUAGES)}")]
        most = COINED.get(self.language)
        if most and self.plants >= 1 and len(self.plant) * self.plants > most:
            return [("plants", f"times the shapes must be at most {most}, the coined words of {self.language}")]
        return []

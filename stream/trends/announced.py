"""What is remembered of a word that was announced."""

from dataclasses import dataclass

from stream.text.runs import fold_word


@dataclass(frozen=True, slots=True)
class Announced:
    """The status, event time and count a word was last published with; `peak` is the greatest count published.

    `word` is folded. `shown` is how it was written when it emerged, for all its events have one key; empty where that
    is the word.
    """

    word: str
    status: str
    at_s: float
    peak: int
    shown: str = ""

    @classmethod
    def of(cls, shown: str, status: str, at_s: float, peak: int) -> "Announced":
        """Of a word as it was written."""
        word = fold_word(shown)
        return cls(word, status, at_s, peak, "" if shown == word else shown)

    @property
    def spelling(self) -> str:
        """How the word was written when it emerged."""
        return self.shown or self.word

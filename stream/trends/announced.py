"""The record kept of an announced word."""

from dataclasses import dataclass

from stream.text.runs import fold_word


@dataclass(frozen=True, slots=True)
class Announced:
    """Status, event time and count of a word's last event; `peak` is the greatest published count.

    `word` is folded. `shown` is the spelling with which it emerged, because all its events have one key; empty if it is
    the folded word.
    """

    word: str
    status: str
    at_s: float
    peak: int
    shown: str = ""

    @classmethod
    def of(cls, shown: str, status: str, at_s: float, peak: int) -> "Announced":
        """Return the record for a word in its original spelling."""
        word = fold_word(shown)
        return cls(word, status, at_s, peak, "" if shown == word else shown)

    @property
    def spelling(self) -> str:
        """The spelling with which the word emerged."""
        return self.shown or self.word

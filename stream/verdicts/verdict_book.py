"""Records of `word-verdicts` -> the current verdict on each word.

It is a fold of the log: the last record of a key counts. Records that are not verdicts are counted and skipped, and so
are records whose key is not that of their word, so that a verdict cannot be applied to a word it does not name.
Memory: one verdict for each word that was ever judged.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.rules.word_lists import WordLists
from stream.text.hash64 import word_key
from stream.text.runs import fold_word
from stream.verdicts.verdict import ACCEPTED, Verdict, decode_verdict


class VerdictBook:
    """The current verdicts; pass records to `take` in the order of the log."""

    def __init__(self, verdicts: Iterable[Verdict] = ()) -> None:
        self._verdicts: dict[str, Verdict] = {}
        self._unwanted: npt.NDArray[np.uint64] | None = None
        self.unreadable = 0
        for one in verdicts:
            self.put(one)

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The verdicts by folded word."""
        return self._verdicts

    def take(self, key: bytes | None, value: bytes | None) -> str | None:
        """Apply a record; return the folded word whose verdict it changes, None if it is not a verdict."""
        try:
            word = (key or b"").decode()
            if not value:
                self.withdraw(word)
                return word
            one = decode_verdict(value)
            if word != one.key:
                raise ValueError("the key is not that of the word")
        except ValueError:
            self.unreadable += 1
            return None
        self.put(one)
        return word

    def put(self, one: Verdict) -> None:
        """Set the current verdict on its word."""
        self._verdicts[one.key] = one
        self._unwanted = None

    def withdraw(self, word: str) -> None:
        """Remove the verdict on a word."""
        self._verdicts.pop(fold_word(word), None)
        self._unwanted = None

    def of(self, word: str) -> Verdict | None:
        """Return the current verdict on a word in any spelling."""
        return self._verdicts.get(fold_word(word))

    def is_accepted(self, word: str) -> bool:
        return (one := self.of(word)) is not None and one.verdict == ACCEPTED

    def is_unwanted(self, word: str) -> bool:
        """Whether the word is refused or a part of another word, and so must not be announced."""
        return (one := self.of(word)) is not None and one.verdict != ACCEPTED

    def unwanted(self, keys: U64) -> npt.NDArray[np.bool_]:
        """Return (n,) which of these word keys must not be announced."""
        if self._unwanted is None:
            several = [word_key(word) for word, one in self._verdicts.items() if one.verdict != ACCEPTED]
            self._unwanted = np.array(sorted(several), np.uint64)
        return np.isin(keys, self._unwanted)

    def added_to(self, lists: WordLists) -> WordLists:
        """Return the lists with the unwanted words of this book denied too; later verdicts take effect at once."""
        return WordLists(lists.known, lambda keys: lists.deny(keys) | self.unwanted(keys), lists.allow)

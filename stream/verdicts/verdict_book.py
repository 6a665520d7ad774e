"""Records of `word-verdicts` -> the verdict that holds for each word; and what follows from it for an event.

A fold of the log: the last record of a key holds. Records that are none of ours are counted and passed over, and so is
one whose key is not that of its word, so that no verdict can be applied to another word than it names.
Cost: a verdict kept for each word ever judged.
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
    """`take` records in their order, then ask."""

    def __init__(self, verdicts: Iterable[Verdict] = ()) -> None:
        self._verdicts: dict[str, Verdict] = {}
        self._unwanted: npt.NDArray[np.uint64] | None = None
        self.unreadable = 0
        for one in verdicts:
            self.put(one)

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """By the word as it is counted."""
        return self._verdicts

    def take(self, key: bytes | None, value: bytes | None) -> str | None:
        """The word whose verdict this record is, as it is counted; None for a record that is none."""
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
        """From now on this is what holds."""
        self._verdicts[one.key] = one
        self._unwanted = None

    def withdraw(self, word: str) -> None:
        """No verdict any more."""
        self._verdicts.pop(fold_word(word), None)
        self._unwanted = None

    def of(self, word: str) -> Verdict | None:
        """What holds for a word, however it is written."""
        return self._verdicts.get(fold_word(word))

    def is_accepted(self, word: str) -> bool:
        return (one := self.of(word)) is not None and one.verdict == ACCEPTED

    def is_unwanted(self, word: str) -> bool:
        """Refused, or part of another word: never to be announced."""
        return (one := self.of(word)) is not None and one.verdict != ACCEPTED

    def unwanted(self, keys: U64) -> npt.NDArray[np.bool_]:
        """(n,) which of these word keys are never to be announced."""
        if self._unwanted is None:
            several = [word_key(word) for word, one in self._verdicts.items() if one.verdict != ACCEPTED]
            self._unwanted = np.array(sorted(several), np.uint64)
        return np.isin(keys, self._unwanted)

    def added_to(self, lists: WordLists) -> WordLists:
        """The lists, with what this book says is unwanted denied as well, as of when they are asked."""
        return WordLists(lists.known, lambda keys: lists.deny(keys) | self.unwanted(keys), lists.allow)

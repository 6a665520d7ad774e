"""Event time in windows: every text of a window weighs alike, later windows weigh more (`sketches.pair_sketch`)."""

from dataclasses import dataclass

import numpy as np

from stream.text.text_batch import TextBatch

TOGETHER_CHARS = 1 << 18
"""Characters counted at once: the more, the fewer distinct pairs there are to each, and the larger the arrays."""


@dataclass(frozen=True, slots=True)
class WindowSettings:
    length_s: float = 60.0

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        return [] if self.length_s > 0 else [("length_s", "must be greater than 0")]

    def by_window(self, texts: TextBatch) -> dict[int, TextBatch]:
        """The texts of each window by its number, in their order; nearly always all are of one."""
        if not len(texts):
            return {}
        numbers = np.floor_divide(texts.at_s, self.length_s).astype(np.int64)
        if (only := int(numbers[0])) == numbers.min() == numbers.max():
            return {only: texts}
        return {number: texts.chosen(numbers == number) for number in np.unique(numbers).tolist()}

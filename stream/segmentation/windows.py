"""Windows of event time: all texts of a window have the same weight, later windows have more
(`sketches.pair_sketch`).
"""

from dataclasses import dataclass

import numpy as np

from stream.text.text_batch import TextBatch

TOGETHER_CHARS = 1 << 18
"""Characters counted at once: the more, the fewer distinct pairs there are to each, and the larger the arrays."""


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Settings of the section `windows`."""

    length_s: float = 60.0

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        return [] if self.length_s > 0 else [("length_s", "must be greater than 0")]

    def by_window(self, texts: TextBatch) -> dict[int, TextBatch]:
        """Return {window number: its texts in order}; nearly always all texts are in one window."""
        if not len(texts):
            return {}
        numbers = np.floor_divide(texts.at_s, self.length_s).astype(np.int64)
        if (only := int(numbers[0])) == numbers.min() == numbers.max():
            return {only: texts}
        return {number: texts.chosen(numbers == number) for number in np.unique(numbers).tolist()}

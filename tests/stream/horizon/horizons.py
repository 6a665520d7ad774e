"""Texts -> the buffer of a horizon, for tests."""

import numpy as np

from stream.horizon.buffer import Buffer
from stream.horizon.units import units_of
from stream.text.message import Text
from stream.text.text_batch import TextBatch

SEED = 7


def batch(texts: list[str], at_s: float = 0.0, first: int = 0, source: str | None = None) -> TextBatch:
    """Texts of one partition, a second apart."""
    return TextBatch.of(
        [Text(text, at_s + number, source, "t", 0, first + number) for number, text in enumerate(texts)]
    )


def buffer_of(*batches: list[str]) -> Buffer:
    """A buffer that took these batches, one after the other."""
    buffer, first = Buffer(), 0
    for texts in batches:
        some = batch(texts, float(first), first)
        units = units_of(some.written, some.starts, SEED)
        buffer.append(some, units, np.arange(first, first + len(texts), dtype=np.uint64))
        first += len(texts)
    return buffer

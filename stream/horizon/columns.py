"""Arrays of equal length that grow at the end and shrink at the beginning, with amortised constant cost for an
element.
"""

from typing import Any

import numpy as np
import numpy.typing as npt


class Columns:
    """Named arrays of one length. The space of dropped elements is reused when there is no room at the end."""

    def __init__(self, **kinds: npt.DTypeLike) -> None:
        self._arrays: dict[str, npt.NDArray[Any]] = {name: np.zeros(1024, kind) for name, kind in kinds.items()}
        self._first = self._last = 0
        self.dropped = 0  # elements since the beginning

    def __len__(self) -> int:
        return self._last - self._first

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return a column as a view, which is valid until something is appended."""
        return self._arrays[name][self._first : self._last]

    def append(self, **values: npt.NDArray[Any]) -> None:
        """Append the same number of elements to every column."""
        more = len(next(iter(values.values())))
        self._make_room(more)
        for name, array in self._arrays.items():
            array[self._last : self._last + more] = values[name]
        self._last += more

    def drop(self, number: int) -> None:
        """Remove elements at the beginning."""
        self._first += number
        self.dropped += number

    def _make_room(self, more: int) -> None:
        length, size = len(self), len(next(iter(self._arrays.values())))
        if self._last + more <= size:
            return
        wanted = size if 2 * (length + more) <= size else 1 << (2 * (length + more)).bit_length()
        for name, array in self._arrays.items():
            target = array if wanted == size else np.zeros(wanted, array.dtype)
            target[:length] = array[self._first : self._last].copy()
            self._arrays[name] = target
        self._first, self._last = 0, length

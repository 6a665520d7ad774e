"""An example: a text that contains a word."""

from dataclasses import dataclass

EXAMPLE_CHARS = 200
"""Of a longer text so many characters are shown, around the word."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text that contains the word, and where it can be found."""

    text: str
    topic: str
    partition: int
    offset: int

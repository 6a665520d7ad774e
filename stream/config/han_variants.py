"""Counts traditional Chinese characters as their simplified counterparts, if `text.fold` says so.

The table is that of OpenCC, an optional extra, for single characters; words are not converted. It is read once, when a
command begins.
"""

from stream.optional import extra
from stream.text.runs import count_as

HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF))


def use_folding(fold: str) -> None:
    """Apply the setting to the whole process. Raises UsageError if the library is not installed."""
    count_as(simplified() if fold == "traditional" else {})


def simplified() -> dict[int, int]:
    """Return {code point: code point of its simplified counterpart} for traditional characters."""
    converter = extra("opencc", "text.fold: traditional", "chinese").OpenCC("t2s")
    points = [point for first, last in HAN for point in range(first, last + 1)]
    others = converter.convert("\n".join(map(chr, points))).split("\n")
    return {point: ord(other) for point, other in zip(points, others, strict=True)
            if len(other) == 1 and ord(other) != point}  # fmt: skip

"""First bytes of a file -> the encoding they are written in.

UTF-8, UTF-16 and UTF-32 are known by their marks or their zeros, GB18030 by its commonest characters. Of Big5,
Shift_JIS, EUC-JP, EUC-KR and Windows-1252 it is only said that they are likely: a wrong guess reads nonsense.
The tables of bytes are those of the standards: GB 2312 has its 3,755 commonest characters in rows B0 to D7, Big5 in A4
to C6, KS X 1001 all its syllables in B0 to C8, and JIS X 0208 its kana in row A4 (82 in Shift_JIS).
"""

import re
from dataclasses import dataclass

READ = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030")
"""What is read without being asked for by name."""
SAMPLE_BYTES = 1 << 16
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
          (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))  # fmt: skip
_HIGH = re.compile(rb"[\x80-\xff]")
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xff]")
LEAST_PAIRS = 5  # characters of two bytes that are enough to tell GB18030


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding; `sure` if it may be read by it."""

    name: str
    sure: bool


def is_telling(block: bytes) -> bool:
    """Whether there is anything but ASCII in a block."""
    return b"\0" in block or _HIGH.search(block) is not None


def guess(block: bytes) -> Guess | None:
    """The encoding of the beginning of a file; None if it looks like none, UTF-8 with faults if like nothing better."""
    sample = block[:SAMPLE_BYTES]
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Guess(name, True)
    if name := _by_zeros(sample):
        return Guess(name, True)
    *lines, last = sample.split(b"\n")
    telling = [line for line in lines if _HIGH.search(line)]
    good = sum(map(_is_utf8, telling))
    if _HIGH.search(last):
        telling.append(last)
        good += _is_utf8(last, cut=True)
    if 2 * good >= len(telling):
        return Guess("utf-8", True)
    return _of_two_bytes(b"\n".join(telling))


def _by_zeros(sample: bytes) -> str:
    """ASCII among UTF-16 leaves zeros, all at even places or all at odd ones."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if even + odd < max(1, len(sample) // 100):
        return ""
    if min(even, odd) * 20 > max(even, odd):
        return ""
    if _is_utf8(sample) and (even + odd) * 5 < len(sample):  # a few zeros in a text
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _of_two_bytes(sample: bytes) -> Guess | None:
    pairs = _PAIRS.findall(sample)
    if len(pairs) < LEAST_PAIRS:
        return None
    leads: list[int] = [pair[0] for pair in pairs]

    def share(first: int, last: int) -> float:
        return float(sum(first <= lead <= last for lead in leads)) / len(leads)

    low_trails = sum(pair[1] < 0x80 for pair in pairs) / len(pairs)
    if _reads(sample, "cp932") and share(0x82, 0x83) > 0.15:
        return Guess("shift_jis", False)
    if low_trails > 0.15 and _reads(sample, "big5hkscs") and share(0xA1, 0xC6) > 0.8:
        return Guess("big5", False)
    if _reads(sample, "euc_jp") and share(0xA4, 0xA5) > 0.15:
        return Guess("euc_jp", False)
    if len(pairs) >= 20 and _reads(sample, "euc_kr") and share(0xB0, 0xC8) + share(0xA1, 0xA3) > 0.98:
        return Guess("euc_kr", False)
    if _reads(sample, "gb18030") and share(0xB0, 0xD7) + share(0xA1, 0xA3) > 0.6:
        return Guess("gb18030", True)
    lone = len(re.findall(rb"(?<![\x80-\xff])[\xa0-\xff](?![\x80-\xff])", sample))
    return Guess("cp1252", False) if lone * 2 > len(_HIGH.findall(sample)) else None


def _reads(sample: bytes, name: str) -> bool:
    """Whether nearly all of it is valid; the end may be cut."""
    return sample.decode(name, "replace").count("\ufffd") <= 1 + len(sample) // 1000


def _is_utf8(line: bytes, cut: bool = False) -> bool:
    """Whether it is valid; of one that may be `cut` the last character may be missing in part."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return cut and error.start > 0 and error.reason == "unexpected end of data"
    return True

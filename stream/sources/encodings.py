"""The first bytes of a file -> its encoding.

UTF-8, UTF-16 and UTF-32 are recognised by their byte order marks or zeros, GB18030 by its most frequent characters. Of
Big5, Shift_JIS, EUC-JP, EUC-KR and Windows-1252 it is only said that they are likely, because a wrong guess would read
nonsense. The byte ranges are those of the standards: GB 2312 has its 3,755 most frequent characters in rows B0 to D7,
Big5 in A4 to C6, KS X 1001 all its syllables in B0 to C8, and JIS X 0208 its kana in row A4 (82 in Shift_JIS).
"""

import re
from dataclasses import dataclass

READ = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb18030")
"""What is read without being asked for by name."""
SAMPLE_BYTES = 1 << 16
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
          (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))  # fmt: skip
_SHIFTS = (("iso2022_jp", re.compile(rb"\x1b\$[@B]")), ("iso2022_kr", re.compile(rb"\x1b\$\)C")),
           ("hz", re.compile(rb"~\{(?:[!-~]{2})+~\}")))  # fmt: skip
"""Encodings that are written in ASCII, and by what they say that they are."""
_HIGH = re.compile(rb"[\x80-\xff]")
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xff]")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]")
_OF_TEXT = re.compile(
    r"[\t\n\r -~\u00a0-\u024f\u0370-\u06ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2010-\u206f\u3000-\u30ff"
    r"\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]"
)
LEAST_PAIRS = 5  # characters of two bytes that are enough to tell GB18030
WIDE_SHARE = 0.9  # of the characters of UTF-16 and UTF-32 that are of texts
COMMON_SHARE, TIMES_GB = 0.12, 1.5  # of common characters, so many times as many as in GB18030
_COMMON = {
    "gb18030":
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
        "过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心"
        "她本前开但因只从想实",
    "big5":
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年"
        "過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心"
        "她本前開但因只從想實很灣",
    "euc_jp":
        "のにはをたがでてとしれさいるなもらりあくこうきつけまよんおどそめかだえわせみ日一国会人年大"
        "本中長出時行見月後前生上東今金入学高円下気先名電車新京都県市部事業員選知産経発",
    "euc_kr":
        "이다는에의을가를은하고지로한기도리사아나시어라해그대서정자인스수있들오일보부전제으원장상구"
        "주만니게",
    "cp1251": "оеаинтсрвлк", "koi8_r": "оеаинтсрвлк", "cp866": "оеаинтсрвлк", "cp874": "านรกอเงยลมตดทสวปค่้ี",
    "cp1253": "αοιετσνηυρ", "cp1255": "יוהלאתרשמב", "cp1256": "الينمتربعد",
}  # fmt: skip
_ALPHABETS = ("cp1251", "koi8_r", "cp866", "cp874", "cp1253", "cp1255", "cp1256")
ALPHABET_SHARE, CLEARLY = 0.5, 1.3  # of letters that are the commonest, so many times as many as in any other


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding; `sure` if the file may be read with it."""

    name: str
    sure: bool


def is_telling(block: bytes) -> bool:
    """Whether a block holds anything but ASCII."""
    return b"\0" in block or _HIGH.search(block) is not None or _shifted(block) is not None


def guess(block: bytes) -> Guess | None:
    """Return the encoding of the beginning of a file.

    None for no known one, UTF-8 with faults if nothing fits better.
    """
    sample = block[:SAMPLE_BYTES]
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Guess(name, True)
    if name := _wide(sample):
        return Guess(name, True)
    if shifted := _shifted(sample):
        return Guess(shifted, False)
    *lines, last = sample.split(b"\n")
    telling = [line for line in lines if _HIGH.search(line)]
    good = sum(map(_is_utf8, telling))
    if _HIGH.search(last):
        telling.append(last)
        good += _is_utf8(last, cut=True)
    if 2 * good >= len(telling):
        return Guess("utf-8", True)
    return _of_bytes(b"\n".join(telling))


def _shifted(sample: bytes) -> str | None:
    return next((name for name, sign in _SHIFTS if sign.search(sample)), None)


def _wide(sample: bytes) -> str:
    """Recognise UTF-16 or UTF-32 without a mark: it contains zeros or controls, and can be read as text."""
    if not _CONTROLS.search(sample) or (_is_utf8(sample) and len(_CONTROLS.findall(sample)) * 20 < len(sample)):
        return ""  # a few zeros in a text
    shares = {name: _share_of_text(sample, name) for name in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= WIDE_SHARE else ""


def _share_of_text(sample: bytes, name: str) -> float:
    """Return the share of text characters; 0 without any ASCII character such as the end of a line."""
    size = 4 if name.startswith("utf-32") else 2
    text = sample[: len(sample) // size * size].decode(name, "replace")
    return len(_OF_TEXT.findall(text)) / len(text) if text and re.search(r"[\n -~]", text) else 0.0


def _of_bytes(sample: bytes) -> Guess | None:
    found = _of_two_bytes(sample)
    if found is not None and found.name == "gb18030":
        own = _share_of_common(sample, "gb18030")
        others = {name: _share_of_common(sample, name) for name in ("big5", "euc_jp", "euc_kr")}
        best = max(others, key=lambda name: others[name])
        return Guess(best, False) if others[best] > max(COMMON_SHARE, TIMES_GB * own) else found
    return found or _of_alphabet(sample)


def _of_alphabet(sample: bytes) -> Guess | None:
    """Return the one-byte encoding that fits much better than all others, None if there is none."""
    shares = sorted((_share_of_common(sample, name), name) for name in _ALPHABETS)
    (second, _), (most, best) = shares[-2:]
    return Guess(best, False) if most >= max(ALPHABET_SHARE, CLEARLY * second) else None


def _share_of_common(sample: bytes, name: str) -> float:
    """Return the share of the non-ASCII characters that are common in the languages of an encoding."""
    if not _reads(sample, name):
        return 0.0
    text = [character for character in sample.decode(name, "replace") if character > "\x7f"]
    common = frozenset(_COMMON[name])
    return sum(character.lower() in common for character in text) / max(1, len(text))


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
    if _reads(sample, "cp932") and low_trails > 0.15 and share(0x88, 0x97) > 0.6:
        return Guess("shift_jis", False)
    lone = len(re.findall(rb"(?<![\x80-\xff])[\xa0-\xff](?![\x80-\xff])", sample))
    return Guess("cp1252", False) if lone * 2 > len(_HIGH.findall(sample)) else None


def _reads(sample: bytes, name: str) -> bool:
    """Whether nearly all of it is valid; the end may be cut."""
    return sample.decode(name, "replace").count("\ufffd") <= 1 + len(sample) // 1000


def _is_utf8(line: bytes, cut: bool = False) -> bool:
    """Whether it is valid UTF-8; with `cut` the last character may be incomplete."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return cut and error.start > 0 and error.reason == "unexpected end of data"
    return True

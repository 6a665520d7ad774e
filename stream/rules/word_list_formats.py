"""Lines of a word list -> words with their frequencies, in any of the forms that common programs write.

    a word a line      塑稚酉                    IK, THULAC, stop lists; # begins a comment
    jieba              塑稚酉 9 nz               frequency (9.5 too) and tag, both optional; also as 塑稚酉@@9@@nz
    HanLP              塑稚酉 nz 9 n 2           tags with their frequencies, which are added up
    THUOCL, ansj       塑稚酉<tab>9, 塑稚酉<tab>nz<tab>1000
    Rime               塑稚酉<tab>su zhi you<tab>90     a head between --- and ... is skipped
    CSV                塑稚酉,9                  with a head that names the column of the word, or the word first

A line of ASCII that has none of these forms is a phrase, kept whole. Any other line is refused, because a list that is
read wrongly has no effect and nobody would notice. Cost: about 2 us a line; lines of the simplest form (a word with at
most a frequency and a tag) are matched by one pattern for many lines.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.M)
_TAG = r"[A-Za-z][A-Za-z0-9_\-]{0,15}"
# A word without delimiters of other forms, then a frequency and a tag; or anything else.
_PLAIN = re.compile(
    rf"^[^\S\n]*+(?:([^\s,;@\"]++)(?:[^\S\n]++(\d{{1,18}}+)(?:[^\S\n]++{_TAG})?+)?+[^\S\n]*+$|\S.*+)", re.M
)
_UNLIKELY = re.compile(r"[^\w\s'’·・.\-&+#]|_")
_NUMBER = re.compile(r"\d{1,18}(?:\.\d{1,9})?%?")
_IS_TAG = re.compile(_TAG)
_PINYIN = re.compile(r"[a-zü:'v]+[1-5]?(?:[ '][a-zü:'v]+[1-5]?)*")
TAGS = frozenset(
    ["n", "nr", "nrt", "nrf", "nrfg", "ns", "nt", "nz", "nx", "nw", "ng", "v", "vn", "vd", "vi", "vg", "vl", "a", "ad",
     "an", "ag", "al", "d", "m", "mq", "q", "r", "p", "c", "u", "x", "eng", "i", "l", "j", "t", "s", "f", "b", "z", "h",
     "k", "y", "e", "o", "g", "w", "PER", "ORG", "LOC", "TIME", "user", "userDefine"]
)  # fmt: skip
"""Tags that are taken for such behind an ASCII word without a frequency; behind other words any is."""
WORD_HEADS = ("word", "words", "term", "text", "name", "phrase", "keyword", "entry", "lemma", "token", "surface", "词",
              "词语", "单词", "詞", "詞語", "名称", "关键词", "新词", "词汇", "词条", "词组")  # fmt: skip
FREQUENCY_HEADS = ("freq", "frequency", "count", "weight", "score", "n", "词频", "频率", "频次", "权重", "次数")
EXPECTED = "a word, or a word with frequency and tag as jieba, HanLP, ansj, THUOCL, Rime or CSV have it"
Entry = tuple[str, float | None]
"""A word and its frequency; None where the list says none."""


class NotUnderstoodError(ValueError):
    """A line has no known form; the message names it and says what is expected."""


@dataclass(slots=True)
class WordListReader:
    """Reads one list, batch by batch, and remembers its head."""

    lines: int = 0
    """How many were read so far."""
    _in_head: bool = False
    _columns: tuple[int, int | None] | None = None  # of word and frequency, as a head of CSV says
    _delimiter: str = ""

    def entries(self, text: str) -> Iterator[Entry]:
        """Return the entries of the next lines. Raises NotUnderstoodError with the number of the line."""
        text = _COMMENT.sub("", text)
        for match in _PLAIN.finditer(text):
            word, frequency = match.groups()
            if word is not None and not self._in_head and not self._columns and word != "---":
                yield word, float(frequency) if frequency else None
            elif (entry := self._entry(match[0].strip())) is not None:
                if not entry[0]:
                    number = self.lines + text.count("\n", 0, match.start()) + 1
                    raise NotUnderstoodError(f"line {number}: {match[0].strip()[:60]}: must be {EXPECTED}")
                yield entry
        self.lines += text.count("\n") + 1

    def _entry(self, line: str) -> Entry | None:
        """Return the entry of a line.

        None for a part of a head, an entry without a word if the line is not understood.
        """
        if self._in_head or line == "---":
            self._in_head = line != "..."
            return None
        if self._columns or (delimiter := _delimiter_of(line)):
            return self._of_table(line, self._delimiter if self._columns else delimiter)
        if "@@" in line:
            return _of_fields(line.split("@@"))
        if "\t" in line:
            fields = [field.strip() for field in line.split("\t")]
            return None if self._is_head(fields, "\t") else _of_fields(fields)
        return _of_fields(line.split()) if " " in line or "\u3000" in line else (line, None)

    def _of_table(self, line: str, delimiter: str) -> Entry | None:
        fields = [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]
        if self._columns:
            word, frequency = self._columns
            said = fields[frequency] if frequency is not None and frequency < len(fields) else ""
            number = float(said) if _NUMBER.fullmatch(said) and not said.endswith("%") else None
            return (fields[word], number) if word < len(fields) and fields[word] else ("", None)
        return None if self._is_head(fields, delimiter) else _of_fields(fields)

    def _is_head(self, fields: Sequence[str], delimiter: str) -> bool:
        """Whether fields name the columns of a table; then what is below is read by it."""
        heads = [field.lower() for field in fields]
        words = [at for at, head in enumerate(heads) if head in WORD_HEADS]
        if not words or any(map(_NUMBER.fullmatch, fields)):
            return False
        frequency = next((at for at, head in enumerate(heads) if head in FREQUENCY_HEADS), None)
        self._columns, self._delimiter = (words[0], frequency), delimiter
        return True


def first_unlikely(words: Sequence[str]) -> str | None:
    """The first word that holds a mark no text has within a word, where most words of a list do; else None.

    >>> first_unlikely(["塑稚酉|9|nz", "拔姓桐|3|n"]), first_unlikely(["塑稚酉", "阿·托", "C++", "进击：终季", "AT&T"])
    ('塑稚酉|9|nz', None)
    """
    unlikely = [word for word in words if _UNLIKELY.search(word)]
    return unlikely[0] if 2 * len(unlikely) > len(words) else None


def _delimiter_of(line: str) -> str:
    return next((one for one in ",;" if one in line and "\t" not in line), "")


def _of_fields(fields: Sequence[str]) -> Entry:
    """Read a word, then numbers, tags and pinyin in any order; return an entry without a word for anything else."""
    word, rest = fields[0], [field for field in fields[1:] if field]
    numbers = [field for field in rest if _NUMBER.fullmatch(field)]
    others = [field for field in rest if not _NUMBER.fullmatch(field)]
    is_ascii = all(field.isascii() for field in fields)
    known = all(_IS_TAG.fullmatch(field) or _PINYIN.fullmatch(field) for field in others)
    if is_ascii and not _is_entry(rest, numbers, others):
        return " ".join(fields), None
    if not word or not known or " " in word:
        return "", None
    counted = [float(field) for field in numbers if not field.endswith("%")]
    return word, sum(counted) if counted else None


def _is_entry(rest: Sequence[str], numbers: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the text after an ASCII word is frequency and tags, and not the rest of a phrase."""
    if not rest:
        return True
    tags = [field in TAGS for field in others]
    if not numbers:
        return len(others) == 1 and all(tags)
    in_turns = all((field in numbers) == bool(at % 2) for at, field in enumerate(rest))  # HanLP: tag, number, …
    as_jieba = rest[0] in numbers and len(rest) <= 2 and (len(rest) == 2 or rest[0].isdecimal())  # "Web 2.0" is none
    return all(tags) and len(numbers) >= 1 and (as_jieba or in_turns)

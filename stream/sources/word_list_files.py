"""Word lists on disk -> the words that are known, never announced, or always allowed.

A list may have any form of `rules.word_list_formats`, packed or not, in UTF-8, UTF-16 or GB18030. `known` is read once;
`deny` and `allow` are reloaded when their files change, and a file that breaks or vanishes keeps its last good content.
Only the keys of the words are kept. The number of words is logged, because a list that is read wrongly has no effect.
Cost: about 2 us a word to read, 8 bytes a word to keep.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.errors import SourceError
from stream.rules.hash_set import WordSet
from stream.rules.word_list_formats import EXPECTED, NotUnderstoodError, WordListReader, first_unlikely
from stream.rules.word_lists import WordLists
from stream.sources.files import AUTO, open_lines
from stream.text.unicode import compose

log = logging.getLogger(__name__)
BATCH = 10_000


@dataclass(frozen=True, slots=True)
class KnownWordsSettings:
    """Settings of the section `known_words`."""

    files: tuple[str, ...] = ()
    min_frequency: int = 0
    deny: str = ""
    allow: str = ""
    reload_s: float = 30.0

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = [("files", f"must name files that are there: {path} is not") for path in self.files if not _is(path)]
        lists = {"deny": self.deny, "allow": self.allow}
        wrong += [(key, "must name a file that is there") for key, path in lists.items() if path and not _is(path)]
        if self.min_frequency < 0:
            wrong.append(("min_frequency", "must be at least 0"))
        if self.reload_s <= 0:
            wrong.append(("reload_s", "must be greater than 0"))
        return wrong


def read_words(paths: Sequence[str], min_frequency: int = 0) -> Iterator[str]:
    """Return the words of these lists, without those of lower frequency in a dictionary. Raises SourceError."""
    for path in paths:
        with closing(open_lines([path], encoding=AUTO)) as file:
            yield from _words(file.batches(BATCH), path, min_frequency)


def _words(batches: Iterator[list[bytes]], path: str, min_frequency: int) -> Iterator[str]:
    reader = WordListReader()
    for lines in batches:
        text, is_first = _text(lines, path, reader.lines), not reader.lines
        try:
            entries = list(reader.entries(text))
        except NotUnderstoodError as fault:
            raise SourceError(f"{path}, {fault}") from fault
        if is_first:
            _check_form([word for word, _ in entries], text, path)
        yield from (word for word, frequency in entries if frequency is None or frequency >= min_frequency)


def _check_form(words: Sequence[str], text: str, path: str) -> None:
    """Raises SourceError for a list of another form than those that are known."""
    if word := first_unlikely(words):
        number = next((at for at, line in enumerate(text.splitlines(), 1) if word in line), 1)
        raise SourceError(f"{path}, line {number}: {word[:60]}: must be {EXPECTED}")


class ReloadedList:
    """A word list that follows its file. `now_s` is any clock; the file is checked at most every `reload_s` seconds."""

    def __init__(self, path: str, reload_s: float) -> None:
        self.path, self._reload_s = path, reload_s
        self._looked_s: float | None = None
        self._stamp: tuple[int, int, int] | None = None
        self.words = WordSet()
        self.fault: str | None = None
        """Why the file as it is now cannot be read; None while it can."""
        if path:
            self._stamp = _stamp(path)
            self.words = WordSet(read_words([path]))

    def look(self, now_s: float) -> None:
        """Read the file again if it has changed. A fault is logged when it begins and when it ends."""
        if not self.path or (self._looked_s is not None and now_s - self._looked_s < self._reload_s):
            return
        self._looked_s = now_s
        try:
            self._follow()
        except (OSError, SourceError) as error:
            if self.fault is None:
                log.warning("%s; going on with the %d words it had", error, len(self.words))
            self.fault = str(error)

    def contains(self, keys: U64) -> npt.NDArray[np.bool_]:
        """(n,) which of the keys are on the list."""
        return self.words.contains(keys)

    def _follow(self) -> None:
        stamp = _stamp(self.path)  # before reading: what is written meanwhile is seen at the next look
        if stamp != self._stamp or self.fault is not None:
            self.words = WordSet(read_words([self.path]))
            self._stamp, self.fault = stamp, None
            log.info("%s: %d words", self.path, len(self.words))


class KnownWords:
    """All word lists of a configuration; `lists` is what the rules use. Raises SourceError if one cannot be read.

    `say` is called with the number of words of each list; by default it is logged.
    """

    def __init__(self, settings: KnownWordsSettings, say: Callable[[str], None] = log.info) -> None:
        read: Counter[str] = Counter()
        self.known = WordSet(word for path in settings.files for word in _counted(path, settings.min_frequency, read))
        for path in dict.fromkeys(settings.files):
            say(f"{path}: {read[path]:,} words that are no news")
        self.deny = ReloadedList(settings.deny, settings.reload_s)
        self.allow = ReloadedList(settings.allow, settings.reload_s)
        for one, what in ((self.deny, "never to be announced"), (self.allow, "let through in any case")):
            if one.path:
                say(f"{one.path}: {len(one.words):,} words {what}")
        self.lists = WordLists(self.known.contains, self.deny.contains, self.allow.contains)

    def look(self, now_s: float) -> None:
        """Follow changes of the deny and allow lists."""
        self.deny.look(now_s)
        self.allow.look(now_s)


def _counted(path: str, min_frequency: int, read: Counter[str]) -> Iterator[str]:
    for word in read_words([path], min_frequency):
        read[path] += 1
        yield word


def _text(lines: list[bytes], path: str, before: int) -> str:
    """Return the lines without comments; `before` is the number of lines before them."""
    joined = b"\n".join(lines)
    try:
        text = joined.decode("utf-8")
    except UnicodeDecodeError as error:
        number = before + joined.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{path}, line {number}: a list of words must be UTF-8") from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return compose(text)  # nobody sees a byte order mark or a zero width, so none is part of a word


def _stamp(path: str) -> tuple[int, int, int]:
    status = Path(path).stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _is(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long, or not a path at all
        return False

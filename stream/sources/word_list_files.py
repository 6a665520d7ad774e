"""Word lists on disk -> what is known beforehand, what is never to be announced, and what always may be.

A list is one word a line, or jieba's dictionary (`word frequency tag`, either may be missing), packed or not; a `#`
at the beginning of a line or after a space begins a comment. `known` is read once; `deny` and `allow` follow their
files, and one that breaks or vanishes keeps its last good content. Words are not kept, only their keys.
Cost: some 1.5 µs a word to read, 8 bytes a word to keep.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sketches.hashing import U64
from stream.errors import SourceError
from stream.rules.hash_set import WordSet
from stream.rules.word_lists import WordLists
from stream.sources.files import open_lines

log = logging.getLogger(__name__)
BATCH = 10_000
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.M)
# A word, then frequency and tag as in jieba's dictionaries; anything else with a space in it is a phrase, kept whole.
_ENTRY = re.compile(r"^[^\S\n]*+(?:(\S++)(?:[^\S\n]++([0-9]{1,18}+))?(?:[^\S\n]++[a-z]++)?[^\S\n]*+$|(\S.*+))", re.M)


@dataclass(frozen=True, slots=True)
class KnownWordsSettings:
    files: tuple[str, ...] = ()
    min_frequency: int = 0
    deny: str = ""
    allow: str = ""
    reload_s: float = 30.0

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong: (key, reason)."""
        wrong = [("files", f"must name files that are there: {path} is not") for path in self.files if not _is(path)]
        lists = {"deny": self.deny, "allow": self.allow}
        wrong += [(key, "must name a file that is there") for key, path in lists.items() if path and not _is(path)]
        if self.min_frequency < 0:
            wrong.append(("min_frequency", "must be at least 0"))
        if self.reload_s <= 0:
            wrong.append(("reload_s", "must be greater than 0"))
        return wrong


def read_words(paths: Sequence[str], min_frequency: int = 0) -> Iterator[str]:
    """The words of these lists, but those that a dictionary calls rarer than that. Raises SourceError."""
    for path in paths:
        before = 0
        for lines in open_lines([path]).batches(BATCH):
            for word, frequency, phrase in _ENTRY.findall(_text(lines, path, before)):
                if phrase:
                    yield phrase.rstrip()
                elif not frequency or int(frequency) >= min_frequency:
                    yield word
            before += len(lines)


class ReloadedList:
    """A word list that follows its file. `now_s` is any clock; the file is looked at every `reload_s` at most."""

    def __init__(self, path: str, reload_s: float) -> None:
        self._path, self._reload_s = path, reload_s
        self._looked_s: float | None = None
        self._stamp: tuple[int, int, int] | None = None
        self.words = WordSet()
        self.fault: str | None = None
        """Why the file as it is now cannot be read; None while it can."""
        if path:
            self._stamp = _stamp(path)
            self.words = WordSet(read_words([path]))

    def look(self, now_s: float) -> None:
        """Read the file again if it changed. A fault is logged when it begins and when it ends."""
        if not self._path or (self._looked_s is not None and now_s - self._looked_s < self._reload_s):
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
        stamp = _stamp(self._path)  # before reading: what is written meanwhile is seen at the next look
        if stamp != self._stamp or self.fault is not None:
            self.words = WordSet(read_words([self._path]))
            self._stamp, self.fault = stamp, None
            log.info("%s: %d words", self._path, len(self.words))


class KnownWords:
    """All lists of a configuration; `lists` is what the trends ask. Raises SourceError if one cannot be read now."""

    def __init__(self, settings: KnownWordsSettings) -> None:
        self.known = WordSet(read_words(settings.files, settings.min_frequency))
        self.deny = ReloadedList(settings.deny, settings.reload_s)
        self.allow = ReloadedList(settings.allow, settings.reload_s)
        self.lists = WordLists(self.known.contains, self.deny.contains, self.allow.contains)

    def look(self, now_s: float) -> None:
        """Follow changes of the deny and allow lists."""
        self.deny.look(now_s)
        self.allow.look(now_s)


def _text(lines: list[bytes], path: str, before: int) -> str:
    """The lines without comments; `before` is how many came before them."""
    joined = b"\n".join(lines)
    try:
        text = joined.decode("utf-8")
    except UnicodeDecodeError as error:
        number = before + joined.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{path}, line {number}: a list of words must be UTF-8") from error
    return _COMMENT.sub("", text if before else text.removeprefix("\ufeff"))


def _stamp(path: str) -> tuple[int, int, int]:
    status = Path(path).stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _is(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long, or not a path at all
        return False

"""The words of a period -> the file another program reads them from.

    jieba    user dictionary (`jieba.load_userdict`): a word a line; without a frequency jieba takes the least that
             keeps the word whole. It looks for words in stretches of U+4E00 to U+9FD5, ASCII letters and digits only
    ik       dictionary of Elasticsearch's IK analysis (`ext_dict`, `remote_ext_dict`): a word a line, in small letters
             and half width as IK looks at text; of Han of the basic plane, kana, Hangul, ASCII letters and digits
    hanlp    custom dictionary of HanLP: `word nature frequency`; the nature nz (other proper noun), the texts it was in
    rime     `NAME.dict.yaml` for import_tables: `word<TAB>weight`; Rime spells what consists of Han characters that its
             table of characters has: U+4E00 to U+9FA5 and U+3007
    csv      all that is known of a word, UTF-8, with a header; the words of a story one after the other. A text that a
             spreadsheet would take for a formula has an apostrophe before it
    parquet  the same columns with types, zstd

What a program would not find in a text is left out and counted, for such a word would have no effect there. jieba and
HanLP themselves read theirs back in `tests/stream/outputs`; for IK and Rime it is what their sources say.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stream.events.period_summary import COLUMNS, Entry, by_story
from stream.optional import extra

_ASCII = "A-Za-z0-9"
_JIEBA = re.compile(f"[\u4e00-\u9fd5{_ASCII}]+")  # of `re_han_default`, without its signs, which no word has
_IK = re.compile(f"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7af{_ASCII}]+")
_RIME = re.compile("[\u4e00-\u9fa5\u3007]+")
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_TYPES = {"first_seen": "time", "announced": "time", "updated": "time", "count": "int64", "score": "float64",
          "sources": "int64"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WordFormat:
    """`make(entries, name)` gives the whole file of entries that all fit; `name` is what Rime calls the dictionary."""

    make: Callable[[Sequence[Entry], str], bytes]
    fits: Callable[[str], bool] = lambda word: True


def made(form: str, entries: Sequence[Entry], name: str) -> tuple[bytes, int]:
    """The file, and how many words it could not hold. Raises UsageError if a library is not there."""
    fit = [one for one in entries if FORMATS[form].fits(one.word)]
    return FORMATS[form].make(fit, name), len(entries) - len(fit)


def _one_line(word: str) -> bool:
    return word.isprintable() and not any(character.isspace() for character in word)


def _regular(word: str) -> str:
    """A word as IK looks at it (`CharacterUtil.regularize`)."""
    return word.translate(_WIDE).lower()


def _jieba(entries: Sequence[Entry], name: str) -> bytes:
    return _lines(one.word for one in entries)


def _ik(entries: Sequence[Entry], name: str) -> bytes:
    return _lines(dict.fromkeys(_regular(one.word) for one in entries))


def _hanlp(entries: Sequence[Entry], name: str) -> bytes:
    return _lines(f"{one.word} nz {one.count}" for one in entries)


def _rime(entries: Sequence[Entry], name: str) -> bytes:
    newest_s = max((one.updated_s for one in entries), default=0.0)
    version = datetime.fromtimestamp(newest_s, UTC).strftime("%Y.%m.%d")
    head = ["# Rime dictionary", "# encoding: utf-8", "---", f"name: {name}", f'version: "{version}"',
            "sort: by_weight", "columns: [text, weight]", "..."]  # fmt: skip
    return _lines([*head, *(f"{one.word}\t{one.count}" for one in entries)])


def _csv(entries: Sequence[Entry], name: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows({column: _harmless(value) for column, value in one.row().items()} for one in by_story(entries))
    return out.getvalue().encode("utf-8", "replace")


def _harmless(value: object) -> object:
    """A cell that no spreadsheet runs."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _parquet(entries: Sequence[Entry], name: str) -> bytes:
    arrow, parquet = (extra(module, "--format parquet", "parquet") for module in ("pyarrow", "pyarrow.parquet"))
    moment = arrow.timestamp("ms", tz="UTC")
    types = {column: moment if kind == "time" else getattr(arrow, kind)() for column, kind in _TYPES.items()}
    rows = [one.row() for one in by_story(entries)]
    columns = {
        column: arrow.array([row[column] for row in rows], None if rows else arrow.string()).cast(
            types.get(column, arrow.string())
        )
        for column in COLUMNS
    }
    out = io.BytesIO()
    parquet.write_table(arrow.table(columns), out, compression="zstd")
    return out.getvalue()


FORMATS = {
    "jieba": WordFormat(_jieba, lambda word: _JIEBA.fullmatch(word) is not None),
    "ik": WordFormat(_ik, lambda word: _IK.fullmatch(_regular(word)) is not None),
    "hanlp": WordFormat(_hanlp, _one_line),
    "rime": WordFormat(_rime, lambda word: _RIME.fullmatch(word) is not None),
    "csv": WordFormat(_csv),
    "parquet": WordFormat(_parquet),
}


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()

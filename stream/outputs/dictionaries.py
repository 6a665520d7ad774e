"""The words of a period -> the file another program reads them from.

    jieba    user dictionary (`jieba.load_userdict`): a word a line; without a frequency jieba takes the least that
             keeps the word whole
    ik       dictionary of Elasticsearch's IK analysis (`ext_dict`, `remote_ext_dict`): a word a line, in small letters
             as IK looks at text
    hanlp    custom dictionary of HanLP: `word nature frequency`; the nature nz (other proper noun), the texts it was in
    rime     `NAME.dict.yaml` for import_tables: `word<TAB>weight`; Rime spells what consists of Han characters only
    csv      all that is known of a word, UTF-8, with a header; the words of a story one after the other
    parquet  the same columns with types, zstd

What a format cannot hold (a word with a space in a word list) is left out and counted.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stream.events.period_summary import COLUMNS, Entry, by_story
from stream.sources.optional import extra
from stream.text.runs import SCRIPTS

_HAN = [span for script in ("han", "han_extended") for span in SCRIPTS[script][1]]
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


def _all_han(word: str) -> bool:
    return all(any(first <= ord(character) <= last for first, last in _HAN) for character in word)


def _jieba(entries: Sequence[Entry], name: str) -> bytes:
    return _lines(one.word for one in entries)


def _ik(entries: Sequence[Entry], name: str) -> bytes:
    return _lines(dict.fromkeys(one.word.lower() for one in entries))


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
    writer.writerows(one.row() for one in by_story(entries))
    return out.getvalue().encode("utf-8", "replace")


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
    "jieba": WordFormat(_jieba, _one_line),
    "ik": WordFormat(_ik, _one_line),
    "hanlp": WordFormat(_hanlp, _one_line),
    "rime": WordFormat(_rime, _all_han),
    "csv": WordFormat(_csv),
    "parquet": WordFormat(_parquet),
}


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()

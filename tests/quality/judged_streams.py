"""Streams with judged words, run through the finder: what the word model is fitted on and measured by.

Rows are all candidates on all their rungs, each with the signs it had then, causally: no row knows what came later.
Needs ../shared/data.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from stream.finder.finder import Finder
from stream.finder.settings import DAY_S, FinderSettings
from stream.segmentation.pmi_model import StrongPairs
from stream.sources.files import open_lines
from stream.text.clean import cleaned
from stream.text.message import Text
from stream.text.runs import fold_word
from stream.text.text_batch import TextBatch

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
FOLDER = Path(__file__).parent
_TEXTS = 10_000  # made into columns at a time


@dataclass(frozen=True, slots=True)
class Judged:
    """A stream, from when on enough of its past is known, and the file of words drawn at random from it."""

    file: str
    since: str
    judged: str | None = None
    more: tuple[str, ...] = ()  # judged words of ours, which are not a random sample
    until: str = "9999-01-01"  # words of later rows are not fitted on
    by_years: bool = False  # its own row is of a fit that saw its words, but those of the random sample


STREAMS = {
    "cctvweibo": Judged("other/cctvweibo.jsonl.xz", "2020-02-01", "other/judged_cctvweibo.jsonl",
                        ("judged_candidates_cctvweibo.jsonl",)),
    "v2ex": Judged("other/v2ex.jsonl.xz", "2022-03-01", "other/judged_v2ex.jsonl",
                   ("judged_candidates_v2ex.jsonl",)),
    "hatebu": Judged("other/hatebu.jsonl.xz", "2008-06-01", "other/judged_hatebu.jsonl",
                     ("judged_candidates_hatebu.jsonl",)),
    "weibo": Judged("weibo_hot_dev.jsonl.xz", "2021-03-01", "judged_random_dev.jsonl",
                    ("judged_2021.jsonl", "judged_2022_random.jsonl", "judged_candidates_weibo.jsonl"),
                    "2023-01-01", by_years=True),
    "zig_irc": Judged("other/zig_irc.jsonl.xz", "2019-07-15", more=("judged_candidates_zig_irc.jsonl",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """Candidates as they were judged: shapes (n,), signs (n, signs)."""

    words: list[str]
    shown: list[str]
    at_s: np.ndarray
    counts: np.ndarray
    surprise: np.ndarray
    by_chance: np.ndarray
    earlier: np.ndarray
    speaker: np.ndarray
    signs: np.ndarray


def seconds(stamp: str) -> float:
    """Seconds since 1970 of an ISO time with a zone, or of a day."""
    return datetime.fromisoformat(stamp if "T" in stamp else f"{stamp}T00:00:00+00:00").timestamp()


def batches(file: Path) -> Iterator[TextBatch]:
    """The texts of a file, cleaned."""
    texts: list[Text] = []
    for offset, line in enumerate(open_lines([str(file)])):
        fields = json.loads(line)
        texts.append(Text(fields["text"], seconds(fields["ts"]), fields.get("source"), "raw-text", 0, offset))
        if len(texts) == _TEXTS:
            yield cleaned(TextBatch.of(texts))
            texts = []
    if texts:
        yield cleaned(TextBatch.of(texts))


def rows_of(stream: Judged, settings: FinderSettings | None = None, seed: int = 7) -> Rows:
    """Run the finder over a stream."""
    finder, found = Finder(settings or FinderSettings(), seed, 365 * DAY_S), []
    for batch in batches(DATA / stream.file):
        first = 0
        while first < len(batch):
            last = first + finder.until_due(batch.at_s[first:])
            finder.add(batch.between(first, last))
            now_s, first = float(batch.at_s[last - 1]), last
            if finder.due():
                look = finder.look(now_s, StrongPairs.empty())
                found += [(one, look.at_s) for one in look.found]
    shapes = {"at_s": [at_s for _, at_s in found]}
    shapes |= {
        name: [getattr(one, name) for one, _ in found]
        for name in ("count", "surprise", "by_chance", "earlier", "speaker")
    }
    at_s, counts, surprise, by_chance, earlier, speaker = map(np.array, shapes.values())
    words, shown = [one.word for one, _ in found], [one.shown for one, _ in found]
    signs = np.array([one.signs for one, _ in found], np.float32)
    return Rows(words, shown, at_s, counts, surprise, by_chance, earlier, speaker, signs)


def judgements(stream: Judged, random_only: bool = False) -> dict[str, bool]:
    """The judged words of a stream, folded, and whether each was accepted."""
    files = [DATA / stream.judged] if stream.judged else []
    if not random_only:
        files += [FOLDER / name for name in stream.more]
    found: dict[str, bool] = {}
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            fields = json.loads(line)
            found.setdefault(fold_word(fields["word"]), bool(fields["accepted"]))
    return found


def save(rows: Rows, file: Path) -> None:
    """Keep rows for the next time."""
    columns: dict[str, Any] = {name: np.array(getattr(rows, name)) for name in Rows.__slots__}
    np.savez_compressed(file, **columns)


def load(file: Path) -> Rows:
    """Rows that were kept."""
    with np.load(file) as columns:
        return Rows(
            *(columns[name].tolist() if name in ("words", "shown") else columns[name] for name in Rows.__slots__)
        )

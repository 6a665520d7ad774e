"""`make quality`: replays of real hot-list titles, scored against dated truth, beside two plain finders.

    python -m tests.quality [--streams weibo multi shuffled] [--finders new-words article ngrams]

Nothing is configured. `article` is the rule of kexue.fm/archives/3913
run day by day, `ngrams` the classic of windowed n-grams with PMI and entropy (`baselines.py`). In `shuffled` the titles
of weibo come in random order at the times of the others: nothing in it is news. Needs ../shared/data.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stream.sources.files import open_lines
from stream.sources.word_list_files import read_words
from stream.text.runs import fold_word
from tests.quality.baselines import article, days, ngrams

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data"
FINDERS = ("new-words", "article", "ngrams")
BASELINES = {"article": article, "ngrams": ngrams}


@dataclass(frozen=True, slots=True)
class Stream:
    """A file of titles, and the spans that are scored: name, first and last day."""

    file: str
    spans: tuple[tuple[str, str, str], ...] = ()


STREAMS = {
    "weibo": Stream("weibo_hot_dev.jsonl.xz", (
        ("fitted on", "2021-03-01", "2022-12-31"), ("confirmed on", "2023-01-01", "2023-12-31"),
        ("all", "2021-03-01", "2023-12-31"),
    )),
    "multi": Stream("hotlists_multi_dev.jsonl.xz", (("many lists", "2023-10-01", "2023-12-31"),)),
    "shuffled": Stream("weibo_hot_dev.jsonl.xz"),
}  # fmt: skip


def main() -> int:
    """Print a table of every finder on every stream and span."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("--streams", nargs="+", choices=STREAMS, default=list(STREAMS))
    parser.add_argument("--finders", nargs="+", choices=FINDERS, default=list(FINDERS))
    parser.add_argument("--find", nargs=3, metavar=("FINDER", "STREAM", "EVENTS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"needs the real streams in {DATA}, which are not there")
    if options.find:
        _find(*options.find)
        return 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        for name in options.streams:
            if name == "shuffled":
                _shuffled(Path(folder))
                continue
            events = {finder: str(Path(folder, f"{name}-{finder}.jsonl")) for finder in options.finders}
            find = [sys.executable, "-m", "tests.quality", "--find"]
            list(pool.map(lambda one: subprocess.run([*find, one[0], name, one[1]], check=True, cwd=ROOT),  # noqa: B023
                          events.items()))  # fmt: skip
            _show(name, events)
    return 0


def _shuffled(folder: Path) -> None:
    """How many events there are where there is no news."""
    rows = [json.loads(line) for line in open_lines([str(DATA / STREAMS["shuffled"].file)])]
    texts = [row["text"] for row in rows]
    random.Random(1).shuffle(texts)
    path, events = folder / "shuffled.jsonl", folder / "shuffled-events.jsonl"
    path.write_text("".join(json.dumps({"ts": row["ts"], "text": text}) + "\n"
                            for row, text in zip(rows, texts, strict=True)), "utf-8")  # fmt: skip
    _replay(path, str(events))
    emerged = [row["word"] for row in map(json.loads, events.read_text("utf-8").splitlines())
               if row["status"] == "emerged"]  # fmt: skip
    millions = sum(map(len, texts)) / 1e6
    print(f"shuffled: {len(emerged)} events in {millions:.2f} million characters, {len(emerged) / millions:.2f} a "
          f"million (at most 1 is asked for): {' '.join(emerged) or 'none'}")  # fmt: skip


def _replay(path: Path, events: str) -> None:
    replay = [sys.executable, "-m", "stream", "replay", str(path), "--quiet"]
    subprocess.run([*replay, "--events", events], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def _find(finder: str, name: str, events: str) -> None:
    """Write the events of one finder on one stream."""
    stream = STREAMS[name]
    path = DATA / stream.file
    if finder == "new-words":
        _replay(path, events)
        return
    known = set(map(fold_word, read_words([str(DATA / "lexicon_jieba.txt.xz")])))
    with Path(events).open("w", encoding="utf-8") as out:
        for word, at_s in BASELINES[finder](days(path), known):
            detected_at = datetime.fromtimestamp(at_s, UTC).isoformat()
            out.write(json.dumps({"word": word, "detected_at": detected_at}, ensure_ascii=False) + "\n")


def _show(name: str, events: dict[str, str]) -> None:
    table = Table("span", "finder", "recall", "judged P", "judged R", "judged F1", "delay, titles", "in dictionaries",
                  "events a day", title=f"{name}: {STREAMS[name].file}")  # fmt: skip
    for span, start, end in STREAMS[name].spans:
        for finder, path in events.items():
            row = score(name, path, start, end)
            figures = ("recall", "judged_precision", "judged_recall", "judged_f1", "delay_titles_median",
                       "dictionary_precision", "per_day")  # fmt: skip
            table.add_row(f"{span} {start} to {end}", finder, *(str(row[figure]) for figure in figures))
    Console(width=160).print(table)


def score(name: str, events: str, start: str, end: str) -> dict[str, float]:
    score = [
        sys.executable, str(SHARED / "eval" / "score_words.py"), "--events", events, "--from", start, "--to", end,
        "--stream", str(DATA / STREAMS[name].file), "--truth", str(DATA / "emerging_truth_dev.jsonl"),
        "--judged", str(DATA / "judged_random_dev.jsonl"), "--lexicon", str(DATA / "lexicon_all.txt.xz"),
    ]  # fmt: skip
    found: dict[str, float] = json.loads(subprocess.run(score, check=True, capture_output=True, text=True).stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())

"""The tables of real words in README and docs/measurements.md, from the events of a replay of the hot-list titles.

    python -m stream replay ../shared/data/weibo_hot_dev.jsonl.xz --events E
    python -m tests.quality.real_words E

Writes both tables anew: each row keeps its word and what it is; the dates (UTC) and the number of texts are those of
the word's first event. A word that was not announced stays as it is and is named on stderr.
"""

import re
import sys
from pathlib import Path

from stream.events.events import EMERGED, Event, decode_event, iso

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs/measurements.md")
ROW = re.compile(r"^\| (\S+) \| ([^|]+) \| (\d{4}-\d\d-\d\d) \| (\d{4}-\d\d-\d\d) \| (\d+) \|$", re.M)


def rows(document: Path) -> list[tuple[str, str, str, str, int]]:
    """(word, what it is, first text, announced, texts) of each row."""
    found = ROW.findall(document.read_text("utf-8"))
    return [(word, meaning, first, announced, int(texts)) for word, meaning, first, announced, texts in found]


def row_of(match: re.Match[str], events: dict[str, Event]) -> str:
    """The row with the figures of the word's event."""
    word, meaning = match[1], match[2]
    if word not in events:
        print(f"{word}: not announced", file=sys.stderr)
        return match[0]
    event = events[word]
    return f"| {word} | {meaning} | {iso(event.first_seen_s)[:10]} | {iso(event.detected_at_s)[:10]} | {event.count} |"


def main() -> int:
    found = [decode_event(line) for line in Path(sys.argv[1]).read_bytes().splitlines()]
    events = {event.word: event for event in found if event.status == EMERGED}
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        document.write_text(ROW.sub(lambda match: row_of(match, events), text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

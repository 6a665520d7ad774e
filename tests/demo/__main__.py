"""`make demo`: a simulated stream with three coined words in it, and what new-words announces."""

import subprocess
import sys
import tempfile
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from stream.events.events import Event, decode_event


def main() -> int:
    """0 if every planted word was found."""
    with tempfile.TemporaryDirectory() as folder:
        truth, events = Path(folder, "planted.jsonl"), Path(folder, "events.jsonl")
        new_words = [sys.executable, "-m", "stream"]
        with subprocess.Popen([*new_words, "simulate", "--truth", str(truth)], stdout=subprocess.PIPE) as simulate:
            subprocess.run([*new_words, "replay", "-", "--events", str(events)], stdin=simulate.stdout, check=True)
        planted = [orjson.loads(line) for line in truth.read_bytes().splitlines()]
        found = [decode_event(line) for line in events.read_bytes().splitlines()]
    by_word = {event.word: event for event in reversed(found) if event.status == "emerged"}
    _show(planted, by_word)
    return 0 if all(word["word"] in by_word for word in planted) else 1


def _show(planted: list[dict[str, object]], by_word: dict[str, Event]) -> None:
    table = Table(
        "planted", "shape", "texts", "found after", "of them, score", title="what was planted, what was found"
    )
    for word in planted:
        event = by_word.get(str(word["word"]))
        found = (f"{event.count} texts", f"{event.score:.1f}") if event else ("not found", "")
        table.add_row(str(word["word"]), str(word["shape"]), str(word["texts"]), *found)
    others = sorted(set(by_word) - {str(word["word"]) for word in planted})
    console = Console()
    console.print(table)
    console.print(f"announced besides: {', '.join(others) or 'nothing'}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())

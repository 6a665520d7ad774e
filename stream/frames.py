"""Events as a table, for notebooks: `from stream import read_events`.

    read_events("events.jsonl")                       # files that `replay` wrote, or a store (store.path)
    read_events(kafka="broker:9092", frame="polars")  # what the topic new-words holds now

A row is an event, in the order of detection; times are UTC, and of lists there is the length or the first.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stream.errors import SourceError, UsageError
from stream.events.events import Event, decode_event
from stream.optional import extra
from stream.sources.files import open_lines

FRAMES = ("pandas", "polars", "rows")
SQLITE = b"SQLite format 3\0"


def read_events(
    source: str | Path | Sequence[str | Path] | None = None, *, kafka: str | None = None, frame: str = "pandas",
    config: str | None = None,
) -> Any:  # fmt: skip
    """Return a data frame of pandas or polars, or with frame="rows" a list of dictionaries.

    `config` is a YAML file with other Kafka settings. Raises UsageError for contradicting arguments and missing
    libraries, SourceError for a line that is not an event, BrokerError if Kafka does not answer.
    """
    if frame not in FRAMES:
        raise UsageError(f"frame {frame!r}: must be one of {', '.join(FRAMES)}")
    if (source is None) == (kafka is None):
        raise UsageError("read_events: name files, or kafka=, one of the two")
    library = None if frame == "rows" else extra(frame, f"frame={frame!r}", frame)
    events = _of_topic(kafka, config) if source is None else _of_files(source)
    rows = [_row(event) for event in sorted(events, key=lambda event: event.detected_at_s)]
    return rows if library is None else library.DataFrame(rows, **({"columns": COLUMNS} if frame == "pandas" else {}))


def _of_topic(servers: str | None, config: str | None) -> Iterator[Event]:
    from stream.subscription import subscribe

    return iter(subscribe(servers, until_now=True, config=config))


def _of_files(source: str | Path | Sequence[str | Path]) -> Iterable[Event]:
    for path in [source] if isinstance(source, str | Path) else source:
        if _is_store(path):
            yield from _of_store(str(path))
            continue
        for number, line in enumerate(open_lines([str(path)]), 1):
            if line.strip():
                try:
                    yield decode_event(line)
                except ValueError as fault:
                    raise SourceError(f"{path}: line {number} is {fault}") from fault


def _is_store(path: str | Path) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


def _of_store(path: str) -> Iterator[Event]:
    from stream.store.history import History

    history = History(path, 1 << 40)
    try:
        with history.reading() as connection:
            rows = connection.execute("SELECT body FROM event").fetchall()
    finally:
        history.close()
    return (decode_event(bytes(body)) for (body,) in rows)


def _row(event: Event) -> dict[str, Any]:
    cohesion = [link for link in event.cohesion if link is not None]
    values = (
        event.word, event.status, datetime.fromtimestamp(event.detected_at_s, UTC),
        datetime.fromtimestamp(event.first_seen_s, UTC), event.count, event.baseline, event.score, event.novelty,
        event.sources, event.story, min(cohesion, default=None), event.left.distinct, event.left.top_share,
        event.right.distinct, event.right.top_share, event.examples[0].text if event.examples else None,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


COLUMNS = [
    "word", "status", "detected_at", "first_seen", "count", "baseline", "score", "novelty", "sources", "story",
    "weakest_link", "left_distinct", "left_share", "right_distinct", "right_share", "example",
]  # fmt: skip

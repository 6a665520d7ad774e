"""A source -> its latest texts, as many as can be processed in a minute, and the fields they are read from.

The whole source is read in order, but only the latest `most_bytes` of its records are kept and decoded. If the fields
of the configuration hold no text, or no time, and the user named none, likely fields are used instead. Guessing is
allowed only here, because a person will read the suggestion.
Cost: the kept records in memory; the time to read the records before them.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from stream.embedded.replay_clock import ReplayClock
from stream.sources.base import Batch, TextSource
from stream.sources.read_tally import ReadTally
from stream.text.fields import first_at, likely
from stream.text.message import Text, TextSettings, parsed
from stream.text.times import is_missing

BATCH = 1000
ASKED = 200  # records by which the fields are guessed
USUAL = TextSettings()


@dataclass(frozen=True, slots=True)
class Recent:
    """`records` is the number of records in the source, `kept` the number of the latest ones that were decoded."""

    texts: list[Text]
    records: int
    kept: int
    tally: ReadTally
    settings: TextSettings
    is_json: bool


def recent(
    source: TextSource, settings: TextSettings, most_bytes: int, show: Callable[[int, int], None] = lambda *_: None
) -> Recent:
    """Read a source to its end. `show` is called with the bytes and the records read so far."""
    held: deque[Batch] = deque()
    records = size = 0
    with closing(source.batches(None, BATCH)) as batches:
        for batch in batches:
            held.append(batch)
            records += len(batch.lines)
            size += _size(batch)
            while len(held) > 1 and size - _size(held[0]) >= most_bytes:
                size -= _size(held.popleft())
            show(source.read_bytes, records)
    is_json = bool(held) and held[-1].json
    settings = guessed(_first_lines(held), settings) if is_json else replace(settings, format="plain")
    clock = ReplayClock(settings)
    texts = [text for batch in held for text in clock.texts(batch)]
    return Recent(texts, records, sum(len(batch.lines) for batch in held), clock.tally, settings, is_json)


def guessed(lines: Sequence[bytes], settings: TextSettings) -> TextSettings:
    """The settings, with fields that look like a text or a time where the usual ones hold nothing.

    >>> line = '{"id": 1, "content": "天气真好啊", "created_at": "2024-01-01T08:00:00Z"}'.encode()
    >>> found = guessed([line], TextSettings())
    >>> found.field, found.ts_field
    (('content',), ('created_at',))
    """
    records = [record for line in lines if isinstance(record := parsed(line), dict)]
    texts = sum(isinstance(first_at(record, settings.field), str) for record in records)
    times = sum(not is_missing(first_at(record, settings.ts_field)) for record in records)
    found = [likely(record) for record in records]
    if texts * 2 < len(records) and settings.field == USUAL.field:
        settings = replace(settings, field=_most(one.text for one in found) or settings.field)
    if times * 2 < len(records) and settings.ts_field == USUAL.ts_field:
        settings = replace(settings, ts_field=_most(one.ts for one in found) or settings.ts_field)
    return settings


def _most(several: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    (best, _), *_rest = Counter(several).most_common(1) or [((), 0)]
    return best


def _first_lines(held: Sequence[Batch]) -> list[bytes]:
    lines = [line for batch in list(held)[:1] for line in batch.lines if line.strip()]
    return lines[:ASKED]


def _size(batch: Batch) -> int:
    return sum(map(len, batch.lines))

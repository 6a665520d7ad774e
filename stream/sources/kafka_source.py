"""Stream a Kafka topic, of this cluster or another, as JSON lines, up to its end at the start of reading.

A text without a time gets that of its record. The cursor is the next offset of each partition; no consumer group is
used, so other readers are not affected. If retention has deleted records after a cursor, that is an error, as the loss
would go unnoticed.
"""

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from stream.errors import BrokerError, SourceError, UsageError
from stream.log.kafka import KafkaSource
from stream.log.protocol import Polled, Record
from stream.log.settings import KafkaSettings
from stream.sources.base import Batch, topic_name
from stream.sources.rows import row_line
from stream.text.fields import Fields, first_at, unwrapped
from stream.text.message import TextSettings
from stream.text.times import is_missing

ASKABLE = ("security_protocol", "sasl_mechanism", "sasl_username", "sasl_password", "ssl_cafile")
PATIENCE_S = 30.0


class KafkaTexts:
    """Records of a topic; `json` says whether they are JSON or plain text."""

    lasts, oversized = False, 0

    def __init__(self, settings: KafkaSettings, topic: str, text: TextSettings, json: bool) -> None:
        self.name = topic_name(settings.bootstrap_servers, topic)
        self.total_bytes: int | None = None
        self.read_bytes = 0
        self._settings, self._topic, self._text, self._json = settings, topic, text, json

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        done = {int(partition): offset for partition, offset in dict(cursor or {}).items()}
        client_id = f"{self._settings.client_id}-source"
        with closing(KafkaSource(self._settings, self._topic, None, client_id, min(most, 5000))) as source:
            ends = self._begun(source, done)
            answered_s = time.monotonic()
            while any((source.position(at) or 0) < end for at, end in ends.items()):
                polled = self._polled(source, answered_s)
                if polled is None:
                    continue
                answered_s = time.monotonic()
                self._seek(source, polled, done)
                records = [record for record in polled if record.offset < ends.get(record.partition, 0)]
                for record in records:
                    done[record.partition] = record.offset + 1
                if records:
                    lines = [self._line(record) for record in records]
                    self.read_bytes += sum(map(len, lines))
                    yield Batch(lines, True, {str(at): offset for at, offset in done.items()})

    def _begun(self, source: KafkaSource, done: dict[int, int]) -> dict[int, int]:
        """Seek all partitions and return where each ends now."""
        began_s = time.monotonic()
        while time.monotonic() < began_s + PATIENCE_S:
            polled = source.poll(0.5)
            if polled.assigned:
                ends = source.ends()
                self._seek(source, polled, done)
                return ends
        raise SourceError(f"{self.name}: there is no such topic")

    def _polled(self, source: KafkaSource, answered_s: float) -> Polled | None:
        """Poll; None if the cluster does not answer. Raises BrokerError after PATIENCE_S."""
        try:
            return source.poll(0.5)
        except BrokerError:
            if time.monotonic() > answered_s + PATIENCE_S:
                raise
            return None

    def _seek(self, source: KafkaSource, polled: Polled, done: dict[int, int]) -> None:
        for partition, (asked, got) in polled.lost.items():
            raise SourceError(f"{self.name}: partition {partition} no longer holds offset {asked}; the next is {got}")
        for partition in polled.assigned or ():
            source.seek(partition, done.get(partition))

    def _line(self, record: Record) -> bytes:
        value = record.value or b""
        if not self._json:
            return row_line(value, record.at_s, None, self._text.fields) if value.strip() else b""
        value = _stamped(value, record.at_s, self._text.fields)
        return value.replace(b"\n", b" ")  # a line feed in JSON is only white space


def open_kafka(url: str, kafka: KafkaSettings, text: TextSettings, json: bool) -> KafkaTexts:
    """Parse `kafka://host:9092,…/topic?sasl_username=…`; what the URL does not say is taken from `kafka`.

    Raises UsageError that says what is wrong.
    """
    parts = urlsplit(url)
    topic = parts.path.strip("/")
    asked: dict[str, Any] = dict(parse_qsl(parts.query))
    unknown = sorted(set(asked) - set(ASKABLE))
    if not topic or "/" in topic or "@" in parts.netloc or unknown:
        raise UsageError(f"SOURCE: a topic looks like kafka://host:9092/topic, behind it ? and {', '.join(ASKABLE)}")
    settings = replace(kafka, bootstrap_servers=parts.netloc or kafka.bootstrap_servers, **asked)
    if faults := settings.faults():
        raise UsageError("\n".join(f"SOURCE: {key} {reason}" for key, reason in faults))
    return KafkaTexts(settings, topic, text, json)


def _stamped(value: bytes, at_s: float, fields: Fields) -> bytes:
    """Add the time of the message to a record that has none; others are returned unchanged."""
    paths = [path for path in fields.ts if path]
    if not paths or (b'"%b"' % paths[0].encode() in value and b"null" not in value and b'""' not in value):
        return value  # it has a time, which the reader will parse
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    record = unwrapped(record) if isinstance(record, str) else record
    if not isinstance(record, dict) or not is_missing(first_at(record, paths)):
        return value
    return orjson.dumps(record | {paths[0]: at_s})  # a key that contains dots is found like a path

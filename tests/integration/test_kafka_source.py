"""Another topic as a source: every record once, with its time, resumable at any point."""

import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from stream.__main__ import main
from stream.errors import SourceError, UsageError
from stream.log.settings import KafkaSettings
from stream.sources.base import TextSource
from stream.sources.kafka_source import open_kafka
from stream.text.message import TextSettings
from tests.integration.test_ingest import came, killed_midway, options, start

TEXTS = 6000
AT_S = 1_700_000_000.0


def filled(kafka: str, name: str, texts: int) -> str:
    """Two partitions of texts; their records are of 2023, and every third text names a time of its own."""
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.create_topics({name: {"num_partitions": 2}}, wait_for_metadata=True)
    producer = KafkaProducer(bootstrap_servers=kafka, linger_ms=20, batch_size=1 << 18)
    try:
        for number in range(texts):
            fields = {"text": f"天气 {number}"} | ({"ts": 1e9} if number % 3 == 0 else {})
            at_ms = int(AT_S * 1000) + number
            producer.send(name, orjson.dumps(fields), partition=number % 2, timestamp_ms=at_ms)
        producer.flush(60)
    finally:
        producer.close(timeout=5)
    return name


@pytest.fixture(scope="module")
def topic(kafka: str) -> str:
    """To be read only."""
    return filled(kafka, f"elsewhere-{uuid.uuid4().hex[:8]}", TEXTS)


def source(kafka: str, topic: str) -> TextSource:
    return open_kafka(f"kafka://{kafka}/{topic}", KafkaSettings(), TextSettings(), True)


def numbered(source: TextSource, cursor: object = None, most: int = 4000) -> Iterator[tuple[int, float, object]]:
    """Number and time of each text, and the cursor behind its batch."""
    for batch in source.batches(cursor, most):
        for line in batch.lines:
            fields = orjson.loads(line)
            yield int(fields["text"].split()[1]), fields["ts"], batch.cursor


def test_every_record_comes_once_and_its_time_is_that_of_the_text_or_else_its_own(kafka: str, topic: str) -> None:
    found = {number: at_s for number, at_s, _ in numbered(source(kafka, topic))}
    assert found == {number: 1e9 if number % 3 == 0 else AT_S + number / 1000 for number in range(TEXTS)}


def test_going_on_from_any_cursor_gives_the_rest(kafka: str, topic: str) -> None:
    every = list(numbered(source(kafka, topic), most=1000))
    cursors = list({repr(cursor): cursor for _, _, cursor in every}.values())
    assert len(cursors) > 3
    for cursor in (cursors[0], cursors[len(cursors) // 2], cursors[-1]):
        last = max(at for at, (_, _, one) in enumerate(every) if one == cursor)
        rest = Counter(number for number, _, _ in numbered(source(kafka, topic), cursor))
        assert rest + Counter(number for number, _, _ in every[: last + 1]) == Counter(range(TEXTS))


def test_a_topic_is_copied_once_though_the_process_is_killed(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    texts = 5 * TEXTS
    topic = filled(kafka, f"{topic_prefix}elsewhere", texts)
    argv = [f"kafka://{kafka}/{topic}", "--resume", str(tmp_path / "position"), *options(kafka, topic_prefix)]
    killed_midway(start(*argv), tmp_path / "position")
    assert start(*argv).wait() == 0
    assert Counter(came(kafka, f"{topic_prefix}raw_text")) == Counter(f"天气 {number}" for number in range(texts))


def test_discover_reads_it_as_it_would_a_file(
    kafka: str, topic: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "same.txt"
    path.write_text("".join(f"天气 {number}\n" for number in range(TEXTS)))
    found = []
    for where in (f"kafka://{kafka}/{topic}", str(path)):
        assert main(["discover", where, "--quiet"]) == 0
        found.append(capsysbinary.readouterr().out)
    assert found[0] == found[1]
    assert f"天气\t{TEXTS}\n".encode() in found[0]


def test_records_deleted_after_a_cursor_are_reported_as_lost(kafka: str, topic_prefix: str) -> None:
    topic = filled(kafka, f"{topic_prefix}elsewhere", 2000)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_records({TopicPartition(topic, 1): 700})
    with pytest.raises(SourceError, match="partition 1 no longer holds offset 3; the next is 700"):
        list(numbered(source(kafka, topic), {"0": 3, "1": 3}))
    assert sum(1 for _ in numbered(source(kafka, topic))) == 2000 - 700


def test_a_topic_that_is_not_there_or_is_the_target_is_refused(kafka: str, topic_prefix: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stream.sources.kafka_source.PATIENCE_S", 1.0)
        with pytest.raises(SourceError, match="there is no such topic"):
            list(source(kafka, f"{topic_prefix}nowhere").batches(None, 10))
    target = ["--topic", "posts", "--set", f"kafka.bootstrap_servers={kafka}"]
    assert main(["ingest", f"kafka://{kafka}/posts", *target]) == 2


@pytest.mark.parametrize("url", ["kafka://", "kafka://h/", "kafka://me@h/t", "kafka://h/t/u", "kafka://h/t?acks=0"])
def test_a_url_that_names_no_topic_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="a topic looks like kafka://host:9092/topic"):
        open_kafka(url, KafkaSettings(), TextSettings(), True)

"""Records with other field names on a real broker: with a mapping they give words, without one the fault is
reported.
"""

from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest

from stream.log.topics import ensure_topics
from stream.simulation.simulate import SimulateSettings, planted, simulate
from tests.broker.cluster import free_ports
from tests.integration.service import Service

pytestmark = pytest.mark.broker

SIMULATION = SimulateSettings(texts=20_000, plant=("shift",), plants=2)
MAPPING = ("text.field=content", "text.ts_field=created_at", "text.source_field=user.id")


def records() -> list[bytes]:
    return [orjson.dumps({"id": n, "content": one.text, "created_at": one.at_s, "user": {"id": one.source}})
            for n, one in enumerate(simulate(SIMULATION))]  # fmt: skip


def readiness(port: int) -> tuple[int, str]:
    """What /readyz answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def test_words_come_out_of_records_with_fields_of_other_names(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    with Service(kafka, topic_prefix, tmp_path, MAPPING) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        service.start("all", "count,refresh,segment")
        service.produce((number % 4, value) for number, value in enumerate(records()))
        wanted = {word.word for word in planted(SIMULATION)}

        def found() -> bool:
            values = (orjson.loads(value) for _, value, _ in service.values(service.config.topics.new_words))
            return wanted <= {event["word"] for event in values}

        service.wait(found, "the planted words")
        assert service.values(service.config.topics.raw_text_dlq) == []


def test_unreadable_records_are_reported_in_the_log_the_metrics_and_readyz(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    with Service(kafka, topic_prefix, tmp_path, (f"server.port={port}", "server.host=127.0.0.1")) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        service.start("all", "count,refresh,segment")
        service.produce((number % 4, value) for number, value in enumerate(records()[:200]))
        service.wait(lambda: len(service.values(service.config.topics.raw_text_dlq)) == 200, "the dead letters")
        service.wait(lambda: readiness(port) != (503, "not ok\n"), "the roles that start after the counting")
        code, said = readiness(port)
        assert code == 503
        assert "records of" in said
        assert "cannot be read: no_text" in said
        assert "text.field is text, content looks like a text" in said
        with urlopen(f"http://127.0.0.1:{port}/metrics") as metrics:
            assert 'newwords_texts_rejected_total{reason="no_text"} 200.0' in metrics.read().decode()
        log = service.whole_log_of("all")
        assert "records could not be read (no_text" in log
        assert log.count("could not be read (no_text") <= 2

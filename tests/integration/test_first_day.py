"""An operator's first day: Kafka that starts later, a check before the start, a dry run that changes nothing."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest
from confluent_kafka.admin import AdminClient

from stream.log.topics import ensure_topics
from stream.service.access_check import RIGHTS
from stream.simulation.simulate import SimulateSettings, planted, simulate
from tests.broker.cluster import Cluster, free_ports
from tests.integration.service import Service

pytestmark = pytest.mark.broker


def status(port: int, path: str) -> int:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def until(so: Callable[[], bool], what: str, timeout_s: float = 100.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.1)


def test_a_broker_that_comes_later_is_waited_for_with_the_probes_up(
    start_cluster: Callable[..., Cluster], tmp_path: Path
) -> None:
    broker, http = free_ports(2)
    with Service(f"127.0.0.1:{broker}", "late-", tmp_path) as service:
        service.start("all", "count,refresh,segment", f"server.port={http}", "log.format=json")
        until(lambda: status(http, "/healthz") == 200, "the port is open before Kafka is there")
        until(lambda: "waiting for Kafka" in service.logs(), "it says what it waits for")
        assert status(http, "/readyz") == 503
        start_cluster(port=broker)
        until(lambda: status(http, "/readyz") == 200, service.logs())
        until(lambda: {"count", "refresh", "segment"} <= {line.get("role") for line in json_lines(service)},
              "a line of every role")  # fmt: skip
        assert service.stop("all") == 0
        assert any(str(line["message"]).startswith("Kafka answered after") for line in json_lines(service))


def json_lines(service: Service) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in service.whole_log_of("all").splitlines() if line.startswith("{")]


def test_check_says_what_it_finds_and_changes_nothing(kafka: str, topic_prefix: str) -> None:
    def checked(*settings: str) -> subprocess.CompletedProcess[str]:
        options = [part for one in (f"kafka.bootstrap_servers={kafka}", "server.port=auto", *settings)
                   for part in ("--set", one)]  # fmt: skip
        return subprocess.run([sys.executable, "-m", "stream", "run", "--check", *options], capture_output=True,
                              text=True, timeout=120)  # fmt: skip

    good = checked(f"topics.prefix={topic_prefix}", "kafka.replication_factor=1")
    assert good.returncode == 0, good
    assert good.stdout.count("is not there, and will be made") == len(RIGHTS)
    assert not {name for name in topics_on(kafka) if name.startswith(topic_prefix)}
    bad = checked(f"topics.prefix={topic_prefix}", "kafka.replication_factor=3")
    assert bad.returncode == 1
    assert f"FAIL topic {topic_prefix}raw-text: is not there, and InvalidReplicationFactorError" in bad.stdout
    assert checked("kafka.flush_s=never").returncode == 2


def topics_on(kafka: str) -> set[str]:
    return set(AdminClient({"bootstrap.servers": kafka, "log_level": 0}).list_topics(timeout=30).topics)


def test_a_dry_run_shows_what_would_be_announced_and_writes_nothing(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    settings = SimulateSettings(texts=20_000)
    with Service(kafka, topic_prefix, tmp_path) as service:
        topics = service.config.topics
        ensure_topics(service.config.kafka, topics)
        before = topics_on(kafka)
        service.produce(
            (number % 4, orjson.dumps({"ts": text.at_s, "text": text.text, "source": text.source}))
            for number, text in enumerate(simulate(settings))
        )
        wanted = {word.word for word in planted(settings)}
        service.start("dry", "count,refresh,segment", options=["--dry-run"])
        service.wait(lambda: bool(wanted & shown(service)), f"one of the planted words {wanted}")
        assert service.stop("dry") == 0
        assert topics_on(kafka) == before
        for topic in (topics.pair_sketches, topics.strong_pairs, topics.word_counts, topics.trend_state,
                      topics.new_words):  # fmt: skip
            assert service.values(topic) == []
        groups = AdminClient({"bootstrap.servers": kafka, "log_level": 0}).list_consumer_groups().result(30).valid
    assert not [group.group_id for group in groups if group.group_id.startswith(service.config.kafka.group)]


def shown(service: Service) -> set[str]:
    """The words in the events on its stdout."""
    lines = [line for line in service.whole_log_of("dry").splitlines() if line.startswith('{"')]
    return {orjson.loads(line)["word"] for line in lines}

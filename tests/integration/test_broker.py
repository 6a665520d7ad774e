"""The brokers of the integration tests behave as those tests assume."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from tests.broker.cluster import POLL_S, Cluster
from tests.broker.mock import API_VERSION, mock_broker

TEXTS = [f"第{n}条微博".encode() for n in range(1000)]
Loss = tuple[Callable[[int], None], Callable[[int], None]]  # what takes a node away, and what brings it back
ROOT = Path(__file__).parents[2]


def create_topic(servers: str, topic: str, **configs: str) -> None:
    with KafkaAdminClient(bootstrap_servers=servers) as admin:
        configs = {key.replace("_", "."): value for key, value in configs.items()}
        admin.create_topics({topic: {"num_partitions": 1, "configs": configs}}, wait_for_metadata=True)


def produce(servers: str, topic: str, values: Iterable[bytes], key: bytes | None = None, **settings: object) -> None:
    producer = KafkaProducer(bootstrap_servers=servers, **settings)
    try:
        sent = [producer.send(topic, value, key=key, partition=0) for value in values]
        for future in sent:
            future.get(timeout=60)
    finally:
        producer.close(timeout=5)


def consume(servers: str, topic: str, **settings: object) -> list[bytes]:
    """Every value the partition holds now."""
    partition = TopicPartition(topic, 0)
    consumer = KafkaConsumer(bootstrap_servers=servers, **settings)
    try:
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = consumer.end_offsets([partition])[partition]
        values: list[bytes] = []
        while consumer.position(partition) < end:
            values += [record.value for records in consumer.poll(timeout_ms=500).values() for record in records]
        return values
    finally:
        consumer.close()


def wait_until(true: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "what the test waits for did not come"
        time.sleep(POLL_S)


def test_what_is_produced_is_consumed(kafka: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}raw-text"
    create_topic(kafka, topic)
    produce(kafka, topic, TEXTS)
    assert consume(kafka, topic) == TEXTS


def test_a_compacted_topic_soon_keeps_only_the_last_value_of_a_key(kafka: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}strong-pairs"
    create_topic(kafka, topic, cleanup_policy="compact", segment_ms="50", min_cleanable_dirty_ratio="0.01")
    produce(kafka, topic, TEXTS[:100], key=b"model")

    def is_compacted() -> bool:
        produce(kafka, topic, TEXTS[-1:], key=b"model")  # the open segment is never compacted: writing closes it
        return len(consume(kafka, topic)) < 10

    wait_until(is_compacted)
    assert consume(kafka, topic)[-1] == TEXTS[-1]


def test_a_killed_node_comes_back_with_its_data(start_cluster: Callable[..., Cluster]) -> None:
    cluster = start_cluster()
    create_topic(cluster.bootstrap_servers, "raw-text")
    produce(cluster.bootstrap_servers, "raw-text", TEXTS)
    cluster.kill(0)
    cluster.start(0)
    assert consume(cluster.bootstrap_servers, "raw-text") == TEXTS


def test_three_nodes_bear_the_loss_of_any_one(start_cluster: Callable[..., Cluster]) -> None:
    cluster = start_cluster(nodes=3)
    create_topic(cluster.bootstrap_servers, "raw-text")
    losses: list[Loss] = [
        (cluster.kill, cluster.start),
        (cluster.pause, cluster.resume),
        (cluster.stop, cluster.start),
    ]
    for node, (lose, regain) in enumerate(losses):
        lose(node)
        wait_until(partial(is_given_up, cluster, node))
        # Not by way of the lost node: kafka-python's bootstrap may spend all its time on one that does not answer.
        produce(cluster.address(node - 1), "raw-text", TEXTS[node::3])
        regain(node)
        cluster.wait_for(*cluster.nodes)
    assert consume(cluster.bootstrap_servers, "raw-text") == TEXTS[0::3] + TEXTS[1::3] + TEXTS[2::3]


def is_given_up(cluster: Cluster, node: int) -> bool:
    return all(node not in cluster.listed_by(other) for other in cluster.nodes if other != node)


def test_no_broker_outlives_a_test_process_that_is_killed(start_cluster: Callable[..., Cluster]) -> None:
    script = (
        "import time; from tests.broker.cluster import Cluster\n"
        "with Cluster() as cluster: print(cluster.folder, flush=True); time.sleep(100)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        folder = victim.stdout.readline().strip()
        commands = commands_naming(folder)
        victim.kill()
    assert any(command.startswith("java") for command in commands)
    wait_until(lambda: not commands_naming(folder) and not Path(folder).exists())


def commands_naming(folder: str) -> list[str]:
    """Command lines of the brokers that live in a folder, and of their watchdog."""
    commands = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in commands.splitlines() if folder in line]


def test_the_mock_carries_texts_too() -> None:
    with mock_broker() as servers:
        produce(servers, "raw-text", TEXTS, api_version=API_VERSION)
        assert consume(servers, "raw-text", api_version=API_VERSION) == TEXTS

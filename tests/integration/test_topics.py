"""Topics are created once, each with its clean-up policy, even if several processes create them."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from stream.errors import BrokerError, UsageError
from stream.log.settings import KafkaSettings, TopicSettings, topic_keys
from stream.log.topics import SINGLE, ensure_topics

NAMES = topic_keys()


@pytest.fixture
def topics(topic_prefix: str) -> TopicSettings:
    return TopicSettings(**{key: topic_prefix + key for key in NAMES}, raw_text_partitions=2, new_words_partitions=5)


def test_missing_topics_are_made_and_those_that_exist_are_left(kafka: str, topics: TopicSettings) -> None:
    settings = KafkaSettings(bootstrap_servers=kafka)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.create_topics({topics.raw_text: {"num_partitions": 7}}, wait_for_metadata=True)
        assert sorted(ensure_topics(settings, topics)) == sorted(
            getattr(topics, key) for key in NAMES if key != "raw_text"
        )
        assert ensure_topics(settings, topics) == []
        found = admin.describe_topics([getattr(topics, key) for key in NAMES])
    counts = {topic["name"]: len(topic["partitions"]) for topic in found}
    assert counts == dict.fromkeys((getattr(topics, key) for key in SINGLE), 1) | {
        topics.raw_text: 7,
        topics.tallies: 1,
        topics.new_words: 5,
    }


def test_state_topics_are_compacted_early_and_the_others_forget(kafka: str, topics: TopicSettings) -> None:
    ensure_topics(KafkaSettings(bootstrap_servers=kafka), topics)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        wanted = [ConfigResource("topic", getattr(topics, key)) for key in NAMES]
        found = admin.describe_configs(wanted, config_filter="all")["topic"]
    policies = {key: found[getattr(topics, key)]["cleanup.policy"]["value"] for key in NAMES}
    assert policies == {
        "raw_text": "delete",
        "tallies": "delete",
        "pair_sketches": "compact",
        "strong_pairs": "compact",
        "word_counts": "delete",
        "trend_state": "compact",
        "held_words": "compact",
        "word_verdicts": "compact",
        "new_words": "compact,delete",
        "raw_text_dlq": "delete",
    }
    state = found[topics.trend_state]
    assert [state[key]["value"] for key in ("segment.bytes", "segment.ms", "min.cleanable.dirty.ratio")] == [
        "67108864",
        "600000",
        "0.1",
    ]


def test_many_may_make_them_at_once(kafka: str, topics: TopicSettings) -> None:
    settings = KafkaSettings(bootstrap_servers=kafka)
    with ThreadPoolExecutor(4) as threads:
        created = list(threads.map(lambda _: ensure_topics(settings, topics), range(4)))
    assert sorted(name for names in created for name in names) == sorted(getattr(topics, key) for key in NAMES)


def test_a_state_topic_of_many_partitions_is_refused(kafka: str, topics: TopicSettings) -> None:
    wrong = {name: {"num_partitions": 3} for name in (topics.pair_sketches, topics.trend_state)}
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.create_topics(wrong, wait_for_metadata=True)
    with pytest.raises(UsageError) as refused:
        ensure_topics(KafkaSettings(bootstrap_servers=kafka), topics)
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "topics.pair_sketches",
        "topics.trend_state",
    ]


def test_what_the_broker_refuses_is_said_with_its_reason(kafka: str, topics: TopicSettings) -> None:
    with pytest.raises(BrokerError, match=r"pair_sketches: InvalidReplicationFactorError"):
        ensure_topics(KafkaSettings(bootstrap_servers=kafka, replication_factor=9), topics)


def test_a_topic_that_an_older_version_compacted_is_compacted_no_more(kafka: str, topics: TopicSettings) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        made = {topics.word_counts: {"num_partitions": 1, "configs": {"cleanup.policy": "compact"}}}
        admin.create_topics(made, wait_for_metadata=True)
    ensure_topics(KafkaSettings(bootstrap_servers=kafka), topics)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        deadline_s = time.monotonic() + 10
        while policy_of(admin, topics.word_counts) != "delete":  # brokers learn of it a moment later
            assert time.monotonic() < deadline_s


def policy_of(admin: KafkaAdminClient, topic: str) -> str:
    found = admin.describe_configs([ConfigResource("topic", topic)], config_filter="all")["topic"][topic]
    return str(found["cleanup.policy"]["value"])

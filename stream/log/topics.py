"""Creates the topics that are missing, each with the clean-up its content wants; never changes one that exists.

And gives back the beginning of a topic's log, as Kafka Streams does with its repartition topics.

State topics are read whole at a start, so they are compacted early and in small segments. They have one partition:
whoever reads it in a group is the active one, and a second partition would make a second leader.
"""

from collections.abc import Collection, Mapping
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from stream.errors import BrokerError, UsageError
from stream.log.kafka_client import broker_error, connect
from stream.log.settings import KafkaSettings, TopicSettings

STATE = ("pair_sketches", "strong_pairs", "word_counts", "trend_state", "held_words", "word_verdicts")
DELETE_TIMEOUT_MS = 5000
SINGLE = (*STATE, "raw_text_dlq")
COMPACT_EARLY = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 << 20),
    "segment.ms": str(10 * 60 * 1000),
    "min.cleanable.dirty.ratio": "0.1",
}
CLEANUP = dict.fromkeys(STATE, COMPACT_EARLY) | {
    "tallies": {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "segment.bytes": str(64 << 20),
    },  # kept until they are given back
    "new_words": {"cleanup.policy": "compact,delete"},
    "raw_text_dlq": {"cleanup.policy": "delete"},
    "raw_text": {},  # the user's; made with the broker's defaults where there is none
}


def ensure_topics(kafka: KafkaSettings, topics: TopicSettings, keys: Collection[str] = CLEANUP.keys()) -> list[str]:
    """The names of those created, of the topics of these settings. Many may call this at once.

    Raises UsageError if a topic that must have one partition has more, BrokerError if Kafka is away or refuses.
    """
    admin = connect(KafkaAdminClient, kafka, f"{kafka.client_id}-admin")
    try:
        wanted = {getattr(topics, key): key for key in keys}
        counts = _partition_counts(admin, list(wanted))
        missing = [name for name in wanted if name not in counts]
        created = _create(admin, {name: wish(wanted[name], kafka, topics) for name in missing}) if missing else []
        _refuse_many_partitions(topics, _partition_counts(admin, list(wanted)) if missing else counts)
        return created
    except KafkaError as error:
        raise broker_error("creating topics failed", error) from error
    finally:
        admin.close()


def delete_records(kafka: KafkaSettings, topic: str, before: Mapping[int, int]) -> None:
    """Give back the records of a topic before these offsets, by partition.

    Raises BrokerError if Kafka is away or refuses; then nothing is lost but disk.
    """
    admin = connect(KafkaAdminClient, kafka, f"{kafka.client_id}-admin")
    try:
        admin.delete_records({TopicPartition(topic, number): offset for number, offset in before.items()},
                             timeout_ms=DELETE_TIMEOUT_MS)  # fmt: skip
    except KafkaError as error:
        raise broker_error(f"giving back records of {topic} failed", error) from error
    finally:
        admin.close()


def wish(key: str, kafka: KafkaSettings, topics: TopicSettings) -> dict[str, Any]:
    """What a topic is made with."""
    partitions = 1 if key in SINGLE else getattr(topics, f"{key}_partitions")
    return {"num_partitions": partitions, "replication_factor": kafka.replication_factor, "configs": CLEANUP[key]}


def _create(admin: Any, wishes: dict[str, dict[str, Any]]) -> list[str]:
    answers = admin.create_topics(wishes, raise_errors=False)["topics"]
    outcomes = {answer["name"]: (for_code(answer["error_code"]), answer.get("error_message")) for answer in answers}
    refused = [
        f"{name}: {outcome.__name__} {message or ''}".rstrip()
        for name, (outcome, message) in outcomes.items()
        if outcome not in (NoError, TopicAlreadyExistsError)  # another instance starts at the same time
    ]
    if refused:
        raise BrokerError(f"creating topics failed: {'; '.join(refused)}")
    admin.wait_for_topics(list(wishes))
    return [name for name, (outcome, _) in outcomes.items() if outcome is NoError]


def _partition_counts(admin: Any, names: list[str]) -> dict[str, int]:
    found = admin.describe_topics(names)
    return {topic["name"]: len(topic["partitions"]) for topic in found if topic["partitions"]}


def _refuse_many_partitions(topics: TopicSettings, counts: dict[str, int]) -> None:
    wrong = [
        f"topics.{key}: topic {name} has {counts[name]} partitions and must have 1; name another, or delete it"
        for key in SINGLE
        if counts.get(name := getattr(topics, key), 1) > 1
    ]
    if wrong:
        raise UsageError("\n".join(wrong))

"""Creates missing topics, each with the clean-up policy its content needs, and deletes records that are no longer
needed.

State topics are read whole at a start, so they are compacted early and in small segments. They have one partition,
because its owner is the active process: a second partition would make a second one. Range logs are not compacted;
their readers delete what they have folded, as Kafka Streams does with its repartition topics.
"""

import logging
from collections.abc import Collection, Mapping
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from stream.errors import BrokerError, UsageError
from stream.log.kafka_client import broker_error, connect
from stream.log.settings import KafkaSettings, TopicSettings

log = logging.getLogger(__name__)
STATE = ("pair_sketches", "strong_pairs", "trend_state", "held_words", "word_verdicts")
RANGES = ("tallies", "word_counts")
DELETE_TIMEOUT_MS = 5000
SINGLE = (*STATE, "word_counts", "raw_text_dlq")
COMPACT_EARLY = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 << 20),
    "segment.ms": str(10 * 60 * 1000),
    "min.cleanable.dirty.ratio": "0.1",
}
GIVEN_BACK = {  # records are kept until their reader has folded and deleted them
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "segment.bytes": str(64 << 20),
    "segment.ms": str(10 * 60 * 1000),
}
CLEANUP = (
    dict.fromkeys(STATE, COMPACT_EARLY)
    | dict.fromkeys(RANGES, GIVEN_BACK)
    | {
        "new_words": {"cleanup.policy": "compact,delete"},
        "raw_text_dlq": {"cleanup.policy": "delete"},
        "raw_text": {},  # the user's; made with the broker's defaults where there is none
    }
)


def ensure_topics(kafka: KafkaSettings, topics: TopicSettings, keys: Collection[str] = CLEANUP.keys()) -> list[str]:
    """Create the topics that are missing and return their names; several processes may call this at the same time.

    Raises UsageError if a topic that must have one partition has more, or a range log is compacted and may not be
    altered; BrokerError if Kafka does not answer or refuses.
    """
    admin = connect(KafkaAdminClient, kafka, f"{kafka.client_id}-admin")
    try:
        wanted = {getattr(topics, key): key for key in keys}
        counts = _partition_counts(admin, list(wanted))
        missing = [name for name in wanted if name not in counts]
        created = _create(admin, {name: wish(wanted[name], kafka, topics) for name in missing}) if missing else []
        _refuse_many_partitions(topics, _partition_counts(admin, list(wanted)) if missing else counts)
        _end_compaction(admin, [name for name, key in wanted.items() if key in RANGES and name in counts])
        return created
    except KafkaError as error:
        raise broker_error("creating topics failed", error) from error
    finally:
        admin.close()


def _end_compaction(admin: Any, names: list[str]) -> None:
    """Turn compaction off for range logs: an older version stored compacted state records in one of these topics.

    Raises UsageError if the configuration may not be changed.
    """
    if not names:
        return
    found = admin.describe_configs([ConfigResource("topic", name) for name in names], config_filter="all")["topic"]
    compacted = [name for name in names if "compact" in found[name]["cleanup.policy"]["value"]]
    for name in compacted:
        try:
            admin.alter_configs([ConfigResource("topic", name, GIVEN_BACK)])
        except KafkaError as error:
            wanted = ",".join(f"{key}={value}" for key, value in GIVEN_BACK.items())
            raise UsageError(f"topic {name} is compacted, as an older version required, and must not be: alter its "
                             f"configuration ({wanted}): {broker_error('refused', error)}") from error  # fmt: skip
        log.warning("topic %s is no longer compacted; what an older version wrote to it is no longer used", name)


def delete_records(kafka: KafkaSettings, topic: str, before: Mapping[int, int]) -> None:
    """Delete the records of a topic before these offsets, by partition.

    Raises BrokerError if Kafka does not answer or refuses; then only disk space is lost.
    """
    admin = connect(KafkaAdminClient, kafka, f"{kafka.client_id}-admin")
    try:
        admin.delete_records({TopicPartition(topic, number): offset for number, offset in before.items()},
                             timeout_ms=DELETE_TIMEOUT_MS)  # fmt: skip
    except KafkaError as error:
        raise broker_error(f"deleting records of {topic} failed", error) from error
    finally:
        admin.close()


def wish(key: str, kafka: KafkaSettings, topics: TopicSettings) -> dict[str, Any]:
    """Return the partition count, replication factor and configuration with which a topic is created."""
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

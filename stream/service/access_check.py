"""Asks Kafka what this process may do -> a finding for each topic and group: whether it exists, and which right is
missing.

The broker reports our rights on a topic, and whether it would let us create a missing one, without creating it. For a
group, a heartbeat of a member that does not exist is sent. `deploy/kafka/acls.sh` grants the same RIGHTS. Nothing is
changed.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError, GroupAuthorizationFailedError, KafkaError, for_code

from stream.log.client_internals import heartbeat_of_nobody
from stream.log.kafka_client import broker_error, connect
from stream.log.settings import KafkaSettings, TopicSettings
from stream.log.topics import SINGLE, wish

RIGHTS: dict[str, dict[str, str]] = {
    "raw_text": {"count": "READ", "segment": "READ", "refresh": "READ"},
    "tallies": {"count": "READ WRITE", "refresh": "READ WRITE DELETE"},
    "pair_sketches": {"refresh": "READ WRITE"},
    "strong_pairs": {"count": "READ WRITE", "refresh": "READ WRITE", "segment": "READ WRITE"},
    "word_counts": {"segment": "READ WRITE DELETE"},
    "trend_state": {"segment": "READ WRITE"},
    "new_words": {"segment": "READ WRITE"},
    "held_words": {"segment": "READ WRITE"},
    "word_verdicts": {"segment": "READ WRITE"},
    "raw_text_dlq": {"count": "WRITE"},
}
"""What a role needs on a topic. DELETE is what Kafka calls the right to give back records. Everybody reads and writes
the topic of the model, for the seed stands there.
"""
GROUPS = {"count": ("count",), "refresh": ("refresh",), "segment": ("segment", "trend")}
"""The consumer groups of a role."""
TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC, GROUP_AUTHORIZATION_FAILED = 29, 3, 30
TRIES, PAUSE_S = 10, 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One topic or group; `is_good` is False if the service would not work."""

    name: str
    is_good: bool
    said: str


@dataclass(frozen=True, slots=True)
class Access:
    """`said` names the cluster; `partitions` is the number of partitions that `raw-text` has or will be created
    with.
    """

    said: str
    partitions: int
    findings: list[Finding]


def look(kafka: KafkaSettings, topics: TopicSettings, roles: Sequence[str]) -> Access:
    """Ask the broker. Raises BrokerError if it does not answer or refuses the connection."""
    admin = connect(KafkaAdminClient, kafka, f"{kafka.client_id}-check")
    try:
        cluster = admin.describe_cluster()
        wanted = {getattr(topics, key): key for key in keys_of(roles)}
        found = {topic["name"]: topic for topic in admin.describe_topics(list(wanted))}
        findings = [_topic(admin, kafka, topics, found[name], key, roles) for name, key in wanted.items()]
        findings += [_group(admin, f"{kafka.group}-{name}") for role in roles for name in GROUPS[role]]
        texts = found[topics.raw_text]["partitions"]
        said = f"{kafka.bootstrap_servers}: cluster {cluster['cluster_id']}, {len(cluster['brokers'])} brokers"
        return Access(said, len(texts) or topics.raw_text_partitions, findings)
    except KafkaError as error:
        raise broker_error("asking what we may do failed", error) from error
    finally:
        admin.close()


def keys_of(roles: Sequence[str]) -> list[str]:
    """Return the names of the settings for the topics that these roles use."""
    return [key for key in RIGHTS if needed(key, roles)]


def needed(key: str, roles: Sequence[str]) -> list[str]:
    """Return the rights that these roles need on a topic, in alphabetical order."""
    return sorted({right for role in roles for right in RIGHTS[key].get(role, "").split()})


def _topic(
    admin: Any, kafka: KafkaSettings, topics: TopicSettings, found: dict[str, Any], key: str, roles: Sequence[str]
) -> Finding:
    name, rights = f"topic {found['name']}", needed(key, roles)
    if found["error_code"] == TOPIC_AUTHORIZATION_FAILED:
        return Finding(name, False, f"we may not {', '.join(rights)} it, or it is not there and we may not CREATE it")
    if found["error_code"] == UNKNOWN_TOPIC or not found["partitions"]:
        return _missing(admin, kafka, topics, found["name"], key)
    if found["error_code"]:
        return Finding(name, False, for_code(found["error_code"]).__name__)
    count = len(found["partitions"])
    if key in SINGLE and count != 1:
        return Finding(name, False, f"has {count} partitions and must have 1; name another in topics.{key}")
    have = found["authorized_operations"]
    if have is None:
        return Finding(name, True, f"{count} partitions; this broker does not say what we may do")
    lacking = [right for right in rights if right not in have]
    if lacking:
        return Finding(name, False, f"we may not {', '.join(lacking)} it")
    return Finding(name, True, f"{count} partitions; we may {', '.join(rights)}")


def _missing(admin: Any, kafka: KafkaSettings, topics: TopicSettings, name: str, key: str) -> Finding:
    answer = admin.create_topics({name: wish(key, kafka, topics)}, validate_only=True, raise_errors=False)["topics"][0]
    if answer["error_code"]:
        refusal = for_code(answer["error_code"])
        may = "we may not CREATE it" if answer["error_code"] == TOPIC_AUTHORIZATION_FAILED else refusal.__name__
        return Finding(f"topic {name}", False, f"is not there, and {may} ({answer['error_message'] or 'no reason'})")
    return Finding(f"topic {name}", True, "is not there, and will be made")


def _group(admin: Any, group: str) -> Finding:
    name = f"group {group}"
    for code in _codes(admin, group):
        if code is None:
            return Finding(name, True, "this client cannot ask")
        return (Finding(name, False, "we may not READ it") if code == GROUP_AUTHORIZATION_FAILED
                else Finding(name, True, "we may READ it"))  # fmt: skip
    return Finding(name, False, "no broker coordinates it")


def _codes(admin: Any, group: str) -> Iterator[int | None]:
    """Yield the broker's answer; for a group that was never used, its coordinator may have to be created first."""
    for _ in range(TRIES):
        try:
            yield heartbeat_of_nobody(admin, group)
            return
        except GroupAuthorizationFailedError:
            yield GROUP_AUTHORIZATION_FAILED
            return
        except CoordinatorNotAvailableError:
            time.sleep(PAUSE_S)

"""`run --check` against a broker that grants all rights but one names exactly that right."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from stream.log.kafka_client import connect
from stream.log.settings import KafkaSettings, TopicSettings
from stream.log.topics import ensure_topics
from stream.service.access_check import GROUPS, RIGHTS, Finding, look, needed
from stream.service.assembly import ROLES
from tests.broker.cluster import Cluster
from tests.integration.conftest import need_a_startable_broker

pytestmark = pytest.mark.broker

USERS = {"admin": "admin-secret", "new-words": "secret"}
TOPICS, USER = TopicSettings(), "User:new-words"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A broker that lets nobody do what was not granted to him."""

    kafka: KafkaSettings
    admin: Any

    def grant(self, rights: list[tuple[ResourceType, str, str]]) -> None:
        """Exactly these, to USER."""
        every = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        self.admin.delete_acls([ACLFilter(USER, None, ACLOperation.ANY, ACLPermissionType.ANY, every)])
        if rights:
            self.admin.create_acls([
                ACL(USER, "*", ACLOperation[right], ACLPermissionType.ALLOW, ResourcePattern(kind, name))
                for kind, name, right in rights
            ])  # fmt: skip

    def found(self, until: Callable[[list[Finding]], bool] = lambda _: True) -> list[Finding]:
        """What fails, once the broker has taken in what was granted."""
        deadline_s = time.monotonic() + 20
        while True:
            failing = [finding for finding in look(self.kafka, TOPICS, ROLES).findings if not finding.is_good]
            if until(failing) or time.monotonic() > deadline_s:
                return failing
            time.sleep(0.1)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    need_a_startable_broker()
    login = "org.apache.kafka.common.security.plain.PlainLoginModule"
    users = " ".join(f'user_{name}="{password}"' for name, password in USERS.items())
    properties = {
        "listener.security.protocol.map": "BROKER:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN", "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.broker.plain.sasl.jaas.config":
            f'{login} required username="admin" password="{USERS["admin"]}" {users};',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:admin;User:ANONYMOUS",
    }  # fmt: skip
    client = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "admin",
              "sasl.password": USERS["admin"]}  # fmt: skip
    with Cluster(properties=properties, client=client) as cluster:

        def settings_of(name: str) -> KafkaSettings:
            return KafkaSettings(cluster.bootstrap_servers, security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN",
                                 sasl_username=name, sasl_password=USERS[name], replication_factor=1)  # fmt: skip

        with closing(connect(KafkaAdminClient, settings_of("admin"), "test")) as admin:
            yield Guarded(settings_of("new-words"), admin)


def every_right() -> list[tuple[ResourceType, str, str]]:
    topics = [(ResourceType.TOPIC, getattr(TOPICS, key), right) for key in RIGHTS for right in needed(key, ROLES)]
    groups = [(ResourceType.GROUP, f"new-words-{name}", "READ") for role in ROLES for name in GROUPS[role]]
    return [one for one in topics + groups if one[2] != "DESCRIBE"]  # which reading and writing imply


def test_a_topic_that_is_not_there_needs_the_right_to_make_it(guarded: Guarded) -> None:
    guarded.grant([(ResourceType.GROUP, f"new-words-{name}", "READ") for role in ROLES for name in GROUPS[role]])
    failing = guarded.found(lambda failing: len(failing) == len(RIGHTS))
    assert {finding.name for finding in failing} == {f"topic {getattr(TOPICS, key)}" for key in RIGHTS}
    guarded.grant([(ResourceType.CLUSTER, "kafka-cluster", "CREATE"), *every_right()])
    assert guarded.found(lambda failing: not failing) == []
    ensure_topics(guarded.kafka, TOPICS)
    assert guarded.found(lambda failing: not failing) == []


@pytest.mark.parametrize("missing", every_right(), ids=lambda one: f"{one[1]}-{one[2]}")
def test_a_single_right_that_is_missing_is_named(guarded: Guarded, missing: tuple[ResourceType, str, str]) -> None:
    kind, name, right = missing
    guarded.grant([(ResourceType.CLUSTER, "kafka-cluster", "CREATE"), *every_right()])
    if guarded.found(lambda failing: not failing):
        ensure_topics(guarded.kafka, TOPICS)
    guarded.grant([one for one in every_right() if one != missing])
    failing = guarded.found(lambda failing: len(failing) == 1)
    assert [finding.name for finding in failing] == [f"{kind.name.lower()} {name}"]
    assert right in failing[0].said

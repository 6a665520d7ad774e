"""A real Kafka for the tests that ask for one, started at the first such test and shared by all of them.

`KAFKA_BOOTSTRAP_SERVERS` names one that runs already; else one is started, if the machine can. If it cannot, that is
a failure in CI, and elsewhere a skip which the last lines of the run spell out: a green run that left the broker out
must not pass for one that did not.
"""

import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from stream.roles.jit_warm_up import warm_up
from tests.broker.cluster import Cluster
from tests.broker.jars import missing
from tests.machine import lacks


@pytest.fixture(scope="session", autouse=True)
def compiled_loops() -> None:
    """So that the first process of a new clone does not begin with seconds of compiling, while a test waits for it."""
    warm_up()


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap servers of the shared broker. Use `topic_prefix`, and leave the broker itself alone."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    need_a_startable_broker()
    with Cluster() as cluster:
        yield cluster.bootstrap_servers


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """One node for all tests of a module, which may do to it what they like."""
    need_a_startable_broker()
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def start_cluster() -> Iterator[Callable[..., Cluster]]:
    """Starts clusters of the test's own, to stop, kill and pause; takes what `Cluster` takes and ends them after."""
    need_a_startable_broker()
    with ExitStack() as clusters:
        yield lambda *args, **kwargs: clusters.enter_context(Cluster(*args, **kwargs))


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """Begins the names of a test's topics and groups, so that tests and runs on one broker do not meet."""
    name = re.sub(r"[^a-zA-Z0-9]+", "-", request.node.name)[:60]
    return f"{name}-{uuid.uuid4().hex[:8]}-"


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for a broker is marked `broker`: no test can forget to say so."""
    for item in items:
        if {"kafka", "own_cluster", "start_cluster"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.broker)


def need_a_startable_broker() -> None:
    if lack := missing():
        lacks(f"needs Apache Kafka, and this machine cannot start one: {lack}")

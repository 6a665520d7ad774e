"""Each role has its own thread: no role waits for another, and a bug in one ends the process."""

import threading
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from stream.metrics import Metrics
from stream.service.loop import Loop
from stream.service.role_threads import RoleThreads


class Someone:
    """A worker that does what it is told to."""

    ready = True

    def __init__(self, role: str, act: Callable[[], object]) -> None:
        self.role, self._act = role, act

    def run_once(self, timeout_s: float) -> bool:
        self._act()
        return True

    def close(self) -> None: ...


def test_no_role_waits_behind_another_that_is_held_up() -> None:
    """By a broker that does not answer: for as long as it takes."""
    metrics, release, done, steps = Metrics(CollectorRegistry(), 0), threading.Event(), threading.Event(), list[int]()

    def go_on() -> None:
        steps.append(1)
        if len(steps) > 20:
            done.set()

    workers = Someone("count", release.wait), Someone("segment", go_on)
    threads = RoleThreads([Loop([worker], metrics) for worker in workers], metrics)
    threads.run(done.is_set, lambda: release.set() if done.is_set() else None)
    assert len(steps) > 20
    assert threads.ready() is True


def test_a_bug_in_one_thread_ends_the_process() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    metrics = Metrics(CollectorRegistry(), 0)
    workers = Someone("count", fail), Someone("segment", lambda: None)
    threads = RoleThreads([Loop([worker], metrics) for worker in workers], metrics)
    with pytest.raises(ZeroDivisionError):
        threads.run(lambda: False)
    assert metrics.registry.get_sample_value("newwords_step_timestamp_seconds")

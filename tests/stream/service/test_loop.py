"""The loop of a process: failing workers are waited for, the others continue, and missing topics are created."""

import pytest
from prometheus_client import CollectorRegistry

from sketches.pair_sketch import SketchSettings
from stream.commands.run import prove_cells
from stream.errors import BrokerError, NewWordsError, StalledError
from stream.metrics import Metrics
from stream.service import loop as run
from stream.service.loop import LAST_WAIT_S, MEND_AFTER_S, POLL_S, QUIET_POLL_S, QUIET_S, STUCK_S, Loop


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Someone:
    """A worker that fails while it is told to; `stepped_s` are the times it was called."""

    ready = True

    def __init__(self, role: str, clock: Clock) -> None:
        self.role, self.clock = role, clock
        self.fault: Exception | None = None
        self.unusable = ""
        self.stepped_s: list[float] = []
        self.busy = True
        self.waits_s: list[float] = []

    def run_once(self, timeout_s: float) -> bool:
        self.stepped_s.append(self.clock.now_s)
        self.waits_s.append(timeout_s)
        self.clock.now_s += timeout_s or 0.01
        if self.fault:
            raise self.fault
        return self.busy

    def close(self) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(run.time, "sleep", clock.sleep)
    return clock


def loop_of(clock: Clock, *roles: str) -> tuple[Loop, list[Someone], Metrics, list[float]]:
    workers, metrics = [Someone(role, clock) for role in roles], Metrics(CollectorRegistry(), 0)
    mended: list[float] = []

    def mend() -> list[str]:
        mended.append(clock.now_s)
        return ["pair-sketches"]

    return Loop(list(workers), metrics, clock, mend), workers, metrics, mended


def until(clock: Clock, loop: Loop, at_s: float) -> None:
    while clock.now_s < at_s:
        loop.step()


def test_a_failing_worker_is_retried_with_growing_waits_and_others_continue(clock: Clock) -> None:
    loop, (count, segment), metrics, _ = loop_of(clock, "count", "segment")
    count.fault = BrokerError("away")
    until(clock, loop, 30.0)
    waits = [after - before for before, after in zip(count.stepped_s, count.stepped_s[1:], strict=False)]
    assert waits[:5] == sorted(waits[:5])
    assert LAST_WAIT_S <= waits[-1] < LAST_WAIT_S + 0.2
    assert len(segment.stepped_s) > 10 * len(count.stepped_s)
    assert metrics.registry.get_sample_value("newwords_broker_errors_total", {"role": "count"}) == len(count.stepped_s)
    count.fault = None
    until(clock, loop, 35.0)
    assert count.stepped_s[-1] > 34.8


def test_workers_that_have_had_nothing_to_do_for_a_while_are_asked_less_often(clock: Clock) -> None:
    loop, (count,), *_ = loop_of(clock, "count")
    loop.step()
    count.busy = False
    until(clock, loop, clock.now_s + QUIET_S)
    assert set(count.waits_s) == {POLL_S}
    loop.step()
    assert count.waits_s[-1] == QUIET_POLL_S
    count.busy = True
    loop.step()
    loop.step()
    assert count.waits_s[-1] == POLL_S


def test_an_idle_worker_does_not_delay_busy_ones(clock: Clock) -> None:
    loop, (count, segment), *_ = loop_of(clock, "count", "segment")
    segment.busy = False
    for _ in range(3):
        loop.step()
    assert (count.waits_s, segment.waits_s) == ([POLL_S] * 3, [0.0] * 3)
    count.busy = False
    for _ in range(2):
        loop.step()
    assert (count.waits_s[3:], segment.waits_s[3:]) == ([POLL_S] * 2, [POLL_S] * 2)


def test_missing_topics_are_created_again_when_a_failure_outlasts_an_election(clock: Clock) -> None:
    loop, (count, segment), _, mended = loop_of(clock, "count", "segment")
    until(clock, loop, 60.0)
    assert mended == []
    segment.fault = BrokerError("unknown topic")
    until(clock, loop, 60.0 + MEND_AFTER_S - 0.5)
    assert mended == []
    until(clock, loop, 60.0 + 2 * MEND_AFTER_S + 1.0)
    assert len(mended) == 2
    segment.fault = None
    until(clock, loop, 120.0)
    assert len(mended) == 2
    assert count.stepped_s


def test_a_stalled_client_is_counted(clock: Clock) -> None:
    loop, (count,), metrics, _ = loop_of(clock, "count")
    count.fault = StalledError("nothing comes")
    loop.step()
    assert metrics.registry.get_sample_value("newwords_stalls_total", {"role": "count"}) == 1


def test_a_bug_ends_the_process(clock: Clock) -> None:
    loop, (count,), _, _ = loop_of(clock, "count")
    count.fault = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        loop.step()


def test_a_loop_without_steps_is_unhealthy_and_one_without_a_broker_is_healthy(clock: Clock) -> None:
    loop, (count,), _, _ = loop_of(clock, "count")
    count.fault = BrokerError("away")
    until(clock, loop, 2 * STUCK_S)
    assert loop.healthy()
    clock.now_s += STUCK_S
    assert not loop.healthy()


def test_a_slow_step_is_logged(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    loop, (count,), _, _ = loop_of(clock, "count")
    count.fault = BrokerError("away")
    count.clock = clock
    original = count.run_once

    def slowly(timeout_s: float) -> bool:
        clock.now_s += 7.0
        return original(timeout_s)

    count.run_once = slowly  # type: ignore[method-assign]
    loop.step()
    assert "count: one step took 7.1 s" in caplog.text or "count: one step took 7.0 s" in caplog.text


def test_a_process_whose_sketches_are_not_those_of_datasketches_refuses_to_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prove_cells(SketchSettings())
    monkeypatch.setattr("stream.commands.run.cells_differ", lambda rows, seed: f"a table of {rows} rows differs")
    with pytest.raises(NewWordsError, match="a table of 4 rows differs"):
        prove_cells(SketchSettings())


def test_a_process_is_ready_when_every_worker_is_and_says_why_it_is_of_no_use(clock: Clock) -> None:
    loop, workers, _, _ = loop_of(clock, "count", "segment")
    assert loop.ready() is True
    workers[0].unusable = "200 of the last 200 records of raw-text cannot be read: no_text 200"
    assert loop.ready() == workers[0].unusable
    workers[1].ready = False
    assert loop.ready() is False

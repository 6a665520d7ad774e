"""/metrics is fresh for occasional requests, and simultaneous requests share one rendering."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import CollectorRegistry, Gauge

from stream.web import metrics_page as module
from tests.stream.web.served import ask, serving


def test_metrics_are_rendered_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST", 0)
    registry = CollectorRegistry()
    gauge = Gauge("newwords_test", "A test.", registry=registry)
    with serving(registry=registry) as server:
        for value in (1.0, 2.0):
            gauge.set(value)
            answer = ask(server, "/metrics")
            assert f"newwords_test {value}" in answer.text
            assert answer.headers["content-type"].startswith("text/plain; version=")


def test_simultaneous_requests_share_a_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []
    monkeypatch.setattr(module, "REST", 1e6)
    monkeypatch.setattr(module, "generate_latest", lambda _: rendered.append(1) or b"x")
    with serving() as server, ThreadPoolExecutor(8) as pool:
        answers = [one.result() for one in [pool.submit(ask, server, "/metrics") for _ in range(40)]]
    assert {(one.status, one.body) for one in answers} == {(200, b"x")}
    assert len(rendered) == 1

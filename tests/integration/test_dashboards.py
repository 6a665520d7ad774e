"""Broker, service, a made-up feed and a real Prometheus: every panel shows something, and alerts come when they should.

What takes too long or cannot be brought about here, such as six silent hours, promtool shows (`tests/deploy`).
"""

import math
import shlex
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.broker.cluster import free_ports
from tests.deploy.prometheus import DASHBOARDS, dashboard, panels, rules
from tests.integration.prometheus import Prometheus, prometheus
from tests.integration.service import Service

SPAN_S = 60.0
QUICK = (  # windows of a second: what takes an hour and a quarter by default takes 25 seconds
    "windows.length_s=1", "trends.warmup_windows=8", "trends.horizon=15", "known_words.reload_s=0.5",
)  # fmt: skip
FEED = "simulate --realtime --rate 250 --texts 200000 --plants 8 --share 0.01"
FILLED_IN = {"$job": "new-words", "$instance": ".+", "$__rate_interval": "10s", "$__range": "60s", "$__interval": "1s"}


@dataclass(frozen=True, slots=True)
class Scene:
    service: Service
    prometheus: Prometheus
    deny: Path


@pytest.fixture(scope="module")
def scene(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A service in two processes that has announced words, and a Prometheus that watched."""
    folder = tmp_path_factory.mktemp("dashboards")
    deny = folder / "deny.txt"
    deny.write_text("某词\n")
    prefix, ports = f"dashboards-{uuid.uuid4().hex[:8]}-", free_ports(2)
    with (
        Service(kafka, prefix, folder, (*QUICK, f"known_words.deny={deny}")) as service,
        prometheus(folder, [f"127.0.0.1:{port}" for port in ports]) as watching,
    ):
        service.start("rest", "count,segment", f"server.port={ports[0]}")
        service.start("refresh", "refresh", f"server.port={ports[1]}")
        service.wait(lambda: len(watching.query("newwords_active == 1")) == 4, "all roles active")
        with fed(service):
            emerged = 'newwords_events_total{status="emerged"} > 2'
            service.wait(lambda: bool(watching.query(emerged)), "words emerged")
            watching.wait(lambda: bool(watching.query("count_over_time(newwords_trend_score[10s]) > 5")), "curves")
            yield Scene(service, watching, deny)


@contextmanager
def fed(service: Service) -> Iterator[None]:
    """A made-up feed in real time, through `ingest`."""
    new_words = [sys.executable, "-m", "stream"]
    settings = [part for override in service.overrides for part in ("--set", override)]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with (
        subprocess.Popen([*new_words, *shlex.split(FEED)], stdout=pipe, stderr=quiet) as simulate,
        subprocess.Popen([*new_words, "ingest", "-", "--format", "json", *settings], stdin=simulate.stdout,
                         stderr=quiet) as ingest,
    ):  # fmt: skip
        try:
            yield
        finally:
            simulate.kill()
            ingest.kill()


def filled_in(expression: str) -> str:
    for variable, value in FILLED_IN.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression
    return expression


def shows_nothing(panel: dict[str, Any], target: dict[str, Any], ask: Prometheus) -> str | None:
    """The expression, where there is no number to draw."""
    expression = filled_in(target["expr"])
    if target["instant"]:
        values = [sample["value"] for sample in ask.query(expression)]
    else:
        values = [value for series in ask.query_range(expression, SPAN_S) for value in series["values"]]
    return None if any(not math.isnan(float(value)) for _, value in values) else f"{panel['title']}: {expression}"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_of_every_panel_returns_numbers(path: Path, scene: Scene) -> None:
    board = dashboard(path)
    targets = [(panel, target) for panel in panels(board) for target in panel["targets"]]
    empty = [shows_nothing(panel, target, scene.prometheus) for panel, target in targets]
    for variable in board["templating"]["list"][1:]:
        labels = variable["query"]["query"].removeprefix("label_values(").partition(",")[0].removesuffix(")")
        assert scene.prometheus.query(filled_in(labels))
    for annotation in board["annotations"]["list"][1:]:
        assert scene.prometheus.query_range(filled_in(annotation["target"]["expr"]), SPAN_S)
    assert [one for one in empty if one] == []


def test_while_all_is_well_no_alert_is_even_pending(scene: Scene) -> None:
    for alert in rules("alert").values():
        assert scene.prometheus.query(alert["expr"]) == []
    assert scene.prometheus.alerts() == {}


def test_words_are_exposed_and_no_more_than_are_wanted(scene: Scene) -> None:
    shown = scene.prometheus.query("newwords_trend_score")
    assert 0 < len(shown) <= scene.service.config.server.top_words
    assert {sample["metric"]["word"] for sample in shown} <= {key.decode() for key, _, _ in events(scene) if key}


def events(scene: Scene) -> list[tuple[bytes | None, bytes, dict[str, bytes]]]:
    return scene.service.values(scene.service.config.topics.new_words)


CONDITIONS: dict[str, Callable[[Scene], object]] = {
    "NewWordsListFaulty": lambda scene: scene.deny.write_bytes(b"\xff\n"),
    "NewWordsDeadLetters": lambda scene: scene.service.produce((0, b"not JSON") for _ in range(2000)),
    "NewWordsClockSkew": lambda scene: scene.service.produce((0, b'{"text": "a", "ts": 9e9}') for _ in range(2000)),
    "NewWordsTextsLate": lambda scene: scene.service.produce((0, b'{"text": "a", "ts": 9e8}') for _ in range(9000)),
    "NewWordsDown": lambda scene: scene.service.kill("refresh"),
    "NewWordsNobodyActive": lambda scene: None,  # for it was the only refresher
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_an_alert_comes_when_its_condition_is_made_true(name: str, scene: Scene) -> None:
    assert name == "NewWordsNobodyActive" or name not in scene.prometheus.alerts()
    CONDITIONS[name](scene)
    scene.prometheus.wait(lambda: name in scene.prometheus.alerts(), name)
    said = scene.prometheus.alerts()[name]["annotations"]
    assert not any("error expanding" in text or "<no value>" in text for text in said.values())

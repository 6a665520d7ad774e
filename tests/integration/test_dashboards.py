"""Broker, service, a made-up feed and a real Prometheus: every panel shows something, and alerts come when they should.

What takes too long or cannot be brought about here, such as six silent hours, promtool shows (`tests/deploy`).
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.prometheus import DASHBOARDS, dashboard, panels, rules
from tests.integration.prometheus import Prometheus
from tests.integration.scene import Scene, filled_in, staged

SPAN_S = 60.0


@pytest.fixture(scope="module")
def scene(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with staged(kafka, tmp_path_factory.mktemp("dashboards")) as scene:
        yield scene


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
    for variable in board["templating"]["list"][1:3]:
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

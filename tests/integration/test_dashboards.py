"""Broker, service, a made-up feed and a real Prometheus: every panel shows something, and every alert fires.

What makes an alert true is done to the service, and Prometheus fires it; where that takes minutes or hours, its
hastened like (`tests/integration/prometheus.py`). The times themselves promtool shows (`tests/deploy`).
"""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from playwright.sync_api import expect

from tests.broker.cluster import Cluster
from tests.deploy.prometheus import DASHBOARDS, dashboard, panels, rules
from tests.integration.browser import chromium
from tests.integration.monitored_service import DEAF, HOG, SLOW, Scene, fed, filled_in, staged
from tests.integration.prometheus import Prometheus

SPAN_S = 60.0
SOONER = ("trends.warmup_windows=6",)  # words after half the time


@pytest.fixture(scope="module")
def scene(own_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with staged(own_cluster, tmp_path_factory.mktemp("dashboards"), settings=SOONER) as scene:
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
    for variable in board["templating"]["list"][1:4]:
        series, _, label = variable["query"]["query"].removeprefix("label_values(").removesuffix(")").rpartition(", ")
        assert {sample["metric"].get(label) for sample in scene.prometheus.query(filled_in(series))} - {None}
    for annotation in board["annotations"]["list"][1:]:
        assert scene.prometheus.query_range(filled_in(annotation["target"]["expr"]), SPAN_S)
    assert [one for one in empty if one] == []


def test_while_all_is_well_no_alert_is_even_pending(scene: Scene) -> None:
    for alert in rules("alert").values():
        assert scene.prometheus.query(alert["expr"]) == []
    assert scene.prometheus.alerts(hastened=False) == {}


def test_words_are_exposed_and_no_more_than_are_wanted(scene: Scene) -> None:
    shown = scene.prometheus.query("newwords_trend_score")
    assert 0 < len(shown) <= scene.service.config.server.top_words
    assert {sample["metric"]["word"] for sample in shown} <= {key.decode() for key, _, _ in events(scene) if key}


def test_the_page_of_the_service_shows_them_too(scene: Scene) -> None:
    """What else it does, `test_page` shows on a replay."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{scene.ports[0]}/")
        expect(page.locator("#state")).to_have_class("live")
        word = page.locator(".word").first.text_content() or ""
        assert word in {key.decode() for key, _, _ in events(scene) if key}
        page.get_by_role("searchbox").fill(word)
        page.get_by_role("searchbox").press("Enter")
        expect(page.locator("#answer li").first).to_be_visible()


def events(scene: Scene) -> list[tuple[bytes | None, bytes, dict[str, bytes]]]:
    return scene.service.values(scene.service.config.topics.new_words)


def cramp(scene: Scene) -> None:
    """Started, seen once while it is empty, and then given more than it has room for; until all have written of it.

    For `lose`: who has written nothing begins at whatever there is, and misses nothing.
    """
    scene.cramped.start("cramped", "count,refresh,segment", f"server.port={scene.ports[2]}", program=HOG)
    empty = 'newwords_active{job="cramped"} == 1'
    scene.prometheus.wait(lambda: len(scene.prometheus.query(empty)) == 4, "the cramped service is active")
    with fed(scene.cramped, "simulate --texts 4000"):
        for much in ('newwords_texts_total{job="cramped",role="count"} > 3000',
                     'newwords_state_writes_total{job="cramped",role="count"} > 0',
                     'newwords_event_time_seconds{job="cramped",role="trend"} > 0'):  # fmt: skip
            scene.prometheus.wait(lambda asked=much: bool(scene.prometheus.query(asked)), much)


def lose(scene: Scene) -> None:
    """The log is cut off while nobody reads it, and who comes back cannot read the state it left."""
    scene.cramped.kill("cramped")
    topic = scene.cramped.config.topics.raw_text
    admin = AdminClient({"bootstrap.servers": scene.cluster.bootstrap_servers})
    for future in admin.delete_records([TopicPartition(topic, number, -1) for number in range(4)]).values():
        future.result()
    scene.cramped.start("cramped", "count,refresh,segment", f"server.port={scene.ports[2]}", "sketches.seed=7")


def deafen(scene: Scene) -> None:
    """The broker is back, and a client says nothing of the texts that come."""
    scene.cluster.resume(0)
    scene.cramped.kill("cramped")
    scene.cramped.produce((0, b'{"text": "a"}') for _ in range(100))
    scene.cramped.start("cramped", "count", f"server.port={scene.ports[2]}", program=DEAF)


def overload(scene: Scene) -> None:
    """A refresher whose models take longer than there is time between them."""
    scene.cramped.kill("cramped")
    scene.cramped.produce((0, '{"text": "天气真好"}'.encode()) for _ in range(100))
    scene.cramped.start(
        "cramped", "count,refresh", f"server.port={scene.ports[2]}", "cohesion.refresh_s=0.1", program=SLOW
    )


def hold(scene: Scene) -> None:
    """The broker takes its time over a write or two."""
    scene.cluster.pause(0)
    time.sleep(2)
    scene.cluster.resume(0)


def restart(scene: Scene) -> None:
    """Again and again, and each time long enough for Prometheus to see it."""
    scene.deny.write_text("某词\n")  # with a faulty list it would not even start
    began = 'process_start_time_seconds{instance=~".*:%d"} > %f'
    for _ in range(4):
        now_s = time.time() - 1
        scene.service.start("refresh", "refresh", f"server.port={scene.ports[1]}")
        scene.prometheus.wait(lambda: bool(scene.prometheus.query(began % (scene.ports[1], now_s))), "a new process")  # noqa: B023
        scene.service.kill("refresh")


def nothing(_: Scene) -> None:
    """What was done for the alert before is enough."""


CONDITIONS: dict[str, Callable[[Scene], object]] = {
    "NewWordsSilent": nothing,  # words were announced, the feed goes on, and no other came for some seconds
    "NewWordsListFaulty": lambda scene: scene.deny.write_bytes(b"\xff\n"),
    "NewWordsDeadLetters": lambda scene: scene.service.produce((0, b"not JSON") for _ in range(2000)),
    "NewWordsClockSkew": lambda scene: scene.service.produce((0, b'{"text": "a", "ts": 4e9}') for _ in range(2000)),
    "NewWordsFlushSlow": hold,
    "NewWordsSketchFull": cramp,
    "NewWordsOvercount": nothing,
    "NewWordsTableFull": nothing,
    "NewWordsMemory": nothing,
    "NewWordsTextsLost": lose,
    "NewWordsStateUnreadable": nothing,
    "NewWordsDown": lambda scene: scene.service.kill("refresh"),
    "NewWordsNobodyActive": nothing,  # for it was the only refresher
    "NewWordsModelStale": nothing,
    "NewWordsBehind": nothing,  # texts wait for a model of their time
    "NewWordsRestarts": restart,
    "NewWordsHangs": lambda scene: scene.cluster.pause(0),
    "NewWordsOutOfTouch": nothing,
    "NewWordsKafkaFails": nothing,
    "NewWordsStalls": deafen,
    "NewWordsRefreshLoaded": overload,
}


def test_every_alert_has_a_condition() -> None:
    assert sorted(CONDITIONS) == sorted(rules("alert"))


@pytest.mark.parametrize("name", CONDITIONS)
def test_an_alert_fires_when_its_condition_is_made_true(name: str, scene: Scene) -> None:
    condition = CONDITIONS[name]
    assert condition is nothing or not scene.prometheus.firing(name)
    condition(scene)
    alert = scene.prometheus.wait(lambda: scene.prometheus.firing(name), name)
    assert not any("error expanding" in text or "<no value>" in text for text in alert["annotations"].values())

"""The dashboards follow the rules of Grafana's linter, use existing metrics, and have no overlapping panels."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.desk.site import Site
from stream.metrics import Metrics
from stream.store.history import History
from stream.web.settings import ServerSettings
from tests.deploy.prometheus import DASHBOARDS, DEPLOY, RULES, dashboard, metric_names, metrics_named, panels

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
BOARDS = [dashboard(path) for path in DASHBOARDS]
PANELS = [(board, panel) for board in BOARDS for panel in panels(board)]
TARGETS = [(panel, target) for _, panel in PANELS for target in panel["targets"]]
every_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board["uid"])
every_panel = pytest.mark.parametrize("panel", [panel for _, panel in PANELS], ids=lambda panel: panel["title"])
every_target = pytest.mark.parametrize(("panel", "target"), TARGETS, ids=lambda one: one.get("refId", one.get("title")))


def test_there_are_two() -> None:
    assert [board["title"] for board in BOARDS] == ["new-words / Emerging terms", "new-words / Pipeline health"]


@every_board
def test_a_dashboard_is_classic_json_with_source_job_topic_and_instance_to_choose(board: dict[str, Any]) -> None:
    assert (board["schemaVersion"], board["editable"]) == (41, False)
    source, job, topic, instance, *_ = board["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert source["label"] == "Data source"
    assert 'topic=~"$topic"' in instance["query"]["query"]  # by which a topic is chosen: every panel asks for instances
    for variable, name in ((job, "job"), (topic, "topic"), (instance, "instance")):
        assert (variable["name"], variable["label"], variable["datasource"]) == (name, name.capitalize(), SOURCE)
        all_value = None if name == "instance" else ".+"  # none: all those of the chosen topics
        assert (variable["multi"], variable.get("allValue"), variable["refresh"]) == (True, all_value, 2)
        assert metrics_named(variable["query"]["query"]) <= metric_names()


@every_board
def test_panels_have_their_own_numbers_and_places(board: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers))
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = [one[at] + one[size] <= other[at] or other[at] + other[size] <= one[at] for at, size in ("xw", "yh")]
        assert any(apart), (one, other)


@every_panel
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == SOURCE
    assert panel["targets"]
    assert all(target["datasource"] == SOURCE for target in panel["targets"])


@every_target
def test_a_query_names_metrics_there_are_of_the_chosen_instances(panel: dict[str, Any], target: dict[str, Any]) -> None:
    expression = target["expr"]
    named = metrics_named(expression) | set(re.findall(r"\bup\b", expression))
    assert named
    assert named <= metric_names()
    selectors = re.findall(r"\b(?:newwords|process)_\w+(\{[^}]*\})?|\bup(\{[^}]*\})", expression)
    assert all('job=~"$job", instance=~"$instance"' in "".join(selector) for selector in selectors)


@every_target
def test_a_counter_is_never_shown_raw_and_a_rate_follows_the_scrapes(
    panel: dict[str, Any], target: dict[str, Any]
) -> None:
    expression = target["expr"]
    counters = re.findall(r"(\w+)\((\w+(?:_total|_bucket))\{[^}]*\}\[([^\]]+)\]", expression)
    assert len(counters) == len(re.findall(r"_total\{|_bucket\{", expression))
    assert {function for function, _, _ in counters} <= {"rate", "increase"}
    # over the whole time range where one figure is shown, else over some scrapes
    assert {span for _, _, span in counters} <= {"$__rate_interval", *(["$__range"] if target["instant"] else [])}


def test_a_word_leads_to_its_evidence_on_the_service() -> None:
    board = next(board for board in BOARDS if board["uid"] == "new-words-emerging")
    (page,) = [one for one in board["templating"]["list"] if one["name"] == "page"]
    assert page["query"] == f"http://localhost:{load(None, {}, []).server.port}"
    links = [link["url"] for _, panel in PANELS for field in panel["fieldConfig"]["overrides"]
             for one in field["properties"] if one["id"] == "links" for link in one["value"]]  # fmt: skip
    assert [link.partition("?")[0] for link in links] == ["${page}/api/explain"]
    assert "/api/explain" in [one.path for one in Site(ServerSettings(), History(), 60.0).operations]


def test_grafana_finds_the_dashboards_and_prometheus_where_compose_puts_them() -> None:
    folder = DEPLOY / "grafana" / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "new-words.yaml").read_text("utf-8"))["providers"]
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text("utf-8"))["datasources"]
    compose = yaml.safe_load(Path(DEPLOY / "compose.yaml").read_text("utf-8"))
    mounts = dict(mount.split(":")[:2] for mount in compose["services"]["grafana"]["volumes"])
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./grafana/provisioning"] == "/etc/grafana/provisioning"
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")


def test_every_metric_of_ours_is_on_a_dashboard_or_in_an_alert() -> None:
    asked = {name for path in [*DASHBOARDS, *RULES] for name in metrics_named(path.read_text("utf-8"))}
    shown = {re.sub("_(total|bucket|sum|count|info)$", "", name) for name in asked}
    ours = {family.name for family in Metrics(CollectorRegistry(), 1).registry.collect() if "newwords" in family.name}
    assert ours - shown == {"newwords_build", "newwords_model_version"}  # they tell processes apart, by hand

"""Rules and alerts: valid by promtool, with existing metrics, each shown firing and silent, each in the documents."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.prometheus import DEPLOY, RULES, metric_names, metrics_named, rules
from tests.machine import needs

CASES = DEPLOY / "prometheus" / "tests" / "alerts.yaml"
RUNBOOK = DEPLOY.parent / "docs/runbook.md"
ALERTS = rules("alert")


def promtool(*arguments: str | Path) -> None:
    ran = subprocess.run([needs("promtool"), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_configuration_is_sound() -> None:
    promtool("check", "config", "--lint=all", "--lint-fatal", DEPLOY / "prometheus" / "prometheus.yaml")


def test_the_rules_are_sound() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES)


def test_every_alert_fires_when_it_should_and_is_silent_when_not() -> None:
    promtool("test", "rules", CASES)


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent() -> None:
    fires: dict[str, set[bool]] = {}
    for case in yaml.safe_load(CASES.read_text("utf-8"))["tests"]:
        for asked in case["promql_expr_test"]:
            if found := re.search(r'alertname="(\w+)",alertstate="firing"', asked["expr"]):
                fires.setdefault(found[1], set()).add(bool(asked["exp_samples"]))
    assert fires == {name: {True, False} for name in ALERTS}


def test_every_metric_of_the_rules_is_there() -> None:
    for path in [*RULES, CASES]:
        assert metrics_named(path.read_text("utf-8")) <= metric_names()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert all(text.endswith(".") for text in (alert["annotations"]["summary"], alert["annotations"]["description"]))
    file, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert DEPLOY.parent / file == RUNBOOK
    assert anchor == name.lower()


def test_the_runbook_says_what_to_do_at_each_alert_and_at_no_other() -> None:
    assert re.findall(r"^## (\w+)$", RUNBOOK.read_text("utf-8"), re.M) == list(ALERTS)


def test_links_of_alerts_can_be_made_to_open_from_anywhere() -> None:
    (command,) = re.findall(r"^sed -i '(s\|.*)' (?:deploy/prometheus/alerts.yaml) && make rules$",
                            RUNBOOK.read_text("utf-8"), re.M)  # fmt: skip
    changed = subprocess.run(["sed", command, RULES[0].parent / "alerts.yaml"], capture_output=True, text=True).stdout
    urls = re.findall(r"runbook_url: (\S+)", changed)
    assert len(urls) == len(ALERTS) and all(url.startswith("https://") for url in urls)

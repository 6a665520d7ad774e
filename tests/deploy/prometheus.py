"""Shared by the checks of rules and dashboards: the paths of the files, and the names of the metrics."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from stream.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = [DEPLOY / "prometheus" / "recording.yaml", DEPLOY / "prometheus" / "alerts.yaml"]
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
OF_PROMETHEUS = {"up", "ALERTS"}


def rules(kind: str) -> dict[str, dict[str, Any]]:
    """Every rule of a kind, `alert` or `record`, by its name."""
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text("utf-8"))["groups"]]
    return {rule[kind]: rule for group in groups for rule in group["rules"] if kind in rule}


def dashboard(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels but the rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def metric_names() -> set[str]:
    """Names of all series that the service can have, and those that the rules record."""
    found = OF_PROMETHEUS | set(rules("record"))
    for family in Metrics(CollectorRegistry(), 1).registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"]}
        found |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return found


def metrics_named(text: str) -> set[str]:
    """What looks like a metric of ours, or of the process, in any text."""
    return set(re.findall(r"\b(?:job:)?(?:newwords|process)_[a-z0-9_]+(?::\w+)?", text))

"""The metrics are valid by Prometheus' linter, bounded, and present from the start."""

import subprocess
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from stream.metrics import Metrics
from tests.deploy.prometheus import metric_names, metrics_named
from tests.machine import needs

ROOT = Path(__file__).parents[2]
WORDS = [*ROOT.glob("*.md"), ROOT / "config.yaml", *(ROOT / "deploy").rglob("*.*"), *(ROOT / "docs").rglob("*.md")]


def exposed(metrics: Metrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def words(metrics: Metrics) -> dict[str, float]:
    prefix = 'newwords_trend_score{word="'
    return {name.removeprefix(prefix)[:-2]: x for name, x in exposed(metrics).items() if name.startswith(prefix)}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry(), top_words=3)


def test_promtool_has_nothing_to_say(metrics: Metrics) -> None:
    metrics.show({"元宇宙": 8.0, 'a "quoted"\nword\\': 7.0})
    text = generate_latest(metrics.registry)
    checked = subprocess.run([needs("promtool"), "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_every_metric_is_ours_or_the_process_and_says_what_it_means(metrics: Metrics) -> None:
    families = list(metrics.registry.collect())
    assert {family.name.split("_")[0] for family in families} == {"newwords", "process"}
    assert all(family.documentation.endswith(".") for family in families)


@pytest.mark.parametrize(
    "path", [path for path in WORDS if path.suffix in (".md", ".yaml", ".json")], ids=lambda p: p.name
)
def test_every_metric_that_is_written_about_is_there(path: Path) -> None:
    assert metrics_named(path.read_text("utf-8")) <= metric_names()


def test_counters_are_there_before_they_count(metrics: Metrics) -> None:
    """Else the first dead letter would be no increase."""
    assert exposed(metrics)['newwords_texts_rejected_total{reason="not_json"}'] == 0
    assert exposed(metrics)['newwords_events_total{status="emerged"}'] == 0


def test_only_the_highest_words_are_shown_and_those_that_leave_are_forgotten(metrics: Metrics) -> None:
    metrics.show({"甲": 1.0, "乙": 4.0, "丙": 3.0, "丁": 2.0})
    assert words(metrics) == {"乙": 4.0, "丙": 3.0, "丁": 2.0}
    metrics.show({"甲": 1.0, "丁": 5.0})
    assert words(metrics) == {"甲": 1.0, "丁": 5.0}
    metrics.show({})
    assert words(metrics) == {}


def test_no_word_is_shown_where_none_is_wanted() -> None:
    metrics = Metrics(CollectorRegistry(), top_words=0)
    metrics.show({"元宇宙": 8.0})
    assert words(metrics) == {}

"""Figures for the funnel: those the process has, under plain names, and each is a metric there is."""

from prometheus_client import CollectorRegistry

from stream.desk.flow_figures import FIGURES, flow_figures
from stream.metrics import Metrics


def test_every_figure_is_a_metric_of_the_service() -> None:
    metrics = Metrics(CollectorRegistry(), 10)
    metrics.texts.labels("segment").inc(7)
    found = flow_figures(metrics.registry)
    assert found.keys() == FIGURES.keys()
    assert found["texts"] == 7.0


def test_what_a_process_does_not_have_is_left_out() -> None:
    assert flow_figures(CollectorRegistry()) == {}

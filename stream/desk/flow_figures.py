"""Counters of the pipeline for the funnel of the page: some of the Prometheus metrics under plain names."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry

FIGURES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "texts": ("newwords_texts_total", {"role": "segment"}),
    "copies": ("newwords_texts_copied_total", {}),
    "pairs": ("newwords_pairs_total", {}),
    "candidate_pairs": ("newwords_candidate_pairs", {}),
    "strong_pairs": ("newwords_strong_pairs", {}),
    "announced": ("newwords_announced_words", {}),
}


def flow_figures(registry: CollectorRegistry) -> dict[str, float]:
    """Return {name: value} of the counters that this process has."""
    found = {name: registry.get_sample_value(metric, dict(labels)) for name, (metric, labels) in FIGURES.items()}
    return {name: value for name, value in found.items() if value is not None}

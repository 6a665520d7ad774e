"""The Prometheus metrics of a process, all in one place, on a registry that the caller gives.

They have base units and closed label sets; workers record them, stages only return numbers. `newwords_trend_score` is
the only metric with words as labels, at most `top_words` of them. A `_timestamp_seconds` is wall-clock time, to be
compared with `time()`; `newwords_event_time_seconds` is the time of the texts, which is old when old texts are
replayed.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client import disable_created_metrics as _disable_created_metrics

from stream.events.events import EMERGED, FADED, HELD, RISING
from stream.outputs.webhook import OUTCOMES
from stream.text.message import REASONS
from stream.version import __version__

ROLES = ("count", "refresh", "segment", "trend")
LOOPS = (*ROLES, "page")  # whatever reads from Kafka
READERS = ("count", "segment")
FOLDERS = ("refresh", "trend")
LATER: tuple[str, ...] = ()
"""Of labels whose values appear when there is something to say: a 0 would be taken for a time or a ratio."""
WORK_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
DELAY_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
HEARING_S = (5, 15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 24 * 3600)

M = TypeVar("M", Counter, Gauge, Histogram)


class Metrics:
    """The metrics of the service; one object a process."""

    def __init__(self, registry: CollectorRegistry, top_words: int) -> None:
        self.registry, self.top_words = registry, top_words
        self._shown: set[str] = set()
        _disable_created_metrics()  # type: ignore[no-untyped-call]  # else a second series for each counter
        ProcessCollector(registry=registry)
        Info("newwords_build", "The version that runs.", registry=registry).info({"version": __version__})
        self.source = Info("newwords_source", "The topic that texts come from.", registry=registry)
        self._declare_texts()
        self._declare_state()
        self._declare_model()
        self._declare_trends()

    def show(self, scores: Mapping[str, float]) -> None:
        """Replace the words of `newwords_trend_score` by these, or by the highest if they are too many."""
        top = sorted(scores, key=lambda word: -scores[word])[: self.top_words]
        for word in self._shown.difference(top):
            self.score.remove(word)
        for word in top:
            self.score.labels(word).set(scores[word])
        self._shown = set(top)

    def _declare_texts(self) -> None:
        """raw-text -> count, raw-text -> segment."""
        counter, gauge = self._counter, self._gauge
        self.texts = counter("newwords_texts_total", "Texts a role is done with.", role=READERS)
        self.rejected = counter(
            "newwords_texts_rejected_total", "Records that could not be read: dead letters.", reason=REASONS
        )
        self.clamped = counter("newwords_texts_clamped_total", "Texts of the far future, counted as of when they came.")
        self.copies = counter("newwords_texts_copied_total", "Copies of a text, not counted.")
        self.characters = counter("newwords_characters_total", "Characters counted.")
        self.pairs = counter("newwords_pairs_total", "Adjacent pairs counted.")
        self.lost = counter(
            "newwords_offsets_lost_total", "Records the log no longer held when they were due.", role=READERS
        )
        self.lag = gauge("newwords_lag_records", "Records to be read or waiting; NaN if not known.", role=ROLES)
        self.lag_s = gauge(
            "newwords_lag_seconds",
            "Age on Kafka of the newest record read, while there are more; else 0. At least the silence of the broker.",
            role=ROLES,
        )
        self.contact_age = gauge(
            "newwords_contact_age_seconds", "Since a broker last answered a role; lag is as of then.", role=ROLES
        )
        self.event_time = gauge("newwords_event_time_seconds", "Newest event time a role has come to.", role=LATER)
        self.latency = self._histogram(
            "newwords_text_latency_seconds",
            "From a record's time on Kafka until a role was done with it; the oldest of each batch.",
            DELAY_S,
            role=READERS,
        )

    def _declare_state(self) -> None:
        """State topics, Kafka, and the process itself."""
        counter, gauge = self._counter, self._gauge
        self.active = gauge("newwords_active", "Whether this process holds partitions for a role.", role=ROLES)
        self.stepped_at = gauge("newwords_step_timestamp_seconds", "When the loop last completed a step.")
        self.memory_bound = gauge(
            "newwords_memory_bound_bytes", "Memory that all bounds of the configuration add up to, for this process."
        )
        self.flush_s = self._histogram("newwords_flush_seconds", "Time to write the state.", WORK_S, role=ROLES)
        self.state_writes = counter("newwords_state_writes_total", "State records written.", role=ROLES)
        self.state_unreadable = counter(
            "newwords_state_unreadable_total", "State records refused and rebuilt.", role=ROLES
        )
        self.stale_ranges = counter(
            "newwords_ranges_stale_total", "Ranges of processes that were replaced before, passed over.", role=FOLDERS
        )
        self.restores = counter(
            "newwords_state_restores_total",
            "Times a role took up its work, from stored state or from nothing.",
            role=ROLES,
            origin=("state", "nothing"),
        )
        self.busy_s = counter(
            "newwords_busy_seconds_total", "Processor time of a role's own thread, without its clients'.", role=LOOPS
        )
        self.bytes_written = counter("newwords_bytes_written_total", "Keys and values written.", topic=LATER)
        self.bytes_read = counter("newwords_bytes_read_total", "Keys and values read.", topic=LATER)
        self.errors = counter("newwords_broker_errors_total", "Failed calls to Kafka, retried.", role=LOOPS)
        self.stalls = counter(
            "newwords_stalls_total",
            "Times nothing came though there was more, and the group was joined anew.",
            role=LOOPS,
        )
        self.list_faulty = gauge(
            "newwords_list_faulty", "Whether a word list cannot be read, and its last good content holds.", list=LATER
        )

    def _declare_model(self) -> None:
        """Sketches and strong pairs."""
        counter, gauge = self._counter, self._gauge
        self.fill = gauge("newwords_sketch_fill_ratio", "Share of cells in use, fullest row.", sketch=LATER)
        self.overcount = gauge(
            "newwords_sketch_overcount_ratio",
            "What 19 of 20 pairs never fed in are estimated at most, in shares of cohesion.min_count.",
            sketch=LATER,
        )
        self.candidates = gauge("newwords_candidate_pairs", "Candidate pairs held.")
        self.evicted = counter("newwords_evicted_total", "Rows that had to leave a full table.", table=("candidates",))
        self.refresh_s = self._histogram("newwords_refresh_seconds", "Time to compute the strong pairs.", WORK_S)
        self.strong = gauge("newwords_strong_pairs", "Strong pairs in the model.")
        self.strong_changed = counter(
            "newwords_strong_pairs_changed_total",
            "Pairs that became strong, or no longer are.",
            change=("entered", "left"),
        )
        self.model = gauge("newwords_model_version", "Version of the model in use.", role=LATER)
        self.model_at = gauge(
            "newwords_model_timestamp_seconds", "When the model in use was taken up, or first waited for.", role=LATER
        )

    def _declare_trends(self) -> None:
        """words -> trends -> events."""
        self.announced = self._gauge("newwords_announced_words", "Words remembered as announced.")
        self.events = self._counter("newwords_events_total", "Events published.", status=(EMERGED, RISING, FADED, HELD))
        self.event_latency = self._histogram(
            "newwords_event_latency_seconds",
            "From the time of the newest text heard until the event that follows from it was published.",
            DELAY_S,
        )
        self.hearing = self._histogram(
            "newwords_hearing_seconds", "Event time from the first mention of a word until it emerged.", HEARING_S
        )
        self.score = self._gauge("newwords_trend_score", "Score of the words that trend most, as of now.", word=LATER)

    def _counter(self, name: str, meaning: str, **labels: Sequence[str]) -> Counter:
        return _begun(Counter(name, meaning, list(labels), registry=self.registry), labels)

    def _gauge(self, name: str, meaning: str, **labels: Sequence[str]) -> Gauge:
        return _begun(Gauge(name, meaning, list(labels), registry=self.registry), labels)

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float], **labels: Sequence[str]) -> Histogram:
        return _begun(Histogram(name, meaning, list(labels), buckets=buckets, registry=self.registry), labels)


class WebhookMetrics:
    """The metrics of `new-words push`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        labels = {"outcome": OUTCOMES}
        posts = Counter("newwords_webhook_posts_total", "Requests to the webhook.", list(labels), registry=registry)
        self.posts = _begun(posts, labels)


def _begun(metric: M, labels: Mapping[str, Sequence[str]]) -> M:
    """Create each combination of label values at once, so that the first increment is visible as an increase."""
    for values in product(*labels.values()) if labels else ():
        metric.labels(*values)
    return metric

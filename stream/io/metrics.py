"""What a process tells Prometheus: every metric in one place, on a registry that is handed in.

Base units, closed label sets; workers record, stages return numbers. `newwords_trend_score` is the only metric that
carries words, at most `top_words` of them.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ROLES = ("count", "refresh", "segment", "trend")


class Metrics:
    """One instance a process."""

    def __init__(self, registry: CollectorRegistry, top_words: int) -> None:
        self.registry, self._top_words = registry, top_words
        self.texts = Counter("newwords_texts_total", "Texts read by a role.", ["role"], registry=registry)
        self.rejected = Counter(
            "newwords_texts_rejected_total",
            "Records that could not be read, sent to the dead letter topic.",
            ["reason"],
            registry=registry,
        )
        self.clamped = Counter(
            "newwords_texts_clamped_total", "Texts from the far future, counted as of now.", registry=registry
        )
        self.pairs = Counter("newwords_pairs_total", "Adjacent pairs counted.", registry=registry)
        self.late = Counter("newwords_texts_late_total", "Texts too old for any open window.", registry=registry)
        self.copies = Counter(
            "newwords_texts_copied_total", "Copies of a text within a window, not counted.", registry=registry
        )
        self.lost = Counter(
            "newwords_offsets_lost_total",
            "Records the log no longer held when they were due.",
            ["role"],
            registry=registry,
        )
        self.state_writes = Counter(
            "newwords_state_writes_total", "State records written.", ["role"], registry=registry
        )
        self.state_unreadable = Counter(
            "newwords_state_unreadable_total", "State records refused and rebuilt.", ["role"], registry=registry
        )
        self.errors = Counter(
            "newwords_broker_errors_total", "Failed calls to Kafka, retried.", ["role"], registry=registry
        )
        self.lag = Gauge("newwords_lag_records", "Records still to be read.", ["role"], registry=registry)
        self.active = Gauge(
            "newwords_active", "Whether this process holds partitions for a role.", ["role"], registry=registry
        )
        self.fill = Gauge(
            "newwords_sketch_fill_ratio", "Share of cells in use, fullest row.", ["sketch"], registry=registry
        )
        self.candidates = Gauge("newwords_candidate_pairs", "Candidate pairs held.", registry=registry)
        self.strong = Gauge("newwords_strong_pairs", "Strong pairs in the model.", registry=registry)
        self.model = Gauge("newwords_model_version", "Version of the model in use.", ["role"], registry=registry)
        self.refresh_s = Histogram("newwords_refresh_seconds", "Time to compute the strong pairs.", registry=registry)
        self.events = Counter("newwords_events_total", "Events published.", ["status"], registry=registry)
        self.score = Gauge("newwords_trend_score", "Score of the words that trend most.", ["word"], registry=registry)
        self._scores: dict[str, float] = {}
        for role in ROLES:
            self.lag.labels(role).set(0)
            self.active.labels(role).set(0)

    def trending(self, word: str, score: float) -> None:
        """Show a word's score; of too many, the lowest leave."""
        if not self._top_words:
            return
        self._scores[word] = score
        self.score.labels(word).set(score)
        while len(self._scores) > self._top_words:
            lowest = min(self._scores, key=lambda name: self._scores[name])
            del self._scores[lowest]
            self.score.remove(lowest)

    def faded(self, word: str) -> None:
        """Forget a word that no longer trends."""
        if self._scores.pop(word, None) is not None:
            self.score.remove(word)

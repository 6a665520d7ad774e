"""Lag is known while the broker answers; while it does not, no figure looks healthy."""

from math import isnan

from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.metrics import Metrics
from stream.roles.context import Context
from stream.roles.counter import Counter
from stream.roles.lag import CONTACT_S

CONFIG = load(None, {}, [])


class Distant(MemorySource):
    """Of a broker that answered so long ago."""

    age_s = 0.0

    def contact_age_s(self) -> float:
        return self.age_s


def test_lag_that_cannot_be_known_does_not_look_known_and_the_role_is_not_ready() -> None:
    log, sources = MemoryLog(lambda: 1e9), list[Distant]()
    for topic in (CONFIG.topics.raw_text, CONFIG.topics.tallies):
        log.create(topic)

    def opened(topic: str, group: str | None) -> Distant:
        sources.append(Distant(log, topic, group))
        return sources[-1]

    metrics = Metrics(CollectorRegistry(), 0)
    counter = Counter(Context(CONFIG, opened, MemorySink(log), metrics, lambda: 1e9))

    def sampled(name: str) -> float:
        value = metrics.registry.get_sample_value(name, {"role": "count"})
        assert value is not None
        return value

    counter.run_once(0.0)
    assert counter.ready
    assert (sampled("newwords_lag_records"), sampled("newwords_lag_seconds")) == (0.0, 0.0)
    sources[0].age_s = CONTACT_S + 1
    assert isnan(sampled("newwords_lag_records"))
    assert sampled("newwords_lag_seconds") == sampled("newwords_contact_age_seconds") == CONTACT_S + 1
    assert counter.ready
    sources[0].age_s = CONFIG.kafka.session_timeout_s
    assert not counter.ready
    sources[0].age_s = 0.0
    assert counter.ready
    assert sampled("newwords_lag_records") == 0.0

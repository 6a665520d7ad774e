"""When a process says that it is ready: a rolling update waits for it, and a Service sends nobody there before."""

from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Polled
from stream.metrics import Metrics
from stream.roles.context import Context
from stream.roles.counter import Counter
from stream.roles.refresher import Refresher
from stream.roles.segmenter import Segmenter

CONFIG = load(None, {}, ["sketches.pair_width=1024", "cohesion.min_count=1", "cohesion.min_pmi=0"])


class Slow(MemorySource):
    """Brings nothing while the broker is slow."""

    slow = False

    def poll(self, timeout_s: float) -> Polled:
        return Polled([]) if Slow.slow and self._topic == CONFIG.topics.strong_pairs else super().poll(timeout_s)


def edge_of(log: MemoryLog) -> Context:
    topics = CONFIG.topics
    for topic in (topics.raw_text, topics.tallies, topics.pair_sketches, topics.strong_pairs, topics.word_counts):
        log.create(topic)
    metrics = Metrics(CollectorRegistry(), 0)
    return Context(CONFIG, lambda topic, group: Slow(log, topic, group, 100), MemorySink(log), metrics, lambda: 1e9)


def steps(worker: Counter | Refresher | Segmenter, count: int = 5) -> None:
    for _ in range(count):
        worker.run_once(0.0)


def segmenter(edge: Context, slow: bool) -> Segmenter:
    Slow.slow = slow
    one = Segmenter(edge)
    steps(one)
    return one


def test_who_segments_is_ready_when_the_model_is_loaded_and_not_before() -> None:
    log = MemoryLog(lambda: 1e9)
    edge = edge_of(log)
    log.append(CONFIG.topics.raw_text, None, b'{"text": "\xe5\xa4\xa9\xe6\xb0\x94"}', partition=0)
    counter, refresher = Counter(edge), Refresher(edge)
    steps(counter)
    counter.flush()
    steps(refresher)
    assert (counter.ready, refresher.ready) == (True, True)
    one = segmenter(edge, slow=True)
    assert not one.ready
    Slow.slow = False
    steps(one)
    assert one.ready


def test_where_there_is_no_model_yet_nobody_waits_for_one() -> None:
    edge = edge_of(MemoryLog(lambda: 1e9))
    assert not segmenter(edge, slow=True).ready
    assert segmenter(edge, slow=False).ready

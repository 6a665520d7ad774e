"""When a process reports that it is ready, which rolling updates and Services depend on."""

from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.log.protocol import Polled
from stream.log.settings import topic_keys
from stream.metrics import Metrics
from stream.roles.announcer import Announcer
from stream.roles.context import Context
from stream.roles.counter import Counter
from stream.roles.refresher import Refresher
from stream.rules.word_lists import WordLists

CONFIG = load(None, {}, ["sketches.pair_width=1024", "cohesion.min_count=1", "cohesion.min_pmi=0"])


class Slow(MemorySource):
    """Brings nothing while the broker is slow."""

    slow = False

    def poll(self, timeout_s: float) -> Polled:
        return Polled([]) if Slow.slow and self._topic == CONFIG.topics.strong_pairs else super().poll(timeout_s)


def edge_of(log: MemoryLog) -> Context:
    for key in topic_keys():
        log.create(getattr(CONFIG.topics, key))
    metrics = Metrics(CollectorRegistry(), 0)
    return Context(CONFIG, lambda topic, group: Slow(log, topic, group, 100), MemorySink(log), metrics, lambda: 1e9)


def steps(worker: Counter | Refresher | Announcer, count: int = 5) -> None:
    for _ in range(count):
        worker.run_once(0.0)


def announcer(edge: Context, slow: bool) -> Announcer:
    Slow.slow = slow
    one = Announcer(edge, WordLists.none(), lambda now_s: None)
    steps(one)
    return one


def test_active_and_standby_are_ready_once_the_model_is_loaded() -> None:
    log = MemoryLog(lambda: 1e9)
    edge = edge_of(log)
    log.append(CONFIG.topics.raw_text, None, b'{"text": "\xe5\xa4\xa9\xe6\xb0\x94"}', partition=0)
    counter, refresher = Counter(edge), Refresher(edge)
    steps(counter)
    counter.flush()
    steps(refresher)
    assert (counter.ready, refresher.ready) == (True, True)
    one, other = announcer(edge, slow=True), announcer(edge, slow=True)
    assert not (one.ready or other.ready)
    Slow.slow = False
    steps(one)
    steps(other)
    assert one.ready and other.ready


def test_texts_do_not_wait_while_there_is_no_model_at_all() -> None:
    edge = edge_of(MemoryLog(lambda: 1e9))
    assert not announcer(edge, slow=True).ready
    assert announcer(edge, slow=False).ready

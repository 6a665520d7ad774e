"""Events are read from a log: all of them, from where the group stopped, without records that are not events."""

import pytest

from stream.errors import BrokerError
from stream.events.events import encode
from stream.log.memory import MemoryLog, MemorySource
from stream.outputs.event_consumer import EventSource
from tests.stream.events.event_samples import event

TOPIC = "new-words"


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog(lambda: 0.0)
    made.create(TOPIC, 2)
    return made


def publish(log: MemoryLog, *words: str) -> None:
    for word in words:
        log.append(TOPIC, word.encode(), encode(event(word)), partition=len(word) % 2)


def source(log: MemoryLog, group: str | None = None, from_latest: bool = False) -> EventSource:
    return EventSource(MemorySource(log, TOPIC, group), from_latest)


def there(events: EventSource) -> list[str]:
    return sorted(one.event.word for several in events.until_now() for one in several)


def test_until_now_yields_all_events_and_ends(log: MemoryLog) -> None:
    publish(log, "甲乙", "甲乙丙", "丁戊")
    assert there(source(log)) == ["丁戊", "甲乙", "甲乙丙"]


def test_an_empty_topic_ends_at_once(log: MemoryLog) -> None:
    assert there(source(log)) == []


def test_records_that_are_not_events_are_counted_and_skipped(log: MemoryLog) -> None:
    publish(log, "甲乙")
    for value in (b"", b"{", b'{"schema": 2}', b"[]", b"null"):
        log.append(TOPIC, None, value, partition=0)
    events = source(log)
    assert there(events) == ["甲乙"]
    assert events.unreadable == 5


def test_in_a_group_events_not_done_are_delivered_again(log: MemoryLog) -> None:
    publish(log, "甲乙", "丙丁", "戊己")
    first = source(log, "readers")
    heard = [one for several in first.until_now() for one in several]
    first.done(heard[0])
    first.commit()
    first.done(heard[1])  # and not committed
    first.close()
    assert there(source(log, "readers")) == ["丙丁", "戊己"]
    assert len(there(source(log))) == 3


def test_from_latest_is_kept_for_the_group_before_the_first_event(log: MemoryLog) -> None:
    publish(log, "甲乙")
    first = source(log, "readers", from_latest=True)
    assert there(first) == []
    first.close()
    publish(log, "丙丁")
    assert there(source(log, "readers", from_latest=True)) == ["丙丁"]
    assert there(source(log, from_latest=True)) == []


def test_a_topic_that_does_not_exist_is_an_error(log: MemoryLog) -> None:
    class Nowhere(MemorySource):
        def _assignment(self) -> tuple[int, frozenset[int]]:
            return 0, frozenset()

    ticks = iter(range(1000))
    with pytest.raises(BrokerError, match="not there"):
        list(EventSource(Nowhere(log, TOPIC)).until_now(lambda: 10.0 * next(ticks)))


class Failing(MemorySource):
    """Loses its place, as a source that had to connect again."""

    def fail(self) -> None:
        self._fence = None


@pytest.mark.parametrize("from_latest", [False, True])
def test_a_reader_that_keeps_its_place_gets_each_event_once_across_a_failure(log: MemoryLog, from_latest: bool) -> None:
    publish(log, "甲乙")
    failing = Failing(log, TOPIC)
    events = EventSource(failing, from_latest, keeps_place=True)
    assert events.poll(0) == []
    heard = [one.event.word for one in events.poll(0)]
    publish(log, "丙丁")
    heard += [one.event.word for one in events.poll(0)]
    failing.fail()
    publish(log, "戊己", "庚辛")
    heard += [one.event.word for _ in range(3) for one in events.poll(0)]
    assert heard == (["丙丁", "戊己", "庚辛"] if from_latest else ["甲乙", "丙丁", "戊己", "庚辛"])

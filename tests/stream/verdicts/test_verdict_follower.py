"""The topic of verdicts, followed and written."""

import pytest

from stream.errors import BrokerError
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.verdicts.verdict import REFUSED, Verdict
from stream.verdicts.verdict_follower import VerdictFollower
from stream.verdicts.verdict_writer import VerdictWriter


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog(lambda: 0.0)
    made.create("word-verdicts")
    return made


def test_what_is_written_is_followed_and_what_is_withdrawn_is_gone(log: MemoryLog) -> None:
    writer = VerdictWriter(MemorySink(log), "word-verdicts")
    writer.judge(Verdict("iPhone14", REFUSED, 1.0))
    follower = VerdictFollower(lambda: MemorySource(log, "word-verdicts"))
    follower.catch_up()
    assert follower.book.is_unwanted("iphone14")
    writer.withdraw("IPHONE14")
    writer.judge(Verdict("天气", REFUSED, 1.0))
    assert follower.poll() == ["iphone14", "天气"]
    assert list(follower.book.verdicts) == ["天气"]
    writer.close()
    follower.close()


def test_a_topic_without_verdicts_is_caught_up_with_at_once(log: MemoryLog) -> None:
    follower = VerdictFollower(lambda: MemorySource(log, "word-verdicts"))
    follower.catch_up()
    assert follower.book.verdicts == {}


def test_one_that_does_not_answer_is_not_waited_for(log: MemoryLog) -> None:
    class Deaf(MemorySource):
        def ends(self) -> dict[int, int]:
            return {0: 5}

    times = iter(range(0, 100, 6))
    follower = VerdictFollower(lambda: Deaf(log, "word-verdicts"), lambda: next(times))
    with pytest.raises(BrokerError, match="no progress"):
        follower.catch_up()

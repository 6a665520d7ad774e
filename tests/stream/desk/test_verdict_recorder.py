"""The store holds exactly the current verdicts of the topic, whatever it held before."""

from stream.desk.verdict_recorder import VerdictRecorder
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.store.history import History
from stream.store.words import verdicts_of
from stream.verdicts.verdict import ACCEPTED, REFUSED, Verdict
from stream.verdicts.verdict_writer import VerdictWriter
from tests.stream.waiting import until


def held_by(history: History) -> list[tuple[str, str]]:
    with history.reading() as connection:
        return sorted((one.word, one.verdict) for one in verdicts_of(connection))


def test_the_store_has_what_the_topic_says_from_the_start_and_as_it_grows() -> None:
    log, history = MemoryLog(lambda: 0.0), History()
    log.create("word-verdicts")
    writer = VerdictWriter(MemorySink(log), "word-verdicts")
    for one in (Verdict("甲", REFUSED, 1.0), Verdict("乙", ACCEPTED, 2.0), Verdict("甲", ACCEPTED, 3.0)):
        writer.judge(one)
    history.judge(Verdict("丙", REFUSED, 0.0))  # another topic's
    recorder = VerdictRecorder(history, lambda topic: MemorySource(log, topic), "word-verdicts")
    until(lambda: held_by(history) == [("乙", "accepted"), ("甲", "accepted")])
    writer.withdraw("乙")
    writer.judge(Verdict("丁", REFUSED, 4.0))
    until(lambda: held_by(history) == [("丁", "refused"), ("甲", "accepted")])
    recorder.close()

"""Verdicts on a log in memory take effect once and at once, and survive crashes and takeovers."""

from dataclasses import replace
from typing import Any

import pytest

from stream.errors import BrokerError
from stream.events.events import decode_event
from stream.log.memory import MemoryLog, MemorySink
from stream.text.runs import fold_word
from stream.verdicts.verdict import ACCEPTED, REFUSED, Verdict, encode_verdict
from tests.chaos.verdict import Verdict as Judged
from tests.chaos.word_lives import check_events
from tests.stream.roles.simulated_cluster import SIMULATION, Crew

SEVERAL = replace(SIMULATION, plant=("pulse", "pulse", "shift", "pulse"), share=0.12)  # some to accept, some to refuse
HOLD = "trends.hold=true"


def crew_of(*settings: str) -> Crew:
    return Crew(*settings, simulation=SEVERAL)


def judge(crew: Crew, word: str, verdict: str) -> None:
    one = Verdict(word, verdict, crew.now_s)
    crew.log.append(crew.topic("word_verdicts"), one.key.encode(), encode_verdict(one))


def standing(crew: Crew, topic: str) -> dict[str, str | None]:
    """The last record of each key, as compaction leaves it: the status of its event."""
    last: dict[str, str | None] = {}
    for record in crew.records(topic):
        word = (record.key or b"").decode()
        last[word] = decode_event(record.value).status if record.value else None
    return last


def emerged(crew: Crew) -> list[str]:
    return [fold_word(one.word) for one in crew.events() if one.status == "emerged"]


@pytest.fixture(scope="module")
def usual() -> dict[str, str | None]:
    """What the stream leaves on new-words if nobody says anything."""
    crew = crew_of()
    crew.start("a")
    crew.settle()
    return standing(crew, "new_words")


def test_a_refused_word_leaves_the_topic_and_is_announced_no_more(usual: dict[str, str | None]) -> None:
    crew = crew_of()
    crew.start("a")
    while not crew.events():
        crew.feed(5)
    word = crew.events()[0].word
    judge(crew, word, REFUSED)
    crew.settle()
    assert standing(crew, "new_words")[word] is None
    assert emerged(crew).count(fold_word(word)) == 1
    assert standing(crew, "new_words").keys() == usual.keys(), "nothing else changed"


def test_a_word_refused_beforehand_is_never_announced(usual: dict[str, str | None]) -> None:
    crew = crew_of()
    words = sorted(usual)
    judge(crew, words[0], REFUSED)
    crew.start("a")
    crew.settle()
    assert words[0] not in standing(crew, "new_words")


def test_a_held_word_waits_and_is_announced_when_it_is_accepted(usual: dict[str, str | None]) -> None:
    crew = crew_of(HOLD)
    crew.start("a")
    crew.settle()
    assert crew.events() == []
    held = standing(crew, "held_words")
    assert held.keys() == {fold_word(word) for word in usual}
    assert set(held.values()) == {"held"}
    first, second, *_ = held
    judge(crew, first, ACCEPTED)
    judge(crew, second, REFUSED)
    crew.idle(30)
    assert emerged(crew) == [first]
    assert [standing(crew, "held_words")[word] for word in (first, second)] == [None, "held"]
    judge(crew, second, ACCEPTED)
    crew.idle(30)
    assert emerged(crew) == [first, second], "who refused it may think again"


def test_an_accepted_word_is_not_held() -> None:
    crew = crew_of(HOLD)
    crew.start("a")
    crew.settle()
    word = next(iter(standing(crew, "held_words")))
    again = crew_of(HOLD)
    judge(again, word, ACCEPTED)
    again.start("a")
    again.settle()
    assert emerged(again) == [word]


def test_a_verdict_given_while_no_process_runs_takes_effect_at_the_next_start() -> None:
    crew = crew_of(HOLD)
    crew.start("a")
    crew.settle()
    held = list(standing(crew, "held_words"))
    crew.stop("a")
    judge(crew, held[0], ACCEPTED)
    judge(crew, held[1], REFUSED)
    crew.start("b")
    crew.idle(60)
    assert emerged(crew) == [held[0]]
    assert standing(crew, "held_words")[held[1]] == "held"
    judge(crew, held[0], REFUSED)
    crew.idle(30)
    assert standing(crew, "new_words")[crew.events()[0].word] is None


class DiesBeforeTheHeldRecordLeaves(MemorySink):
    """An accepted word is announced, and its held record stays."""

    def __init__(self, log: MemoryLog, topic: str) -> None:
        super().__init__(log)
        self.topic, self.dead = topic, False

    def send(self, topic: str, key: bytes | None, value: bytes | None, *rest: Any, **named: Any) -> None:
        self.dead |= topic == self.topic and value is None
        if self.dead:
            raise BrokerError("killed")
        super().send(topic, key, value, *rest, **named)


def test_a_crash_before_a_held_record_is_deleted_announces_the_word_once() -> None:
    crew = crew_of(HOLD)
    topic = crew.topic("held_words")
    crew.start("a", lambda log: DiesBeforeTheHeldRecordLeaves(log, topic))
    crew.settle()
    word = next(iter(standing(crew, "held_words")))
    judge(crew, word, ACCEPTED)
    crew.idle(30)
    assert emerged(crew) == [word]
    crew.kill("a")
    crew.start("b")
    crew.idle(60)
    assert emerged(crew) == [word]
    assert standing(crew, "held_words")[word] is None


def test_an_accepted_word_whose_announcement_was_written_and_not_sent_is_sent_once() -> None:
    """The word is accepted, its announcement is written and not sent: whoever takes over sends it, and no second."""
    crew = crew_of(HOLD)
    topic = crew.topic("new_words")

    class Dies(DiesBeforeTheHeldRecordLeaves):
        def send(self, topic: str, key: bytes | None, value: bytes | None, *rest: Any, **named: Any) -> None:
            super().send(topic, key, None if topic == self.topic else value, *rest, **named)

    crew.start("a", lambda log: Dies(log, topic))
    crew.settle()
    word = next(iter(standing(crew, "held_words")))
    judge(crew, word, ACCEPTED)
    crew.idle(30)
    assert emerged(crew) == []
    crew.kill("a")
    crew.start("b")
    crew.idle(60)
    assert emerged(crew) == [word]


def test_a_held_word_accepted_while_no_process_runs_is_announced_once_after_refolding() -> None:
    crew = crew_of(HOLD, "kafka.snapshot_s=100000")
    crew.start("a")
    crew.settle()
    held = list(standing(crew, "held_words"))
    crew.kill("a")
    for word in held:
        judge(crew, word, ACCEPTED)
    crew.log.create(crew.topic("trend_state"))
    crew.start("b")
    crew.idle(60)
    assert sorted(emerged(crew)) == sorted(held)


def test_a_word_taken_back_and_accepted_again_comes_once_more_and_not_twice() -> None:
    """Neither its outbox nor what is folded again brings it a second time."""
    crew = crew_of("kafka.snapshot_s=100000")  # so that the announcements stand in the outbox
    crew.start("a")
    while not crew.events():
        crew.feed(5)
    word = crew.events()[0].word
    for verdict in (REFUSED, ACCEPTED):
        judge(crew, word, verdict)
        crew.idle(10)
    crew.kill("a")
    crew.start("b")
    crew.settle()
    verdict = Judged()
    check_events(verdict, [(record.key, record.value) for record in crew.records("new_words")], ())
    assert verdict == Judged()
    assert standing(crew, "new_words")[word] is not None


def test_killed_at_any_moment_every_verdict_takes_effect_once() -> None:
    """Half of the held words are accepted and half refused, one by one, and after each somebody is killed."""
    crew = crew_of(HOLD)
    crew.start("0")
    crew.settle()
    held = list(standing(crew, "held_words"))
    for number, word in enumerate(held):
        judge(crew, word, (ACCEPTED, REFUSED)[number % 2])
        crew.idle((0, 1, 3)[number % 3], 1.0)
        crew.kill(str(number))
        crew.start(str(number + 1))
    crew.idle(120)
    assert sorted(emerged(crew)) == sorted(held[::2])
    assert [standing(crew, "held_words")[word] for word in held[:2]] == [None, "held"]


def test_a_verdict_taken_back_lets_the_word_come_again_and_touches_no_other(usual: dict[str, str | None]) -> None:
    crew = crew_of()
    words = sorted(usual)
    judge(crew, words[0], REFUSED)
    crew.log.append(crew.topic("word_verdicts"), words[0].encode(), None)
    crew.log.append(crew.topic("word_verdicts"), "另一个".encode(), encode_verdict(Verdict(words[1], REFUSED, 0.0)))
    crew.start("a")
    crew.settle()
    assert standing(crew, "new_words") == usual


def test_the_envelope_is_in_the_headers(usual: dict[str, str | None]) -> None:
    crew = crew_of("kafka.envelope=cloudevents")
    crew.start("a")
    crew.settle()
    assert standing(crew, "new_words") == usual, "whoever does not know it reads on as before"
    first = crew.records("new_words")[0]
    headers = dict(crew.log.headers[crew.topic("new_words"), first.partition, first.offset])
    assert (headers["ce_type"], headers["ce_source"]) == (b"new-words.emerged", b"/new-words")

"""Whatever happens to processes and topics, all is counted once, and each word is news once.

On a log in memory, so each fault comes at the very moment that matters; `make chaos` does it on a real cluster.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from stream.errors import BrokerError
from stream.log.memory import MemoryLog, MemorySink
from stream.simulation.simulate import planted
from stream.state import chunks as codec
from stream.state.chunks import StateRecord, split
from stream.state.model_codec import model_of
from tests.chaos.oracle import folded_words
from tests.chaos.verdict import Verdict
from tests.stream.roles.simulated_cluster import SIMULATION, STATE_TOPICS, Crew

CLEAN = Verdict()
ROLE_OF = {
    "tallies": "refresh",
    "pair_sketches": "refresh",
    "strong_pairs": "trend",
    "word_counts": "trend",
    "trend_state": "trend",
}  # who reads what
RANGES = ("tallies", "word_counts")
RECORDS = tuple(key for key in STATE_TOPICS if key not in RANGES)  # topics of state records
MIDDLE_S = 360.0  # into the stream of 480 s; a planted word was heard shortly before
PLANTED = frozenset(word.word for word in planted(SIMULATION))


@cache
def news() -> frozenset[str]:
    """The planted words that one process hears alone: nobody may miss them."""
    crew = Crew()
    crew.start("only")
    crew.settle()
    assert crew.verdict() == CLEAN
    return PLANTED & emerged(crew)


def emerged(crew: Crew) -> set[str]:
    return {event.word for event in crew.events() if event.status == "emerged"}


def settled(crew: Crew) -> Verdict:
    crew.settle()
    return crew.verdict(news())


def half_fed(*settings: str) -> Crew:
    crew = Crew(*settings)
    crew.start("first")
    crew.feed(MIDDLE_S)
    return crew


@cache
def _half_fed() -> Crew:
    return half_fed()


def orphaned() -> Crew:
    """Half of the stream was counted by a process that is no more."""
    return _half_fed().orphaned()


def test_a_single_process_finds_the_planted_words() -> None:
    assert news()


def test_the_oracle_sees_what_is_missing_and_what_is_too_many() -> None:
    crew = half_fed()
    crew.settle()
    value = crew.records("raw_text")[0].value
    crew.log.append(crew.topic("raw_text"), None, value, partition=0)
    missing = crew.verdict()
    assert missing.lost > 0
    assert missing.double == 0
    crew.log.append(crew.topic("new_words"), b"w", crew.records("new_words")[0].value)
    assert crew.verdict().double > 0


def test_two_on_the_same_partitions_for_a_minute_count_everything_once() -> None:
    """The first does not know that the second took over, and goes on: reading, writing states, wanting to announce."""
    crew = half_fed()
    crew.start("second")
    crew.pin("first")
    before, texts = counted(crew), len(crew.records("raw_text"))
    crew.feed(60.0)
    fed = len(crew.records("raw_text")) - texts
    assert fed > 200
    assert all(now - was > 0.8 * fed for now, was in zip(counted(crew), before, strict=True))
    crew.unpin("first")
    assert settled(crew) == CLEAN


def counted(crew: Crew) -> list[float]:
    return [crew.sampled_of(name, "newwords_texts_total", role="count") for name in crew.processes]


@pytest.mark.parametrize("seed", range(2))
def test_processes_that_come_freeze_and_die_count_everything_once(seed: int) -> None:
    rng, crew = random.Random(seed), Crew()
    crew.start("0")
    for number in range(1, 9):
        crew.feed(rng.uniform(5.0, 90.0))
        name = rng.choice(list(crew.processes))
        act = rng.choice(("freeze", "kill", "stop", "pin", "join"))
        frozen = crew.processes[name].frozen
        if act != "join" and not frozen:
            getattr(crew, act)(name)
        crew.start(str(number))
        for other, process in crew.processes.items():
            if process.frozen and rng.random() < 0.6:
                crew.thaw(other)
            crew.unpin(other)
    for other in crew.processes:
        crew.thaw(other)
    assert settled(crew) == CLEAN


class Mortal(MemorySink):
    """Dies before the first event is sent: its state, with the outbox, is written."""

    def __init__(self, log: MemoryLog, topic: str) -> None:
        super().__init__(log)
        self.topic, self.dead = topic, False

    def send(self, topic: str, *args: object, **kwargs: object) -> None:
        self.dead |= topic == self.topic
        if self.dead:
            raise BrokerError("killed")
        super().send(topic, *args, **kwargs)  # type: ignore[arg-type]  # handed through


class Failing(MemorySink):
    """Every seventh flush fails, though all was written."""

    flushes = 0

    def flush(self) -> dict[tuple[str, int], int]:
        found = super().flush()
        self.flushes += 1
        if self.flushes % 7 == 0:
            raise BrokerError("no answer came")
        return found


def test_records_polled_before_a_seek_are_not_counted_twice() -> None:
    """A failed write leaves the assignment due; the poll before it is asked again brings records all the same."""
    crew = Crew()
    crew.start("first", Failing)
    assert settled(crew) == CLEAN


def test_if_an_announcer_dies_between_outbox_and_announcement_its_successor_announces() -> None:
    crew = Crew()
    crew.start("first", lambda log: Mortal(log, crew.topic("new_words")))
    crew.start("standby")
    while not crew.processes["first"].sink.dead:  # type: ignore[attr-defined]
        crew.feed(10.0)
    assert emerged(crew) == set()
    crew.kill("first")
    assert settled(crew) == CLEAN


def test_the_standby_continues_with_the_same_model_and_repeats_no_announcement() -> None:
    crew = half_fed()
    crew.start("standby")
    crew.feed(20.0)
    crew.idle(60.0)
    heard, before = crew.events(), crew.states("strong_pairs")["shard-0"]
    assert heard
    texts = len(crew.records("raw_text"))
    crew.kill("first")
    crew.idle(30.0)
    after = crew.states("strong_pairs")["shard-0"]
    assert len(crew.records("raw_text")) == texts
    assert crew.sampled("newwords_active", role="refresh") == 1
    assert crew.sampled("newwords_active", role="trend") == 1
    assert crew.events() == heard
    assert list(model_of(after).pairs) == list(model_of(before).pairs)
    assert settled(crew) == CLEAN


def noise(crew: Crew) -> None:
    """Random bytes, under keys of ours and others."""
    rng = random.Random(7)
    for key in STATE_TOPICS:
        for _ in range(300):
            name = rng.choice((b"0/A/0", b"1/B/3", b"model/A/0", b"trend/B/0", rng.randbytes(12)))
            crew.log.append(crew.topic(key), name, rng.randbytes(rng.randrange(200)) or None)


def lost(crew: Crew) -> None:
    """Somebody deleted the topics, and they were made anew."""
    for key in STATE_TOPICS:
        crew.log.create(crew.topic(key))


def damaged(crew: Crew) -> None:
    """A bit of the newest chunk of every record is another."""
    for key in STATE_TOPICS:
        newest = {record.key: record for record in crew.records(key) if record.value}
        for record in newest.values():
            value = bytearray(record.value or b"")
            value[len(value) // 2] ^= 4
            crew.log.replace(crew.topic(key), record.offset, bytes(value))


def truncated(crew: Crew) -> None:
    """The last chunk of every record is gone."""
    for key in STATE_TOPICS:
        last = {record.key.rsplit(b"/", 1)[0]: record for record in crew.records(key) if record.value and record.key}
        for record in last.values():
            crew.log.replace(crew.topic(key), record.offset, b"")


def of_another_version(crew: Crew) -> None:
    """As the version before wrote them: another magic, whole otherwise."""
    rewritten(crew, lambda record: record, magic=b"NWS0")


def without_half(crew: Crew) -> None:
    """Whole records that lack a part, and some of what says what they are."""
    rewritten(crew, lambda record: replace(record, parts=dict([*record.parts.items()][1:]), meta={}))


def of_other_kinds(crew: Crew) -> None:
    """Whole records with everything there, and nothing of the kind it should be."""
    rewritten(crew, lambda record: replace(record, parts=dict.fromkeys(record.parts, b"[]"),
                                           meta=dict.fromkeys(record.meta, "strange")))  # fmt: skip


def rewritten(crew: Crew, change: Callable[[StateRecord], StateRecord], magic: bytes = codec.MAGIC) -> None:
    """The topics hold only the changed records; every range is of another version."""
    for key in RANGES:
        for record in crew.records(key):
            crew.log.replace(crew.topic(key), record.offset, b"0" * 16 + b"NWR0" + (record.value or b"")[20:])
    for key in RECORDS:
        records = crew.states(key)
        crew.log.create(crew.topic(key))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(codec, "MAGIC", magic)
            messages = [message for record in records.values() for message in split(change(record), "A")]
        for name, value in messages:
            crew.log.append(crew.topic(key), name, value)


SPOILT = (noise, damaged, truncated, of_another_version, without_half, of_other_kinds)


@pytest.mark.parametrize("spoil", SPOILT)
def test_damaged_state_topics_are_reported_and_rebuilt(spoil: Callable[[Crew], None]) -> None:
    crew = orphaned()
    spoil(crew)
    crew.start("second")
    crew.idle(10.0)
    assert all(crew.sampled("newwords_state_unreadable_total", role=role) for role in ("refresh", "trend"))
    verdict = settled(crew)
    assert verdict.notes == []
    assert (verdict.lost, verdict.double) == (0, 0)


def test_state_topics_full_of_random_bytes_are_no_reason_not_to_start() -> None:
    crew = Crew()
    noise(crew)
    crew.start("first")
    assert settled(crew) == CLEAN
    assert all(crew.sampled("newwords_state_unreadable_total", role=role) for role in ROLE_OF.values())


@pytest.mark.parametrize("everybody_dies", [False, True])
def test_deleted_state_topics_are_written_again(everybody_dies: bool) -> None:
    crew = orphaned() if everybody_dies else half_fed()
    lost(crew)
    crew.start("second")
    assert settled(crew) == CLEAN


def test_after_a_takeover_state_is_written_before_a_flush_interval_ends() -> None:
    crew = half_fed("kafka.flush_s=30", "windows.length_s=3600")
    crew.start("second")
    crew.kill("first")
    before = written(crew)
    crew.idle(2.0, step_s=0.2)
    ends = {str(number): len(part.records) for number, part in enumerate(crew.log.partitions(crew.topic("raw_text")))}
    after = written(crew)
    assert after == dict.fromkeys(("tallies", "word_counts"), ends)
    assert all(before[key][name] < end for key in after for name, end in ends.items())


def written(crew: Crew) -> dict[str, dict[str, int]]:
    """How far the states of each partition are, by topic."""
    _, cursor = folded_words(crew.states("trend_state"), crew.records("word_counts"), crew.config)
    ledgers = {"tallies": crew.shards()[0].cursor.ledger, "word_counts": cursor.ledger}
    return {key: {str(number): following for number, (_, following) in ledger.state().items()}
            for key, ledger in ledgers.items()}  # fmt: skip


def test_partitions_that_are_added_are_counted_from_their_first_text() -> None:
    crew = half_fed()
    crew.start("second")
    crew.add_partitions(2)
    assert settled(crew) == CLEAN
    assert len(crew.shards()[0].totals) == crew.partitions


@pytest.mark.parametrize("setting", ["sketches.pair_width=16384", "sketches.half_life_s=1800"])
def test_after_a_change_of_the_sketch_settings_the_sketches_are_rebuilt(setting: str) -> None:
    crew = rolled_out(setting)
    assert crew.verdict() == CLEAN
    assert crew.sampled("newwords_state_unreadable_total", role="refresh")


def rolled_out(setting: str) -> Crew:
    """One process after the other."""
    crew = half_fed()
    crew.start("second")
    crew.stop("first")
    crew.configure(setting)
    crew.start("first")
    crew.feed(20.0)
    crew.stop("second")
    crew.start("second")
    crew.settle()
    return crew


def test_words_on_the_topic_count_as_announced_without_a_state() -> None:
    """The state of an emitter was spoiled by one that did not know it was replaced, and compaction took the rest."""
    crew = orphaned()
    assert emerged(crew)
    crew.log.create(crew.topic("trend_state"))
    crew.start("second")
    crew.settle()
    words = [event.word for event in crew.events() if event.status == "emerged"]
    assert len(words) == len(set(words))

"""All processes of a deployment use the same seed, whichever came first; outsiders cannot know it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.state.chunks import Assembler, Seal, StateRecord, split
from stream.state.seed import agreed_seed, first_seed, write_seed
from stream.state.snapshots import StateLog

TOPIC, OPEN = "strong-pairs", Seal()


class Deployment:
    def __init__(self) -> None:
        self.log = MemoryLog()
        self.log.create(TOPIC)
        self.sink = MemorySink(self.log)

    def opened(self, topic: str, group: str | None) -> MemorySource:
        return MemorySource(self.log, topic, group)

    def agreed(self, drawn: int, seal: Seal = OPEN) -> int:
        return agreed_seed(self.opened, self.sink, TOPIC, seal, lambda: drawn)


def test_the_first_draws_and_all_others_take_it() -> None:
    ours = Deployment()
    assert [ours.agreed(drawn) for drawn in (5, 6, 7)] == [5, 5, 5]


def test_every_deployment_draws_its_own_seed() -> None:
    drawn = {agreed_seed(one.opened, one.sink, TOPIC, OPEN) for one in (Deployment() for _ in range(20))}
    assert len(drawn) == 20


@given(st.lists(st.integers(0, 2**62 - 1), min_size=2, max_size=5, unique=True))
def test_processes_that_draw_at_once_all_use_the_first_seed_in_the_log(drawn: list[int]) -> None:
    """Each found none and writes its own; then each looks again, however many models were written meanwhile."""
    ours = Deployment()
    models = StateLog(ours.sink, TOPIC)
    models.resume("model", None)
    for number, seed in enumerate(drawn):
        write_seed(ours.sink, TOPIC, OPEN, seed)
        models.write([StateRecord("model", number, {}, {})])
    assert {ours.agreed(seed) for seed in drawn} == {drawn[0]}


def test_other_records_on_the_topic_are_not_seeds() -> None:
    ours = Deployment()
    for name, meta in [("seed:1", {"seed": 2}), ("seed:x", {}), ("seed:-1", {"seed": -1}), ("seed:7", {"seed": 7.0})]:
        for key, value in split(StateRecord(name, 0, {}, meta), "A"):
            ours.sink.send(TOPIC, key, value, partition=0)
    ours.sink.flush()
    assert first_seed(ours.opened, TOPIC, OPEN) is None
    assert ours.agreed(9) == 9


def test_with_a_key_only_its_holders_can_give_the_seed() -> None:
    ours, key = Deployment(), Seal(key=b"ours")
    write_seed(ours.sink, TOPIC, OPEN, 1)  # by somebody who may write here
    assert ours.agreed(2, key) == 2
    assert ours.agreed(3, key) == 2


@pytest.mark.parametrize(("written", "read", "fits"), [(5, 5, True), (5, 6, False), (0, 6, False), (5, None, True)])
def test_a_record_of_another_seed_is_passed_over(written: int, read: int | None, fits: bool) -> None:
    assembler = Assembler(seal=replace(OPEN, seed_mark=read))
    (message,) = split(StateRecord("a", 1, {}, {}), "A", replace(OPEN, seed_mark=written))
    assert (assembler.add(*message) is not None) == fits
    assert assembler.unreadable == ({} if fits else {"of another seed": 1})

"""Snapshots cost at most as much as the log after them, and the log is kept from where the older snapshot needs it."""

from collections.abc import Mapping

from stream.errors import BrokerError
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.range_log.chain import Cursor, Ledger
from stream.range_log.snapshot_keeper import LEAST_BYTES, SnapshotKeeper
from stream.state.chunks import Assembler, StateRecord
from stream.state.snapshots import StateLog, read_states

EVERY_S = 100.0


class World:
    """A keeper of shard 0 on a log in memory; `given_back` are offsets."""

    def __init__(self, before: StateRecord | None = None) -> None:
        self.log, self.given_back, self.refuses = MemoryLog(), list[int](), False
        self.log.create("tallies")
        self.log.create("pair-sketches")
        sink = MemorySink(self.log)
        self.snapshots = StateLog(sink, "pair-sketches")
        self.snapshots.resume("shard-0", None)
        self.keeper = SnapshotKeeper(self.snapshots, sink, "tallies", 0, EVERY_S, self._delete, 0.0, before)

    def write(self, place: int, now_s: float = 0.0, needed: int | None = None, owned: bool = True) -> None:
        cursor, record = Cursor(Ledger(), place), StateRecord("shard-0", place, {"cells": b"."}, {})
        self.keeper.write(record, cursor, now_s, lambda: owned, needed)

    def stored(self) -> StateRecord:
        return read_states(MemorySource(self.log, "pair-sketches"), Assembler())["shard-0"]

    def _delete(self, topic: str, before: Mapping[int, int]) -> None:
        if self.refuses:
            raise BrokerError("away")
        self.given_back.append(before[0])


def test_while_nothing_comes_none_is_due_however_long_it_takes() -> None:
    assert not World().keeper.due(1e9)


def test_one_is_due_when_the_log_is_as_large_as_the_last_or_when_it_is_old() -> None:
    world = World()
    world.keeper.read(LEAST_BYTES - 1)
    assert not world.keeper.due(EVERY_S - 1)
    assert world.keeper.due(EVERY_S)
    world.keeper.read(1)
    assert world.keeper.due(0.0)
    world.write(5)
    assert not world.keeper.due(EVERY_S)


def test_a_large_snapshot_makes_the_next_one_wait_for_as_much_of_the_log() -> None:
    world = World(StateRecord("shard-0", 1, {}, {"needed": 0, "bytes": 9 * LEAST_BYTES}))
    world.keeper.read(8 * LEAST_BYTES)
    assert not world.keeper.due(0.0)
    world.keeper.read(LEAST_BYTES)
    assert world.keeper.due(0.0)


def test_the_log_is_given_back_from_before_the_older_of_two_snapshots() -> None:
    world = World()
    for place in (10, 20, 30):
        world.write(place)
    assert world.given_back == [10, 20]
    assert world.stored().meta["place"] == 30


def test_what_a_snapshot_needs_further_back_is_kept() -> None:
    world = World()
    world.write(10, needed=4)
    world.write(20, needed=7)
    assert world.given_back == [4]
    assert world.stored().meta["needed"] == 7


def test_a_restored_fold_gives_back_what_the_snapshot_it_was_restored_from_does_not_need() -> None:
    world = World(StateRecord("shard-0", 1, {}, {"needed": 10}))
    world.write(20)
    assert world.given_back == [10]


def test_a_replaced_process_deletes_nothing_and_a_refused_deletion_loses_nothing() -> None:
    world = World()
    world.write(10)
    world.write(20, owned=False)
    assert world.given_back == []
    world.refuses = True
    world.write(30)
    world.refuses = False
    world.write(40)
    assert world.given_back == [30]


def test_after_the_log_was_remade_no_record_is_deleted_by_an_old_offset() -> None:
    world = World()
    world.write(1000)
    world.keeper.begin_again()
    assert world.keeper.due(0.0)
    world.write(3)
    assert world.given_back == []

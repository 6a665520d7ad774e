"""A new owner continues where its predecessor stopped; late writes of the predecessor have no effect."""

from collections.abc import Callable

import pytest

from stream.errors import BrokerError
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.range_log.chain import Cursor, Judged, Ledger, Verdict
from stream.range_log.messages import Marker, marker_message
from stream.range_log.writer import FORMAT, Hint, RangeWriter

TOPIC = "tallies"


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog()
    log.create(TOPIC, 2)
    return log


def writer(log: MemoryLog, owned: Callable[[], bool] = lambda: True) -> RangeWriter:
    return RangeWriter(TOPIC, MemorySink(log), lambda: MemorySource(log, TOPIC), owned)


def append(one: RangeWriter, begin: int, end: int, shards: tuple[int, ...] = (0, 1)) -> dict[int, int]:
    """A range of partition 7."""
    for shard in shards:
        one.append(7, begin, end, 0.0, b"body", shard)
    return one.flush()


def counted(log: MemoryLog, shard: int) -> list[tuple[int, int]]:
    """The ranges of partition 7 that count, as a reader of a shard judges."""
    cursor, found = Cursor(Ledger()), []
    for record in log.partitions(TOPIC)[shard].records:
        met = cursor.read(record)
        if isinstance(met, Judged) and met.verdict is Verdict.COUNTS:
            cursor.ledger.advance(met.of.partition, met.of.end)
            found.append((met.of.begin, met.of.end))
    return found


def test_the_first_owner_begins_at_the_first_text(log: MemoryLog) -> None:
    assert writer(log).claim(1, {7: None, 9: None}) == {7: [0, 0], 9: [0, 0]}


def test_a_successor_continues_on_each_shard_where_its_predecessor_stopped(log: MemoryLog) -> None:
    """Who dies between two shards leaves one behind; the heir mends that one and leaves the other."""
    first = writer(log)
    first.claim(1, {7: None})
    append(first, 0, 10)
    append(first, 10, 20, (0,))
    assert writer(log).claim(2, {7: None}) == {7: [20, 10]}


def test_ranges_of_a_replaced_owner_after_the_marker_do_not_count(log: MemoryLog) -> None:
    """A zombie that wakes between its own marker and its first range."""
    first, second = writer(log), writer(log)
    first.claim(1, {7: None})
    second.claim(2, {7: None})
    append(first, 0, 5)
    append(second, 0, 3)
    assert counted(log, 0) == counted(log, 1) == [(0, 3)]


def test_reading_begins_where_the_hint_says_and_at_the_beginning_if_it_is_wrong(log: MemoryLog) -> None:
    first = writer(log)
    first.claim(1, {7: None})
    append(first, 0, 10)
    places = append(first, 10, 20)
    assert writer(log).claim(2, {7: Hint(20, places)}) == {7: [20, 20]}
    assert writer(log).claim(3, {7: Hint(99, dict.fromkeys(places, 10**6))}) == {7: [20, 20]}


def test_if_the_log_was_deleted_the_hint_gives_the_next_offset(log: MemoryLog) -> None:
    for shard in (0, 1):
        log.trim(TOPIC, shard, log.partitions(TOPIC)[shard].end)
    assert writer(log).claim(1, {7: Hint(42, {0: 0, 1: 0})}) == {7: [42, 42]}


def test_a_claim_with_an_epoch_that_is_not_newer_takes_a_newer_one_if_the_group_agrees(log: MemoryLog) -> None:
    """A second claim within a generation of the group has the epoch of the first."""
    for shard in (0, 1):
        log.append(TOPIC, *marker_message(Marker(7, 5, 1)), partition=shard)
    again = writer(log)
    assert again.claim(5, {7: None}) == {7: [0, 0]}
    append(again, 0, 4)
    assert counted(log, 0) == [(0, 4)]


def test_a_claim_with_an_older_epoch_fails_if_the_group_has_reassigned_the_partition(log: MemoryLog) -> None:
    for shard in (0, 1):
        log.append(TOPIC, *marker_message(Marker(7, 5, 1)), partition=shard)
    with pytest.raises(BrokerError, match="claimed by another"):
        writer(log, lambda: False).claim(4, {7: None})


def test_a_log_that_became_shorter_is_noticed(log: MemoryLog) -> None:
    one = writer(log)
    one.claim(1, {7: None})
    append(one, 0, 10)
    log.create(TOPIC, 2)
    with pytest.raises(BrokerError, match="shorter"):
        append(one, 10, 20)


def test_a_remade_partition_is_counted_from_the_offset_in_the_marker(log: MemoryLog) -> None:
    one = writer(log)
    one.claim(1, {7: None})
    append(one, 0, 10)
    one.restart(7, 3)
    append(one, 3, 6)
    assert counted(log, 0) == [(0, 10), (3, 6)]


@pytest.mark.parametrize("committed", [None, (5, ""), (5, "other 0:1"), (5, f"{FORMAT} 0:x"), (5, f"{FORMAT} 0")])
def test_a_commit_with_other_metadata_is_not_a_hint(committed: tuple[int, str] | None) -> None:
    assert Hint.read(committed) is None


def test_a_hint_is_read_as_it_was_written() -> None:
    hint = Hint(12, {0: 3, 1: 4})
    assert Hint.read((12, str(hint))) == hint

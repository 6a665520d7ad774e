"""A range is read again to its end, or to the end of the log."""

from stream.log.memory import MemoryLog, MemorySource
from stream.range_log.reread import Reread


def test_a_range_beyond_the_end_of_the_log_is_not_waited_for() -> None:
    """A forged range up to 2^61 had its reader wait for ever."""
    log = MemoryLog()
    log.create("raw-text")
    for number in range(5):
        log.append("raw-text", None, b"%d" % number, partition=0)
    reread = Reread(MemorySource(log, "raw-text"), 0, 0, 1 << 61)
    portions = [reread.step(0.0) for _ in range(3)]
    assert reread.done and reread.at == 5
    assert sum(len(one.records) for one in portions if one and one.records) == 5


def test_a_range_within_the_log_is_read_and_no_more() -> None:
    log = MemoryLog()
    log.create("raw-text")
    for number in range(9):
        log.append("raw-text", None, b"%d" % number, partition=0)
    reread = Reread(MemorySource(log, "raw-text"), 0, 2, 5)
    values = [value for _ in range(3) if (one := reread.step(0.0)) and one.records for value in one.records.values]
    assert reread.done and values == [b"2", b"3", b"4"]

"""The order of the log decides which ranges count: every text counts once, whichever writers die or return."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from stream.log.protocol import Record
from stream.range_log import messages
from stream.range_log.chain import Cursor, Judged, Ledger, Verdict
from stream.range_log.messages import Checkpoint, Marker, Range, checkpoint_message, marker_message, part_messages

BODY = bytes(range(100))


def written(epoch: int, begin: int, end: int, partition: int = 0) -> list[tuple[bytes, bytes]]:
    return [*part_messages(Range(partition, epoch, begin, end), BODY)]


def marker(epoch: int, restart: int | None = None) -> list[tuple[bytes, bytes]]:
    return [marker_message(Marker(0, epoch, epoch, restart))]


def log(*several: list[tuple[bytes, bytes]]) -> Iterator[Record]:
    every = [message for some in several for message in some]
    return (Record(0, offset, 0.0, key, value) for offset, (key, value) in enumerate(every))


def read(cursor: Cursor, records: Iterator[Record]) -> list[tuple[int, int, str]]:
    """What was judged, as (begin, end, verdict); each that counts is taken."""
    judged = []
    for record in records:
        met = cursor.read(record)
        if isinstance(met, Judged):
            judged.append((met.of.begin, met.of.end, met.verdict.value))
            if met.verdict is Verdict.COUNTS:
                assert met.body == BODY
                cursor.ledger.advance(met.of.partition, met.of.end)
    return judged


def test_writes_of_a_replaced_process_after_the_marker_are_ignored() -> None:
    records = log(
        marker(1), written(1, 0, 5), marker(2), written(1, 5, 9), written(2, 5, 7), written(1, 9, 12), written(2, 7, 9)
    )
    assert read(Cursor(Ledger()), records) == [
        (0, 5, "counts"), (5, 9, "stale"), (5, 7, "counts"), (9, 12, "stale"), (7, 9, "counts")]  # fmt: skip


def test_a_range_written_again_after_a_failure_counts_once() -> None:
    assert read(Cursor(Ledger()), log(written(1, 0, 5), written(1, 0, 5), written(1, 5, 6), written(1, 0, 6))) == [
        (0, 5, "counts"), (0, 5, "done"), (5, 6, "counts"), (0, 6, "done")]  # fmt: skip


def test_a_range_that_begins_after_the_next_offset_leaves_a_gap() -> None:
    assert read(Cursor(Ledger()), log(written(1, 0, 5), written(1, 8, 9), written(1, 3, 7)))[1:] == [
        (8, 9, "gap"), (3, 7, "gap")]  # fmt: skip


def test_a_marker_of_an_older_process_that_comes_late_changes_nothing() -> None:
    records = log(marker(2), marker(1), written(1, 0, 5), written(2, 0, 4))
    assert read(Cursor(Ledger()), records) == [(0, 5, "stale"), (0, 4, "counts")]


def test_a_remade_topic_of_texts_is_counted_from_its_beginning() -> None:
    records = log(marker(1), written(1, 0, 50), marker(2, restart=0), written(2, 0, 7))
    assert read(Cursor(Ledger()), records) == [(0, 50, "counts"), (0, 7, "counts")]


def test_partitions_do_not_touch_one_another() -> None:
    records = log(marker(5), written(5, 0, 3), written(1, 0, 9, partition=1), written(5, 3, 4))
    assert [verdict for *_, verdict in read(Cursor(Ledger()), records)] == ["counts"] * 3


def test_a_checkpoint_gives_the_chains_to_a_reader_that_begins_in_the_middle() -> None:
    ledger = Ledger()
    ledger.learn(Checkpoint({0: (7, 40), 3: (1, 2)}))
    assert ledger.state() == {0: (7, 40), 3: (1, 2)}
    ledger.learn(Checkpoint({0: (6, 30)}))
    assert ledger.following(0) == 40
    assert read(Cursor(ledger), log([checkpoint_message(Checkpoint({}))], written(7, 40, 41))) == [(40, 41, "counts")]


@given(st.data())
def test_reading_resumed_at_any_record_equals_uninterrupted_reading(
    data: st.DataObject,
) -> None:
    """Also between two parts of one range, and with a replaced process among those who write."""
    with_parts = data.draw(st.sampled_from([40, 100_000]))
    several, following, epoch = [], 0, 1
    for _ in range(data.draw(st.integers(1, 8))):
        kind = data.draw(st.sampled_from(["whole", "again", "stale", "marker", "half"]))
        before, messages.PAYLOAD_BYTES = messages.PAYLOAD_BYTES, with_parts
        try:
            if kind == "marker":
                epoch += 1
                several.append(marker(epoch))
            elif kind == "stale":
                several.append(written(epoch - 1, following, following + 3))
            else:
                parts = written(epoch, following, following + 2)
                several.append(parts[: len(parts) // 2] if kind == "half" else parts)
                following += 2 * (kind == "whole")
        finally:
            messages.PAYLOAD_BYTES = before
    records = [*log(*several)]
    whole = Cursor(Ledger())
    expected = read(whole, iter(records))
    stop = data.draw(st.integers(0, len(records)))
    first = Cursor(Ledger())
    judged = read(first, iter(records[:stop]))
    second = Cursor(Ledger(first.ledger.state()), first.reached)
    judged += read(second, iter(records[first.place :]))
    assert judged == expected
    assert second.ledger.state() == whole.ledger.state()

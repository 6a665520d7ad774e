"""Messages of a range log are read back as written, and other bytes are refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.range_log import messages
from stream.range_log.messages import (
    Checkpoint,
    Marker,
    Part,
    Range,
    UnreadableError,
    checkpoint_message,
    marker_message,
    part_messages,
    read_message,
)
from stream.state.chunks import Seal

OF = Range(5, 7 << 32, 3, 10, shards=2, newest_s=119.5)


@given(st.binary(max_size=300), st.sampled_from([7, 50, 1000]))
def test_a_body_comes_in_parts_that_a_broker_takes(body: bytes, most: int) -> None:
    before, messages.PAYLOAD_BYTES = messages.PAYLOAD_BYTES, most
    try:
        sent = [*part_messages(OF, body)]
    finally:
        messages.PAYLOAD_BYTES = before
    assert all(len(value) <= most + messages.HEADER.size + messages.DIGEST_BYTES for _, value in sent)
    parts = [read_message(*message) for message in sent]
    assert [(part.of, part.index, part.count) for part in parts if isinstance(part, Part)] == [
        (OF, index, len(parts)) for index in range(len(parts))]  # fmt: skip
    assert b"".join(part.payload for part in parts if isinstance(part, Part)) == body


def test_markers_and_checkpoints_are_read_back() -> None:
    for marker in (Marker(3, 5 << 32, 1 << 61), Marker(0, 0, 0, restart=0), Marker(1, 2, 3, restart=99)):
        assert read_message(*marker_message(marker)) == marker
    checkpoint = Checkpoint({0: (1 << 40, 17), 300: (0, 0)})
    assert read_message(*checkpoint_message(checkpoint)) == checkpoint


@pytest.mark.parametrize(("value", "reason"), [(None, "too short"), (b"", "too short"), (bytes(100), "other version")])
def test_other_messages_are_refused(value: bytes | None, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_message(b"5", value)


@given(st.data())
def test_a_changed_byte_is_noticed(data: st.DataObject) -> None:
    ((key, value),) = part_messages(OF, b"body")
    changed = bytearray(value)
    changed[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnreadableError):
        read_message(key, bytes(changed))
    with pytest.raises(UnreadableError, match="bad checksum"):
        read_message(b"6", value)  # of another partition


def test_with_a_key_only_its_holders_can_write() -> None:
    sealed = Seal(key=b"secret")
    for key, value in (*part_messages(OF, b"body", sealed), marker_message(Marker(0, 1, 2), sealed)):
        assert read_message(key, value, sealed)
        with pytest.raises(UnreadableError, match="bad checksum"):
            read_message(key, value)
    with pytest.raises(UnreadableError, match="bad checksum"):
        read_message(*marker_message(Marker(0, 1, 2)), sealed)


def test_an_epoch_that_no_group_reaches_is_refused() -> None:
    """It would outrank every honest owner for ever, and the one after it could not be written."""
    with pytest.raises(UnreadableError, match="contradicts itself"):
        read_message(*marker_message(Marker(3, 1 << 62, 7)))
    assert read_message(*marker_message(Marker(3, (1 << 62) - 1, 7))) == Marker(3, (1 << 62) - 1, 7)

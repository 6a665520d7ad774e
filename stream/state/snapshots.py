"""Writes state records to a one-partition topic and reads them back; it alone decides which slot is written next.

Guarantee: a write goes to the slot that does not hold the last whole record, and becomes the last whole record when all
its chunks are acknowledged. So after a crash at any moment the last whole record can be read, whether the topic is
compacted or not. The writer must know where the last record lies: after every assignment call `resume` before the first
`write` of a name, because another process may have written in between.

Two processes that write one name at the same time may damage the slot that both write, but not the other.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from stream.errors import BrokerError
from stream.log.protocol import Sink, Source
from stream.state.chunks import OPEN, SLOTS, Assembler, Place, Seal, StateRecord, chunk_key, split

PATIENCE_S = 10.0
POLL_S = 0.2
FRESH = Place(SLOTS[1], {})
Hold = Callable[[dict[str, StateRecord], StateRecord], None]
"""Put a record that was read among those before it, under its name."""


class StateLog:
    """Writes records; it keeps a name and two numbers for each record, not the records."""

    def __init__(self, sink: Sink, topic: str, seal: Seal = OPEN) -> None:
        self._sink, self._topic, self._seal = sink, topic, seal
        self._places: dict[str, Place] = {}
        self._reached = 0

    def resume(self, name: str, record: StateRecord | None) -> None:
        """Go on after the record that was read, or from nothing if none was found."""
        self._places[name] = record.place if record and record.place else FRESH

    def knows(self, name: str) -> bool:
        """Whether `resume` was called for a name."""
        return name in self._places

    def write(self, records: Iterable[StateRecord], sent: Callable[[int], object] = lambda size: None) -> int | None:
        """Write records and wait for the acknowledgements.

        Return the offset of the first message, a hint for the next reader.

        `sent` is called with the size of each message. Each record is requested after the one before it was sent, so
        they need not be in memory together.

        Raises BrokerError if a message is not acknowledged; the records written before are still whole, and these must
        be written again. Raises it also if the topic is shorter than before (made anew or cut); then all records must
        be written again. Raises LookupError, before anything is sent, for a name that was not resumed.
        """
        places = {}
        for record in records:
            if record.name not in self._places:
                raise LookupError(f"resume before the first write: {record.name}")
            places[record.name] = self._send(record, sent)
        first = self._sink.flush().get((self._topic, 0))
        self._places |= places
        if first is not None:
            before, self._reached = self._reached, first
            if first < before:
                raise BrokerError(f"{self._topic} is shorter than before: all its records are written again")
        return first

    def delete(self, *names: str) -> None:
        """Delete all chunks of these records; names that were not resumed are skipped.

        The older slot is deleted first, so that a crash in between leaves the newer record. A crash within the newer
        slot leaves chunks that form no record and are overwritten by the next record of that name.
        """
        for name in names:
            if place := self._places.get(name):
                for slot in (_other(place.slot), place.slot):
                    self._clear(name, slot, 0, place.chunks.get(slot, 0))
        self._sink.flush()
        for name in names:
            self._places.pop(name, None)

    def _send(self, record: StateRecord, noted: Callable[[int], object]) -> Place:
        before = self._places[record.name]
        slot = _other(before.slot)
        leftovers, sent = before.chunks.get(slot, 0), 0
        chunks = {**before.chunks, slot: leftovers}
        self._places[record.name] = Place(before.slot, chunks)
        for sent, (key, value) in enumerate(split(record, slot, self._seal), 1):
            # Noted before it is sent: whether or not this write succeeds, so many chunks may be there.
            chunks[slot] = max(sent, leftovers)
            self._sink.send(self._topic, key, value, partition=0)
            noted(len(key) + len(value))
        self._clear(record.name, slot, sent, leftovers)
        return Place(slot, {**chunks, slot: sent})

    def _clear(self, name: str, slot: str, first: int, end: int) -> None:
        for index in reversed(range(first, end)):  # backwards: what is left after a crash is counted from the front
            self._sink.send(self._topic, chunk_key(name, slot, index), None, partition=0)


def whole(states: dict[str, StateRecord], state: StateRecord) -> None:
    """Keep the whole record (the default for `hold`)."""
    states[state.name] = state


def read_states(
    source: Source,
    assembler: Assembler,
    names: Collection[str] = (),
    from_offset: int | None = None,
    patience_s: float = PATIENCE_S,
    clock: Callable[[], float] = time.monotonic,
    hold: Hold = whole,
) -> dict[str, StateRecord]:
    """Read the last whole record of each name that the assembler wants from a one-partition topic, up to its
    present end.

    `hold` says what to keep of each record, so that reading a part of a topic does not need memory for all of it.

    `from_offset` is a hint: reading begins there, and begins again at the start of the topic if any of `names` is
    missing or nothing is found. Source and assembler can then go on to follow the topic. Raises BrokerError if reading
    makes no progress for `patience_s`.
    """
    states = _scan(source, assembler, from_offset, patience_s, clock, hold)
    if from_offset is not None and (not states or any(name not in states for name in names)):
        states |= _scan(source, assembler, None, patience_s, clock, hold)
    places = {name: assembler.place(name) for name in states}
    return {name: replace(record, place=places[name]) for name, record in states.items() if places[name]}


def _scan(
    source: Source, assembler: Assembler, from_offset: int | None, patience_s: float, clock: Callable[[], float],
    hold: Hold,
) -> dict[str, StateRecord]:  # fmt: skip
    states: dict[str, StateRecord] = {}
    end = _begin(source, from_offset)
    progress_s = clock()
    while end is None or (source.position(0) or 0) < end:
        polled = source.poll(POLL_S)
        if polled.assigned is not None:
            end = _begin(source, from_offset)
        for record in polled:
            if state := assembler.add(record.key, record.value):
                hold(states, state)
        if polled.batches or polled.lost or polled.assigned:
            progress_s = clock()
        elif clock() - progress_s > patience_s:
            raise BrokerError(f"reading states made no progress for {patience_s:g} s")
    return states


def _begin(source: Source, offset: int | None) -> int | None:
    """Seek, and return the offset at which reading ends; None while nothing is assigned."""
    end = source.ends().get(0)
    if end is not None:
        source.seek(0, offset)
    return end


def _other(slot: str) -> str:
    return SLOTS[1 - SLOTS.index(slot)]

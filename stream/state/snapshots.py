"""Writes state records to a one-partition topic and reads them back; which slot is next is decided here only.

Invariant: a write goes to the slot that does not hold the last whole record, and becomes the last whole one when
every chunk of it is acknowledged. So a crash at any moment leaves the last whole record readable, compacted or not.
For that the log must know where the last one lies: `resume` comes before the first `write` of a name, at every
assignment anew, for another instance may have written in between.

Two writers of one name at a time (a zombie) may spoil the slot they both write, not the one before it.
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
    """Holds a name and two numbers for each record, not the records."""

    def __init__(self, sink: Sink, topic: str, seal: Seal = OPEN) -> None:
        self._sink, self._topic, self._seal = sink, topic, seal
        self._places: dict[str, Place] = {}
        self._reached = 0

    def resume(self, name: str, record: StateRecord | None) -> None:
        """Go on after the record that was read, or from nothing where none was found."""
        self._places[name] = record.place if record and record.place else FRESH

    def knows(self, name: str) -> bool:
        """Whether a name was resumed."""
        return name in self._places

    def write(self, records: Iterable[StateRecord], sent: Callable[[int], object] = lambda size: None) -> int | None:
        """Return when all are acknowledged: the offset of the first message, a hint for the next reader.

        `sent` is called with the size of each message.

        A record is asked for when the one before it was sent, so that they need not be held together.
        Raises BrokerError if they are not acknowledged: the records written before are whole still, and these are to
        be written again. So it does if the topic is shorter than it was, made anew or cut: then all others are, too.
        Raises LookupError, before it is sent, for a name that was not resumed.
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
                raise BrokerError(f"{self._topic} is shorter than it was: all that stood there is written again")
        return first

    def delete(self, *names: str) -> None:
        """Leave nothing of these records in the topic, once compacted; a name not resumed is passed over.

        The older slot goes first, so that a crash in between leaves the newer record and not the older. A crash
        within the newer leaves some of its chunks, which nobody can read and the next record of that name covers.
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
    """Hold all of it."""
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
    """The last whole record of each name the assembler wants, as of now, from a one-partition topic.

    `hold` says what to keep of them meanwhile, that nobody may hold a whole topic for a part of it.

    With `from_offset`, a hint, only from there on; if that leaves any of `names` missing (or finds nothing at all)
    the topic is read from its beginning. Both source and assembler can go on from there to follow the topic.
    Raises BrokerError if the end does not come nearer for `patience_s`.
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
    """Seek; the end to read to, None while nothing is assigned."""
    end = source.ends().get(0)
    if end is not None:
        source.seek(0, offset)
    return end


def _other(slot: str) -> str:
    return SLOTS[1 - SLOTS.index(slot)]

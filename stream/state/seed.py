"""The seed from which all hashes of a deployment are derived: drawn once, stored on a state topic, used by every role.

With a known seed an attacker could make texts whose words or pairs collide, so that one word is announced with
another's counts. With `sketches.seed: auto` the first process draws a seed and writes it to the topic of the model, as
a record named after the seed. Several processes may do so at once: the first in the log counts, permanently, because no
record is ever written under its key again and compaction keeps the order.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from stream.log.protocol import Sink, Source
from stream.state.chunks import Assembler, Seal, StateRecord, split
from stream.state.snapshots import read_states

PREFIX = "seed:"
BITS = 62


def agreed_seed(
    open_source: Callable[[str, str | None], Source], sink: Sink, topic: str, seal: Seal,
    draw: Callable[[], int] = lambda: secrets.randbits(BITS),
) -> int:  # fmt: skip
    """Return the seed on this topic; draw and write one if there is none. Raises BrokerError."""
    seal = replace(seal, seed_mark=None)
    found = first_seed(open_source, topic, seal)
    if found is None:
        write_seed(sink, topic, seal, draw())
        found = first_seed(open_source, topic, seal)
    if found is None:
        raise LookupError(f"the seed written to {topic} is not there")
    return found


def write_seed(sink: Sink, topic: str, seal: Seal, seed: int) -> None:
    """Append the seed to the topic; also used if the topic was deleted and made anew."""
    record = StateRecord(f"{PREFIX}{seed}", 0, {}, {"seed": seed})
    for key, value in split(record, "A", replace(seal, seed_mark=None)):
        sink.send(topic, key, value, partition=0)
    sink.flush()


def first_seed(open_source: Callable[[str, str | None], Source], topic: str, seal: Seal) -> int | None:
    """Return the first seed of the log, None if there is none."""
    source = open_source(topic, None)
    try:
        # Names are held in the order of the log, and none is ever written twice.
        found = read_states(source, Assembler(lambda name: name.startswith(PREFIX), seal))
    finally:
        source.close()
    return next(_seeds(found.values()), None)


def _seeds(records: Iterable[StateRecord]) -> Iterator[int]:
    for record in records:
        seed = record.meta.get("seed")
        if type(seed) is int and 0 <= seed < 1 << BITS and record.name == f"{PREFIX}{seed}":
            yield seed

"""The seed that all hashing of a deployment follows from: drawn once, kept on a state topic, the same for every role.

With a seed that everybody knows, texts can be made whose words or pairs collide, and a word announced by another's
counts. `sketches.seed: auto` has the first process draw one and write it, as a record of its own name, to the topic of
the model. Several may do so at once: the one that stands first in the log counts, for all and for ever, for no record
is ever written under its key again, and compaction keeps the order.
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
    """The seed on this topic; if there is none, one is drawn and written. Raises BrokerError."""
    seal = replace(seal, seed_mark=None)
    found = first_seed(open_source, topic, seal)
    if found is None:
        write_seed(sink, topic, seal, draw())
        found = first_seed(open_source, topic, seal)
    if found is None:
        raise LookupError(f"the seed written to {topic} is not there")
    return found


def write_seed(sink: Sink, topic: str, seal: Seal, seed: int) -> None:
    """Write it behind whatever stands there: again, for example, if the topic was deleted and made anew."""
    record = StateRecord(f"{PREFIX}{seed}", 0, {}, {"seed": seed})
    for key, value in split(record, "A", replace(seal, seed_mark=None)):
        sink.send(topic, key, value, partition=0)
    sink.flush()


def first_seed(open_source: Callable[[str, str | None], Source], topic: str, seal: Seal) -> int | None:
    """The first one of the log, None if there is none."""
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

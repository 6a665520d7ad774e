"""A producer among the feeders that writes what nobody can read, as fast as it likes: bombs, nesting, garbage.

Nothing of it is a text, so the honest texts must come out as if it were not there: counted exactly, in time.
"""

import random
from collections import Counter
from contextlib import suppress

from confluent_kafka import Producer

from tests.chaos.beside import Beside

CODECS = ("gzip", "snappy", "lz4", "zstd")
BOMB_BYTES = 24 << 20  # more than kafka.max_batch_bytes; snappy packs to a twentieth, so that of its batches is smaller
SNAPPY_BYTES = 18 << 20
PAUSE_S = 0.2
KINDS = {
    "deep": b'{"text": ' + b"[" * 50_000,
    "not text": bytes(range(256)) * 20,
    "empty": b"",
    "huge number": b'{"text": "a", "ts": 1' + b"0" * 5000 + b"}",
    "half a surrogate": b'{"text": "\\ud83d"}',
    "too large": b'{"text": "' + b"x" * 1_000_001 + b'"}',
}


class HostileProducer(Beside):
    """Writes from `start` to `close`; `sent` counts what a broker took, by kind."""

    def __init__(self, servers: str, topic: str, partitions: int, seed: int) -> None:
        super().__init__()
        self._topic, self._partitions, self._rng = topic, partitions, random.Random(seed)
        options = {"bootstrap.servers": servers, "message.max.bytes": 1 << 28, "message.timeout.ms": 30_000,
                   "log_level": 0}  # fmt: skip
        self._producers = {codec: Producer(options | {"compression.codec": codec}) for codec in CODECS}
        self.sent: Counter[str] = Counter()

    def close(self) -> None:
        super().close()
        for producer in self._producers.values():
            producer.flush(10)

    def _work(self) -> None:
        while not self._closing.wait(PAUSE_S):
            codec = self._rng.choice(CODECS)
            kind = self._rng.choice(("bomb", *KINDS))
            value = bytes(SNAPPY_BYTES if codec == "snappy" else BOMB_BYTES) if kind == "bomb" else KINDS[kind]
            self._throw(codec, kind, value)

    def _throw(self, codec: str, kind: str, value: bytes) -> None:
        producer = self._producers[codec]
        partition = self._rng.randrange(self._partitions)
        with suppress(BufferError):  # full: the brokers are away
            producer.produce(self._topic, value, partition=partition,
                             on_delivery=lambda error, _: None if error else self._took(kind))  # fmt: skip
        producer.poll(0)

    def _took(self, kind: str) -> None:
        self.sent[kind] += 1

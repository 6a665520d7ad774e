"""A running service attacked by who may write texts, or states: it goes on, counts exactly, within its memory.

Each attack is one that ended a process of an earlier version for good.
"""

from pathlib import Path

import orjson
import pytest
import zstandard
from confluent_kafka import Producer
from crc32c import crc32c

from stream.log.kafka_sink import KafkaSink
from stream.log.topics import ensure_topics
from stream.state.chunks import CHECKSUM, HEADER, LENGTH, MAGIC, OPEN, chunk_key
from tests.integration.service import Service
from tests.integration.test_service import exact_totals

pytestmark = pytest.mark.broker

ROLES = ("count", "refresh", "segment")
CODECS = ("gzip", "snappy", "lz4", "zstd")
BOMB_BYTES = 150 << 20
ROOM_KIB = 100 << 10  # above what the process had before: the bound of a batch, its copies, and counting meanwhile
HONEST = [orjson.dumps({"text": f"今天天气好第{number}天", "ts": 1_700_000_000 + number}) for number in range(600)]


def peak_kib(service: Service, name: str) -> int:
    """The most memory a process has had so far."""
    lines = Path(f"/proc/{service.processes[name].pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def throw_bomb(bootstrap: str, topic: str, codec: str) -> None:
    """One message of zeros, packed by the producer to what a broker takes."""
    failed: list[object] = []
    producer = Producer({"bootstrap.servers": bootstrap, "compression.codec": codec, "message.max.bytes": 1 << 29,
                         "log_level": 0})  # fmt: skip
    most = BOMB_BYTES if codec != "snappy" else 18 << 20  # it packs to a twentieth at best
    producer.produce(topic, bytes(most), partition=0, on_delivery=lambda error, _: error and failed.append(error))
    assert producer.flush(120) == 0
    assert not failed, failed


def test_batches_that_unpack_to_too_much_are_dead_letters_and_reading_continues(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    with Service(kafka, topic_prefix, tmp_path) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        for role in ROLES:
            service.start(role, role)
        service.produce((0, value) for value in HONEST[:300])
        service.wait(lambda: service.totals().get("total_texts") == 300, "the first texts")
        before = {role: peak_kib(service, role) for role in ("count", "segment")}
        for codec in CODECS:
            throw_bomb(kafka, service.config.topics.raw_text, codec)
        service.produce((0, value) for value in HONEST[300:])
        expected = exact_totals(HONEST, service.config) | {"total_too_large": len(CODECS)}
        service.wait(lambda: service.totals() == expected, "exact totals behind the bombs")
        grown = {role: peak_kib(service, role) - kib for role, kib in before.items()}
        letters = service.values(service.config.topics.raw_text_dlq)
        assert [service.stop(role) for role in ROLES] == [0, 0, 0]
    assert [headers["reason"] for _, _, headers in letters] == [b"too_large"] * len(CODECS)
    assert [headers["records"] for _, _, headers in letters] == [b"1"] * len(CODECS)
    assert max(grown.values()) < ROOM_KIB, grown


HUGE = b'{"name": "%s", "next_offset": 0, "meta": {}, "parts": {"a": 9999999999999}}'


def forged(name: str, body: bytes, next_offset: int = 1 << 61) -> tuple[bytes, bytes]:
    """A state record of one chunk, its checksums right."""
    key = chunk_key(name, "A", 0)
    header = HEADER.pack(MAGIC, 0, 1, next_offset, OPEN.digest(body))
    return key, CHECKSUM.pack(crc32c(body, crc32c(header, crc32c(key)))) + header + body


def lies(name: str) -> list[tuple[bytes, bytes]]:
    def packed(head: bytes) -> bytes:
        return zstandard.ZstdCompressor().compress(LENGTH.pack(len(head)) + head)

    declared = b"\x28\xb5\x2f\xfd\xe0" + (1 << 42).to_bytes(8, "little") + b"\x01\x00\x00"
    return [
        forged(name, declared),
        forged(name, packed(b'{"parts":' + b"[" * 100_000)),
        forged(
            name, packed(b'{"name": "%s", "next_offset": 0, "meta": {}, "parts": {"a": 9999999999999}}' % name.encode())
        ),
        forged("1" * 5000, packed(b"{}")),
        forged(name, packed(b"{}"), 2**63 - 1),
    ]


def test_forged_states_end_no_process_and_change_no_count(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    with Service(kafka, topic_prefix, tmp_path) as service:
        topics = service.config.topics
        ensure_topics(service.config.kafka, topics)
        for role in ROLES:
            service.start(role, role)
        service.produce((number % 4, value) for number, value in enumerate(HONEST[:300]))
        service.wait(lambda: service.totals().get("total_texts") == 300, "the first texts")
        sink = KafkaSink(service.config.kafka, "attacker")
        for topic, name in ((topics.pair_sketches, "0"), (topics.strong_pairs, "model"), (topics.word_counts, "0"),
                            (topics.word_counts, "0:28333333"), (topics.trend_state, "trend")):  # fmt: skip
            for key, value in lies(name):
                sink.send(topic, key, value, partition=0)
        sink.flush()
        sink.close()
        for role in ROLES:  # they read it all again at a start
            service.stop(role)
            service.start(role, role)
        service.produce((number % 4, value) for number, value in enumerate(HONEST[300:]))
        expected = exact_totals(HONEST, service.config)
        service.wait(lambda: service.totals() == expected, "exact totals beside forged states")
        assert [service.stop(role) for role in ROLES] == [0, 0, 0]

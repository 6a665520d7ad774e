"""From the service on a real broker to the users of words: export into jieba, a subscriber, a webhook."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pytest

from stream import subscribe
from stream.log.kafka_sink import KafkaSink
from stream.log.topics import ensure_topics
from stream.simulation.simulate import SimulateSettings, simulate
from tests.integration.service import Service
from tests.stream.outputs.jieba_cuts import cut_before_and_after
from tests.stream.outputs.webhook_receiver import Receiver

pytestmark = pytest.mark.broker

WORD = "元宇宙"
SETTINGS = ("trends.warmup_windows=10", "topics.raw_text_partitions=1")


def texts() -> Iterator[bytes]:
    """Made-up texts, and from the middle on a word in every 20th that jieba does not know."""
    random = np.random.default_rng(7)
    simulation = SimulateSettings(texts=6000, plant=(), rhythm=0.0)
    for number, text in enumerate(simulate(simulation)):
        spoken = text.text
        if number > 3000 and random.random() < 0.05:
            at = int(random.integers(0, len(spoken)))
            spoken = spoken[:at] + WORD + spoken[at:]
        yield orjson.dumps({"ts": text.at_s, "text": spoken})


@dataclass
class Found:
    """A broker on whose topic new-words the word stands, and how to name it all on a command line."""

    service: Service
    folder: Path

    @property
    def options(self) -> list[str]:
        return [part for override in self.service.overrides for part in ("--set", override)]

    def start(self, *argv: str, **environ: str) -> subprocess.Popen[bytes]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("NEWWORDS_")} | environ
        return subprocess.Popen([sys.executable, "-m", "stream", *argv, *self.options], env=clean)


@pytest.fixture(scope="module")
def found(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """One run of the service for all tests here; it has stopped, its events stay."""
    folder = tmp_path_factory.mktemp("words-out")
    with Service(kafka, f"words-out-{time.time_ns()}-", folder, SETTINGS) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        service.start("all", "count,refresh,segment")
        values = texts()
        sent = 0
        while portion := list(islice(values, 1000)):
            service.produce((0, value) for value in portion)
            service.wait(lambda floor=sent: service.totals().get("total_texts", 0) > floor - 3000, "texts counted")
            sent += len(portion)
        service.wait(lambda: any(key == WORD.encode() for key, _, _ in events(service)), "the word")
        assert service.stop("all") == 0
        yield Found(service, folder)


def events(service: Service) -> list[tuple[bytes | None, bytes, dict[str, bytes]]]:
    return service.values(service.config.topics.new_words)


def test_a_word_found_by_the_service_changes_how_jieba_cuts_a_sentence(found: Found) -> None:
    dictionary = found.folder / "new.txt"
    argv = ("export", "--status", "emerged,rising,faded", "--output", str(dictionary))
    assert found.start(*argv).wait(60) == 0
    assert WORD in dictionary.read_text("utf-8").splitlines()
    before, after = cut_before_and_after(dictionary, "我们在元宇宙里上班")
    assert (WORD in before, WORD in after) == (False, True)


def test_a_subscriber_gets_every_event_and_in_a_group_each_until_it_is_done(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = found.service.config
    monkeypatch.setenv("NEWWORDS_TOPICS__NEW_WORDS", config.topics.new_words)
    server, group = config.kafka.bootstrap_servers, f"{config.topics.new_words}-readers"
    everything = sorted((event.word, event.detected_at_s) for event in subscribe(server, until_now=True))
    assert WORD in {word for word, _ in everything}
    assert len(everything) == len(events(found.service))

    first = subscribe(server, group=group)
    heard = [next(first)]
    heard.append(next(first))  # asking for it says that the one before is done
    first.close()
    rest = list(islice(subscribe(server, group=group), len(everything) - 1))
    came = sorted((event.word, event.detected_at_s) for event in [heard[0], *rest])
    assert came == everything


def test_every_event_reaches_a_webhook_that_fails_and_a_pusher_that_is_killed(found: Found) -> None:
    expected = {value for _, value, _ in events(found.service)}
    topic = found.service.config.topics.new_words
    with Receiver([500, 200]) as receiver:
        argv = ("push", "--webhook", receiver.url, "--group", f"{topic}-pushers")
        first = found.start(*argv, NEWWORDS_WEBHOOK__SECRET="geheim")
        receiver.wait_for(2)
        receiver.statuses += [503]
        first.send_signal(signal.SIGKILL)
        first.wait()
        again = found.start(*argv, NEWWORDS_WEBHOOK__SECRET="geheim")
        came = receiver.wait_for(3)
        while {got.body for got in came if got.status < 300} != expected:
            came = receiver.wait_for(len(came) + 1)
        again.terminate()
        assert again.wait(30) == 0
        taken = len(receiver.got)
        sink = KafkaSink(found.service.config.kafka, "test")
        sink.send(topic, b"last", orjson.dumps(orjson.loads(max(expected)) | {"word": "最后的词"}))
        sink.flush()
        sink.close()
        last = found.start(*argv, NEWWORDS_WEBHOOK__SECRET="geheim")
        more = receiver.wait_for(taken + 1)[taken:]
        last.terminate()
        assert last.wait(30) == 0
    assert [orjson.loads(got.body)["word"] for got in more] == ["最后的词"]
    assert all(got.headers["webhook-signature"].startswith("v1,") for got in receiver.got)
    by_body = {got.body: got.headers["idempotency-key"] for got in receiver.got}
    assert len(set(by_body.values())) == len(by_body)


def test_a_backfilled_service_detects_a_word_before_a_warm_up_would_end(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """History is 25 windows; the stream is 12 and alone would need 20 before anything is announced."""
    values, archive = list(texts()), tmp_path / "archive.jsonl"
    archive.write_bytes(b"\n".join(values[:3000]))
    with Service(kafka, topic_prefix, tmp_path, SETTINGS) as service:
        found = Found(service, tmp_path)
        assert found.start("backfill", str(archive), "--quiet").wait(60) == 0
        service.start("all", "count,refresh,segment")
        for first in range(3000, 4500, 500):
            service.produce((0, value) for value in values[first : first + 500])
            service.wait(lambda floor=first: service.totals().get("total_texts", 0) > floor - 3000, "texts counted")
        service.wait(lambda: bool(events(service)), "the word")
        assert service.stop("all") == 0
        assert {key for key, _, _ in events(service)} == {WORD.encode()}
        assert found.start("backfill", str(archive), "--quiet").wait(60) == 1

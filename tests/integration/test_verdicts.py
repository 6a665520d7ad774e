"""Verdicts on a real broker: before, during and after kill -9, a takeover and a restart, each takes effect once."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from stream.log.kafka_sink import KafkaSink
from stream.log.topics import ensure_topics
from stream.verdicts.verdict import ACCEPTED, REFUSED, Verdict
from stream.verdicts.verdict_writer import VerdictWriter
from tests.chaos.oracle import check_kept, folded_words, texts_of
from tests.chaos.reading import read_all
from tests.chaos.verdict import Verdict as Check
from tests.integration.service import Service
from tests.integration.test_service import PARTITIONS, planted_words, texts

pytestmark = pytest.mark.broker


def judge(service: Service, word: str, verdict: str) -> None:
    sink = KafkaSink(service.config.kafka, "test-verdict")
    with closing(VerdictWriter(sink, service.config.topics.word_verdicts)) as writer:
        writer.judge(Verdict(word, verdict, 1.0, by="test"))


def words_on(service: Service, topic: str, status: str) -> Counter[str]:
    """How often each word has such an event on a topic, as of now."""
    events = [orjson.loads(value) for _, value, _ in service.values(topic) if value]
    return Counter(event["word"] for event in events if event["status"] == status)


def all_kept(service: Service) -> bool:
    """Whether the announcer has every text that was fed."""
    config, check = service.config, Check()
    fed = texts_of(read_all(config, config.topics.raw_text), "", config)
    kept = read_all(config, config.topics.word_counts)
    check_kept(check, fed, *folded_words(service.states(config.topics.trend_state), kept, config), config)
    return check.clean


def test_they_survive_kill_9_takeover_and_restart_and_none_is_applied_to_another_word(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    values = [(index % PARTITIONS, value) for index, value in enumerate(texts())]
    late = len(values) * 3 // 4
    one, refused, other = sorted(planted_words())
    with Service(kafka, topic_prefix, tmp_path, ["trends.hold=true"]) as service:
        topics = service.config.topics
        ensure_topics(service.config.kafka, topics)
        for role in ("count", "refresh"):
            service.start(role, role)
        for name in ("first", "second"):
            service.start(name, "segment")
        service.produce(values[:late])
        service.wait(lambda: planted_words() <= set(words_on(service, topics.held_words, "held")), "all words held")
        assert not words_on(service, topics.new_words, "emerged"), "nobody has accepted one"

        judge(service, one, ACCEPTED)
        judge(service, refused, REFUSED)
        service.wait(lambda: set(words_on(service, topics.new_words, "emerged")) == {one}, "the accepted word")
        for name in ("first", "second"):  # whichever of them announces, it is killed, and the other takes over
            service.kill(name)
            judge(service, other, ACCEPTED)  # while nobody, or somebody else, announces
            service.start(name, "segment")
        service.wait(lambda: set(words_on(service, topics.new_words, "emerged")) == {one, other}, "the second one")

        for name in ("first", "second"):
            service.stop(name)
        judge(service, one, ACCEPTED)  # said again while nobody runs: nothing new follows
        service.start("third", "segment")
        service.produce(values[late:])
        service.wait(lambda: service.totals().get("total_texts", 0) == len(values), "all texts")
        service.wait(lambda: all_kept(service), "all texts looked at")
        assert service.stop("third") == 0
        emerged = words_on(service, topics.new_words, "emerged")
    assert emerged == {one: 1, other: 1}, "each once, and the refused one never"

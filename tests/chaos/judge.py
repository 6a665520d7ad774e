"""Compares the log with the topics of a service at rest: what is missing, what is there twice."""

from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, TopicPartition

from stream.log.protocol import Record
from stream.range_log.chain import Cursor
from stream.text.runs import fold_word
from stream.trends.new_words import NewWords
from stream.verdicts.verdict import ACCEPTED
from tests.chaos.oracle import announced_by, check_kept, check_pairs, folded_shards, folded_words, texts_of
from tests.chaos.reading import read_all
from tests.chaos.verdict import Verdict
from tests.chaos.word_lives import Keyed, check_events, check_verdicts
from tests.integration.service import Service


class Judge:
    """`log` are all records of raw-text; `given` the verdicts of each word, `hold` whether words wait for them."""

    def __init__(self, service: Service, given: Mapping[str, Sequence[str]], hold: bool) -> None:
        self._service, self._config, self._given, self._hold = service, service.config, given, hold
        self.log: list[Record] = []

    def read_log(self) -> None:
        self.log = read_all(self._config, self._config.topics.raw_text)

    def pairs(self) -> Verdict:
        """Every cell of the sketch of every shard."""
        verdict, topics = Verdict(), self._config.topics
        states, tallies = self._service.states(topics.pair_sketches), read_all(self._config, topics.tallies)
        shards = folded_shards(states, tallies, self._config)
        verdict.compare("shards", len(shards), topics.tallies_partitions)
        check_pairs(verdict, texts_of(self.log, topics.raw_text, self._config), shards, self._config)
        return verdict

    def texts(self) -> Verdict:
        """The texts that the announcer has."""
        verdict, topics = Verdict(), self._config.topics
        check_kept(verdict, texts_of(self.log, topics.raw_text, self._config), *self._words(), self._config)
        return verdict

    def events(self) -> Verdict:
        """What stands on the topics of words, and whether each verdict took effect."""
        verdict, topics = Verdict(), self._config.topics
        records, held = self._keyed(topics.new_words), self._keyed(topics.held_words)
        announced = {fold_word(word) for word in announced_by(self._words()[0])}
        if self._hold:
            announced = {word for word in announced if ACCEPTED in self._given.get(word, ())}
        check_events(verdict, records, announced)
        check_verdicts(verdict, records, held, self._given, self._hold)
        return verdict

    def words(self) -> set[str]:
        """All that were announced or held."""
        topics = self._config.topics
        keyed = [one for topic in (topics.new_words, topics.held_words) for one in self._keyed(topic)]
        return {fold_word((key or b"").decode()) for key, _ in keyed}

    def dead_letters(self, servers: str) -> int:
        """Written so far."""
        consumer = Consumer({"bootstrap.servers": servers, "group.id": "storm", "log_level": 0})
        try:
            return int(consumer.get_watermark_offsets(TopicPartition(self._config.topics.raw_text_dlq, 0), 30)[1])
        finally:
            consumer.close()

    def _words(self) -> tuple[NewWords, Cursor]:
        topics = self._config.topics
        return folded_words(
            self._service.states(topics.trend_state), read_all(self._config, topics.word_counts), self._config
        )

    def _keyed(self, topic: str) -> list[Keyed]:
        return [(key, value) for key, value, _ in self._service.values(topic)]

"""The whole service on a real broker: exact counts, valid events, dead letters; and kill -9 of each role."""

from itertools import islice
from pathlib import Path

import jsonschema
import orjson
import pytest

from stream.config.config import Config
from stream.events.events import event_schema
from stream.log.topics import ensure_topics
from stream.segmentation.tally import tally
from stream.simulation.simulate import SimulateSettings, planted, simulate
from stream.sources.files import open_lines
from stream.text.runs import Alphabet
from tests.chaos.oracle import check_kept, folded_words, texts_of
from tests.chaos.reading import read_all
from tests.chaos.verdict import Verdict
from tests.integration.service import Service

pytestmark = pytest.mark.broker

SIMULATION = SimulateSettings(texts=40_000)
PARTITIONS = 4
PORTION = 2000
BAD = {
    "not_json": b'{"text": ',
    "not_utf8": b'{"text": "\xff\xfe"}',
    "empty": b'{"text": "  "}',
    "no_text": b'{"txt": 1}',
    "bad_time": b'{"text": "\xe5\xa5\xbd", "ts": "soon"}',
}


def texts() -> list[bytes]:
    return [orjson.dumps({"ts": text.at_s, "text": text.text, "source": text.source}) for text in simulate(SIMULATION)]


def exact_totals(values: list[bytes], config: Config) -> dict[str, int]:
    counts = tally(Alphabet(config.text.scripts).runs([orjson.loads(value)["text"] for value in values]))
    return {
        "total_texts": len(values),
        "total_pairs": int(counts.total),
        "total_characters": int(counts.char_counts.sum()),
    }


def planted_words() -> set[str]:
    return {word.word for word in planted(SIMULATION)}


def feed(service: Service, values: list[bytes]) -> None:
    """Produce in portions, each when the one before is counted, all but its last texts."""
    base = service.totals().get("total_texts", 0)
    for first in range(0, len(values), PORTION):
        portion = values[first : first + PORTION]
        service.produce((index % PARTITIONS, value) for index, value in enumerate(portion))
        floor = base + first
        service.wait(lambda floor=floor: service.totals().get("total_texts", 0) >= floor, "texts counted")


def emerged(service: Service) -> list[str]:
    lines = [orjson.loads(value) for _, value, _ in service.values(service.config.topics.new_words)]
    return [line["word"] for line in lines if line["status"] == "emerged"]


def test_totals_are_exact_events_valid_and_what_cannot_be_read_is_a_dead_letter(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    values = texts()
    with Service(kafka, topic_prefix, tmp_path) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        for role in ("count", "refresh", "segment"):
            service.start(role, role)
        service.produce((0, value) for value in BAD.values())
        service.produce((index % PARTITIONS, value) for index, value in enumerate(values))
        expected = exact_totals(values, service.config) | {f"total_{reason}": 1 for reason in BAD}
        service.wait(lambda: service.totals() == expected, "exact totals")
        service.wait(lambda: planted_words() <= set(emerged(service)), "the planted words")
        codes = [service.stop(role) for role in ("count", "refresh", "segment")]
        events = service.values(service.config.topics.new_words)
        schema = event_schema()
        for key, value, _ in events:
            event = orjson.loads(value)
            jsonschema.validate(event, schema)
            assert key == event["word"].encode()
        letters = service.values(service.config.topics.raw_text_dlq)
    assert codes == [0, 0, 0]
    assert {headers["reason"].decode(): value for _, value, headers in letters} == BAD


def test_kill_9_of_each_role_loses_nothing_and_counts_nothing_twice(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    values = texts()
    with Service(kafka, topic_prefix, tmp_path) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        roles = ("count", "refresh", "segment")
        for role in roles:
            service.start(role, role)
        share = len(values) // (len(roles) + 1)
        for turn, role in enumerate(roles):
            part = values[turn * share : (turn + 1) * share]
            feed(service, part)
            service.kill(role)
            service.start(role, role)
        feed(service, values[len(roles) * share :])
        expected = exact_totals(values, service.config)
        service.wait(lambda: service.totals() == expected, "exact totals")
        texts_fed = texts_of(read_all(service.config, service.config.topics.raw_text), "", service.config)

        def judged() -> Verdict:
            verdict = Verdict()
            kept = read_all(service.config, service.config.topics.word_counts)
            folded = folded_words(service.states(service.config.topics.trend_state), kept, service.config)
            check_kept(verdict, texts_fed, *folded, service.config)
            return verdict

        service.wait(lambda: judged().clean, "all texts kept once")
        for role in roles:
            service.stop(role)
        words = emerged(service)
        assert judged().notes == []
    assert len(words) == len(set(words)), "announced twice"


HOTLIST = (
    "windows.length_s=86400", "sketches.half_life_s=5184000", "cohesion.min_count=3",
)  # fmt: skip


@pytest.mark.real_data
def test_50_000_real_titles_are_counted_exactly_and_their_events_are_valid(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    titles = Path(__file__).parents[3] / "shared" / "data" / "weibo_hot_dev.jsonl.xz"
    if not titles.is_file():
        pytest.skip(f"the real titles are not there: {titles}")
    values = list(islice(open_lines([str(titles)]), 50_000))
    with Service(kafka, topic_prefix, tmp_path, HOTLIST) as service:
        ensure_topics(service.config.kafka, service.config.topics)
        service.produce((index % PARTITIONS, value) for index, value in enumerate(values))
        for role in ("count", "refresh", "segment"):
            service.start(role, role)
        expected = exact_totals(values, service.config)
        service.wait(lambda: service.totals() == expected, "exact totals")
        service.wait(lambda: bool(emerged(service)), "events")
        assert [service.stop(role) for role in ("count", "refresh", "segment")] == [0, 0, 0]
        for _, value, _ in service.values(service.config.topics.new_words):
            jsonschema.validate(orjson.loads(value), event_schema())

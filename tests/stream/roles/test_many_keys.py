"""A million keys and a million sources are a million texts, and nothing is kept of each of them."""

import gc
import tracemalloc

import orjson
from prometheus_client import generate_latest

from stream.trends.leaderboard import Leaderboard, encode_snapshot
from tests.stream.roles.simulated_cluster import STATE_TOPICS, Crew

MANY, SOME = 1_000_000, 30_000  # the latter are half a window
STEP, STEP_S = 1000, 0.5
NEWS = 600_000  # from there on a word is spoken that was not heard before
KEPT = {"raw_text": 10_000} | dict.fromkeys(STATE_TOPICS, 12)  # records of each partition: what is older has been read
LEAST_BYTES = 16  # of whatever would be kept of a key
SETTINGS = ("windows.keep_texts=300", "windows.keep_words=500", "windows.keep_settled=200", "server.top_words=5",
            "sketches.candidates=2000", "kafka.flush_s=5", "cohesion.refresh_s=5")  # fmt: skip


class Crowd:
    """One process, and texts of which each has a key and a source of its own."""

    def __init__(self) -> None:
        self.crew = Crew(*SETTINGS)
        self.crew.start("only")
        self.said = 0

    def speak(self, until: int) -> None:
        while self.said < until:
            for number in range(self.said, self.said + STEP):
                new = "，塑稚酉" if number >= NEWS and number % 10 == 0 else ""
                text = f"天气真好，{chr(0x4E00 + number % 3000)}{chr(0x4E00 + number // 3000)}{new}"
                value = orjson.dumps({"text": text, "source": f"source {number}"})
                self.crew.log.append(self.crew.topic("raw_text"), b"key %d" % number, value, partition=number % 3)
            self.said += STEP
            self.crew.idle(STEP_S, STEP_S / 2)
            for key, most in KEPT.items():
                for number, partition in enumerate(self.crew.log.partitions(self.crew.topic(key))):
                    self.crew.log.trim(self.crew.topic(key), number, partition.end - most)

    def kept(self) -> tuple[int, int, int]:
        """Bytes of memory, lines of metrics, bytes of the page."""
        board = Leaderboard(10, self.crew.config.windows.length_s)
        board.add(self.crew.events())
        page = len(encode_snapshot(board.snapshot(self.crew.now_s, live=False)))
        metrics = len(generate_latest(self.crew.processes["only"].metrics.registry).splitlines())
        gc.collect()
        return tracemalloc.get_traced_memory()[0], metrics, page


def test_a_million_keys_and_sources_leave_nothing_behind() -> None:
    crowd = Crowd()
    crowd.speak(MANY - 3 * SOME)
    tracemalloc.start()  # from here on: it makes everything four times as slow
    try:
        crowd.speak(MANY - SOME)
        before = crowd.kept()
        crowd.speak(MANY)
        after = crowd.kept()
    finally:
        tracemalloc.stop()
    crew = crowd.crew
    assert [crew.sampled("newwords_texts_total", role=role) for role in ("count", "segment")] == [MANY, MANY]
    assert {event.word for event in crew.events()} == {"塑稚酉"}
    assert max(event.sources or 0 for event in crew.events()) > 100
    assert after[0] - before[0] < SOME * LEAST_BYTES
    assert after[1:] == before[1:]

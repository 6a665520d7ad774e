"""Events in a program: `for` and `async for` alike, on a log in memory."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from stream import subscribe
from stream.events.events import encode
from stream.log.memory import MemoryLog, MemorySource
from tests.stream.events.event_samples import bare_event as event

WORDS = ["甲", "乙", "丙"]


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> MemoryLog:
    made = MemoryLog(lambda: 0.0)
    made.create("new-words")
    for word in WORDS:
        made.append("new-words", word.encode(), encode(event(word)))
    made.append("new-words", "乙".encode(), None)  # a word that was taken back

    def source(kafka: Any, topic: str, group: str | None, client_id: str) -> MemorySource:
        return MemorySource(made, topic, group)

    monkeypatch.setattr("stream.subscription.KafkaSource", source)
    return made


def test_all_there_is_comes_in_order_and_then_it_ends() -> None:
    assert [one.word for one in subscribe("b:9092", until_now=True)] == WORDS


def test_the_next_subscriber_of_a_group_starts_with_the_last_event_handed_out() -> None:
    first = subscribe("b:9092", group="g")
    assert [next(first).word for _ in range(2)] == WORDS[:2]
    first.close()
    assert [one.word for one in subscribe("b:9092", group="g", until_now=True)] == WORDS[1:]


def test_the_same_asynchronously_and_the_loop_is_free_meanwhile() -> None:
    async def collected() -> tuple[list[str], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        words = [one.word async for one in subscribe("b:9092", until_now=True)]
        ticking.cancel()
        return words, ticks

    words, ticks = asyncio.run(collected())
    assert words == WORDS
    assert ticks > 0


def test_a_loop_that_is_cancelled_hands_out_again_what_it_was_at() -> None:
    async def cancelled() -> None:
        reached = asyncio.Event()

        async def some() -> None:
            async for one in subscribe("b:9092", group="g"):
                if one.word == WORDS[1]:
                    reached.set()
                    await asyncio.Event().wait()

        task = asyncio.create_task(some())
        await reached.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert [one.word for one in subscribe("b:9092", group="g", until_now=True)] == WORDS[1:]

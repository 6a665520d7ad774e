"""`new-words ingest`: every text arrives in order, and a stopped run is resumed where it ended."""

import argparse
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.commands import ingest as command
from stream.errors import BrokerError, SourceError, UsageError
from stream.ingest.deduplicated_send import DeduplicatedSend, Mark
from stream.ingest.encode import Message
from stream.log.protocol import Headers
from stream.sources.base import Batch, FileTexts
from stream.sources.source_options import is_url

MOST = 3


class Recorder:
    """A topic of one partition, its writing and its reading. `on_flush` may raise, with or without keeping."""

    def __init__(self, on_flush: Callable[["Recorder"], None] = lambda sink: None) -> None:
        self.kept: list[tuple[str, bytes | None, bytes | None]] = []
        self.waiting: list[tuple[str, bytes | None, bytes | None]] = []
        self.headers: list[bytes] = []
        self.flushes = 0
        self.closed = False
        self.on_flush = on_flush

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        self.waiting.append((topic, key, value))
        ((_, header),) = headers
        self.headers = [*self.headers[: len(self.kept) + len(self.waiting) - 1], header]

    def flush(self) -> dict[tuple[str, int], int]:
        self.flushes += 1
        try:
            self.on_flush(self)
        except BrokerError:
            self.waiting = []
            raise
        first, topic = len(self.kept), self.waiting[0][0] if self.waiting else ""
        self.kept += self.waiting
        self.waiting = []
        return {(topic, 0): first} if topic else {}

    def ends(self, topic: str) -> dict[int, int]:
        return {0: len(self.kept)}

    def arrived(self, mark: Mark) -> Counter[bytes]:
        found: Counter[bytes] = Counter()
        for (_, _, value), header in list(zip(self.kept, self.headers, strict=False))[mark.floors[0] :]:
            sender, number = header.split()
            if sender.decode() == mark.sender and int(number) >= mark.number:
                found[value or b""] += 1
        return found

    def close(self) -> None:
        self.closed = True

    @property
    def texts(self) -> list[str]:
        return [orjson.loads(value or b"")["text"] for _, _, value in self.kept]


def parsed(*argv: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([str(arg) for arg in argv])


@pytest.fixture
def ingest(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command into a sink, in batches of three."""
    monkeypatch.setattr(command, "MOST", MOST)

    def run(sink: Recorder, *argv: str | Path) -> int:
        monkeypatch.setattr(command, "open_sink", lambda config: (sink, sink))
        return command.main(parsed(*argv))

    return run


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    path = tmp_path / "ten.txt"
    path.write_text("".join(f"{number}\n" for number in range(10)))
    return path


TEN = [str(number) for number in range(10)]


def test_every_text_arrives_once_in_order_and_the_rest_is_counted(
    tmp_path: Path, ingest: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"text": "a", "source": "s"}\n{\n\n{"text": "b"}\n{"text": ""}\n')
    sink = Recorder()
    assert ingest(sink, path, "--topic", "elsewhere") == 0
    assert sink.kept == [
        ("elsewhere", b"s", b'{"text": "a", "source": "s"}'),
        ("elsewhere", None, b'{"text": "b"}'),
    ]
    assert sink.closed
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[1:] == [
        "2 texts sent to elsewhere",
        "not readable: empty 2, not_json 1",
        "  not_json: {",
    ]


def test_the_topic_and_the_format_are_those_of_the_config(ingest: Callable[..., int], ten: Path) -> None:
    sink = Recorder()
    ingest(sink, ten, "--set", "topics.raw_text=posts", "--set", "text.format=plain")
    assert sink.kept == [("posts", None, text.encode()) for text in TEN]


def test_quiet_says_nothing(ingest: Callable[..., int], ten: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingest(Recorder(), ten, "--quiet")
    assert capsys.readouterr().err == ""


def test_no_batch_is_read_before_the_one_before_is_acknowledged(ingest: Callable[..., int], ten: Path) -> None:
    """The back-pressure: what is held never exceeds a batch."""
    held: list[int] = []
    sink = Recorder(lambda sink: held.append(len(sink.waiting)))
    ingest(sink, ten)
    assert held == [3, 3, 3, 1]
    assert sink.texts == TEN


def failing(times: int) -> Callable[[Recorder], None]:
    left = [times]

    def on_flush(sink: Recorder) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise BrokerError("away")

    return on_flush


def test_a_batch_is_sent_again_until_kafka_is_back(
    ingest: Callable[..., int], ten: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    sink = Recorder(failing(5))
    assert ingest(sink, ten) == 0
    assert sink.texts == TEN
    assert slept == [0.5, 1.0, 2.0, 4.0, 4.0]


def test_a_batch_whose_acknowledgement_was_lost_is_not_sent_again(
    ingest: Callable[..., int], ten: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(sink: Recorder) -> None:
        if sink.flushes == 2:
            sink.kept += sink.waiting[:2]
            raise BrokerError("away")

    monkeypatch.setattr(time, "sleep", lambda _: None)
    sink = Recorder(lost)
    assert ingest(sink, ten) == 0
    assert sink.texts == TEN


def test_equal_texts_are_counted_and_another_topic_starts_a_new_count(
    tmp_path: Path, ingest: Callable[..., int]
) -> None:
    (tmp_path / "t.txt").write_text("a\na\na\nb\n")
    argv = (tmp_path / "t.txt", "--resume", tmp_path / "position", "--quiet")
    topic = Recorder(killed_at(1, 2))
    with pytest.raises(Killed):
        ingest(topic, *argv)
    topic.waiting = []
    ingest(topic, *argv)
    assert topic.texts == ["a", "a", "a", "b"]
    (tmp_path / "t.txt").write_text("a\na\na\nb\nc\n")
    other = Recorder()
    ingest(other, *argv, "--topic", "other")
    assert other.texts == ["c"]


def test_sending_fails_after_the_patience() -> None:
    now = [100.0]

    def sleep(wait_s: float) -> None:
        now[0] += wait_s

    sink = Recorder(failing(10**6))
    with pytest.raises(BrokerError, match="away"):
        command.deliver(
            [Message(None, b"x")], DeduplicatedSend(sink, sink, "t"), 10.0, command.Stop(), lambda: now[0], sleep
        )
    assert 105 <= now[0] <= 110
    assert sink.flushes == 5


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


def killed_at(flush: int, arrived: int) -> Callable[[Recorder], None]:
    def on_flush(sink: Recorder) -> None:
        if sink.flushes == flush:
            sink.kept += sink.waiting[:arrived]
            raise Killed

    return on_flush


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=3),
    flush=st.integers(1, 9),
    arrived=st.integers(0, MOST),
    later=st.integers(1, 2 * MOST),
)
def test_after_a_crash_every_text_comes_once(
    tmp_path: Path,
    ingest: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    sizes: list[int],
    flush: int,
    arrived: int,
    later: int,
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    every = [[f"{number}-{line}" for line in range(size)] for number, size in enumerate(sizes)]
    for number, lines in enumerate(every):
        (tmp_path / f"{number}.txt").write_text("\n".join(lines))
    argv = (tmp_path / "*.txt", "--resume", tmp_path / "position", "--quiet")
    topic = Recorder(killed_at(flush, arrived))
    with suppress(Killed):
        ingest(topic, *argv)
    topic.waiting, topic.on_flush = [], lambda sink: None
    monkeypatch.setattr(command, "MOST", later)
    ingest(topic, *argv)
    assert topic.texts == [text for lines in every for text in lines]


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_batch_is_sent_loses_and_repeats_nothing(
    tmp_path: Path, ingest: Callable[..., int], ten: Path, which: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    def on_flush(sink: Recorder) -> None:
        if sink.flushes == 2:
            os.kill(os.getpid(), which)

    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    first, second, position = Recorder(on_flush), Recorder(), tmp_path / "position"
    assert ingest(first, ten, "--resume", position) == 130
    assert first.texts == TEN[:6]
    assert first.closed
    assert "6 texts sent to raw-text\n" in capsys.readouterr().err
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    assert ingest(second, ten, "--resume", position) == 0
    assert second.texts == TEN[6:]
    assert f"4 texts sent to raw-text, from the position in {position}\n" in capsys.readouterr().err


def test_a_signal_while_reading_ends_at_once(
    ingest: Callable[..., int], ten: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(*_: object) -> Iterator[Batch]:
        yield Batch([b'{"text": "0"}'], True, None)
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("it went on reading")

    monkeypatch.setattr(FileTexts, "batches", reading)
    sink = Recorder()
    assert ingest(sink, ten) == 130
    assert sink.texts == ["0"]


def test_a_requested_stop_ends_the_retries() -> None:
    stop, sink = command.Stop(), Recorder(failing(10**6))

    def sleep(_: float) -> None:
        stop.requested = True

    with pytest.raises(BrokerError):
        command.deliver([], DeduplicatedSend(sink, sink, "t"), 1e9, stop, lambda: 0.0, sleep)
    assert sink.flushes == 2


def test_a_rate_is_kept_and_at_most_one_second_of_delay_is_caught_up() -> None:
    now, came = [100.0], []

    def sleep(wait_s: float) -> None:
        now[0] += wait_s

    batches = iter([Batch([b""] * 5, True, None)] * 7)
    for number, _ in enumerate(command.paced(batches, 10.0, lambda: now[0], sleep)):
        came.append(round(now[0], 6))
        now[0] += 60 if number == 2 else 0.1
    assert came == [100, 100.5, 101, 161, 161.1, 161.2, 161.5]  # ten texts late, and the five that were due


def test_a_rate_limits_the_batch_size_so_that_texts_come_evenly(
    ingest: Callable[..., int], ten: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    sink = Recorder()
    ingest(sink, ten, "--rate", "20")
    assert sink.flushes == 5
    assert sink.texts == TEN
    assert len(slept) == 4


def test_a_damaged_source_is_an_error_after_the_readable_part_was_sent(
    tmp_path: Path, ingest: Callable[..., int]
) -> None:
    path = tmp_path / "t.gz"
    path.write_bytes(b"never packed")
    sink = Recorder()
    with pytest.raises(SourceError, match=r"t\.gz: "):
        ingest(sink, path)
    assert sink.closed


@pytest.mark.parametrize(
    ("argv", "faults"),
    [
        ("", ["SOURCE: name a file"]),
        ("sqlite:///a a.txt", ["SOURCE: a database or topic goes alone", "--query: must say"]),
        ("a.txt --url sqlite:///a --query q", ["SOURCE: a database or topic goes alone"]),
        ("--url sqlite:///a", ["--query: must say"]),
        ("kafka://h/t --query q --format csv", ["--query: needs a database", "--format csv: no topic"]),
        ("- --format parquet", ["--format parquet: cannot"]),
        ("a.csv --delimiter ab --quote cd", ["--delimiter: must be one", "--quote: must be one"]),
        ("- -", ["SOURCE -: stdin can"]),
        ("- --resume p", ["--resume: stdin has no position"]),
        ("sqlite:///a", ["--query: must say what to read"]),
        ("sqlite:///a --query q --resume p", ["--resume: needs --cursor"]),
        ("mongodb://h/d", ["--collection: must say"]),
        ("mongodb+srv://h/d --query q --cursor c", ["--query: needs a", "--cursor: goes", "--collection: must say"]),
        ("a.txt --query q --cursor c", ["--query: needs a database", "--cursor: goes with --query"]),
        ("a.txt --collection c", ["--collection, --filter: need"]),
        ("a.txt --rate 0 --patience -1 --topic a/b", ["--rate 0.0: ", "--patience -1.0: ", "--topic a/b: must be a"]),
        ("a.txt --rate nan", ["--rate nan: "]),
        ("a.txt --topic new-words", ["--topic new-words: "]),
    ],
)
def test_every_fault_is_listed(argv: str, faults: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        command.configured(parsed(*argv.split()))
    said = str(caught.value).splitlines()
    assert [line[: len(fault)] for line, fault in zip(said, faults, strict=True)] == faults


def test_a_file_with_a_colon_in_its_name_is_a_file() -> None:
    assert not is_url("a:b.txt")
    assert not is_url("/x/://y")
    assert is_url("postgresql+psycopg://h/d")

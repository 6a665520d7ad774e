"""`new-words simulate`: the output, and refused options."""

import argparse
import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stream.commands import simulate as command
from stream.errors import NewWordsError, UsageError
from stream.simulation.simulate import SimulatedText


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(argv)


def test_output_and_truth_are_json_lines_that_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, truth = tmp_path / "out.jsonl", tmp_path / "truth.jsonl"
    assert command.main(parsed("--texts", "6000", "--plants", "2", "--output", str(out), "--truth", str(truth))) == 0
    texts = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(texts) == 6000
    assert all(set(text) == {"ts", "text", "source"} for text in texts)
    stamps = [text["ts"] for text in texts]
    assert stamps == sorted(stamps)
    assert datetime.fromisoformat(stamps[0]).utcoffset() == timedelta(hours=8)
    words = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]
    assert sorted(word["shape"] for word in words) == ["pulse"] * 2 + ["ramp"] * 2 + ["shift"] * 2
    table = capsys.readouterr().err
    for word in words:
        holding = [text["ts"] for text in texts if word["word"] in text["text"]]
        assert (holding[0], len(holding)) == (word["first_ts"], word["texts"])
        assert word["word"] in table


def test_stdout_holds_nothing_but_the_stream(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    command.main(parsed("--texts", "50", "--plant"))
    out, err = capfdbinary.readouterr()
    assert len([json.loads(line) for line in out.splitlines()]) == 50
    assert err == b"planted in 50 texts: nothing\n"


@pytest.mark.parametrize(
    ("language", "sample", "longest"), [("zh", "了", 40), ("en", "the ", 120), ("made-up", "的", 40)]
)
def test_each_language_has_texts_of_its_usual_length(
    language: str, sample: str, longest: int, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    command.main(parsed("--texts", "200", "--language", language))
    texts = [json.loads(line)["text"] for line in capfdbinary.readouterr().out.splitlines()]
    assert sum(sample in text for text in texts) > 20
    assert 0.7 * longest < max(map(len, texts)) <= longest


def test_chinese_is_spoken_unless_asked_otherwise() -> None:
    assert command.settings_of(parsed(), 0.0)[0].language == "zh"


def test_every_fault_is_listed_with_its_option_and_value() -> None:
    asked = parsed("--rate", "0", "--length", "8-9", "--plant", "spike", "--start", "soon", "--copies", "2")
    with pytest.raises(UsageError) as caught:
        command.main(asked)
    for fault in ("--rate 0.0", "--length 8-9", "--plant ['spike']", "--start soon", "--copies 2.0"):
        assert f"{fault}: " in str(caught.value)
    assert len(str(caught.value).splitlines()) == 5


@pytest.mark.parametrize("length", ["8", "8-", "a-b", "-8-40", ""])
def test_a_length_that_is_not_a_range_is_refused(length: str) -> None:
    with pytest.raises(UsageError, match="must be two numbers, for example 8-40"):
        command.settings_of(parsed(f"--length={length}"), 0.0)


def test_an_output_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NewWordsError, match=r"out\.jsonl: No such file or directory"):
        command.main(parsed("--texts", "1", "--output", str(tmp_path / "nowhere" / "out.jsonl")))


@pytest.mark.parametrize(
    ("argv", "start_s"),
    [
        ("", 1704067200),
        ("--start 2021-01-01T00:00:00", 1609459200),
        ("--realtime", 1234567890),
        ("--realtime --start 2021-01-01T00:00:00Z", 1609459200),
    ],
)
def test_a_stream_starts_at_the_default_or_given_time_or_now_in_real_time(argv: str, start_s: int) -> None:
    settings, _ = command.settings_of(parsed(*argv.split()), 1234567890.0)
    assert settings.start_s == start_s


def test_in_real_time_the_rate_does_not_vary_with_the_hour() -> None:
    argvs: list[tuple[str, ...]] = [(), ("--realtime",), ("--realtime", "--rhythm", "0.3")]
    assert [command.settings_of(parsed(*argv), 0.0)[0].rhythm for argv in argvs] == [0.5, 0.0, 0.3]


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0
        self.slept: list[float] = []

    def sleep(self, wait_s: float) -> None:
        self.slept.append(wait_s)
        self.now_s += wait_s


def test_real_time_waits_for_each_text_and_skips_none_when_late() -> None:
    clock = Clock()
    texts = [SimulatedText(1000.0 + at, "", "") for at in (1, 3, 4, 8)]
    came = []
    for text in command.paced(texts, 1000.0, lambda: clock.now_s, clock.sleep):
        came.append((text.at_s, clock.now_s))
        clock.now_s += 3 if text.at_s == 1003 else 0
    assert came == [(1001, 51), (1003, 53), (1004, 56), (1008, 58)]
    assert clock.slept == [1, 2, 2]


def test_ctrl_c_ends_real_time_with_exit_code_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    assert command.main(parsed("--realtime", "--output", str(tmp_path / "out"))) == 0
    assert "planted in 0 texts: nothing" in capsys.readouterr().err

"""A bar is drawn only in a terminal; otherwise there is one line, and with --quiet none."""

import io

import pytest

from stream.outputs.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(stream: io.StringIO, total_bytes: int | None, quiet: bool = False) -> str:
    clock = Clock()
    with Progress(total_bytes, quiet=quiet, stream=stream, clock=clock) as progress:
        for step in range(1, 5):
            clock.now_s += 0.5
            progress.update(25 * step, 1000 * step)
    return stream.getvalue()


def test_without_a_terminal_there_is_one_closing_line() -> None:
    assert run(io.StringIO(), 100) == "4,000 texts in 2.0 s (2,000/s)\n"


def test_quiet_says_nothing() -> None:
    assert run(io.StringIO(), 100, quiet=True) == ""


def test_a_terminal_sees_percentage_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    drawn = run(Terminal(), 100)
    assert "50%" in drawn
    assert "2,000 texts" in drawn
    assert "2,000/s" in drawn
    assert "left" in drawn
    assert drawn.endswith("4,000 texts in 2.0 s (2,000/s)\n")


def test_a_pipe_of_unknown_size_has_no_percentage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    drawn = run(Terminal(), None)
    assert "%" not in drawn
    assert "2,000 texts" in drawn


def test_the_closing_line_comes_after_an_error_too() -> None:
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError), Progress(100, stream=stream, clock=Clock()) as progress:
        progress.update(10, 7)
        _ = 1 / 0
    assert stream.getvalue().startswith("7 texts in 0.0 s")


def test_it_writes_to_its_stream_only(capsys: pytest.CaptureFixture[str]) -> None:
    run(Terminal(), 100)
    assert capsys.readouterr() == ("", "")

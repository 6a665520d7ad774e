"""A log line has time, level, role and logger; as JSON it is one object with these fields."""

import json
import logging
from collections.abc import Iterator

import pytest

from stream.logs import LogSettings, at_work, set_up


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def said(settings: LogSettings, capsys: pytest.CaptureFixture[str]) -> list[str]:
    set_up(settings)
    log = logging.getLogger("stream.roles.counter")
    log.debug("too small to be said")
    with at_work("count"):
        log.warning("partition %d: going on at %d", 3, 70, extra={"partition": 3, "offset": 70})
    log.info("stopped")
    try:
        raise ValueError("天气")
    except ValueError:
        log.exception("a fault")
    return capsys.readouterr().err.splitlines()


def test_for_people_it_is_a_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = said(LogSettings(), capsys)
    assert first.endswith(" WARNING stream.roles.counter: partition 3: going on at 70")
    assert second.endswith(" INFO stream.roles.counter: stopped")


def test_for_a_store_it_is_an_object_with_role_partition_and_offset_as_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [json.loads(line) for line in said(LogSettings(format="json"), capsys)]
    times = [line.pop("time") for line in lines]
    assert lines[0] == {"level": "warning", "logger": "stream.roles.counter", "message": "partition 3: going on at 70",
                        "role": "count", "partition": 3, "offset": 70}  # fmt: skip
    assert lines[1] == {"level": "info", "logger": "stream.roles.counter", "message": "stopped"}
    assert lines[2]["exception"].endswith("ValueError: 天气")
    assert all(at_s.endswith("+00:00") for at_s in times) and times == sorted(times)


@pytest.mark.parametrize(("level", "lines"), [("warning", 1), ("error", 0), ("debug", 3)])
def test_the_level_says_what_is_worth_a_line(level: str, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = [line for line in said(LogSettings(level=level), capsys) if " stream.roles.counter: " in line]
    assert len(found) == lines + 1  # and the fault


def test_what_cannot_be_is_refused() -> None:
    assert [key for key, _ in LogSettings("loud", "xml").faults()] == ["level", "format"]

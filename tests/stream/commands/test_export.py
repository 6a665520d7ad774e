"""`new-words export` from files of events: the output, refused options, and the result in jieba."""

import argparse
from pathlib import Path

import pytest

from stream.commands import export
from stream.errors import SourceError, UsageError
from stream.events.events import encode
from stream.text.times import when
from tests.stream.events.event_samples import event
from tests.stream.outputs.jieba_cuts import cut_before_and_after

DAY_S = 86_400.0


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    export.add_arguments(parser)
    return parser.parse_args(argv)


@pytest.fixture
def events(tmp_path: Path) -> str:
    """甲乙 emerges on day 1 and fades on day 3, 丙丁 emerges on day 2."""
    path = tmp_path / "events.jsonl"
    several = [event("甲乙", 1 * DAY_S, score=9.0), event("丙丁", 2 * DAY_S), event("甲乙", 3 * DAY_S, status="faded")]
    path.write_bytes(b"\n".join(encode(one) for one in several))
    return str(path)


def exported(capfdbinary: pytest.CaptureFixture[bytes], *argv: str) -> tuple[str, str]:
    assert export.main(parsed(*argv)) == 0
    out, err = capfdbinary.readouterr()
    return out.decode(), err.decode()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ["丙丁"]),
        (("--status", "emerged,rising,faded"), ["丙丁", "甲乙"]),
        (("--status", "faded"), ["甲乙"]),
        (("--until", "1970-01-04"), ["丙丁", "甲乙"]),
        (("--since", "1970-01-02", "--until", "1970-01-03T00:00Z"), ["甲乙"]),
        (("--until", "1970-01-04", "--min-score", "7"), ["甲乙"]),
        (("--since", "1d"), []),
    ],
)
def test_the_words_of_a_period(
    events: str, capfdbinary: pytest.CaptureFixture[bytes], options: tuple[str, ...], words: list[str]
) -> None:
    out, err = exported(capfdbinary, "--events", events, *options)
    assert (out.split(), err) == (words, f"{len(words)} words as jieba\n")


def test_a_file_appears_when_it_is_whole_and_gives_rime_its_name(events: str, tmp_path: Path) -> None:
    output = tmp_path / "trends.dict.yaml"
    output.write_text("what was there before")
    with pytest.raises(SourceError):
        export.main(parsed("--events", str(tmp_path / "none.jsonl"), "--output", str(output)))
    assert output.read_text() == "what was there before"
    export.main(parsed("--events", events, "--format", "rime", "--output", str(output), "--quiet"))
    assert "name: trends\n" in output.read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "trends.dict.yaml"]


def test_a_line_that_is_not_an_event_is_named(events: str) -> None:
    with Path(events).open("ab") as file:
        file.write(b'\n\n{"word": "x"}\n')
    with pytest.raises(SourceError, match="line 5 is not an event"):
        export.main(parsed("--events", events))


def test_every_fault_is_listed_with_its_option_and_value() -> None:
    with pytest.raises(UsageError) as caught:
        export.main(parsed("--since", "soon", "--until", "3y", "--status", "emerged,gone"))
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        "--since soon", "--until 3y", "--status emerged,gone",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="--since 2024-02-01: must be before --until 2024-01-01"):
        export.main(parsed("--since", "2024-02-01", "--until", "2024-01-01"))


def test_a_time_is_absolute_or_a_duration_before_now() -> None:
    assert export.moment("2024-01-31", 0.0) == when("2024-01-31T00:00:00Z")
    assert [export.moment(given, 10 * DAY_S) for given in ("3d", "36h", "1w", "90m")] == [
        7 * DAY_S, 8.5 * DAY_S, 3 * DAY_S, 10 * DAY_S - 5400,
    ]  # fmt: skip
    assert [export.moment(given, 0.0) for given in ("d", "-3d", "3 d", "9" * 30 + "d")] == [None] * 4


def test_an_exported_word_changes_how_jieba_cuts_a_sentence(tmp_path: Path) -> None:
    events, dictionary = tmp_path / "events.jsonl", tmp_path / "new.txt"
    events.write_bytes(encode(event("元宇宙", DAY_S)) + b"\n" + encode(event("谷子店", DAY_S)))
    export.main(parsed("--events", str(events), "--output", str(dictionary), "--quiet"))
    before, after = cut_before_and_after(dictionary, "谷子店开在元宇宙里")
    assert "".join(before) == "".join(after) == "谷子店开在元宇宙里"
    assert not {"元宇宙", "谷子店"} & set(before)
    assert {"元宇宙", "谷子店"} <= set(after)

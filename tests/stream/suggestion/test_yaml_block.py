"""The output is a valid configuration with the chosen values, whatever the comments hold."""

from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from stream.config.config import Config, load
from stream.suggestion.choices import Setting
from stream.suggestion.yaml_block import WIDTH, commented, yaml_of

CHOICES = [Setting("text", "field", ["内容", "user.text"], "The text."), Setting("text", "zone", "+08:00", "Of times."),
           Setting("novelty", "memory_s", "auto", "A year."), Setting("trends", "min_texts", 7, "So many."),
           Setting("trends", "hold", True, "Wait.")]  # fmt: skip


def test_config_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml_of(["Head."], CHOICES, ["Tail."]))
    config = load(str(file), {}, [])
    assert (config.text.field, config.text.zone) == (("内容", "user.text"), "+08:00")
    assert (config.trends.min_texts, config.trends.hold, config.novelty) == (7, True, Config().novelty)


@given(st.lists(st.text(), max_size=4))
def test_no_word_of_a_stream_can_end_a_comment(texts: list[str]) -> None:
    assert yaml.safe_load(yaml_of(texts, [Setting("a", "b", 1, "".join(texts))], texts)) == {"a": {"b": 1}}


@given(st.text())
def test_lines_are_short_unless_they_are_of_a_table(text: str) -> None:
    assert all(len(line) <= WIDTH or line.startswith("#  ") for line in commented([text]))

"""Word tables as parts of a record: what is read back is what was written, also what an older version wrote."""

from dataclasses import fields

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.roles.context import UNFIT
from stream.state.window_codec import parts_of, table_of
from stream.words.word_table import WordTable, merge
from tests.stream.words.test_word_table import TEXTS, texts_from
from tests.stream.words.test_word_table import table_of as counted

LAW = settings(max_examples=60, deadline=None)


def same(one: WordTable, other: WordTable) -> bool:
    numbers = [field.name for field in fields(WordTable) if field.name not in ("words", "shown")]
    return (
        all(np.array_equal(getattr(one, name), getattr(other, name)) for name in numbers)
        and one.words.tolist() == other.words.tolist()
        and [one.examples(row) for row in range(len(one))] == [other.examples(row) for row in range(len(other))]
    )


@LAW
@given(st.lists(TEXTS, max_size=3))
def test_a_table_is_read_back_as_it_was_written(batches: list[list[tuple[str, int]]]) -> None:
    table = merge([counted(texts_from(batch, ["weibo"])) for batch in batches])
    assert same(table_of(parts_of(table, "live"), "live"), table)


@LAW
@given(TEXTS)
def test_a_table_that_an_older_version_wrote_is_read(batch: list[tuple[str, int]]) -> None:
    """Its words and examples are JSON."""
    table = counted(texts_from(batch))
    parts = parts_of(table, "settled")
    for name in ("words.lengths", "shown.lengths", "offsets", "origin", "origins"):
        del parts[f"settled.{name}"]
    shown = [table.shown.example(number) for number in range(len(table.shown))]
    parts["settled.words"] = orjson.dumps(table.words.tolist())
    parts["settled.shown"] = orjson.dumps([[one.text, one.topic, one.partition, one.offset] for one in shown])
    assert same(table_of(parts, "settled"), table)


@pytest.mark.parametrize("part", ["keys", "words", "words.lengths", "shown", "shown.lengths", "origins", "facets"])
def test_columns_that_do_not_fit_together_are_refused(part: str) -> None:
    parts = parts_of(counted(texts_from([("天气，好热", 1)])), "live")
    for content in (b"", parts[f"live.{part}"] * 2):
        with pytest.raises(UNFIT):
            table_of({**parts, f"live.{part}": content}, "live")

"""What is gathered for many words at once is what a look at each table says of each."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.rules.evidence import Gathered, neighbours_of
from stream.segmentation.cut import cut
from stream.text.hash64 import word_keys
from stream.text.message import Text
from stream.text.text_batch import TextBatch
from stream.words.word_table import LEFT, RIGHT, SOURCE, WordTable, count_words
from tests.stream.trends.trend_tables import ALPHABET, model_of

MODEL = model_of(["天气", "好热", "热天"])
TEXTS = st.lists(st.lists(st.text("天气好热，a", max_size=8), max_size=5), max_size=4)
WORDS = ["天气", "好热", "热天气", "好热天气", "aa", "没有"]


def tables_of(windows: list[list[str]]) -> list[WordTable]:
    return [
        count_words(cut(ALPHABET.runs(several), MODEL),
                    TextBatch.of([Text(text, float(n), f"s{n}", "t", 0, n) for n, text in enumerate(several)]), 12)
        for several in windows
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_it_agrees_with_every_table(windows: list[list[str]]) -> None:
    tables, keys = tables_of(windows), np.sort(word_keys(WORDS))
    gathered = Gathered(tables, keys)
    shares = gathered.top_shares()
    for place, key in enumerate(keys.tolist()):
        rows = [(table, row) for table in tables if (row := table.row(key)) is not None]
        assert sorted(map(id, (table for table, _ in gathered.rows(key)))) == sorted(id(table) for table, _ in rows)
        for kind in (LEFT, RIGHT, SOURCE):
            assert gathered.facets(key, kind) == sum((Counter(table.facet(key, kind)) for table in tables), Counter())
        sides = [neighbours_of(gathered.facets(key, kind)).top_share for kind in (LEFT, RIGHT)]
        assert shares[place] == pytest.approx(max(sides), abs=1e-4)

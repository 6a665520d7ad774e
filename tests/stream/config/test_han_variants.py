"""If configured, traditional and simplified characters count as one in texts, words and lists."""

from collections.abc import Iterator

import pytest

from stream.config.han_variants import simplified, use_folding
from stream.errors import UsageError
from stream.text.hash64 import word_key
from stream.text.runs import Alphabet, count_as, fold_word


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    count_as({})


def test_what_counts_as_another_is_folded_in_texts_and_words_alike() -> None:
    count_as({ord("灣"): ord("湾"), ord("鏈"): ord("链")})
    runs = Alphabet(("han", "latin")).runs(["ＡA鹮灣鏈"])
    assert "".join(map(chr, runs.points.tolist())) == "aa鹮湾链\0"
    assert "".join(map(chr, runs.written.tolist())) == "ＡA鹮灣鏈\0"
    assert word_key(fold_word("鹮灣鏈")) == word_key(fold_word("鹮湾链"))
    count_as({})
    assert fold_word("鹮灣鏈") == "鹮灣鏈"


def test_the_table_is_openccs() -> None:
    pytest.importorskip("opencc", reason="needs opencc: pip install 'new-words[chinese]'")
    table = simplified()
    assert "".join(chr(table[ord(one)]) for one in "灣鏈後裡體") == "湾链后里体"
    assert ord("湾") not in table
    use_folding("traditional")
    assert fold_word("後浪") == "后浪"
    use_folding("none")
    assert fold_word("後浪") == "後浪"


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opencc", None)
    with pytest.raises(UsageError, match=r"text.fold: traditional needs opencc: pip install 'new-words\[chinese\]'"):
        use_folding("traditional")

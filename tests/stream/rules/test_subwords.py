"""A word is one word: not two glued, not a phrase led by a more frequent one, and bound where it was cut."""

import numpy as np
import pytest

from stream.rules.subwords import TextCounts, lives, part_rule, weak_links
from stream.text.hash64 import word_key
from tests.stream.trends.trend_tables import model_of


def texts(**counts: int) -> TextCounts:
    by_key = {word_key(word): float(count) for word, count in counts.items()}
    return lambda keys: np.array([by_key.get(int(key), 0.0) for key in keys])


@pytest.mark.parametrize(
    ("word", "count", "seam", "parts", "rule"),
    [
        ("檀健次演唱会", 5, None, {"檀健次": 9, "演唱会": 6}, "glued"),
        ("檀健次演唱会", 5, None, {"檀健次": 9, "演唱会": 4}, None),
        ("冰墩墩帽子", 3, None, {"冰墩墩": 12}, "dominated"),
        ("冰墩墩帽子", 3, None, {"冰墩墩": 11}, None),
        ("羊了个羊", 3, None, {}, None),
        ("小风筝", 7, 1, {"风筝": 10}, None),
        ("小风筝", 6, 1, {"风筝": 10}, "unbound"),
        ("文心一言", 6, 2, {"文心": 6, "一言": 20}, None),
        ("阳康", 9, 1, {}, None),
    ],
)
def test_the_first_rule_that_its_parts_break(
    word: str, count: int, seam: int | None, parts: dict[str, int], rule: str | None
) -> None:
    assert part_rule(word, count, seam, lives(word, texts(**parts)), 4.0, 0.7) == rule


def test_links_of_letters_and_digits_are_never_weak() -> None:
    model = model_of(["死了"])
    assert weak_links("死了么app", model) == [2, 3]
    assert weak_links("gpt4", model) == []

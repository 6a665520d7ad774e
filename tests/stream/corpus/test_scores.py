"""Scores of words against plain Python, one word at a time."""

import re
from collections import Counter
from itertools import pairwise
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.corpus import scores as module
from stream.corpus.discover import coded
from stream.corpus.scores import Scores, ScoreSettings, WordScores
from stream.text.runs import points_of

LAW = settings(max_examples=80)
TEXTS = st.lists(st.text("天气好热，", max_size=12), max_size=6)
WORDS = st.lists(st.text("天气好热", min_size=1, max_size=5), max_size=6, unique=True)


def scores_of(words: list[str], texts: list[str]) -> list[Scores]:
    scores = WordScores(words)
    for text in texts:
        scores.add(coded(points_of([text])))
    return scores.scores()


def count(part: str, runs: list[str]) -> int:
    return sum(len(re.findall(f"(?={part})", run)) for run in runs)


def entropy(neighbours: list[str]) -> float:
    """An edge is another neighbour each time."""
    counts = [*Counter(one for one in neighbours if one).values(), *(1 for one in neighbours if not one)]
    return -sum(n / len(neighbours) * log(n / len(neighbours)) for n in counts) if neighbours else 0.0


def least_pmi(splits: list[tuple[str, str]], runs: list[str]) -> float | None:
    total = sum(len(run) - 1 for run in runs)
    ratios = [total * count(a + b, runs) / max(1, count(a, runs) * count(b, runs)) for a, b in splits]
    return log(min(ratios)) if ratios and min(ratios) > 0 else None


def reference(word: str, texts: list[str]) -> Scores:
    runs = [run for text in texts for run in re.findall("[天气好热]+", text)]
    found = [(run, match.start()) for run in runs for match in re.finditer(f"(?={word})", run)]
    left = [run[at - 1 : at] if at else "" for run, at in found]
    right = [run[at + len(word) :][:1] for run, at in found]
    return Scores(
        link_pmi=least_pmi(list(pairwise(word)), runs) if len(word) > 1 else None,
        left_entropy=entropy(left),
        right_entropy=entropy(right),
        freedom=min(left.count(""), right.count("")) / max(1, len(found)),
        unity=least_pmi([(word[:at], word[at:]) for at in range(1, len(word))], runs),
    )


@LAW
@given(WORDS, TEXTS)
def test_every_score_is_that_of_plain_python(words: list[str], texts: list[str]) -> None:
    for word, found in zip(words, scores_of(words, texts), strict=True):
        expected = reference(word, texts)
        for name in Scores.__slots__:
            mine, theirs = getattr(found, name), getattr(expected, name)
            assert (mine is None) == (theirs is None), (word, name)
            assert mine is None or mine == pytest.approx(theirs, abs=1e-9), (word, name)


@LAW
@given(WORDS, TEXTS, st.integers(1, 5))
def test_portions_of_a_text_add_up_to_the_text(words: list[str], texts: list[str], portion: int) -> None:
    whole = ["，".join(texts)]
    with pytest.MonkeyPatch.context() as patch:
        expected = scores_of(words, whole)
        patch.setattr(module, "_PORTION", portion)
        assert scores_of(words, whole) == expected


def test_a_part_of_a_longer_word_has_no_entropy_and_a_phrase_little_unity() -> None:
    texts = [f"{one}齐达内{other}" for one in "天地人日月" for other in "山水火土木"] + ["我的书", "你的书", "的人"] * 9
    part, whole, phrase = scores_of(["齐达", "齐达内", "的书"], texts)
    assert part.right_entropy == 0 < whole.right_entropy
    assert phrase.unity is not None and whole.unity is not None and phrase.unity < whole.unity
    assert phrase.freedom == 0


def test_a_filter_asks_for_what_a_word_has() -> None:
    one = Scores(link_pmi=None, left_entropy=2.0, right_entropy=1.0, freedom=0.1, unity=None)
    assert ScoreSettings().passes(one) and not ScoreSettings().asked
    assert ScoreSettings(link_pmi=9.0, unity=9.0, entropy=1.0, freedom=0.1).passes(one)
    assert not ScoreSettings(entropy=1.5).passes(one)
    assert not ScoreSettings(freedom=0.2).passes(one)
    assert not ScoreSettings(link_pmi=3.0).passes(Scores(2.9, 2.0, 2.0, 0.5, 4.0))


def test_a_filter_must_be_a_number() -> None:
    assert ScoreSettings(entropy=float("nan"), unity=1.0).faults() == [("min_entropy", "must be a finite number")]


def test_words_that_are_nowhere_have_no_scores_but_no_fault_either() -> None:
    assert scores_of(["天气"], ["好"]) == [Scores(None, 0.0, 0.0, 0.0, None)]
    assert scores_of([], ["天气"]) == []

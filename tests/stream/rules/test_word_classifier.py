"""One word or not: each sign against it makes it less likely, and only the weights decide by how much."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rules.word_classifier import WEIGHTS, Signs, unity

NAME = Signs(freedom=0.2, neighbour=0.2, part=0.0, halves=0.0, pair=0.0, pair_pmi=0.0, bound=0.0)
SIGNS = st.builds(Signs, *(st.floats(0, 4) for _ in fields(Signs)))


def test_worked_out_by_hand() -> None:
    """2.39 - 2.42 * 0.2 - 1.84 * 0.2 = 1.538, and 1 / (1 + exp(-1.538)) = 0.823."""
    assert unity(NAME) == pytest.approx(0.823, abs=1e-3)


@pytest.mark.parametrize(
    "phrase",
    [
        replace(NAME, freedom=0.9, part=4.0),  # 王源说
        replace(NAME, freedom=0.9, neighbour=0.4),  # 的嘴
        replace(NAME, part=4.0, halves=1.0, neighbour=0.4),  # 冰墩墩帽子
        replace(NAME, pair=1.0, pair_pmi=1.0),  # two characters that hardly hold together
    ],
)
def test_phrases_and_fragments_are_unlikely_words(phrase: Signs) -> None:
    assert unity(phrase) < 0.5 < unity(NAME)


@given(SIGNS, st.sampled_from([one.name for one in fields(Signs)]), st.floats(0, 2))
def test_more_of_a_sign_moves_it_the_way_of_its_weight(signs: Signs, name: str, more: float) -> None:
    moved = unity(replace(signs, **{name: getattr(signs, name) + more})) - unity(signs)
    assert moved * getattr(WEIGHTS, name) >= 0
    assert 0 <= unity(signs) <= 1

"""Words made to have the key of another, by who knows our code: their burst is not announced under that other word.

With names that everybody can work out, 44 texts were enough for it.
"""

from collections.abc import Iterator
from itertools import count

import pytest

from sketches.hashing import DEFAULT_SEED, use_names_of
from stream.text.hash64 import word_key
from tests.sketches.test_hashing import COLLIDING
from tests.stream.roles.simulated_cluster import Crew

VICTIM = "元宇宙"
DRAWN = 0x1234_5678_9ABC_DEF  # as a deployment draws it at its first start
QUIET, BURST = 1200, 44  # texts before the attack, and of it


@pytest.fixture
def drawn_names() -> Iterator[None]:
    use_names_of(DRAWN)
    word_key.cache_clear()
    yield
    use_names_of(DEFAULT_SEED)
    word_key.cache_clear()


@pytest.mark.usefixtures("drawn_names")
def test_a_burst_of_words_with_a_wanted_key_announces_no_other_word() -> None:
    crew, fed = Crew(f"sketches.seed={DRAWN}"), count()

    def dressed(text: str) -> str:
        number = next(fed) - QUIET
        if 0 <= number < BURST:
            return f"{text[:4]}{COLLIDING[0]}{text[4:]}"
        return f"{text}，听说{VICTIM}了吗" if number == BURST else text

    crew.dress = dressed
    crew.start("first")
    crew.settle()
    announced = {event.word for event in crew.events()}
    assert any(word in COLLIDING[0] or COLLIDING[0] in word for word in announced), "the burst is news"
    assert VICTIM not in announced
    assert crew.verdict().notes == []

"""Examples as columns: whatever is chosen of whatever lies together says what it said before, and holds no more."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.text.message import Text
from stream.text.text_batch import TextBatch
from stream.words.examples import EXAMPLE_CHARS, Example, Examples, gathered

LAW = settings(max_examples=60, deadline=None)
EXAMPLE = st.builds(Example, st.text("天气a😀\0\ud800", max_size=6), st.sampled_from(["raw-text", "t"]),
                    st.integers(0, 2), st.integers(0, 1 << 40))  # fmt: skip
LISTS = st.lists(st.lists(EXAMPLE, max_size=5), min_size=1, max_size=3)


def listed(examples: Examples) -> list[Example]:
    return [examples.example(number) for number in range(len(examples))]


@LAW
@given(LISTS, st.data())
def test_what_is_gathered_is_what_was_chosen_and_holds_no_other_text(
    lists: list[list[Example]], data: st.DataObject
) -> None:
    joined = [example for several in lists for example in several]
    which = sorted(data.draw(st.sets(st.sampled_from(range(len(joined)))))) if joined else []
    few = gathered([Examples.listed(several) for several in lists], np.array(which, np.int64))
    assert listed(few) == [joined[number] for number in which]
    assert len(few.points) == sum(len(joined[number].text) for number in which)


def test_of_a_long_text_the_beginning_is_shown_and_of_others_all() -> None:
    written = ["热" * EXAMPLE_CHARS + "天气", "", "好" * EXAMPLE_CHARS]
    texts = TextBatch.of([Text(text, 0.0, None, "raw-text", 3, 7 + n) for n, text in enumerate(written)])
    assert listed(Examples.of(texts, np.array([0, 2]))) == [
        Example("热" * EXAMPLE_CHARS, "raw-text", 3, 7), Example("好" * EXAMPLE_CHARS, "raw-text", 3, 9),
    ]  # fmt: skip
    assert listed(Examples.none()) == []

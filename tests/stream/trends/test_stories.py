"""Words of the same texts are one story with a stable name; a word of many subjects does not join them."""

from collections.abc import Sequence

import numpy as np
import pytest

from sketches.hashing import U64
from stream.trends.stories import MOST_RELATED, Carried, Place, Stories
from stream.trends.text_sample import SAMPLE

HASHES = np.random.default_rng(7).integers(0, 1 << 64, 2000, np.uint64)


def texts(*numbers: int) -> U64:
    return np.sort(HASHES[list(numbers)])


def carried(word: str, numbers: Sequence[int]) -> Carried:
    return Carried(word, word, texts(*numbers))


def emerged(*words: tuple[str, Sequence[int]], stories: Stories | None = None) -> dict[str, Place]:
    """Words that emerge one after the other, a minute apart."""
    stories = stories if stories is not None else Stories()
    return {word: stories.emerge([carried(word, numbers)], 60.0 * at)[0] for at, (word, numbers) in enumerate(words)}


def test_a_word_of_the_same_texts_joins_the_story_and_names_its_words() -> None:
    places = emerged(("涿州", range(6)), ("洪水", range(3)), ("桂花", range(10, 14)))
    assert places["涿州"] == Place("涿州@1970-01-01T00:00:00Z", ())
    assert places["洪水"].story == places["涿州"].story
    assert [(one.word, one.overlap) for one in places["洪水"].related] == [("涿州", 1.0)]
    assert places["桂花"] == Place("桂花@1970-01-01T00:02:00Z", ())


def test_words_that_emerge_together_are_one_story_and_know_each_other() -> None:
    first, second = Stories().emerge([carried("涿州", range(4)), carried("洪水", range(4))], 100.0)
    assert first.story == second.story == "涿州@1970-01-01T00:01:40Z"
    assert [one.word for one in (*first.related, *second.related)] == ["洪水", "涿州"]


def test_one_text_in_common_is_no_story() -> None:
    places = emerged(("涿州", (1, 2)), ("洪水", (1, 3)), ("救援", (1, 2)))
    assert places["洪水"].story != places["涿州"].story
    assert places["洪水"].related == ()
    assert places["救援"].story == places["涿州"].story, "two are"


def test_a_part_of_a_word_joins_it_only_if_it_stands_there_mostly() -> None:
    """All texts with the longer word hold the shorter, so that says nothing of what the shorter is about."""
    places = emerged(("教育部", range(10)), ("教育", range(60)))
    assert places["教育"].story != places["教育部"].story
    places = emerged(("玄奘寺住持", range(10)), ("玄奘寺", range(14)))
    assert places["玄奘寺"].story == places["玄奘寺住持"].story


def test_a_word_of_many_subjects_does_not_join_them_all() -> None:
    """定档 is in some texts of every film; the films share none, so only the first of them has it in its story."""
    films = {film: range(10 * at, 10 * at + 5) for at, film in enumerate(["甲片", "乙片", "丙片", "丁片"])}
    shared = [number for numbers in films.values() for number in numbers[:3]]
    places = emerged(("甲片", films.pop("甲片")), ("定档", shared), *films.items())
    assert places["定档"].story == places["甲片"].story
    assert len({places[film].story for film in ("甲片", *films)}) >= 3


def test_a_story_keeps_its_name_while_its_texts_change_and_its_first_word_fades() -> None:
    stories = Stories()
    places = emerged(("涿州", range(4)), ("洪水", range(4)), stories=stories)
    stories.look({"洪水": texts(*range(50, 60)), "没有": texts(1)})
    stories.fade("涿州")
    assert stories.place("涿州") is None
    assert stories.place("洪水") == Place(places["涿州"].story, ())
    (later,) = stories.emerge([carried("救援", range(50, 55))], 900.0)
    assert later.story == places["涿州"].story


def test_a_word_announced_long_ago_draws_no_more_words_into_its_story() -> None:
    """Else every film would join the word 官宣, which never fades."""
    stories = Stories()
    stories.emerge([carried("官宣", range(40))], 0.0, 100.0)
    near, far = (stories.emerge([carried(word, range(at, at + 10))], at_s, 100.0)[0]
                 for word, at, at_s in (("甲片", 0, 300.0), ("乙片", 20, 301.0)))  # fmt: skip
    assert (near.story, far.story) == ("官宣@1970-01-01T00:00:00Z", "乙片@1970-01-01T00:05:01Z")
    assert [one.word for one in far.related] == ["官宣"]


def test_a_word_that_emerges_again_stays_in_its_story() -> None:
    places = emerged(("涿州", range(4)), ("洪水", range(10, 14)), ("涿州", range(10, 14)))
    assert places["涿州"].story == "涿州@1970-01-01T00:00:00Z"


def test_related_words_are_the_closest_and_few() -> None:
    words = [(f"词{chr(0x4E00 + at)}", range(at + 2)) for at in range(MOST_RELATED + 3)]
    related = emerged(*words, ("涿州", range(5)))["涿州"].related
    assert len(related) == MOST_RELATED
    assert [one.overlap for one in related] == sorted((one.overlap for one in related), reverse=True)


def test_frequent_words_of_the_same_texts_are_one_story() -> None:
    places = emerged(("涿州", range(1000)), ("洪水", range(200, 1200)), ("桂花", range(1200, 2000)))
    assert places["洪水"].story == places["涿州"].story != places["桂花"].story
    assert abs(places["洪水"].related[0].overlap - 0.8) < 3 * 0.8 / np.sqrt(SAMPLE)


def test_restored_stories_continue_like_the_stored_ones() -> None:
    stories, again = Stories(), Stories()
    emerged(("涿州", range(100)), ("桂花", range(300, 303)), stories=stories)
    again.restore(stories.state())
    assert again.state() == stories.state()
    later = carried("洪水", range(50))
    assert again.emerge([later], 999.0) == stories.emerge([later], 999.0)
    empty = Stories()
    empty.restore(Stories().state())
    assert len(empty) == 0


@pytest.mark.parametrize(
    "change", [{"sizes": b"\1\0\0\0"}, {"texts": b""}, {"words": b"\n"}, {"hashes": bytes(8)}, {"since_s": bytes(16)}]
)
def test_parts_that_do_not_fit_together_are_refused(change: dict[str, bytes]) -> None:
    stories = Stories()
    emerged(("涿州", range(4)), stories=stories)
    with pytest.raises(ValueError):
        Stories().restore(stories.state() | change)


def test_no_more_words_are_remembered_than_there_is_room_for() -> None:
    stories = Stories(2)
    places = emerged(("涿州", range(4)), ("桂花", range(10, 14)), ("荷花", range(20, 24)), stories=stories)
    assert len(stories) == 2 and stories.place("涿州") is None
    assert stories.place("荷花") == places["荷花"]
    first, *_ = Stories(1).emerge([carried("涿州", range(4)), carried("荷花", range(20, 24))], 0.0)
    assert first == Place("涿州@1970-01-01T00:00:00Z", ())

"""Copies, forms and what all texts share speak with one voice; texts with words of their own each with theirs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings
from stream.horizon.copies import Copies, own_voices
from stream.horizon.mentions import mentions_of_word
from stream.horizon.units import units_of
from stream.text.message import Text
from stream.text.near_duplicates import Fingerprints, fingerprints
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch
from tests.stream.horizon.horizons import SEED

TEXTS = st.lists(st.text("天气好热", max_size=40), max_size=12)


def named(*names: int) -> Fingerprints:
    """Short texts."""
    keys = np.zeros((len(names), 3), np.uint64)
    keys[:, 0] = names
    return Fingerprints(keys, np.zeros((len(names), 2), np.uint64))


def prints(texts: list[str]) -> Fingerprints:
    runs = Alphabet(("han",)).runs(texts)
    return fingerprints(runs.points, runs.kinds, runs.starts)


def test_the_first_of_a_name_is_new_and_the_next_a_copy() -> None:
    copies = Copies(100, 10.0)
    assert copies.are_new(named(5, 6, 5), 0.0).tolist() == [True, True, False]
    assert copies.are_new(named(6, 7), 9.0).tolist() == [False, True]


def test_a_name_is_forgotten_after_two_spans() -> None:
    copies = Copies(100, 10.0)
    copies.are_new(named(5), 0.0)
    copies.are_new(named(6), 11.0)
    copies.are_new(named(7), 22.0)
    assert copies.are_new(named(5), 23.0).tolist() == [True]


def test_no_more_than_two_generations_of_keys_are_kept() -> None:
    copies = Copies(100, 1e9)
    for first in range(1, 10_000, 50):
        copies.are_new(named(*range(first, first + 50)), 0.0)
    state = copies.state()
    assert np.size(state["copies_now"]) + np.size(state["copies_before"]) <= 300


@given(TEXTS, st.integers(0, 12), st.integers(0, 12))
def test_how_texts_are_batched_makes_no_difference(texts: list[str], first: int, second: int) -> None:
    whole, parts = Copies(1000, 1e9), Copies(1000, 1e9)
    first, second = sorted((first, second))
    found = [one for some in (texts[:first], texts[first:second], texts[second:])
             for one in parts.are_new(prints(some), 0.0).tolist()]  # fmt: skip
    assert found == whole.are_new(prints(texts), 0.0).tolist()
    assert all(map(np.array_equal, parts.state().values(), whole.state().values()))


@given(TEXTS, TEXTS)
def test_it_goes_on_from_its_state(before: list[str], behind: list[str]) -> None:
    copies, restored = Copies(1000, 1e9), Copies(1000, 1e9)
    copies.are_new(prints(before), 5.0)
    restored.restore({name: np.copy(value) if isinstance(value, np.ndarray) else value
                      for name, value in copies.state().items()})  # fmt: skip
    assert restored.are_new(prints(behind), 6.0).tolist() == copies.are_new(prints(behind), 6.0).tolist()


def test_the_state_of_a_version_that_knew_names_only_is_read() -> None:
    copies = Copies(100, 10.0)
    copies.restore(
        {"copies_now": np.array([5], np.uint64), "copies_before": np.zeros(0, np.uint64), "copies_since": 0.0}
    )
    assert copies.are_new(named(5, 6), 1.0).tolist() == [False, True]


SHARED = "更多精彩请关注灰鸢公众号"


def counts(texts: list[str], word: str, sources: list[str] | None = None) -> tuple[int, int]:
    """Texts that mention a word, and voices among them."""
    buffer = Buffer()
    some = TextBatch.of(
        [Text(text, 0.0, sources[at] if sources else None, "t", 0, at) for at, text in enumerate(texts)]
    )
    buffer.append(some, units_of(some.prose, some.starts, SEED), np.arange(len(texts), dtype=np.uint64))
    told = mentions_of_word(buffer, word, SEED)
    row, units = told.row[:1], np.array([len(word)])
    strings = Strings(buffer.grams(row, units), row, units)
    return len(told.row), len(own_voices(buffer, strings, told).row)


def prose(number: int, characters: int) -> str:
    """Characters that no other number gives."""
    return "".join(chr(0x5000 + number * 40 + at) for at in range(characters))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("今天走了{n}步，好友榜第{n}名。#灰鸢健走#来灰鸢运动比一比！{tail}",
         ("今天走了", "好友榜第", "灰鸢健走", "来灰鸢运动比一比")),
        ("恭喜{slot}抽中灰鸢健走大礼包一份", ("恭喜", "抽中灰鸢健走大礼包一份")),
        ("{slot}击杀了{tail}，获得雀影宝箱！", ("获得雀影宝箱",)),
        ("分享{slot}的单曲《{tail}》（来自灰鸢音乐）", ("来自灰鸢音乐",)),
        ("{slot}今日天气：晴转{tail}，{n}度，灰鸢气象台发布", ("今日天气", "灰鸢气象台发布")),
        ("我在{slot}打卡，灰鸢签到第{n}天", ("我在", "灰鸢签到第")),
    ],
)  # fmt: skip
def test_a_form_with_changing_slots_is_one_voice(form: str, words: tuple[str, ...]) -> None:
    texts = [form.format(n=7 * n + 3, slot=prose(n, 3), tail=prose(n + 100, 1 + n % 3)) for n in range(20)]
    for word in words:
        assert counts(texts, word) == (20, 1), word


def test_posts_with_words_of_their_own_are_as_many_voices_whatever_they_share() -> None:
    for text in ("{own}#鸮影祭#", "#鸮影祭#{own}", f"{{own}}鸮影祭，{SHARED}", f"{SHARED}：{{own}}鸮影祭"):
        posts = [text.format(own=prose(n, 12)) for n in range(20)]
        assert counts([*posts, *(prose(n, 12) for n in range(20, 60))], "鸮影祭") == (20, 20), text


def test_an_end_that_most_texts_have_is_no_evidence() -> None:
    texts = [f"{prose(n, 12)}，来自灰鸢" for n in range(30)]
    assert counts(texts, "灰鸢") == (30, 1)
    assert counts([*texts, *(prose(n, 12) for n in range(30, 70))], "灰鸢") == (30, 30), "most texts do without"


def test_a_beginning_that_most_texts_of_a_source_have_is_no_evidence() -> None:
    texts = [f"灰鸢快讯：{prose(n, 12)}" if n % 4 == 0 else prose(n, 12) for n in range(60)]
    assert counts(texts, "灰鸢快讯", ["快讯" if n % 4 == 0 else f"u{n}" for n in range(60)]) == (15, 1)
    assert counts(texts, "灰鸢快讯", [f"u{n}" for n in range(60)]) == (15, 15)

"""A new word is found from its first texts on, whatever stands around it; a finder goes on from its state.

The streams are made up: characters drawn at random, so nothing in them but what is planted is news.
"""

from dataclasses import fields

import numpy as np
import pytest

from stream.finder.finder import Finder
from stream.finder.finding import Finding, Look
from stream.finder.settings import DAY_S, FinderSettings
from stream.finder.surprise import surprise
from stream.segmentation.pmi_model import StrongPairs
from stream.text.message import Text
from stream.text.text_batch import TextBatch
from stream.trends.gate import Bounds

LEAST = Bounds(5, 2.0, 0.45)

MODEL = StrongPairs.empty()
STEP = 50  # texts between two looks
CHARACTERS = "天地人你我他大小上下来去说看听好坏高低远近水火山石田土风雨云日月星"


def titles(number: int, seed: int = 1) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(CHARACTERS), 9)) for _ in range(number)]


def stream(texts: list[str], first: int = 0, every_s: float = 3600.0, source: str | None = None) -> TextBatch:
    """Texts an hour apart, of nine sources if they have any."""
    numbered = enumerate(texts, first)
    return TextBatch.of([Text(text, number * every_s, source and f"{source}{number % 9}", "t", 0, number)
                         for number, text in numbered])  # fmt: skip


def run(finder: Finder, texts: TextBatch, step: int = STEP) -> list[Look]:
    """A look behind each so many texts."""
    looks = []
    for first in range(0, len(texts), step):
        some = texts.between(first, min(len(texts), first + step))
        finder.add(some)
        looks.append(finder.look(float(some.at_s[-1]), MODEL))
    return looks


def found(looks: list[Look]) -> dict[str, Finding]:
    """The latest finding of each word."""
    return {one.word: one for look in looks for one in look.found}


def planted(word: str, times: int = 6) -> list[str]:
    """Titles of a fortnight, and then some with the word among others."""
    return titles(350) + [f"{a[:4]}{word}{a[4:]}" for a in titles(times, 2)]


def finder(**changes: int) -> Finder:
    return Finder(FinderSettings(memory_width=1 << 14, **changes), 7, 365 * DAY_S)


@pytest.mark.parametrize("word", ["沪宁沪杭", "deepseek", "zig fmt", "오징어"])
def test_a_planted_word_is_found_with_its_counts(word: str) -> None:
    one = found(run(finder(), stream(planted(word))))[word]
    assert (one.count, one.earlier, one.shown) == (6, 0, word)
    assert one.surprise > 3
    assert len(one.texts) == 6
    assert all(word in example.text for example in one.examples)
    assert one.first_s == 350 * 3600.0


def test_a_word_that_occurs_only_inside_longer_ones_is_found() -> None:
    """涿州 in 涿州市 and 河北涿州: its links burst inside longer words at the same time."""
    longer = [f"{a[:3]}{around}{a[3:]}" for around in ("涿州市", "河北涿州", "涿州人") for a in titles(4, 3)]
    texts = titles(350) + longer
    assert found(run(finder(), stream(texts)))["涿州"].count == 12


def test_a_word_of_common_letters_is_found() -> None:
    """deepseek: all pairs of its letters were there, in other words."""
    old = [f"{a[:4]} {b} {a[4:]}" for a, b in zip(titles(300), ["deep", "seek", "keeps"] * 100, strict=True)]
    texts = old + [f"{a[:4]}deepseek{a[4:]}" for a in titles(6, 2)]
    assert found(run(finder(), stream(texts)))["deepseek"].earlier == 0


def test_what_was_there_before_is_not_found() -> None:
    before = [f"{a[:4]}沪宁{a[4:]}" for a in titles(5, 4)]
    texts = [*titles(100), *before, *titles(400, 5), *[f"{a[:4]}沪宁{a[4:]}" for a in titles(6, 6)]]
    looks = run(finder(), stream(texts))
    late = {one.word for look in looks if look.at_s > 500 * 3600.0 for one in look.found}
    assert not any("沪宁" in word for word in late)


def test_copies_count_once() -> None:
    one = finder()
    assert one.add(stream(["天气好热", "天气好热", "天气，好热!", "好"])) == 2
    assert one.count(["天气好热", "天气", "好"]) == [1, 1, 2]


def test_the_name_of_a_source_is_a_speaker() -> None:
    texts = titles(350) + [f"{a[:4]} nick3 {a[4:]}" for a in titles(6, 2)]
    assert found(run(finder(), stream(texts, source="nick")))["nick3"].speaker
    assert not found(run(finder(), stream(texts)))["nick3"].speaker


def test_an_addressed_name_is_a_speaker() -> None:
    assert found(run(finder(), stream(titles(350) + [f"joe: {a}" for a in titles(6, 2)])))["joe"].speaker


def test_a_stationary_stream_has_at_most_one_false_word_in_five_days() -> None:
    looks = run(finder(), stream(titles(2_000)))
    announced = {one.word for look in looks for one in look.found
                 if LEAST.passed_by(one.count, one.surprise, one.by_chance, one.probability)}  # fmt: skip
    assert len(announced) <= 2_000 / 24 / 5


def test_of_the_candidates_that_chance_brings_a_tail_gets_further() -> None:
    """All that are judged a day may be in `min_texts` texts by chance; in more, as many as their surprise says."""
    for look in run(finder(), stream(planted("沪宁沪杭"))):
        judged_a_day = look.judged * DAY_S / look.horizon_s
        for one in look.found:
            ratio = look.texts / look.memory_texts
            least = surprise(np.array([3.0]), np.array([float(one.earlier)]), look.texts, look.memory_texts)[0]
            assert one.expected == pytest.approx((one.earlier + 0.5) * ratio)
            assert one.by_chance == pytest.approx(judged_a_day * 10 ** min(0.0, least - one.surprise))
            assert one.count > 3 or one.by_chance == pytest.approx(judged_a_day)


def same(one: Look, other: Look) -> bool:
    found = [sorted(look.found, key=lambda each: each.word) for look in (one, other)]
    for name in ("at_s", "texts", "memory_texts", "passed"):
        assert getattr(one, name) == getattr(other, name)
    for a, b in zip(*found, strict=True):
        for field in fields(Finding):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), field.name
    return True


def test_a_restored_finder_gives_the_same_results() -> None:
    texts = stream(planted("沪宁沪杭") + titles(100, 8) + planted("朔方云", 9)[-9:])
    whole, first = finder(), finder()
    run(whole, texts.between(0, 354))
    run(first, texts.between(0, 354))
    again = finder()
    again.restore(first.state())
    missing = again.missing()[("t", 0)]
    assert 0 < missing < 354
    again.refill(texts.between(missing, 354))
    assert again.missing() == {}
    rest = texts.between(354, len(texts))
    looks = run(whole, rest), run(again, rest)
    assert found(looks[0])["朔方云"].count == 9
    assert all(same(one, other) for one, other in zip(*looks, strict=True))


def test_the_buffer_is_bounded_in_characters() -> None:
    looks = run(finder(max_chars=5_000), stream(titles(2_400)), 400)
    assert looks[-1].texts == 500
    assert looks[-1].horizon_s <= 500 * 3600.0
    assert looks[-1].memory_texts == 1_900


def test_watched_words_are_counted_at_each_look() -> None:
    one = finder()
    texts = stream(planted("沪宁沪杭"))
    run(one, texts.between(0, 353))
    one.add(texts.between(353, 356))
    assert one.look(float(texts.at_s[-1]), MODEL, ["沪宁", "沪宁沪杭", "not there"]).watched == [6, 6, 0]


def test_any_word_of_the_horizon_can_be_described() -> None:
    one = finder()
    run(one, stream(planted("沪宁沪杭", 2)))
    described = one.describe("沪宁", MODEL)
    assert described is not None
    assert (described.word, described.count, described.right.top_share) == ("沪宁", 2, 1.0)
    assert one.describe("nowhere", MODEL) is None


def test_it_says_what_it_chose() -> None:
    one = finder()
    assert one.chosen() == []
    run(one, stream(titles(350)))
    chosen = {choice.key: choice.value for choice in one.chosen()}
    assert chosen["rate"] == "24.1 texts a day"


def test_after_the_end_of_history_all_texts_are_the_past() -> None:
    one = finder()
    run(one, stream([*titles(300), *planted("沪宁沪")]))
    one.end_history()
    assert (one.count(["沪宁沪"]), one.memory_texts, one.missing()) == ([0], one.texts, {})
    again = finder()
    again.restore(one.state())
    assert again.missing() == {}, "a service that begins with it waits for no text of history"
    assert "沪宁沪" not in found(run(one, stream([*titles(200, 2), *planted("沪宁沪")], 400)))

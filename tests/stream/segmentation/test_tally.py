"""A tally is the exact count of a batch, and tallies add up."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sketches.pair_sketch import Tally
from stream.segmentation.tally import pack, spell, tally, unpack, word_points
from stream.text.runs import SCRIPTS, Alphabet, fold_word

LAW = settings(max_examples=80)
ALPHABET = Alphabet(("han", "han_extended", "latin", "digit"))
LATIN = "".join(f"{chr(first)}-{chr(last)}" for first, last in SCRIPTS["latin"][1])
RUN = re.compile(f"[\u4e00-\u9fff\u3007\u3400-\u4dbf\uf900-\ufaff\U00020000-\U000323af0-9{LATIN}]+")
TEXTS = st.lists(st.one_of(st.text("天气好aＡ1，\0𠮷\ud800", max_size=20), st.text(max_size=20)), max_size=6)
POINTS = st.lists(st.integers(0, 0x10FFFF), max_size=20)


def counts(one: Tally) -> tuple[Counter[str], Counter[str]]:
    chars = zip(map(chr, one.chars.tolist()), one.char_counts.tolist(), strict=True)
    pairs = zip(map(spell, one.pairs.tolist()), one.pair_counts.tolist(), strict=True)
    return Counter(dict(chars)), Counter(dict(pairs))


def tallied(texts: list[str]) -> tuple[Counter[str], Counter[str]]:
    return counts(tally(ALPHABET.runs(texts)))


@LAW
@given(TEXTS)
def test_it_counts_every_character_and_every_pair_of_neighbours_in_a_run(texts: list[str]) -> None:
    runs = [run for text in texts for run in RUN.findall(fold_word(text))]
    chars = Counter(char for run in runs for char in run)
    assert tallied(texts) == (chars, Counter(a + b for run in runs for a, b in pairwise(run)))


@LAW
@given(TEXTS, TEXTS)
def test_the_tally_of_two_batches_is_the_sum_of_their_tallies(one: list[str], other: list[str]) -> None:
    (chars, pairs), (more_chars, more_pairs) = tallied(one), tallied(other)
    assert tallied(one + other) == (chars + more_chars, pairs + more_pairs)


@LAW
@given(TEXTS)
def test_items_are_sorted_and_distinct_and_total_is_the_number_of_pairs(texts: list[str]) -> None:
    one = tally(ALPHABET.runs(texts))
    for items in (one.chars.tolist(), one.pairs.tolist()):
        assert items == sorted(set(items))
    assert one.total == sum(counts(one)[1].values())


def test_a_text_counted_by_hand() -> None:
    """Runs 1天天气 and 气: the pair 气气 across the comma does not exist, 111 overlaps itself."""
    assert tallied(["111天天气，气"]) == ({"1": 3, "天": 2, "气": 2}, {"11": 2, "1天": 1, "天天": 1, "天气": 1})


def test_nothing_tallies_to_nothing() -> None:
    for texts in ([], [""], ["，"], ["\ud800"]):
        one = tally(ALPHABET.runs(texts))
        assert (len(one.chars), len(one.pairs), one.total) == (0, 0, 0.0)


@LAW
@given(POINTS.flatmap(lambda left: st.tuples(st.just(left), st.permutations(left))))
def test_pairs_unpack_to_what_was_packed(both: tuple[list[int], list[int]]) -> None:
    left, right = (np.array(points, np.uint32) for points in both)
    packed = pack(left, right)
    assert [part.tolist() for part in unpack(packed)] == list(both)
    assert [spell(pair) for pair in packed] == [chr(a) + chr(b) for a, b in zip(*both, strict=True)]


def test_packed_pairs_sort_as_their_characters_do() -> None:
    pairs = ["天气", "a天", "𠮷天", "天𠮷", "天a"]
    packed = [int(pack(word_points(pair)[:1], word_points(pair)[1:])[0]) for pair in pairs]
    assert [spell(pair) for pair in sorted(packed)] == sorted(pairs)


@LAW
@given(st.text(st.characters(), max_size=20))
def test_the_points_of_a_word_are_its_code_points(word: str) -> None:
    assert word_points(word).tolist() == [ord(char) for char in word]

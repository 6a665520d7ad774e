"""Samples of texts: exact where texts are few, without bias where they are many, and a union is a union of samples."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sketches.hashing import U64
from stream.trends.text_sample import SAMPLE, TextOverlap, TextSample

HASHES = np.random.default_rng(1).integers(0, 1 << 64, 400, np.uint64)


def hashes_of(texts: set[int]) -> U64:
    return np.sort(HASHES[sorted(texts)]) if texts else np.zeros(0, np.uint64)


@given(st.lists(st.sets(st.integers(0, 70), max_size=SAMPLE), min_size=2, max_size=4))
def test_the_overlap_of_words_in_few_texts_is_exact(words: list[set[int]]) -> None:
    overlap = TextOverlap([TextSample.of(hashes_of(texts)) for texts in words])
    for number, mine in enumerate(words):
        shared, share = overlap.of(number)
        for other, theirs in enumerate(words):
            both = 0 if other == number else len(mine & theirs)
            assert shared[other] == both
            assert share[other] == both / max(1, min(len(mine), len(theirs)))


def test_shared_texts_of_frequent_words_are_estimated_without_bias() -> None:
    """Of 400 texts of one word and 900 of another 300 hold both: 200 draws of the hashes."""
    estimates = []
    for seed in range(200):
        drawn = np.random.default_rng(seed).integers(0, 1 << 64, 1000, np.uint64)
        words = np.sort(drawn[:400]), np.sort(drawn[100:])
        shared, _ = TextOverlap([TextSample.of(texts) for texts in words]).of(1)
        estimates.append(float(shared[0]))
    assert abs(np.mean(estimates) - 300) < 3 * 300 / np.sqrt(SAMPLE * 300 / 900) / np.sqrt(200)


def test_a_rare_word_within_a_frequent_one_is_found() -> None:
    """All ten texts of one word are among the 400 of the other, of which 64 are sampled."""
    shares = []
    for seed in range(200):
        drawn = np.random.default_rng(seed).integers(0, 1 << 64, 400, np.uint64)
        shared, _ = TextOverlap([TextSample.of(np.sort(drawn[:10])), TextSample.of(np.sort(drawn))]).of(0)
        shares.append(float(shared[1]) / 10)
    assert abs(np.mean(shares) - 1) < 0.2


@given(st.sets(st.integers(0, 399)), st.sets(st.integers(0, 399)))
def test_the_sample_of_a_union_is_of_the_samples(one: set[int], other: set[int]) -> None:
    both = [TextSample.of(hashes_of(texts)).hashes for texts in (one, other)]
    assert np.array_equal(np.unique(np.concatenate(both))[:SAMPLE], TextSample.of(hashes_of(one | other)).hashes)

"""A stored sketch means the same everywhere: buckets are the library's, names are frozen."""

from collections.abc import Iterator

import datasketches
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches.hashing import (
    DEFAULT_SEED,
    U64,
    SubstringHash,
    buckets,
    row_seeds,
    seed_hash,
    seed_mark,
    use_names_of,
)

ITEMS = st.integers(0, 2**64 - 1)
SEEDS = st.integers(0, 2**64 - 1)


def library_table(item: int, rows: int, width: int, seed: int) -> np.ndarray:
    sketch = datasketches.count_min_sketch(rows, width, seed)
    sketch.update(item - (item >> 63 << 64), 1.0)  # the library takes signed integers
    return np.frombuffer(sketch.serialize(), "<f8", offset=24).reshape(rows, width)


def names_of(points: list[int], spans: list[tuple[int, int]]) -> list[int]:
    begin, end = np.array(spans, np.int64).reshape(-1, 2).T
    return [int(name) for name in SubstringHash(np.array(points, np.uint32)).names(begin, end)]


def test_buckets_are_stable_across_versions() -> None:
    items = np.array([0, 1, 2**63, (ord("元") << 32) | ord("宇")], np.uint64)
    assert buckets(items, row_seeds(9001, 4), 1 << 20).tolist() == [
        [958663, 308550, 780827, 54069],
        [645946, 644691, 409923, 94453],
        [443536, 20558, 883612, 983978],
        [953635, 157415, 1034005, 351421],
    ]


@given(ITEMS, st.integers(1, 9), st.integers(3, 5000), SEEDS)
def test_an_item_lands_where_the_library_puts_it(item: int, rows: int, width: int, seed: int) -> None:
    where = buckets(np.array([item], np.uint64), row_seeds(seed, rows), width)[:, 0]
    assert where.tolist() == library_table(item, rows, width, seed).argmax(axis=1).tolist()


@given(SEEDS)
def test_the_seed_hash_is_the_one_in_the_librarys_header(seed: int) -> None:
    header = datasketches.count_min_sketch(1, 3, seed).serialize()
    assert seed_hash(seed) == int.from_bytes(header[13:15], "little")


@given(st.lists(ITEMS, max_size=50), st.integers(1, 5), st.integers(1, 2**40))
def test_buckets_lie_within_the_width_and_depend_on_the_item_alone(items: list[int], rows: int, width: int) -> None:
    seeds = row_seeds(7, rows)
    together = buckets(np.array(items, np.uint64), seeds, width)
    assert together.shape == (rows, len(items))
    assert ((together >= 0) & (together < width)).all()
    for column, item in zip(together.T, items, strict=True):
        assert column.tolist() == buckets(np.array([item], np.uint64), seeds, width)[:, 0].tolist()


def test_rows_of_a_seed_do_not_depend_on_how_many_there_are() -> None:
    assert row_seeds(9001, 9)[:4] == row_seeds(9001, 4)
    assert len(set(row_seeds(9001, 64))) == 64


@pytest.mark.parametrize(("word", "name"), [("元宇宙", 0x88E94ABFDD445054), ("iphone14", 0xD86386A4641F290D)])
def test_substring_hashes_are_stable_across_versions(word: str, name: int) -> None:
    assert names_of([ord(char) for char in word], [(0, len(word))]) == [name]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=12))
def test_substrings_are_equal_exactly_when_their_hashes_are(points: list[int]) -> None:
    spans = [(a, b) for a in range(len(points) + 1) for b in range(a, len(points) + 1)]
    names = names_of(points, spans)
    assert len(set(names)) == len({tuple(points[a:b]) for a, b in spans})
    assert len(set(zip(names, (tuple(points[a:b]) for a, b in spans), strict=True))) == len(set(names))


@given(*[st.lists(st.integers(0, 0x10FFFF), max_size=20)] * 3)
def test_a_hash_does_not_depend_on_the_position_of_the_substring(
    before: list[int], word: list[int], after: list[int]
) -> None:
    begin, end = len(before), len(before) + len(word)
    assert names_of(before + word + after, [(begin, end)]) == names_of(word, [(0, len(word))])


def test_names_stay_the_same_when_a_longer_batch_was_hashed_before() -> None:
    short = names_of([1, 2, 3], [(1, 3)])
    names_of([5] * 100_000, [(0, 100_000)])
    assert names_of([1, 2, 3], [(1, 3)]) == short
    assert names_of([5] * 99_999 + [2, 3], [(99_999, 100_001)]) == short


def test_empty_input_has_no_buckets_and_no_hashes() -> None:
    none: U64 = np.zeros(0, np.uint64)
    assert buckets(none, row_seeds(1, 3), 8).shape == (3, 0)
    assert names_of([], []) == []


@pytest.fixture
def other_names() -> Iterator[None]:
    yield
    use_names_of(DEFAULT_SEED)


SEVERAL = [ord(character) for character in "天气好天气abc\U00020000天气"]
SPANS = [(0, 2), (3, 5), (9, 11), (5, 8), (8, 9)]


@pytest.mark.usefixtures("other_names")
def test_names_follow_from_the_seed_and_from_nothing_else() -> None:
    usual = names_of(SEVERAL, SPANS)
    assert usual[0] == usual[1] == usual[2]
    of_seed = {}
    for seed in (1, 2, 2**62, 1, DEFAULT_SEED):
        use_names_of(seed)
        names = names_of(SEVERAL, SPANS)
        assert names[0] == names[1] == names[2] and len(set(names)) == 3
        assert of_seed.setdefault(seed, names) == names
    assert of_seed[DEFAULT_SEED] == usual
    assert len({name for names in of_seed.values() for name in names}) == 3 * len(of_seed)


# Words with the key of 元宇宙, found in a minute by summing pairs of characters: what an attacker could do when base
# and mixing were known to everybody.
COLLIDING = ("霓磋琫鯘慓挭蘳菳", "溾乨鈠駏兏骶鵾钭", "婄蠻匏鯾氜祰嗥黙", "葧鶳馈珔懁棲囧嬪", "嬷醃菴鳒乤鵠疔鐜")


@pytest.mark.usefixtures("other_names")
def test_words_made_to_collide_under_one_seed_do_not_under_another() -> None:
    def keys() -> set[int]:
        return {names_of(list(map(ord, word)), [(0, len(word))])[0] for word in ("元宇宙", *COLLIDING)}

    assert len(keys()) == 1
    for seed in range(1, 50):
        use_names_of(seed)
        assert len(keys()) == 1 + len(COLLIDING)


@given(st.integers(0, 2**62), st.integers(0, 2**62))
def test_seed_marks_differ_and_reveal_nothing(one: int, other: int) -> None:
    assert (seed_mark(one) == seed_mark(other)) == (one == other)
    assert seed_mark(DEFAULT_SEED) == 0

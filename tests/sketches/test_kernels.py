"""Every compiled loop gives the same result as its numpy version, to the bit."""

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketches import kernels
from sketches.candidates import Candidates
from sketches.count_min import STEP, CountMin
from stream.corpus import exact_counts
from stream.corpus.discover import DiscoverSettings, PairCounts, WordCounts, coded
from stream.corpus.exact_counts import ExactCounts
from stream.segmentation.adjacency_bitmap import AdjacencyBitmap
from stream.segmentation.cut import cut
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import pack, tally, word_points
from stream.text.near_duplicates import LONG, fingerprints
from stream.text.runs import Alphabet, points_of

ALPHABET = Alphabet(("han", "han_extended", "latin", "digit"))
CHARACTERS = "天气好热天气好热#Ａb1２，😀\0\ud800\U00020000"
TEXTS = st.lists(
    st.one_of(st.text(CHARACTERS, max_size=14), st.text("天气好", max_size=3 * LONG), st.text("哈w1", max_size=9)),
    max_size=10,
)
STRONG = ("天气", "气好", "好热", "天天", "1天", "\U00020000天", "哈哈")


def both(act: Callable[[], Any]) -> tuple[Any, Any]:
    """What the loops give and what numpy gives."""
    assert kernels.is_installed(), "numba is not installed"
    return running("numba", act), running("numpy", act)


def running(mode: kernels.Mode, act: Callable[[], Any]) -> Any:
    before = kernels.use(mode)
    try:
        return act()
    finally:
        kernels.use(before)


def same(one: Any, other: Any) -> bool:
    if is_dataclass(one):
        return all(same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and bool(np.all(one == other))
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def model(pairs: Iterable[str] = STRONG) -> StrongPairs:
    points = word_points("".join(pairs))
    packed = np.unique(pack(points[::2], points[1::2]))
    ones = np.ones(len(packed), np.float32)
    return StrongPairs(1, 0.0, packed, ones, ones)


@given(TEXTS)
def test_texts_to_runs_pairs_and_names(texts: list[str]) -> None:
    runs = ALPHABET.runs(texts)
    assert same(*both(lambda: ALPHABET.runs(texts)))
    assert same(*both(lambda: tally(runs)))
    assert same(*both(lambda: fingerprints(runs.points, runs.kinds, runs.starts)))


@given(TEXTS, st.sets(st.sampled_from(STRONG)))
def test_runs_to_pieces(texts: list[str], strong: set[str]) -> None:
    runs, pairs = ALPHABET.runs(texts), model(sorted(strong))
    assert same(*both(lambda: cut(runs, pairs)))


@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 3), st.sampled_from([-9.0, 0.0, 0.7]))
def test_texts_to_the_words_of_discover(batches: list[list[str]], min_count: int, min_pmi: float) -> None:
    def found() -> tuple[Any, ...]:
        settings = DiscoverSettings(min_count, min_pmi)
        pairs = PairCounts()
        for several in batches:
            pairs.add(coded(points_of(several)))
        words = WordCounts(pairs.strong(settings))
        for several in batches:
            words.add(coded(points_of(several)))
        return pairs.total, pairs.chars, words.chars, words.words(settings)

    assert same(*both(found))


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=9), st.integers(1, 3))
def test_keys_by_the_million(lots: list[list[int]], least: int) -> None:
    def found() -> tuple[Any, ...]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(exact_counts, "FOLD_KEYS", 4)
            counts = ExactCounts(np.uint32)
            for keys in lots:
                counts.add(np.array(keys, np.uint32))
            return counts.at_least(least)

    assert same(*both(found))


@given(st.lists(st.tuples(st.integers(0, 99), st.floats(0.5, 9)), max_size=60), st.sampled_from([16, 17]),
       st.sampled_from([1, STEP]))  # fmt: skip
def test_items_into_a_sketch(updates: list[tuple[int, float]], width: int, times: int) -> None:
    items = np.tile(np.array([item for item, _ in updates], np.uint64), times)
    weights = np.tile(np.array([one for _, one in updates], float), times)

    def counted() -> tuple[Any, ...]:
        sketch = CountMin(3, width, 9001)
        return sketch.add(items, weights, 4.0 * times), sketch.table, sketch.total

    assert same(*both(counted))


@given(st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=5), st.sampled_from([16, 60]))
def test_items_into_a_bounded_set(batches: list[list[int]], capacity: int) -> None:
    def kept() -> tuple[Any, ...]:
        candidates = Candidates(capacity)
        for items in batches:
            candidates.add(np.array(items, np.uint64), lambda items: items.astype(float))
        return candidates.items, candidates.evicted

    assert same(*both(kept))


def test_a_warm_up_leaves_nothing_to_compile() -> None:
    """Or a worker would stand still at its first text."""
    code = """
import sys
from stream.roles.jit_warm_up import warm_up
warm_up()
from stream.config.config import load
from stream.embedded.pipeline import Pipeline
from stream.text.message import Text
pipeline, at_s = Pipeline(load(None, {}, [])), 1.7e9
texts = [Text("天气" + chr(0x4E00 + at % 40) + "好热" * (at % 3) + f" ab{at % 7}", at_s + at * 900.0, None, "t", 0, at)
         for at in range(1500)]
assert list(pipeline.feed(texts)) is not None and pipeline.totals.looks > 9
from numba.core.dispatcher import Dispatcher
stages = ["text.runs", "text.decode", "text.clean", "segmentation.cut", "log.fast_fetch"]
stages += [f"horizon.{name}" for name in ("units", "buffer")]
for module in ("sketches.loops_numba", *(f"stream.{name}_numba" for name in stages)):
    for name, value in vars(sys.modules[module]).items():
        inlined = name.startswith("_") or name in ("finalize", "premix", "murmur3", "mixed_point")
        if isinstance(value, Dispatcher) and not inlined:
            assert len(value.signatures) == 1, (name, value.signatures)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_without_numba_everything_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_choice", kernels._Choice())
    with_loops = running("numba", lambda: tally(ALPHABET.runs(["天气好热"])))
    monkeypatch.setattr(kernels, "_choice", kernels._Choice())
    for name in ("numba", "sketches.loops_numba", "stream.text.runs_numba", "stream.segmentation.cut_numba"):
        monkeypatch.setitem(sys.modules, name, None)
    assert same(running("numba", lambda: tally(ALPHABET.runs(["天气好热"]))), with_loops)


def test_twins_take_the_same_arguments() -> None:
    """A compiled loop does not check the types of arrays: arguments in another order would overwrite memory."""
    for (module, name), plain in kernels.every.items():
        twin = getattr(import_module(module), name)
        ours, theirs = (inspect.signature(getattr(one, "py_func", one)).parameters for one in (plain, twin))
        named = [name for name, one in theirs.items() if one.kind is not inspect.Parameter.VAR_POSITIONAL]
        assert named == list(ours)[: len(named)], (module, name)
        assert len(named) == len(ours) or len(named) < len(theirs), (module, name)


@kernels.kernel("tests.sketches.test_kernels")
def halves(values: list[int]) -> list[int] | str:
    return "numpy"


def test_numba_is_used_once_there_is_enough_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_choice", kernels._Choice())
    plain = halves
    monkeypatch.setattr(sys.modules[__name__], "halves", lambda values: [value // 2 for value in values] or None)
    monkeypatch.setattr(kernels, "PAYS_FROM", 5)
    assert [plain([2, 4]), plain([2, 4]), plain([2, 4])] == ["numpy", "numpy", [1, 2]]
    assert plain([]) == "numpy", "a twin that gives None leaves the case to numpy"
    assert running("numpy", lambda: plain([2, 4])) == "numpy"
    assert plain([2]) == [1]


def test_pairs_that_are_too_many_for_bits_are_searched() -> None:
    runs, searched = ALPHABET.runs(["天气好热"]), model()
    searched._bits.append(AdjacencyBitmap(searched.pairs, 0))
    assert searched.bits.tables is None
    assert same(*both(lambda: cut(runs, searched)))
    assert same(cut(runs, searched), cut(runs, model()))


def test_no_import_loads_numba_and_neither_does_making_a_model() -> None:
    """It takes as much memory as the sketches of a partition, and `refresh` and most commands have no use for it."""
    script = """
import sys
import stream.__main__, stream.commands.run, stream.commands.watch, stream.commands.push
assert "numba" not in sys.modules
import numpy as np
from sketches.pair_sketch import PairSketch, SketchSettings
from stream.segmentation.pmi_model import CohesionSettings, StrongPairs, refresh
from sketches import kernels
kernels.use("numpy")
counted, merged = (PairSketch(SketchSettings(char_width=64, pair_width=64, candidates=16)) for _ in range(2))
from stream.text.runs import Alphabet
from stream.segmentation.tally import tally
counted.add(tally(Alphabet(("han",)).runs(["天气好热"] * 9)), 0.0, 1.0)
kernels.use("auto")
merged.combine([counted], [counted])
merged.merge(counted)
assert len(refresh(merged, 0.0, CohesionSettings(min_pmi=-9.0, min_count=1.0), StrongPairs.empty()))
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)

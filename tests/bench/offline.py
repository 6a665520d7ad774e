"""What needs no broker: counting and cutting from memory, `discover`, the refresh, the accuracy of the sketch."""

import lzma
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import jieba
import numpy as np
import orjson
from datasketches import count_min_sketch

from sketches.count_min import CountMin
from sketches.pair_sketch import PairSketch, SketchSettings, Tally
from stream.segmentation.cut import cut
from stream.segmentation.pmi_model import CohesionSettings, StrongPairs, refresh
from stream.segmentation.tally import tally
from stream.text.clean import cleaned
from stream.text.message import TextSettings
from stream.text.message_batch import Origin, Values, decode_all
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch
from tests.bench.corpus import DATA, LONG, TITLES, texts
from tests.bench.table import Row, in_turns
from tests.stream.corpus.discover_reference import reference

ALPHABET = Alphabet(("han", "latin", "digit"))
COHESION = CohesionSettings()
ROOT = Path(__file__).parents[2]
LONGER = 20  # times
NEWS = 0.005  # of the candidates of a partition, new since its last state


def rows() -> Iterator[Row]:
    for name, what, most, batch, target in (
        (TITLES, "Weibo titles", 300_000, 50_000, 25),
        (LONG, "long Zhihu texts", 20_000, 4000, 35),
    ):
        yield _cleaning(texts(name, most), what, batch // 25)
        yield from _from_memory(texts(name, most), what, batch, target)
    yield _discover()
    yield from _refresh()
    yield from _others()
    yield from _accuracy()


def _from_memory(several: Sequence[str], what: str, batch: int, target: float) -> Iterator[Row]:
    chars = sum(map(len, several))
    sketch = PairSketch(SketchSettings())
    sides = {
        "article": lambda: reference(several, 10, 1.0),
        "ours": lambda: _count_and_cut(sketch, several, batch),
    }
    took_s = in_turns(sides, 5)
    speeds = {name: f"{chars / took_s[name] / 1e6:.2f} M characters/s" for name in sides}
    yield Row(f"Counting and cutting {what} from memory, sketches included, against the article's loops",
              f"{speeds['ours']} : {speeds['article']}", took_s.ratio("article", "ours"), target)  # fmt: skip


def _cleaning(several: Sequence[str], what: str, batch: int) -> Row:
    """Messages to texts, and to prose."""
    settings, parts = TextSettings(), []
    for first in range(0, len(several), batch):
        messages = [orjson.dumps({"text": text, "ts": 1_700_000_000}) for text in several[first : first + batch]]
        length = np.array(list(map(len, messages)))
        ends = np.cumsum(length)
        parts.append((Values(b"".join(messages), ends - length, ends),
                      Origin("t", 0, np.arange(len(messages)), np.zeros(len(messages)))))  # fmt: skip

    def decoded() -> list[TextBatch]:
        return [decode_all(values, origin, 2e9, settings).texts for values, origin in parts]

    took_s = in_turns({"decode": decoded, "clean": lambda: [cleaned(one) for one in decoded()]}, 5)
    chars = sum(map(len, several))
    speeds = {name: f"{chars / took_s[name] / 1e6:.0f} M characters/s" for name in ("clean", "decode")}
    return Row(
        f"Messages of {what} to prose (links, names, markup blanked), against messages to texts",
        f"{speeds['clean']} : {speeds['decode']}",
        took_s.ratio("clean", "decode"),
        1.15,
        at_least=False,
    )


def _count_and_cut(sketch: PairSketch, several: Sequence[str], batch: int) -> None:
    """Into a sketch of the default size that there is already, one refresh, then every run cut."""
    runs = [ALPHABET.runs(several[first : first + batch]) for first in range(0, len(several), batch)]
    for one in runs:
        sketch.add(tally(one), 0.0, COHESION.min_count)
    model = refresh(sketch, 0.0, COHESION, StrongPairs.empty())
    for one in runs:
        cut(one, model)


def _discover() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "texts.jsonl")
        with path.open("wb") as lines:
            for stream in sorted(DATA.glob("*_dev.jsonl.xz")):
                lines.write(lzma.decompress(stream.read_bytes()))
        discover = partial(_child_s, "-m", "stream", "discover", str(path), "--output", f"{folder}/ours", "--quiet")
        before_s = [discover() for _ in range(3)]
        with Path(folder, "theirs").open("wb") as out:
            theirs_s = _child_s("-m", "tests.bench.article", str(path), out=out)  # most of a minute
        ours_s = median([*before_s, *(discover() for _ in range(3))])
        if Path(folder, "ours").read_bytes() != Path(folder, "theirs").read_bytes():
            raise AssertionError("discover and the article's loops differ")
        size = path.stat().st_size
    return Row(f"`discover` from file to table, {size / 1e6:.0f} MB, the whole process, against the article's loops",
               f"{size / ours_s / 1e6:.1f} MB/s : {size / theirs_s / 1e6:.1f} MB/s", theirs_s / ours_s, 10)  # fmt: skip


def _child_s(*arguments: str, out: object = None) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, stdout=out or subprocess.DEVNULL)  # type: ignore[call-overload]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _refresh() -> Iterator[Row]:
    """A million candidates against one numpy pass: adding up a table, and fetching the candidates' cells."""
    sketch, rng = PairSketch(SketchSettings(candidates=1_000_000)), np.random.default_rng(1)
    drawn = rng.integers(0x4E00, 0x4E00 + 6000, (1_100_000, 2)).astype(np.uint64)
    pairs = np.unique((drawn[:, 0] << np.uint64(32)) | drawn[:, 1])[:1_000_000]
    chars, places = np.unique(np.concatenate((pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF))),
                              return_inverse=True)  # fmt: skip
    counts = rng.zipf(1.5, len(pairs)).clip(5, 5000) * 1.0
    several = Tally(chars, np.bincount(places, np.tile(counts, 2)), pairs, counts)
    sketch.add(several, 0.0, COHESION.min_count)
    longer = PairSketch(sketch.settings)
    for _ in range(LONGER):
        longer.add(several, 0.0, COHESION.min_count)
    merged, merged_longer = PairSketch(sketch.settings), PairSketch(sketch.settings)
    merged.combine([sketch], [sketch])
    merged_longer.combine([longer], [longer])
    model = refresh(merged, 0.0, COHESION, StrongPairs.empty())
    table, where = np.zeros_like(sketch.pairs.table), sketch.pairs.places(pairs)
    known = (rng.random(len(pairs)) >= NEWS) * 1.0

    def ours() -> None:
        merged.combine([sketch], [])
        refresh(merged, 0.0, COHESION, model)

    def after_longer() -> None:
        merged_longer.combine([longer], [])
        refresh(merged_longer, 0.0, COHESION, model)

    def numpy_pass() -> None:
        np.add(table, sketch.pairs.table, out=table)
        CountMin.estimate_at(sketch.pairs, where)

    def with_news() -> None:
        merged.candidates.forget(lambda _: known, 1.0)
        merged.combine([sketch], [sketch])
        refresh(merged, 0.0, COHESION, model)

    took_s = in_turns({"refresh": ours, "longer": after_longer, "news": with_news, "pass": numpy_pass}, 25)
    yield Row(f"Refresh of {len(merged.candidates):,} candidates, tables added up anew, {len(model):,} strong pairs, "
              "against one pass over the table and the candidates' cells",
              f"{took_s['refresh'] * 1e3:.0f} ms : {took_s['pass'] * 1e3:.0f} ms", took_s.ratio("refresh", "pass"),
              1.5, at_least=False)  # fmt: skip
    yield Row(f"The same where a partition brings all its candidates, {NEWS:.1%} of them new",
              f"{took_s['news'] * 1e3:.0f} ms : {took_s['pass'] * 1e3:.0f} ms",
              took_s.ratio("news", "pass"))  # fmt: skip
    yield Row(f"The same after a stream {LONGER} times as long",
              f"{took_s['longer'] * 1e3:.0f} ms : {took_s['refresh'] * 1e3:.0f} ms",
              took_s.ratio("longer", "refresh"), 1.1, at_least=False)  # fmt: skip


def _others() -> Iterator[Row]:
    """Public packages that do a part of it, and the floor: bytes to code points, and one pass over them."""
    several = texts(TITLES, 50_000)
    chars = sum(map(len, several))
    runs = ALPHABET.runs(several)
    counts = tally(runs)
    ours = PairSketch(SketchSettings())
    ours.add(counts, 0.0, COHESION.min_count)
    model = refresh(ours, 0.0, COHESION, StrongPairs.empty())
    library = count_min_sketch(4, 1 << 20, 9001)
    raw = "\n".join(several).encode()
    jieba.setLogLevel(60)
    jieba.initialize()

    def calls() -> None:
        for pair, number in zip(counts.pairs.tolist(), counts.pair_counts.tolist(), strict=True):
            library.update(pair, number)

    sides = {
        "floor": lambda: np.bincount(np.frombuffer(raw.decode().encode("utf-32-le"), "<u4")),
        "runs": lambda: tally(ALPHABET.runs(several)),
        "sketch": lambda: CountMin(4, 1 << 20, 9001).add(counts.pairs, counts.pair_counts),
        "calls": calls,
        "cut": lambda: cut(ALPHABET.runs(several), model).words(),
        "jieba": lambda: [jieba.lcut(text, HMM=False) for text in several],
    }  # fmt: skip
    took_s = in_turns(sides)
    speed = {name: f"{chars / took_s[name] / 1e6:.1f}" for name in sides}
    yield Row("Texts to exact counts of pairs, against the floor: bytes to code points and one pass over them",
              f"{speed['runs']} : {speed['floor']} M characters/s", took_s.ratio("floor", "runs"))  # fmt: skip
    yield Row("Pairs into the sketch, against calls of datasketches' count_min_sketch, table by table the same",
              f"{speed['sketch']} : {speed['calls']} M characters/s", took_s.ratio("calls", "sketch"))  # fmt: skip
    yield Row("Cutting into lists of words, against jieba.lcut with its dictionary and no HMM",
              f"{speed['cut']} : {speed['jieba']} M characters/s", took_s.ratio("jieba", "cut"))  # fmt: skip


def _accuracy() -> Iterator[Row]:
    """The strong set of the default sketch after 10 M characters against exact counts."""
    several, chars = [], 0
    for text in texts(LONG, 81_000):
        if chars >= 10_000_000:
            break
        several.append(text)
        chars += len(text)
    sketch = PairSketch(SketchSettings())
    keys, counts = np.zeros(0, np.uint64), np.zeros(0)
    points = np.zeros(1 << 16)
    for first in range(0, len(several), 2000):
        one = tally(ALPHABET.runs(several[first : first + 2000]))
        sketch.add(one, 0.0, COHESION.min_count)
        points[one.chars] += one.char_counts
        keys, place = np.unique(np.concatenate((keys, one.pairs)), return_inverse=True)
        counts = np.bincount(place, np.concatenate((counts, one.pair_counts)))
    found = refresh(sketch, 0.0, COHESION, StrongPairs.empty()).pairs
    n_left, n_right = points[keys >> np.uint64(32)], points[keys & np.uint64(0xFFFFFFFF)]
    pmi = np.log(counts.sum() * counts / (n_left * n_right))
    true = keys[(counts >= COHESION.min_count) & (pmi >= COHESION.min_pmi)]
    both = len(np.intersect1d(found, true, assume_unique=True))
    what = f"of the strong set after {chars / 1e6:.1f} M characters, {len(keys):,} distinct pairs, default size"
    yield Row(f"Precision {what}", f"{both:,} of {len(found):,}", both / len(found), 0.98)
    yield Row(f"Recall {what}", f"{both:,} of {len(true):,}", both / len(true), 1.0)

"""What the log says must have been counted, worked out in one go here, held against the states that were left.

The log itself is read back and folded: so what a producer sent twice under a fault is in the truth twice as well.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import orjson

from sketches.pair_sketch import PairSketch
from stream.config.config import Config
from stream.log.protocol import Record
from stream.roles.context import UNFIT
from stream.rules.word_lists import WordLists
from stream.segmentation.cut import cut, with_compounds
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import with_triples
from stream.state.chunks import StateRecord
from stream.state.trend_codec import restore_trends
from stream.state.window_codec import whole_table
from stream.tallies.chain import Judged
from stream.tallies.chain import Verdict as Counted
from stream.tallies.shard import PREFIX, Shard, places_of
from stream.tallies.tally import shared
from stream.text.message import Text, decode
from stream.text.near_duplicates import text_names
from stream.text.runs import Alphabet, fold_word
from stream.text.text_batch import TextBatch
from stream.trends.trend_table import Trends
from stream.words.word_table import count_words, merge

RELATIVE = 1e-9
FAR_FUTURE_S = 4e9
LIFE = re.compile("emerged( rising)*( faded)?")


@dataclass(slots=True)
class Verdict:
    """How much is missing and how much is too many; `notes` say of what."""

    lost: float = 0
    double: float = 0
    stuck: int = 0
    notes: list[str] = field(default_factory=list)

    def compare(self, what: str, got: float, expected: float) -> None:
        if abs(got - expected) <= RELATIVE * max(1.0, abs(expected)):
            return
        self.lost += max(0.0, expected - got)
        self.double += max(0.0, got - expected)
        self.notes.append(f"{what}: {got:g}, not {expected:g}")

    def add(self, other: "Verdict") -> None:
        self.lost += other.lost
        self.double += other.double
        self.stuck += other.stuck
        self.notes += other.notes

    @property
    def clean(self) -> bool:
        return not (self.lost or self.double or self.stuck)

    def __str__(self) -> str:
        return f"lost={self.lost:g} double={self.double:g} stuck={self.stuck}"


def texts_of(records: Iterable[Record], topic: str, config: Config) -> dict[int, list[Text]]:
    """The readable texts of each partition, in order of offset."""
    texts: defaultdict[int, list[Text]] = defaultdict(list)
    for record in records:
        text = decode(record.value, record.at_s, FAR_FUTURE_S, topic, record.partition, record.offset, config.text)
        if isinstance(text, Text):
            texts[record.partition].append(text)
    return texts


def folded_shards(states: Mapping[str, StateRecord], tallies: Iterable[Record], config: Config) -> list[Shard]:
    """What the snapshots and the tallies behind them add up to, shard by shard."""
    by_shard: defaultdict[int, list[Record]] = defaultdict(list)
    for record in tallies:
        by_shard[record.partition].append(record)
    shards = []
    for number in range(max([0, *by_shard]) + 1):
        state = states.get(f"{PREFIX}{number}")
        place, shard = 0, Shard.begun(number, PairSketch(config.sketches))
        if state is not None:
            with suppress(*UNFIT):  # a test made it unreadable, or of other sketches
                shard = Shard.restored(state, config.sketches)
                place, _ = places_of(state)
        for record in by_shard[number]:
            met = shard.cursor.read(record) if record.offset >= place else None
            if isinstance(met, Judged) and met.verdict is Counted.COUNTS:
                shard.fold(met.tally, config.cohesion.min_count)
        shards.append(shard)
    return shards


def check_pairs(verdict: Verdict, texts: dict[int, list[Text]], shards: Sequence[Shard], config: Config) -> None:
    """Every cell of every sketch, against one fold without interruption; and how much of each partition is in it."""
    for shard in shards:
        expected = PairSketch(config.sketches)
        for number, several in sorted(texts.items()):
            totals = shard.totals.get(number, {})
            counted = _add_all(expected, several, shard.number, len(shards), config)
            verdict.compare(f"pairs of partition {number}, shard {shard.number}", totals.get("pairs", 0), counted)
            verdict.compare(f"texts of partition {number}, shard {shard.number}", totals.get("texts", 0), len(several))
        _check_cells(verdict, shard, expected)


def _add_all(sketch: PairSketch, texts: Iterable[Text], shard: int, shards: int, config: Config) -> int:
    """How many pairs they have, of all shards."""
    by_window: defaultdict[int, list[str]] = defaultdict(list)
    for text in texts:
        by_window[config.windows.window_of(text.at_s)].append(text.text)
    total, alphabet = 0, Alphabet(config.text.scripts)
    for window, some in by_window.items():
        counts = with_triples(alphabet.runs(some))
        total += int(counts.total)
        sketch.add(shared(counts, shard, shards), window * config.windows.length_s, config.cohesion.min_count)
    return total


def _check_cells(verdict: Verdict, shard: Shard, expected: PairSketch) -> None:
    got = shard.sketch
    scale = 2.0 ** ((got.landmark or 0) - (expected.landmark or 0))
    for kind in ("chars", "pairs"):
        mine, theirs = getattr(expected, kind).table, getattr(got, kind).table * scale
        wrong = ~np.isclose(mine, theirs, rtol=RELATIVE, atol=1e-300)
        if wrong.any():
            verdict.lost += float(np.maximum(mine - theirs, 0)[wrong].sum())
            verdict.double += float(np.maximum(theirs - mine, 0)[wrong].sum())
            verdict.notes.append(f"sketch of {kind}, shard {shard.number}: {wrong.sum()} cells differ")


def check_windows(
    verdict: Verdict,
    texts: dict[int, list[Text]],
    states: dict[str, StateRecord],
    config: Config,
    model: StrongPairs | None,
) -> None:
    """Texts of every window; with `model`, by which all was cut, the texts with each word as well."""
    for number, several in sorted(texts.items()):
        windows = _windows_of(several, config)
        oldest_needed = max(windows) - config.trends.horizon + 1
        for window, distinct in sorted(windows.items()):
            state = states.get(f"{number}:{window}")
            if state is None:
                if window >= oldest_needed:
                    verdict.compare(f"texts of partition:window {number}:{window}", 0, len(distinct))
                continue
            if window < oldest_needed and not isinstance(state.meta.get("texts"), int):
                continue  # a test made it unreadable, and nobody needs it any more
            verdict.compare(f"texts of partition:window {number}:{window}", state.meta["texts"], len(distinct))
            if model is not None:
                _check_words(verdict, state, distinct, config, model)


def check_kept_words(
    verdict: Verdict,
    texts: dict[int, list[Text]],
    states: dict[str, StateRecord],
    config: Config,
    models: Sequence[StrongPairs],
) -> None:
    """Where windows are cut again until they leave the horizon: the texts with each word, by one of these models.

    Which of them depends on when its process last looked; it is the same for all windows of a partition.
    """
    for number, several in sorted(texts.items()):
        windows = _windows_of(several, config)
        kept = [window for window in windows if window > max(windows) - config.trends.horizon]
        checked = Verdict()
        for model in models:
            checked = Verdict()
            for window in kept:
                if state := states.get(f"{number}:{window}"):
                    _check_words(checked, state, windows[window], config, model)
            if checked.clean:
                break
        verdict.add(checked)


def _windows_of(several: Iterable[Text], config: Config) -> dict[int, list[Text]]:
    """The texts of each window, copies left out."""
    several = list(several)
    windows: defaultdict[int, dict[int, Text]] = defaultdict(dict)
    names = text_names(Alphabet(config.text.scripts).runs([text.text for text in several])).tolist()
    for text, name in zip(several, names, strict=True):
        windows[config.windows.window_of(text.at_s)].setdefault(name, text)
    return {window: list(distinct.values()) for window, distinct in windows.items()}


def _check_words(verdict: Verdict, state: StateRecord, texts: list[Text], config: Config, model: StrongPairs) -> None:
    columns = TextBatch.of(texts)
    pieces = cut(Alphabet(config.text.scripts).runs_of(columns.written, columns.starts), model)
    words = count_words(with_compounds(pieces, config.windows.max_compound), columns, config.windows.max_length)
    expected, got = (
        Counter(dict(zip(table.keys.tolist(), table.texts.tolist(), strict=True)))
        for table in (words, merge(whole_table(state)))
    )
    missing, surplus = (expected - got).total(), (got - expected).total()
    if missing or surplus:
        verdict.lost, verdict.double = verdict.lost + missing, verdict.double + surplus
        verdict.notes.append(f"words of partition:window {state.name}: {missing} missing, {surplus} too many")


def check_events(verdict: Verdict, values: list[bytes], wanted: Collection[str]) -> None:
    """Each word emerges once, rises or fades after that, in order of time; those wanted are among them."""
    events = [orjson.loads(value) for value in values]
    lives: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for event in events:
        lives[event["word"]].append(event)
    for word, life in lives.items():
        path = " ".join(event["status"] for event in life)
        times = [event["detected_at"] for event in life]
        if not LIFE.fullmatch(path) or times != sorted(times):
            verdict.double += 1
            verdict.notes.append(f"no life of a word: {word} {path} {times}")
    emerged = Counter(event["word"] for event in events if event["status"] == "emerged")
    again = sum(emerged.values()) - len(emerged)
    repeated = len(values) - len(set(values))
    if again or repeated:
        verdict.double += max(again, repeated)
        verdict.notes.append(f"announced again: {[word for word, times in emerged.items() if times > 1]}")
    if unheard := {fold_word(word) for word in wanted} - {fold_word(word) for word in emerged}:
        verdict.lost += len(unheard)
        verdict.notes.append(f"not announced: {sorted(unheard)}")


def announced_by(state: StateRecord | None, config: Config) -> list[str]:
    """The words that the trend state takes for announced: each must stand on the topic."""
    if state is None:
        return []
    trends = Trends(config.trends, config.windows.length_s, WordLists.none(), config.sketches.fixed_seed)
    restore_trends(trends, state, config.sketches.fixed_seed)
    return [was.word for was in trends.announced.values()]

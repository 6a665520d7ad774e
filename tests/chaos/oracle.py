"""What the log says must have been counted, worked out in one go here, held against the states that were left.

The log itself is read back and folded: so what a producer sent twice under a fault is in the truth twice as well.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import numpy as np

from sketches.pair_sketch import PairSketch
from stream.config.config import Config
from stream.finder.finder import Finder, text_names
from stream.kept_texts.codec import texts_of as texts_of_range
from stream.log.protocol import Record
from stream.range_log.chain import Cursor, Judged, Ledger
from stream.range_log.chain import Verdict as Counted
from stream.roles.context import UNFIT
from stream.rules.word_lists import WordLists
from stream.segmentation.tally import tally
from stream.state.announcer_codec import SNAPSHOT, restore
from stream.state.chunks import StateRecord
from stream.tallies.codec import tally_of
from stream.tallies.shard import PREFIX, Shard, place_of
from stream.tallies.tally import shared
from stream.text.clean import cleaned, prose_of, rendered
from stream.text.message import Text, decode
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch
from stream.trends.new_words import NewWords
from tests.chaos.verdict import RELATIVE, Verdict

FAR_FUTURE_S = 4e9


def texts_of(records: Iterable[Record], topic: str, config: Config) -> dict[int, list[Text]]:
    """The readable texts of each partition, their prose alone, in order of offset."""
    texts: defaultdict[int, list[Text]] = defaultdict(list)
    for record in records:
        text = decode(record.value, record.at_s, FAR_FUTURE_S, topic, record.partition, record.offset, config.text)
        if isinstance(text, Text):
            prose = prose_of(rendered(text.text, "markup" in config.text.skip), config.text.skip)
            texts[record.partition].append(text._replace(text=prose))
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
                place = place_of(state)
        for record in by_shard[number]:
            met = shard.cursor.read(record) if record.offset >= place else None
            if isinstance(met, Judged) and met.verdict is Counted.COUNTS:
                shard.fold(tally_of(met.of, met.body), config.cohesion.min_count)
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
    total, alphabet = 0, Alphabet(config.text.scripts)
    batch = cleaned(TextBatch.of(list(texts)), config.text.skip)
    for window, some in config.windows.by_window(batch).items():
        counts = tally(alphabet.runs_of(some.prose, some.starts))
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


def folded_words(states: Mapping[str, StateRecord], kept: Iterable[Record], config: Config) -> tuple[NewWords, Cursor]:
    """What the snapshot of the announcer and the kept texts behind it add up to."""
    finder = Finder(config.finder, config.sketches.fixed_seed, config.novelty.memory)
    trends, cursor = NewWords(config.trends, finder, WordLists.none(), config.windows.length_s), Cursor(Ledger())
    refilling = Cursor(Ledger())
    if (state := states.get(SNAPSHOT)) is not None:
        with suppress(*UNFIT):
            cursor = Cursor(Ledger(restore(trends, state)), int(state.meta["reached"]))
    reached = cursor.reached
    for record in kept:
        met = (refilling if record.offset < reached else cursor).read(record)
        if not isinstance(met, Judged) or met.verdict not in (Counted.COUNTS, Counted.GAP):
            continue
        texts = texts_of_range(met.of, met.body, config.topics.raw_text)
        if record.offset < reached:
            finder.refill(texts)
            refilling.ledger.advance(met.of.partition, met.of.end)
        elif met.verdict is Counted.COUNTS:
            finder.add(texts)
            cursor.ledger.advance(met.of.partition, met.of.end)
    return trends, cursor


def check_kept(
    verdict: Verdict, texts: dict[int, list[Text]], trends: NewWords, cursor: Cursor, config: Config
) -> None:
    """Every partition is folded to its last text, and as many texts are known as there are distinct ones."""
    for number, several in sorted(texts.items()):
        end = max(text.offset for text in several) + 1
        verdict.compare(f"texts kept of partition {number}", min(end, cursor.ledger.following(number)), end)
    batches = [cleaned(TextBatch.of(several), config.text.skip) for several in texts.values()]
    names = np.unique(np.concatenate([text_names(batch) for batch in batches]))
    verdict.compare("distinct texts", trends.finder.texts, len(names))


def announced_by(trends: NewWords) -> list[str]:
    """The words that the announcer takes for announced: each must stand on the topic."""
    return list(trends.announced)

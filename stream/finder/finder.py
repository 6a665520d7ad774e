"""Texts of a stream -> new words: holds the texts of the horizon, the memory of the texts before, and judges
candidates.

Each look lists the strings of the latest texts that have a new link, counts each in all texts of the horizon, and
judges by their signs those whose count reached a new rung. Texts that leave the horizon go into the memory of the past.
Event time comes with the texts and with each look; the wall clock is not read. The order of the texts between two looks
only decides which of two copies is kept.
Cost of a look: one pass over the horizon's triples, and some milliseconds for the judged strings.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from sketches.count_min import F64
from sketches.hashing import U64
from stream.finder.evidence import Evidence, links_of
from stream.finder.finding import Choice, Finding, Look
from stream.finder.findings import findings
from stream.finder.horizon_length import YOUNG, horizon_length
from stream.finder.rungs import Rungs
from stream.finder.settings import DAY_S, FinderSettings
from stream.finder.signs import NAMES, signs_of
from stream.finder.surprise import expected, surprise
from stream.finder.word_model import WordModel
from stream.finder.word_weights import BIAS, WEIGHTS
from stream.horizon.buffer import Buffer
from stream.horizon.candidates import Strings, candidates
from stream.horizon.copies import Copies, own_voices
from stream.horizon.mentions import (
    Mentions,
    are_closed,
    counts_of_words,
    mentions,
    mentions_of_word,
    names_of_words,
    texts_of_words,
    texts_that_show,
)
from stream.horizon.part_counts import parts_of, past_of
from stream.horizon.past_memory import PastMemory
from stream.horizon.unit_statistics import UnitStatistics
from stream.horizon.units import DIGITS, HAN, MIXED, kind_table, units_of
from stream.segmentation.pmi_model import StrongPairs
from stream.text.near_duplicates import Fingerprints, fingerprints
from stream.text.runs import DIGIT, I64, IDEOGRAPH, SEPARATOR, U32, encoded, folding
from stream.text.text_batch import TextBatch

State = dict[str, Any]
"""Arrays, bytes and numbers by name."""
MOST_TEXTS = 1 << 40  # more than any memory holds
ENOUGH_TEXTS = 50  # of the past, before which nothing can be said to be new
MODEL = WordModel.of(WEIGHTS, BIAS, NAMES)
MOSTLY = 2  # times as many texts show a word somewhere as hold it in their prose
LEAST_FRESH = 20  # texts between two looks where they come close together
_TEXTS_A_LOOK, _TIME_A_LOOK = 100, 200  # a look when the horizon has grown by so small a part, in texts or in time
_YOUNG_HORIZON_S = 3 * DAY_S  # of a shorter horizon, looks are as rare as of this one


class Finder:
    """The state of the search in one stream."""

    def __init__(
        self, settings: FinderSettings, seed: int, memory_s: float, old_words: bool = False, words: WordModel = MODEL
    ) -> None:
        """Make an empty finder.

        `old_words` makes strings without a new link candidates too; a look then costs several times as much. `words` is
        the model that gives the probability that a string is a word. `memory_s` is the span of the memory of the past
        (s).
        """
        self._settings, self._seed, self._words = settings, seed, words
        self._most_earlier = MOST_TEXTS if old_words else settings.few  # past texts of a candidate's rarest link
        self._buffer = Buffer()
        self._past = PastMemory(settings.memory_rows, settings.memory_width, seed, memory_s)
        self._statistics = UnitStatistics(settings.units, settings.pairs)
        self._copies = Copies(settings.copies, settings.longest_horizon_s)
        self._rungs = Rungs(settings.judged, settings.min_texts)
        self._first_s, self._latest_s, self._looked_s = np.inf, -np.inf, -np.inf
        self.texts = 0  # distinct texts since the beginning
        self._fresh = 0  # of them, texts since the last look
        self._missing: dict[tuple[str, int], I64] = {}  # offsets of texts that are to be put back

    def add(self, texts: TextBatch, prints: Fingerprints | None = None) -> int:
        """Add cleaned texts, roughly in the order of event time; return how many of them were copies.

        `prints` is the result of `fingerprints_of` for these texts, if the caller has it.
        """
        if not len(texts):
            return 0
        self._first_s = min(self._first_s, float(texts.at_s.min()))
        self._latest_s = max(self._latest_s, float(texts.at_s.max()))
        prints = fingerprints_of(texts) if prints is None else prints
        new = self._copies.are_new(prints, self._latest_s)
        self._keep(texts.chosen(new), prints.names[new])
        return int(len(texts) - new.sum())

    def _keep(self, texts: TextBatch, names: U64) -> None:
        if not len(texts):
            return
        units = units_of(prose_of(texts), texts.starts, self._seed)
        self._statistics.learn(units)
        self._buffer.append(texts, units, names)
        self.texts += len(texts)
        self._fresh += len(texts)

    @property
    def horizon_s(self) -> float:
        """The length of the horizon (s) by `horizon_length`; the buffer may hold less."""
        if not self.texts:
            return 0.0
        return horizon_length(self._settings, self._past.texts + len(self._buffer), self._known_s)

    @property
    def memory_texts(self) -> int:
        """The number of distinct remembered texts that are older than the horizon."""
        return self._past.texts

    @property
    def _known_s(self) -> float:
        """The time from the oldest remembered text to the latest text (s)."""
        since_s = self._past.since_s if self._past.texts else self._first_s
        return max(0.0, self._latest_s - since_s)

    def due(self) -> bool:
        """Whether enough texts have come since the last look for another."""
        if not self._fresh:
            return False
        return self._fresh * _TEXTS_A_LOOK >= len(self._buffer) or self._latest_s >= self.next_look_s

    @property
    def texts_until_look(self) -> int:
        """The number of further texts after which a look is due."""
        return max(1, LEAST_FRESH - self._fresh, -(-len(self._buffer) // _TEXTS_A_LOOK) - self._fresh)

    @property
    def next_look_s(self) -> float:
        """The event time from which a look is due with the next text."""
        return self._looked_s + max(self.horizon_s, _YOUNG_HORIZON_S) / _TIME_A_LOOK if self.texts else float("inf")

    def until_due(self, at_s: F64) -> int:
        """Return how many of the texts with these sorted times can be added until a look is due: at least one."""
        by_texts = len(self._buffer) // (_TEXTS_A_LOOK - 1) + 1 - self._fresh
        horizon_s = max(self.horizon_s, _YOUNG_HORIZON_S)
        by_time = int(np.searchsorted(at_s, self._looked_s + horizon_s / _TIME_A_LOOK)) + 1
        return max(1, min(len(at_s), by_texts, by_time))

    def look(self, now_s: float, model: StrongPairs, watched: Sequence[str] = ()) -> Look:
        """Find new words as of `now_s`, and count the watched words."""
        self._latest_s = max(self._latest_s, now_s)
        self._leave(now_s)
        passed = {"candidates": 0, "counted": 0, "rung": 0, "closed": 0, "voices": 0}
        found = self._found(now_s, model, passed) if self._past.texts >= ENOUGH_TEXTS else []
        self._looked_s, self._fresh = now_s, 0
        return Look(now_s, self.span_s(now_s), len(self._buffer), self._past.texts, found,
                    self.count(watched), passed, len(self._rungs))  # fmt: skip

    def span_s(self, now_s: float) -> float:
        """Return the time that the texts of the buffer span (s)."""
        return max(1.0, min(self.horizon_s, now_s - float(self._buffer.texts["at_s"][:1].min(initial=now_s))))

    def _leave(self, now_s: float) -> None:
        """Move the texts older than the horizon into the memory of the past."""
        texts = self._buffer.texts
        stay = texts["at_s"] >= now_s - self.horizon_s
        old = int(np.argmax(stay)) if stay.any() else len(stay)
        over = self._buffer.chars - self._settings.max_chars
        if over > 0:
            old = max(old, int(np.searchsorted(texts["point"] - texts["point"][0], over)))
        self._move(old)

    def _move(self, old: int) -> None:
        """Move the oldest `old` texts into the memory of the past."""
        if old:
            left = self._buffer.leave(old)
            self._past.add(left.keys, left.counts, left.texts, left.first_s, left.last_s)

    def end_history(self) -> None:
        """Move all texts into the past, so that the horizon begins anew."""
        self._move(len(self._buffer))
        self._fresh = 0

    def _found(self, now_s: float, model: StrongPairs, passed: dict[str, int]) -> list[Finding]:
        settings = self._settings
        first_row = self._buffer.row_of(max(0, len(self._buffer) - self._fresh))
        strings = candidates(self._buffer, self._past, first_row, settings.min_texts, self._most_earlier,
                             settings.max_units)  # fmt: skip
        passed["candidates"] = len(strings)
        if not len(strings):
            return []
        told = mentions(self._buffer, strings)
        counts = told.counts(len(strings))
        many = counts >= settings.min_texts
        passed["counted"] = int(many.sum())
        many[many] = self._rungs.reached(strings.keys[many], counts[many], now_s, self.horizon_s)
        passed["rung"] = int(many.sum())
        if not many.any():
            return []
        strings, told = self._heard(strings.chosen(many), told.chosen(many), passed)
        return self._judged(self._evidence(strings, told, now_s, model)) if len(strings) else []

    def _heard(self, strings: Strings, told: Mentions, passed: dict[str, int]) -> tuple[Strings, Mentions]:
        """Drop strings that always have the same neighbour, and those that too few voices mention.

        What is closed stays so with fewer mentions, so the cheap test goes first; with fewer mentions more are closed.
        """
        strings, told = self._open(strings, told, passed)
        told = own_voices(self._buffer, strings, told)
        enough = told.counts(len(strings)) >= self._settings.min_texts
        passed["voices"] = int(enough.sum())
        return self._open(strings.chosen(enough), told.chosen(enough), passed)

    def _open(self, strings: Strings, told: Mentions, passed: dict[str, int]) -> tuple[Strings, Mentions]:
        closed = are_closed(self._buffer, strings, told)
        passed["closed"] += int(closed.sum())
        return strings.chosen(~closed), told.chosen(~closed)

    def _evidence(self, strings: Strings, told: Mentions, now_s: float, model: StrongPairs) -> Evidence:
        parts = parts_of(self._buffer, self._past, strings)
        counts = told.counts(len(strings)).astype(np.float64)
        links = links_of(self._buffer, self._statistics, strings, told)
        return Evidence(self._buffer, self._past, self._statistics, model, strings, told, counts, parts, links, now_s,
                        self.span_s(now_s), self._settings.few)  # fmt: skip

    def _judged(self, evidence: Evidence) -> list[Finding]:
        signs = signs_of(evidence)
        earlier = past_of(self._buffer, self._past, evidence.strings.row, evidence.strings.units)
        chances = self._chances(evidence.counts, earlier, len(self._rungs) * DAY_S / evidence.horizon_s)
        return findings(evidence, signs, (*chances, earlier, self._words.probabilities(signs)))

    def _chances(self, counts: F64, earlier: F64, judged_a_day: float) -> tuple[F64, F64, F64]:
        """Return (n,) expected texts, surprise, and candidates a day that chance brings to so many texts.

        Every candidate that is judged is in `min_texts` texts already; were all of them there by chance, that share
        of them would get further.
        """
        texts, memory = len(self._buffer), self._past.texts
        surprising = surprise(counts, earlier, texts, memory)
        least = surprise(np.full(len(counts), float(self._settings.min_texts)), earlier, texts, memory)
        by_chance = judged_a_day * 10 ** -np.maximum(surprising - least, 0.0)
        return expected(earlier, texts, memory), surprising, by_chance

    def count(self, words: Sequence[str]) -> list[int]:
        """Return the number of texts of the horizon that hold each word; 0 for a string without units."""
        if not words or not len(self._buffer):
            return [0] * len(words)
        counts: list[int] = counts_of_words(self._buffer, list(words), self._seed).tolist()
        return counts

    def is_mostly_left_out(self, one: Finding) -> bool:
        """Whether most texts that show a word show it only in a link, the name of a user or a byline."""
        if not len(self._buffer) or not one.word:
            return False
        return texts_that_show(self._buffer, one.shown) > MOSTLY * max(1, *self.count([one.word]))

    def texts_of(self, words: Sequence[str]) -> list[U64]:
        """Return the sorted fingerprints of the texts of the horizon that hold each word."""
        if not words or not len(self._buffer):
            return [np.zeros(0, np.uint64)] * len(words)
        return names_of_words(self._buffer, list(words), self._seed)

    def times_of(self, words: Sequence[str]) -> list[F64]:
        """Return the event times of the texts of the horizon that hold each word."""
        return [self._buffer.texts["at_s"][texts] for texts in self._mentioning(words)]

    def _mentioning(self, words: Sequence[str]) -> list[I64]:
        """Return the numbers of the buffer's texts that hold each word."""
        if not words or not len(self._buffer):
            return [np.zeros(0, np.int64)] * len(words)
        return texts_of_words(self._buffer, list(words), self._seed)

    def describe(self, word: str, model: StrongPairs) -> Finding | None:
        """Return the finding for any word, whatever its rung; None if no text of the horizon holds it."""
        told = mentions_of_word(self._buffer, word, self._seed) if len(self._buffer) else None
        if told is None or not len(told.row):
            return None
        row, units = told.row[:1], np.array([word_units(word, self._seed)])
        strings = Strings(self._buffer.grams(row, units), row, units)
        told = own_voices(self._buffer, strings, told)
        return self._judged(self._evidence(strings, told, self._latest_s, model))[0]

    def chosen(self) -> list[Choice]:
        """Return the values that the finder derived from the stream, each with the reason."""
        known, span_s = self._past.texts + len(self._buffer), max(1.0, self._known_s)
        if not known:
            return []
        rate = known / span_s * DAY_S
        held_s = self.span_s(self._latest_s)
        return [
            Choice("rate", f"{rate:.3g} texts a day", f"{known} distinct texts in {span_s / DAY_S:.3g} days"),
            Choice("horizon_s", f"{held_s:.0f}", self._why(held_s)),
            Choice("memory", f"{self._past.texts} texts", "distinct texts that are older than the horizon"),
        ]

    def _why(self, held_s: float) -> str:
        """Return why the horizon has its length."""
        settings = self._settings
        if self.horizon_s * YOUNG >= self._known_s - 1:
            return "a third of what is known of the stream, so that the past is twice as long"
        if held_s < self.horizon_s * 0.9:
            return f"as long as {settings.max_chars} characters take to come"
        if self.horizon_s >= settings.longest_horizon_s:
            return "the longest: the stream is slow"
        if self.horizon_s <= settings.shortest_horizon_s:
            return "the shortest: with less, what comes every month would look new"
        return f"as long as {settings.horizon_texts} texts take to come"

    def state(self) -> State:
        """Return everything but the texts of the horizon, for which it lists topic, partition and offset: see
        `refill`.
        """
        texts = self._buffer.texts
        held = np.stack((texts["origin"].astype(np.int64), texts["offset"]))
        return {
            **self._past.state(), **self._statistics.state(), **self._copies.state(), **self._rungs.state(),
            "held": held, "origins": orjson.dumps(self._buffer.origins),
            "first_s": self._first_s, "latest_s": self._latest_s, "looked_s": self._looked_s,
            "texts": float(self.texts), "fresh": float(self._fresh),
        }  # fmt: skip

    def restore(self, state: State) -> None:
        """Load what `state` returned; then pass the texts of the horizon to `refill`, in their order."""
        self._past.restore(state)
        self._statistics.restore(state)
        self._copies.restore(state)
        self._rungs.restore(state)
        self._first_s, self._latest_s, self._looked_s = (state[key] for key in ("first_s", "latest_s", "looked_s"))
        self.texts, self._fresh = int(state["texts"]), int(state["fresh"])
        origins = [tuple(origin) for origin in orjson.loads(state["origins"])]
        held = np.asarray(state["held"])
        self._missing = {origin: held[1, held[0] == number] for number, origin in enumerate(origins)}

    @property
    def latest_s(self) -> float:
        """The event time of the newest text or of the last look, whichever is later; 0 before the first."""
        return self._latest_s if np.isfinite(self._latest_s) else 0.0

    def held_from(self) -> dict[tuple[str, int], int]:
        """Return {(topic, partition): first offset of the texts of the horizon}."""
        texts = self._buffer.texts
        firsts = {}
        for number, origin in enumerate(self._buffer.origins):
            offsets = texts["offset"][texts["origin"] == number]
            if len(offsets):
                firsts[origin] = int(offsets.min())
        return firsts

    def missing(self) -> dict[tuple[str, int], int]:
        """Return {(topic, partition): first offset of the texts that `refill` still needs}."""
        return {origin: int(offsets.min()) for origin, offsets in self._missing.items() if len(offsets)}

    def refill(self, texts: TextBatch) -> int:
        """Put back texts that were in the horizon when the state was taken; return how many of these were.

        Other texts are skipped: they are copies, or will come again through `add`.
        """
        waiting = self._missing.get((texts.topic, texts.partition), np.zeros(0, np.int64))
        mine = np.isin(texts.offsets, waiting)
        kept = texts.chosen(mine)
        if len(kept):
            self._buffer.append(kept, units_of(prose_of(kept), kept.starts, self._seed), text_names(kept))
            self._missing[texts.topic, texts.partition] = np.setdiff1d(waiting, kept.offsets)
        return len(kept)


def prose_of(texts: TextBatch) -> U32:
    """Return the code points of the prose; blanked parts such as links and user names are blanks."""
    prose: U32 = getattr(texts, "prose", texts.written)
    return prose


def text_names(texts: TextBatch) -> U64:
    """Return (texts,) the fingerprint of each text's prose without marks and digits."""
    return fingerprints_of(texts).names


def fingerprints_of(texts: TextBatch) -> Fingerprints:
    """Return the fingerprints by which copies are recognised."""
    points = prose_of(texts)
    kinds = kind_table().take(points)
    counted = np.full(len(kinds), SEPARATOR, np.uint8)
    counted[(kinds >= HAN) & (kinds <= MIXED)] = IDEOGRAPH
    counted[kinds == DIGITS] = DIGIT
    return fingerprints(folding().take(points), counted, texts.starts)


def word_units(word: str, seed: int) -> int:
    """Return the number of units of a word."""
    return int((units_of(*encoded([word]), seed).kinds >= HAN).sum())

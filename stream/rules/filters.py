"""words that many texts hold now + how they stand there -> the evidence for each, and the first rule that stops it.

Rules about form and surroundings only; what the word's past, the lists and chance say is asked by `trends`. One judge
is made for one evaluation, so all it says is as of the same moment. Cost: one look at each table for all words
together, then some microseconds for each word and rule.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sketches.count_min import F64
from sketches.hashing import U64
from stream.rules import word_classifier as unity
from stream.rules.evidence import Evidence, Gathered, Row, neighbours_of
from stream.rules.extension import grow
from stream.rules.quantities import is_quantity
from stream.rules.settings import TrendSettings
from stream.rules.significance import p_value
from stream.rules.subwords import Lives, lives, part_rule, weak_links
from stream.rules.word_lists import WordLists
from stream.segmentation.pmi_model import StrongPairs
from stream.text.hash64 import word_key
from stream.text.runs import fold_word
from stream.words.context_counts import distinct
from stream.words.windows import window_counts
from stream.words.word_table import EXAMPLES, LEFT, RIGHT, SOURCE, WordTable

LONGEST = 12  # characters that a piece may grow to
FAR_FROM_CHANCE = 1e-6  # a word of such a p-value is news even if its links are old


@dataclass(frozen=True, slots=True)
class Moment:
    """What all words are judged by: settings, lists, model, the words that stand announced by then, and the time.

    `span_s` is the horizon, `seen_s` how far back the counts of links reach.
    """

    settings: TrendSettings
    lists: WordLists
    model: StrongPairs
    standing: Callable[[], Iterable[str]]
    now_s: float
    span_s: float
    seen_s: float


class Filters:
    """`keys` are the words it can be asked about, sorted, shape (n,)."""

    def __init__(self, tables: Sequence[WordTable], keys: U64, moment: Moment) -> None:
        self._tables, self._gathered, self._moment = tables, Gathered(tables, keys), moment

    def parts(self) -> npt.NDArray[np.bool_]:
        """(n,) which words may be a part of a longer one: one and the same neighbour stands beside them."""
        may: npt.NDArray[np.bool_] = self._gathered.top_shares() > self._moment.settings.max_neighbour_share
        return may

    def evidence(self, key: int, count: int, baseline: float, score: float) -> Evidence:
        """What is known of one of the words; its figures are given."""
        gathered, model = self._gathered, self._moment.model
        rows = gathered.rows(key)
        left, right, sources = (gathered.facets(key, kind) for kind in (LEFT, RIGHT, SOURCE))
        examples = [example for table, row in rows for example in table.examples(row)]
        word = str(rows[0][0].words[rows[0][1]]) if rows else ""
        evidence = Evidence(
            word=word,
            key=key,
            counted=key,
            count=count,
            first_s=float(rows[0][0].first_s[rows[0][1]]) if rows else 0.0,
            baseline=baseline,
            score=score,
            left=neighbours_of(left),
            right=neighbours_of(right),
            sources=distinct(sources) or None,
            examples=tuple(examples[:EXAMPLES]),
            p=self._p_value(fold_word(word), rows),
            weak=tuple(weak_links(fold_word(word), model)),
        )
        return self._judged(evidence)

    def grown(self, piece: Evidence) -> Evidence | None:
        """The longer word that a piece is a part of, if there is one."""
        settings, model, gathered = self._moment.settings, self._moment.model, self._gathered
        examples = [example for table, row in gathered.rows(piece.key) for example in table.examples(row)]
        grown = grow(fold_word(piece.word), [example.text for example in examples], settings.max_neighbour_share,
                     settings.min_texts, LONGEST, lambda pair: not weak_links(pair, model))  # fmt: skip
        if grown is None:
            return None
        folded = fold_word(grown.word)
        key = word_key(folded)
        beside = max(piece.left.top_share, piece.right.top_share)  # examples are the first texts only
        count = min(piece.count * len(grown.texts) // len(examples), round(piece.count * beside))
        return self._judged(replace(
            piece, word=grown.word, key=key, count=count, score=piece.score * count / piece.count, left=grown.left,
            right=grown.right, examples=tuple(examples[number] for number in grown.texts[:EXAMPLES]),
            weak=tuple(weak_links(folded, model)),
        ))  # fmt: skip

    def _judged(self, one: Evidence) -> Evidence:
        """The same with its unity, and the rule that stops it."""
        live = lives(fold_word(one.word), self._elsewhere(one))
        one = replace(one, unity=unity.unity(self._signs(one, live)))
        return replace(one, stopped_by=self._spot(one, live))

    def _signs(self, one: Evidence, live: Lives) -> unity.Signs:
        folded, model = fold_word(one.word), self._moment.model
        count, pair = max(1, one.count), len(folded) == 2
        link = model.links(folded)[0] if pair else 0.0
        return unity.Signs(
            freedom=max(map(model.freedom_of, folded[:1] + folded[-1:]), default=0.0),
            neighbour=max(one.left.top_share, one.right.top_share),
            part=min(4.0, live.most / count),
            halves=min(2.0, live.halves / count),
            pair=float(pair),
            pair_pmi=max(0.0, min(5.0, link)),
            bound=float(bool(one.weak) and not one.grown),
        )

    def _elsewhere(self, one: Evidence) -> Callable[[U64], F64]:
        """Texts that hold a part of a word, but not the word: a piece that is whole hides its parts, one grown not."""
        hidden = one.count if one.grown else 0
        return lambda keys: np.maximum(0, window_counts(self._tables, keys) - hidden)

    def _p_value(self, word: str, rows: Sequence[Row]) -> float:
        moment = self._moment
        mentions = [
            (min(1.0, max(0.0, moment.now_s - float(table.first_s[row])) / moment.span_s), int(table.texts[row]))
            for table, row in rows
        ]
        if not mentions:
            return 1.0
        total_age = sum(age * texts for age, texts in mentions) - min(mentions)[0]
        texts, rarest = sum(texts for _, texts in mentions), moment.model.rarest_link(word)
        return p_value(texts, total_age, rarest, moment.span_s / moment.seen_s)

    def _spot(self, one: Evidence, live: Lives) -> str | None:
        """The first rule about its form and surroundings that stops a word."""
        settings, model, folded = self._moment.settings, self._moment.model, fold_word(one.word)
        if self._moment.lists.allow(np.array([one.key], np.uint64))[0]:
            return None
        if is_quantity(folded):
            return "quantity"
        if (one.sources or 0) < settings.min_sources:  # who names none could else pass by leaving it out
            return "few_sources"
        compound = bool(one.weak) and not one.grown
        # Of two pieces more is asked: they are beside one another in many a phrase.
        most = settings.max_neighbour_share / 2 if compound else settings.max_neighbour_share
        if max(one.left.top_share, one.right.top_share) > most:
            return "truncated"
        rarest = model.rarest_link(folded)
        old = np.isfinite(rarest) and rarest > settings.max_link_age * one.count
        if old and not compound and one.p > FAR_FROM_CHANCE:
            return "old_links"
        if len(one.weak) > 1 and compound:
            return "unbound"
        seam = one.weak[0] if compound else None
        if rule := part_rule(folded, one.count, seam, live, settings.max_part_ratio, settings.min_bound):
            return rule
        if any(folded in word and word != folded for word in self._moment.standing()):
            return "fragment"
        return "unlikely" if one.unity < settings.min_unity else None

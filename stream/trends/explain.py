"""a word + everything that is known -> why it was or was not announced, in figures and plain sentences.

The figures are those of the trend table and the model, the rule is the one `trends` names: nothing is decided here but
whether a word is one piece, so the explanation cannot differ from what happens. Cost: one look at each window's table.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from sketches.hashing import U64
from stream.events.events import iso
from stream.segmentation.cut import cut
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import pack
from stream.text.runs import LETTER, Runs, fold_word
from stream.text.times import iso_s
from stream.trends.rule_sentences import Case, Check, Link, Rulebook
from stream.trends.trend_table import Trends
from stream.words.examples import Example
from stream.words.word_table import LEFT, RIGHT

TOP = 3  # neighbours listed a side
LONGER = 5  # longer words listed
LOOKED_THROUGH = 300_000  # words looked through for them, newest windows first
Measure = Callable[[U64], tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]
"""PMI and count of any pairs, for whoever has the sketch."""


@dataclass(frozen=True, slots=True)
class Side:
    """Neighbours on one side: how many distinct, the most frequent and their share of all; "" is the edge of a run."""

    distinct: int
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`stopped_by` is the first of `reasons.FORM` and `trends.RULES` that fails, None for a word due to be announced.

    `pieces` is how the word is cut on its own, `longer` the words that contain it with their texts of a window.
    """

    word: str
    as_of_s: float
    stopped_by: str | None
    verdict: str
    links: tuple[Link, ...]
    pieces: tuple[str, ...]
    count: int
    baseline: float
    score: float
    first_seen_s: float | None
    left: Side
    right: Side
    sources: int | None
    known: bool
    denied: bool
    allowed: bool
    longer: tuple[tuple[str, int], ...]
    examples: tuple[Example, ...]
    checks: tuple[Check, ...]


def explain(
    word: str, trends: Trends, model: StrongPairs, rulebook: Rulebook, measure: Measure | None = None
) -> Explanation:
    """Without `measure` the figures of weak links are not known, only that they are weak."""
    runs = rulebook.alphabet.runs([word])
    found = _links(runs, model, measure)
    evidence = trends.explain(word, model)
    case = Case(fold_word(word), evidence, found, trends, model, rulebook)
    stopped_by = case.form() if evidence.stopped_by != "announced" else "announced"
    stopped_by = stopped_by or evidence.stopped_by
    checks = case.checks(stopped_by)
    sentence = next((check.sentence for check in checks if check.rule == stopped_by), "")
    key = np.array([evidence.key], np.uint64)
    return Explanation(
        word=word,
        as_of_s=trends.as_of_s,
        stopped_by=stopped_by,
        verdict=_verdict(stopped_by, sentence),
        links=found,
        pieces=tuple(cut(runs, model).words()),
        count=evidence.count,
        baseline=round(evidence.baseline, 3),
        score=round(evidence.score, 3),
        first_seen_s=evidence.first_s if evidence.count else None,
        left=_side(trends.facet(word, LEFT)),
        right=_side(trends.facet(word, RIGHT)),
        sources=evidence.sources,
        known=bool(trends.lists.known(key)[0]),
        denied=bool(trends.lists.deny(key)[0]),
        allowed=bool(trends.lists.allow(key)[0]),
        longer=_longer(case.word, trends),
        examples=evidence.examples,
        checks=checks,
    )


def encode_explanation(one: Explanation) -> bytes:
    """JSON, times as ISO 8601; `decode_explanation` reads it back."""
    fields = asdict(one)
    as_of_s, first_s = fields.pop("as_of_s"), fields.pop("first_seen_s")
    seen = None if first_s is None else iso(first_s)
    return orjson.dumps({"word": one.word, "as_of": iso(as_of_s), "first_seen": seen} | fields)


def decode_explanation(body: bytes) -> Explanation:
    """Raises ValueError if it is not one."""
    try:
        fields: dict[str, Any] = orjson.loads(body)
        as_of, seen = iso_s(fields.pop("as_of")), fields.pop("first_seen")
        if as_of is None:
            raise ValueError("an explanation without a time")
        for side in ("left", "right"):
            top = tuple((str(name), float(share)) for name, share in fields[side]["top"])
            fields[side] = Side(int(fields[side]["distinct"]), top)
        for name, kind in (("links", Link), ("examples", Example), ("checks", Check)):
            fields[name] = tuple(kind(**row) for row in fields[name])
        fields["pieces"] = tuple(fields["pieces"])
        fields["longer"] = tuple((str(word), int(texts)) for word, texts in fields["longer"])
        return Explanation(as_of_s=as_of, first_seen_s=None if seen is None else iso_s(seen), **fields)
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as fault:
        raise ValueError(f"not an explanation: {fault}") from fault


def _verdict(stopped_by: str | None, sentence: str) -> str:
    if stopped_by is None:
        return "passes every rule: announced at the next look"
    return sentence if stopped_by == "announced" else f"not announced: {sentence}"


def _links(runs: Runs, model: StrongPairs, measure: Measure | None) -> tuple[Link, ...]:
    length = len(runs.points) - 1  # the last one is a separator
    if length < 2:
        return ()
    points = runs.points[:length]
    pairs = pack(points[:-1], points[1:])
    pmi, counts = measure(pairs) if measure else (model.pmi_of(pairs), model.counts_of(pairs))
    text = points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    states = _states(runs.inner.tolist(), runs.kinds.tolist(), np.isfinite(model.pmi_of(pairs)).tolist())
    return tuple(
        Link(text[at], text[at + 1], state, _finite(pmi[at]), _finite(counts[at])) for at, state in enumerate(states)
    )


def _states(inner: Sequence[bool], kinds: Sequence[int], strong: Sequence[bool]) -> list[str]:
    """As `segment.cut` has it: what is neither a strong pair nor two letters or digits is cut apart."""
    return [
        "separate" if not inner[at] else "token" if min(kinds[at], kinds[at + 1]) >= LETTER else "strong" if bound
        else "weak"
        for at, bound in enumerate(strong)
    ]  # fmt: skip


def _finite(figure: float) -> float | None:
    return round(float(figure), 3) if np.isfinite(figure) else None


def _side(facets: dict[int, int]) -> Side:
    total = sum(facets.values())
    ranked = sorted(facets.items(), key=lambda one: (-one[1], one[0]))[:TOP]
    top = tuple((chr(value) if value else "", round(count / total, 4)) for value, count in ranked)
    return Side(sum(1 for value in facets if value), top)


def _longer(word: str, trends: Trends) -> tuple[tuple[str, int], ...]:
    """Words of the newest windows that contain it, with their texts, those in most texts first."""
    found: dict[str, int] = {}
    looked = 0
    for window in sorted(trends.tables, reverse=True):
        for table in trends.tables[window].values():
            if looked + len(table) > LOOKED_THROUGH:
                break
            looked += len(table)
            for other, texts in zip(table.words, table.texts, strict=True):
                if len(other) > len(word) and word in fold_word(other):
                    found[fold_word(other)] = found.get(fold_word(other), 0) + int(texts)
    return tuple(sorted(found.items(), key=lambda one: (-one[1], one[0]))[:LONGER])

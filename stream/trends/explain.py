"""A word and the texts of the horizon -> why it was or was not announced, in figures and plain sentences.

It names the first rule that stops the word as of the last evaluation, with a sentence for each rule up to it; later
ones are "not asked". The rules are those of `trends.gate`, behind two checks of the form. Of a word that was announced
it says when and as what, with the present figures, not those of that time.
Cost: a few passes over the texts of the horizon.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from sketches.hashing import U64
from stream.events.events import Neighbours, iso
from stream.events.examples import Example
from stream.segmentation.cut import cut
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import pack
from stream.text.runs import LETTER, Alphabet, Runs, fold_word
from stream.text.times import iso_s
from stream.trends.new_words import NewWords, nothing_of, score
from stream.trends.rule_sentences import Case, Check

Measure = Callable[[U64], tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]
"""PMI and count of any pairs, where the sketch is at hand."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two neighbours. `state`: strong, weak (cut apart), token (letters and digits: never cut), separate (not in
    one run).
    """

    left: str
    right: str
    state: str
    pmi: float | None
    count: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything known of a word.

    `stopped_by` is the first rule that fails (`rule_sentences.FORM`, `gate.RULES`), None for a word that would be
    announced. `pieces` is how the method cuts the word alone; `baseline` the expected texts; `earlier` an upper bound
    of the texts before the horizon; `probability` that it is a word; `surprise` -log10 of the probability that chance
    brings so many texts.
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
    surprise: float
    probability: float
    earlier: int
    first_seen_s: float | None
    left: Neighbours
    right: Neighbours
    sources: int | None
    examples: tuple[Example, ...]
    checks: tuple[Check, ...]


def explain(
    word: str, trends: NewWords, model: StrongPairs, alphabet: Alphabet, measure: Measure | None = None
) -> Explanation:
    """Explain a word. Without `measure` weak links have no figures."""
    runs = alphabet.runs([word])
    one = trends.finder.describe(word, model) or nothing_of(fold_word(word), trends.as_of_s)
    case = Case(one, trends, alphabet)
    stopped_by = trends.stopped_by(one)
    if stopped_by != "announced":
        stopped_by = case.form() or stopped_by
    checks = case.checks(stopped_by)
    sentence = next((check.sentence for check in checks if check.rule == stopped_by), "")
    return Explanation(
        word=word,
        as_of_s=trends.as_of_s,
        stopped_by=stopped_by,
        verdict=_verdict(stopped_by, sentence),
        links=_links(runs, model, measure),
        pieces=tuple(cut(runs, model).words()),
        count=one.count,
        baseline=round(one.expected, 3),
        score=round(score(one.count, one.expected), 3),
        surprise=round(one.surprise, 3),
        probability=round(one.probability, 4),
        earlier=one.earlier,
        first_seen_s=one.first_s if one.count else None,
        left=one.left,
        right=one.right,
        sources=one.sources,
        examples=one.examples,
        checks=checks,
    )


def encode_explanation(one: Explanation) -> bytes:
    """Encode as JSON with times in ISO 8601; `decode_explanation` is the inverse."""
    fields = asdict(one)
    as_of_s, first_s = fields.pop("as_of_s"), fields.pop("first_seen_s")
    seen = None if first_s is None else iso(first_s)
    return orjson.dumps({"word": one.word, "as_of": iso(as_of_s), "first_seen": seen} | fields)


def decode_explanation(body: bytes) -> Explanation:
    """Decode an explanation. Raises ValueError if it is not one."""
    try:
        fields: dict[str, Any] = orjson.loads(body)
        as_of, seen = iso_s(fields.pop("as_of")), fields.pop("first_seen")
        if as_of is None:
            raise ValueError("an explanation without a time")
        for side in ("left", "right"):
            fields[side] = Neighbours(**fields[side])
        for name, kind in (("links", Link), ("examples", Example), ("checks", Check)):
            fields[name] = tuple(kind(**row) for row in fields[name])
        fields["pieces"] = tuple(fields["pieces"])
        return Explanation(as_of_s=as_of, first_seen_s=None if seen is None else iso_s(seen), **fields)
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as fault:
        raise ValueError(f"not an explanation: {fault}") from fault


def _verdict(stopped_by: str | None, sentence: str) -> str:
    if stopped_by is None:
        return "passes every rule: announced with its next text"
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
    """Return the state of each link, by the rules of `segmentation.cut`."""
    return [
        "separate" if not inner[at] else "token" if min(kinds[at], kinds[at + 1]) >= LETTER else "strong" if bound
        else "weak"
        for at, bound in enumerate(strong)
    ]  # fmt: skip


def _finite(figure: float) -> float | None:
    return round(float(figure), 3) if np.isfinite(figure) else None

"""`make fit`: judged words -> the weights of the word model, and how good they are on streams they were not fitted on.

    python -m tests.quality.fit [--rows FOLDER] [--write]

Runs the finder over each judged stream, takes the signs of every judged word at every rung (a word weighs 1 in all),
and fits a logistic regression. It prints, for each stream, precision and recall of a fit that left the stream out, and
what each sign is worth; `--write` writes stream/finder/word_weights.py. The same data give the same file.
Of Weibo only words found before 2023 are fitted on, and for its own row none of its random sample.
Needs ../shared/data.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from stream.finder.signs import NAMES
from stream.finder.word_model import CLIP, WordModel
from stream.fitting.logistic import Sample, fitted
from stream.fitting.refit import bounds_of
from stream.rules.settings import TrendSettings
from stream.trends.gate import Bounds
from tests.quality.judged_streams import ROOT, STREAMS, Judged, Rows, judgements, load, rows_of, save, seconds

WEIGHTS = ROOT / "stream" / "finder" / "word_weights.py"
LEAST = bounds_of(TrendSettings())
_OTHERS = ("judged_2021.jsonl", "judged_2022_random.jsonl")
"""Words that an earlier finder had chosen, and words near the border: other shares of them are words than of all."""


def main() -> int:
    """Fit, print and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.fit", description=__doc__)
    parser.add_argument("--rows", type=Path, help="a folder in which rows are kept for the next time")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    args = parser.parse_args()
    rows = {name: _rows(name, args.rows) for name, stream in STREAMS.items() if stream.judged or stream.more}
    for name in rows:
        print(line_of(name, rows[name], without(name, rows)))
    whole = Sample.joined([sample_of(STREAMS[name], some) for name, some in rows.items()])
    model = fitted(whole)
    for worth, sign in worths(model, whole)[:30]:
        print(f"{sign:12} {worth:.3f}")
    if args.write:
        WEIGHTS.write_text(source_of(model, whole), "utf-8")
    return 0


def _rows(name: str, folder: Path | None) -> Rows:
    """The rows of a stream, from the folder if they are there."""
    file = folder / f"{name}.npz" if folder else None
    if file is not None and file.exists():
        return load(file)
    rows = rows_of(STREAMS[name])
    if file is not None:
        save(rows, file)
    return rows


def sample_of(stream: Judged, rows: Rows, without_random: bool = False) -> Sample:
    """The judged rows of a stream that may be fitted on."""
    verdicts, random = judgements(stream), judgements(stream, random_only=True)
    which = np.array([number for number, word in enumerate(rows.words)
                      if word in verdicts and rows.at_s[number] < seconds(stream.until)
                      and not (without_random and word in random)], np.int64)  # fmt: skip
    words = [rows.words[number] for number in which.tolist()]
    times = Counter(words)
    chosen = [set(judgements(Judged(stream.file, stream.since, None, (name,)))) - set(random) for name in _OTHERS]
    others = np.array([[word in some if name in stream.more else False
                        for name, some in zip(_OTHERS, chosen, strict=True)] for word in words], float)  # fmt: skip
    accepted = np.array([verdicts[word] for word in words], bool)
    weights = np.array([1 / times[word] for word in words])
    return Sample(rows.signs[which].astype(np.float64), accepted, weights, others.reshape(len(words), len(_OTHERS)))


def without(name: str, rows: dict[str, Rows]) -> WordModel:
    """The model fitted on all streams but this one; of Weibo, words that are not in its random sample are used."""
    samples = [sample_of(STREAMS[other], some) for other, some in rows.items() if other != name]
    if STREAMS[name].by_years:
        samples.append(sample_of(STREAMS[name], rows[name], without_random=True))
    return fitted(Sample.joined(samples))


def announced(rows: Rows, stream: Judged, model: WordModel, least: Bounds) -> dict[str, int]:
    """Words that would be announced, and by which row."""
    found: dict[str, int] = {}
    chances = model.probabilities(rows.signs)
    may = (rows.at_s >= seconds(stream.since)) & ~rows.speaker & (rows.earlier <= 2)
    for number in np.flatnonzero(may).tolist():
        figures = (rows.surprise[number], rows.by_chance[number], chances[number])
        if least.passed_by(int(rows.counts[number]), *map(float, figures)):
            found.setdefault(rows.words[number], number)
    return found


def line_of(name: str, rows: Rows, model: WordModel) -> str:
    """Precision, recall and F1 on the random sample, and words a day."""
    stream = STREAMS[name]
    verdicts = judgements(stream, random_only=stream.judged is not None)
    words = announced(rows, stream, model, LEAST)
    right = sum(accepted and word in words for word, accepted in verdicts.items())
    wrong = sum(not accepted and word in words for word, accepted in verdicts.items())
    recall, precision = right / max(1, sum(verdicts.values())), right / max(1, right + wrong)
    days = (rows.at_s.max() - seconds(stream.since)) / 86_400
    f1 = 2 * recall * precision / max(1e-9, recall + precision)
    return f"{name:12} P {precision:.2f} R {recall:.2f} F1 {f1:.3f} {len(words) / days:.2f} a day"


def worths(model: WordModel, sample: Sample) -> list[tuple[float, str]]:
    """What each sign moves the log odds by, the most first: the spread of its term over the judged words."""
    spread = np.std(model.terms(sample.signs), axis=0)
    return sorted(zip(spread.tolist(), NAMES, strict=True), reverse=True)


def source_of(model: WordModel, sample: Sample) -> str:
    """The module `word_weights`."""
    columns = zip(NAMES, model.mean, model.spread, model.linear, model.square, strict=True)
    table = "".join(f'    "{name}": ({", ".join(f"{value:.5g}" for value in values)}),\n' for name, *values in columns)
    words = round(float(sample.weights.sum()))
    return (
        '"""The weights of the word model, as `make fit` writes them. Not to be edited by hand.\n\n'
        f"Fitted on {words} judged words of {', '.join(name for name, one in STREAMS.items() if one.judged)}, "
        f'with signs clipped at {CLIP:g} spreads.\n"""\n\n'
        f"BIAS = {model.bias:.5f}\nWEIGHTS = {{\n{table}}}\n"
        '"""By sign: mean and spread of its values; what each spread of it and its square add to the log odds."""\n'
    )


if __name__ == "__main__":
    raise SystemExit(main())

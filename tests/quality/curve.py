"""`make curve`: precision against recall over the threshold `trends.min_probability`: curve.png. Needs matplotlib.

One replay without the threshold, in which each word's probability at its event is written down; then a score for each
threshold of the words above it. A word that passes a threshold only later is missed here: recall is a little higher.
"""

import json
import sys
import tempfile
from pathlib import Path

from stream.config.config import load
from stream.embedded.pipeline import Pipeline
from stream.events.events import iso
from stream.finder.finding import Finding, Look
from stream.sources.files import open_lines
from stream.text.message import Text
from stream.text.times import when
from tests.quality.__main__ import DATA, STREAMS, score

FOLDER = Path(__file__).parent
THRESHOLDS = (0.0, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8)


def main() -> int:
    try:
        import matplotlib

        matplotlib.use("agg")
        from matplotlib import pyplot
    except ImportError:
        print("curve: needs matplotlib: pip install matplotlib", file=sys.stderr)
        return 1
    stream = STREAMS["weibo"]
    heard = _heard(DATA / stream.file)
    figure, axes = pyplot.subplots(figsize=(7, 5))
    for (name, start, end), colour in zip(stream.spans[:2], ("tab:blue", "tab:orange"), strict=True):
        points = [_point(heard, threshold, start, end) for threshold in THRESHOLDS]
        axes.plot([recall for recall, _ in points], [precision for _, precision in points], "o-", color=colour,
                  label=f"{name} {start[:4]}–{end[:4]}")  # fmt: skip
        for threshold, point in zip(THRESHOLDS, points, strict=True):
            axes.annotate(f"{threshold:g}", point, textcoords="offset points", xytext=(6, 4), fontsize=8)
            print(
                f"{name} min_probability {threshold:g}: judged recall {point[0]:.3f}, judged precision {point[1]:.3f}"
            )
    axes.set(xlabel="judged recall", ylabel="judged precision", title="hot-list titles, by trends.min_probability")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(FOLDER / "curve.png", dpi=110, bbox_inches="tight")
    return 0


def _heard(path: Path) -> dict[str, tuple[str, float]]:
    """By word: when it was announced, and its probability then."""
    pipeline = Pipeline(load(None, {}, ["trends.min_probability=0"]))
    heard: dict[str, tuple[str, float]] = {}
    passing = pipeline.trends._passing

    def note(look: Look) -> list[Finding]:
        found = passing(look)
        for one in found:
            heard.setdefault(one.shown, (iso(look.at_s), one.probability))
        return found

    pipeline.trends._passing = note  # type: ignore[method-assign]
    rows = (json.loads(line) for line in open_lines([str(path)]))
    texts = (Text(row["text"], when(row["ts"]) or 0.0, None, "replay", 0, number) for number, row in enumerate(rows))
    for _ in (*pipeline.feed(texts), *pipeline.finish()):
        pass
    return heard


def _point(heard: dict[str, tuple[str, float]], threshold: float, start: str, end: str) -> tuple[float, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as events:
        for word, (detected_at, probability) in heard.items():
            if probability >= threshold:
                events.write(json.dumps({"word": word, "detected_at": detected_at}, ensure_ascii=False) + "\n")
        events.flush()
        found = score("weibo", events.name, start, end)
    return found["judged_recall"], found["judged_precision"]


if __name__ == "__main__":
    sys.exit(main())

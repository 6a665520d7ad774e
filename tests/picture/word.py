"""`make plot`: how words are heard, drawn for README from one run of the pipeline over a made-up stream.

Two planted words, one that bursts and one that grows, and the most frequent word of the language: their weakest link,
the texts they are in, their score. Needs matplotlib (install it by hand) and a font with Chinese characters
(fonts-noto-cjk).
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from stream.config.config import Config
from stream.embedded.pipeline import Pipeline
from stream.segmentation.pmi_model import measure
from stream.segmentation.tally import pack, word_points
from stream.simulation.simulate import Planted, SimulateSettings, planted, simulate
from stream.text.hash64 import word_key
from stream.text.message import Text

PICTURE = Path(__file__).with_name("how-words-are-heard.png")
SHAPES = {"pulse": "tab:orange", "ramp": "tab:blue"}
STEP_S, BEFORE_S, AFTER_S = 5.0, 300.0, 3000.0
OLD = "愚屋"
LOOK = {
    "font.family": ["Noto Sans CJK SC", "DejaVu Sans"], "font.size": 9, "axes.grid": True, "grid.alpha": 0.3,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "axes.titlesize": 10,
    "axes.titlelocation": "left",
}  # fmt: skip


@dataclass(slots=True)
class Course:
    """What was measured of a word at each step; seconds of event time."""

    at_s: list[float] = field(default_factory=list)
    weakest: list[float] = field(default_factory=list)
    texts: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    announced_s: float | None = None


def main() -> int:
    settings, config = SimulateSettings(), Config()
    words = [word for word in planted(settings) if word.shape in SHAPES]
    courses = followed(settings, config, [*(word.word for word in words), OLD])
    draw(words, courses, config)
    print(PICTURE)
    return 0


def followed(settings: SimulateSettings, config: Config, words: list[str]) -> dict[str, Course]:
    """The whole stream through the pipeline, with a look at the words after every step."""
    pipeline, courses = Pipeline(config), {word: Course() for word in words}
    texts = (Text(one.text, one.at_s, one.source, "replay", 0, at) for at, one in enumerate(simulate(settings)))
    step, due_s = list[Text](), settings.start_s + STEP_S
    for text in texts:
        while text.at_s >= due_s:
            for event in pipeline.feed(step):
                if event.word in courses and courses[event.word].announced_s is None:
                    courses[event.word].announced_s = event.detected_at_s
            look(pipeline, courses, due_s)
            step, due_s = [], due_s + STEP_S
        step.append(text)
    return courses


def look(pipeline: Pipeline, courses: dict[str, Course], now_s: float) -> None:
    texts, _, scores = pipeline.trends.figures(np.array([word_key(word) for word in courses], np.uint64))
    for row, (word, course) in enumerate(courses.items()):
        points = word_points(word)
        pmi, counts = measure(pipeline.sketch, pack(points[:-1], points[1:]), now_s)
        course.at_s.append(now_s)
        course.weakest.append(float(pmi.min()) if counts.min() >= 1 else np.nan)
        course.texts.append(float(texts[row]))
        course.score.append(float(scores[row]))


def draw(words: list[Planted], courses: dict[str, Course], config: Config) -> None:
    plt.rcParams.update(LOOK)
    figure, rows = plt.subplots(3, len(words), figsize=(11, 7), sharey="row", sharex="col")
    for column, word in zip(rows.T, words, strict=True):
        (pmi, texts, score), begin_s = column, word.first_at_s
        color, course = SHAPES[word.shape], courses[word.word]
        for axes, name in ((pmi, "weakest"), (texts, "texts"), (score, "score")):
            for label, one, shade in ((OLD, courses[OLD], "0.6"), (word.word, course, color)):
                _line(axes, one, getattr(one, name), begin_s, label, shade)
            axes.axvline(0, color="0.4", linewidth=0.8, linestyle=":")
            if course.announced_s is not None:
                axes.axvline((course.announced_s - begin_s) / 60, color="tab:red", linewidth=1)
        pmi.set_title(f"{word.word} ({word.shape}): dotted, its first text; red, announced {_after(course, word)}")
        pmi.axhline(config.cohesion.min_pmi, color="0.2", linewidth=1, linestyle="--")
        score.axhline(config.trends.min_score, color="0.2", linewidth=1, linestyle="--")
        score.set_xlabel("minutes since its first text")
        pmi.legend(loc="lower right")
        texts.set_yscale("symlog", linthresh=10)
        score.set_yscale("symlog", linthresh=10)
        for axes, ticks in ((texts, (0, 5, 10, 50, 100)), (score, (0, 5, 10, 40))):
            axes.set_yticks(ticks, [str(tick) for tick in ticks])
    for axes, name in zip(rows[:, 0], ("PMI of the weakest link", "texts within the horizon", "score"), strict=True):
        axes.set_ylabel(name)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=80)


def _line(axes: Axes, one: Course, values: list[float], begin_s: float, label: str, color: str) -> None:
    near = [at for at, at_s in enumerate(one.at_s) if -BEFORE_S <= at_s - begin_s <= AFTER_S]
    axes.plot([(one.at_s[at] - begin_s) / 60 for at in near], [values[at] for at in near], color=color, label=label)


def _after(course: Course, word: Planted) -> str:
    return "never" if course.announced_s is None else f"after {course.announced_s - word.first_at_s:.0f} s"


if __name__ == "__main__":
    sys.exit(main())

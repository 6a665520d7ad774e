"""The judged words are as many as docs/measurements.md says, and unity was fitted on words of both kinds."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def verdicts(name: str) -> list[bool]:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    words = [json.loads(line) for line in lines]
    assert len({word["word"].casefold() for word in words}) >= len(words) - 1
    return [word["accepted"] for word in words]


def test_four_of_five_events_of_2023_are_words() -> None:
    judged = verdicts("judged_2023.jsonl")
    assert len(judged) == 200
    assert sum(judged) == 166
    measurements = (FOLDER.parents[1] / "docs/measurements.md").read_text("utf-8")
    assert f"{sum(judged)} ({sum(judged) / len(judged):.0%})".replace("%", " %") in measurements


def test_unity_was_fitted_on_words_of_both_kinds() -> None:
    judged = verdicts("judged_2021.jsonl")
    assert len(judged) == 590
    assert 0.5 < sum(judged) / len(judged) < 0.8

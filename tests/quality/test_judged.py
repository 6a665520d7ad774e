"""The judged words are what the README says of them, and the weights of unity tell them apart from what was refused."""

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
    readme = (FOLDER.parents[1] / "README.md").read_text("utf-8")
    assert f"{sum(judged)} ({sum(judged) / len(judged):.0%})".replace("%", " %") in readme


def test_unity_was_fitted_on_words_of_both_kinds() -> None:
    judged = verdicts("judged_2021.jsonl")
    assert len(judged) == 590
    assert 0.5 < sum(judged) / len(judged) < 0.8

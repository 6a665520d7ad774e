"""The judged words are as many as docs/measurements.md says, and unity was fitted on words of both kinds."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def verdicts(name: str) -> list[bool]:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    words = [json.loads(line) for line in lines]
    assert len({word["word"].casefold() for word in words}) >= len(words) - 1
    return [word["accepted"] for word in words]


MEASUREMENTS = (FOLDER.parents[1] / "docs/measurements.md").read_text("utf-8")


def test_as_many_events_of_2023_are_words_as_the_documents_say() -> None:
    judged = verdicts("judged_2023.jsonl")
    assert len(judged) == 200
    assert f"{sum(judged)} ({sum(judged) / len(judged):.1%})".replace("%", " %") in MEASUREMENTS


def test_as_many_events_of_a_chat_are_useful_as_the_documents_say() -> None:
    judged = verdicts("judged_chat_events.jsonl")
    assert len(judged) == 100
    lines = (FOLDER / "judged_chat_events.jsonl").read_text("utf-8").splitlines()
    assert f"| {sum(judged)}; {sum(json.loads(line)['nickname'] for line in lines)}, of somebody" in MEASUREMENTS


def test_unity_was_fitted_on_words_of_both_kinds() -> None:
    judged = verdicts("judged_2021.jsonl")
    assert len(judged) == 590
    assert 0.5 < sum(judged) / len(judged) < 0.8


def test_words_of_one_story_belong_together_and_words_of_others_do_not() -> None:
    """Pairs drawn by `python -m tests.quality.stories`, judged by reading."""
    pairs = list(map(json.loads, (FOLDER / "judged_stories.jsonl").read_text("utf-8").splitlines()))
    together = {one: [pair["together"] for pair in pairs if pair["one_story"] == one] for one in (True, False)}
    assert (len(together[True]), len(together[False])) == (60, 60)
    assert sum(together[True]) >= 54 and sum(together[False]) <= 6


def test_three_of_four_unknown_words_of_discover_that_pass_the_filters_are_words() -> None:
    """Random ones of 20 MB of long posts, none of them in jieba's dictionary; more than .6 were asked for."""
    judged = verdicts("judged_scores.jsonl")
    assert (sum(judged), len(judged)) == (49, 60)
    assert "49 of 60" in MEASUREMENTS

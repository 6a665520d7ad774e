"""`new-words fit`: judgements by a made-up rule change what a replay announces, in the direction of the rule."""

import argparse
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from stream.commands import fit, replay
from stream.config.weights_file import decode_weights
from stream.errors import NewWordsError, UsageError
from stream.finder.finder import MODEL
from stream.simulation.simulate import SimulateSettings, simulate
from stream.store.history import History
from stream.verdicts.verdict import ACCEPTED, REFUSED, Verdict


def parsed(module: object, *argv: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)  # type: ignore[attr-defined]
    return parser.parse_args(list(map(str, argv)))


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stream") / "stream.jsonl"
    lines = [orjson.dumps({"ts": one.at_s, "text": one.text, "source": one.source})
             for one in simulate(SimulateSettings(texts=1500, rate=0.005, plants=20, share=0.02))]  # fmt: skip
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.fixture(scope="module")
def candidates(stream: Path) -> list[str]:
    """Words that were announced when nearly everything is."""
    events = stream.with_name("events.jsonl")
    loose = ["--set", "trends.min_probability=0.01", "--set", "trends.min_texts=3", "--set", "trends.min_surprise=1"]
    assert replay.main(parsed(replay, stream, "--events", events, "--quiet", *loose)) == 0
    words = (orjson.loads(line)["word"] for line in events.read_bytes().splitlines())
    return list(dict.fromkeys(words))[:150]


def test_fitted_weights_are_used(stream: Path, candidates: list[str], tmp_path: Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    judged, weights = tmp_path / "judged.csv", tmp_path / "mine.json"
    judged.write_text("".join(f"{word},{len(word) > 2}\n" for word in candidates), "utf-8")
    assert fit.main(parsed(fit, judged, stream, "--out", weights)) == 0
    said = capsys.readouterr().err
    assert "with the shipped weights" in said
    assert "fitted, words it did not see" in said
    model = decode_weights(weights.read_bytes())
    assert abs(model.linear - MODEL.linear).max() > 0
    first = weights.read_bytes()
    assert fit.main(parsed(fit, judged, stream, "--out", weights, "--quiet")) == 0
    assert weights.read_bytes() == first


def test_verdicts_of_a_store_serve_as_well(stream: Path, candidates: list[str], tmp_path: Path) -> None:
    store, weights = tmp_path / "words.sqlite", tmp_path / "mine.json"
    with closing(History(str(store), 1000)) as history:
        for word in candidates:
            history.judge(Verdict(word, ACCEPTED if len(word) > 2 else REFUSED, 1.0))
    assert fit.main(parsed(fit, "--verdicts", store, stream, "--out", weights, "--quiet")) == 0
    assert orjson.loads(weights.read_bytes())["about"]["words"] >= 40


def test_a_few_words_are_refused_and_nothing_is_written(stream: Path, tmp_path: Path) -> None:
    judged, weights = tmp_path / "judged.csv", tmp_path / "mine.json"
    judged.write_text("元宇宙,true\n三天三夜不,false\n", "utf-8")
    with pytest.raises(NewWordsError, match="40 are needed"):
        fit.main(parsed(fit, judged, stream, "--out", weights, "--quiet"))
    assert not weights.exists()
    judged.write_text("", "utf-8")
    with pytest.raises(UsageError, match="no judged word"):
        fit.main(parsed(fit, judged, stream, "--out", weights, "--quiet"))
    with pytest.raises(UsageError, match="no such store"):
        fit.main(parsed(fit, "--verdicts", tmp_path / "none.sqlite", stream, "--out", weights, "--quiet"))

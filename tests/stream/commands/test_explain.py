"""`new-words explain` on texts and on a server: the reason, the moment explained, and every wrong usage."""

import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stream.__main__ import main
from stream.config.config import load
from stream.embedded.pipeline import Pipeline
from stream.embedded.word_trace import explain_embedded
from stream.events.events import iso
from stream.simulation.simulate import SimulateSettings, planted, simulate
from stream.trends.explain import decode_explanation
from stream.web import explain_client as inquiry_client
from stream.web.questions import Questions
from tests.stream.web.served import serving

STREAM = SimulateSettings(texts=4000, plant=("shift",), share=0.2)
SETTINGS = ("trends.warmup_windows=5", "sketches.pair_width=65536", "cohesion.refresh_s=30")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("explain") / "texts.jsonl"
    lines = [orjson.dumps({"ts": one.at_s, "text": one.text, "source": one.source}) for one in simulate(STREAM)]
    path.write_bytes(b"\n".join(lines))
    return str(path)


def word() -> str:
    return planted(STREAM)[0].word


def explain(*args: str) -> int:
    return main(["explain", *args, "--quiet", *(part for one in SETTINGS for part in ("--set", one))])


def test_an_announced_word_is_explained_with_its_events(texts: str, capsys: Capture) -> None:
    assert explain(word(), texts) == 0
    printed = capsys.readouterr().out
    assert f"{word()}, as of 2024-" in printed
    assert "was announced, the last time at 2024-" in printed
    assert "Z emerged: " in printed
    assert f"of {STREAM.texts:,} texts read hold these characters in a row" in printed


def test_the_same_as_json(texts: str, capsys: Capture) -> None:
    assert explain(word(), texts, "--format", "json") == 0
    found = orjson.loads(capsys.readouterr().out)
    assert found.pop("occurrences") == planted(STREAM)[0].texts
    assert found.pop("texts_read") == STREAM.texts
    assert found.pop("events")[0]["status"] == "emerged"
    assert decode_explanation(orjson.dumps(found)).stopped_by == "announced"


def test_a_word_explained_before_its_first_mention_has_no_counts(texts: str, capsys: Capture) -> None:
    first_s = planted(STREAM)[0].first_at_s
    assert explain(word(), texts, "--at", iso(first_s - 1), "--format", "json") == 0
    found = orjson.loads(capsys.readouterr().out)
    assert (found["stopped_by"], found["occurrences"], found["events"]) == ("rare", 0, [])
    assert found["as_of"] < iso(first_s)
    assert found["texts_read"] < STREAM.texts


def test_a_word_that_is_cut_shows_the_links_with_their_figures(texts: str, capsys: Capture) -> None:
    broken = word()[0] + "宇宙" + word()[1]
    assert explain(broken, texts) == 0
    printed = capsys.readouterr().out
    assert f"  links     {broken[0]} |" in printed
    assert "  cut into  " in printed


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        ([" ", "x.txt"], "WORD: must not be empty"),
        (["天气"], "SOURCE or --url: name what to ask, one of the two"),
        (["天气", "x.txt", "--url", "http://a"], "SOURCE or --url: name what to ask, one of the two"),
        (["天气", "x.txt", "--at", "soon"], "--at soon: must be a time such as 2024-01-31T18:00:00+08:00"),
        (["天气", "--url", "http://a", "--at", "2024-01-01"], "--at: goes with SOURCE; the service explains as of now"),
        (["天气", "--url", "ftp://a"], "--url ftp://a: must be http://host:port"),
        (["天气", "--url", "localhost:9464"], "--url localhost:9464: must be http://host:port"),
    ],
)
def test_contradicting_options_are_a_usage_error(args: list[str], fault: str, capsys: Capture) -> None:
    assert main(["explain", *args]) == 2
    assert capsys.readouterr().err == f"new-words: {fault}\n"


@pytest.fixture
def served() -> Iterator[tuple[str, list[str]]]:
    """A page in front of an empty pipeline, behind processes that stand by the first two times."""
    questions, stop, asked = Questions(), threading.Event(), []
    pipeline = Pipeline(load(None, {}, SETTINGS))

    def flow() -> None:
        while not stop.wait(0.01):
            questions.answer(lambda one: explain_embedded(one, pipeline))

    async def some(request: Request) -> Response:
        asked.append(request.query_params["word"])
        return await questions.explain(request) if len(asked) > 2 else Response(b'{"error": "stands by"}', 503)

    thread = threading.Thread(target=flow)
    thread.start()
    with serving(Route("/api/explain", some)) as server:
        yield f"http://127.0.0.1:{server.port}/", asked
    stop.set()
    thread.join()


def test_the_next_server_is_asked_until_the_announcing_one_answers(
    served: tuple[str, list[str]], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry_client, "PAUSE_S", 0.0)
    url, asked = served
    assert main(["explain", "天&气?", "--url", url]) == 0
    assert asked == ["天&气?"] * 3
    assert "not announced: holds a character that separates words" in capsys.readouterr().out
    assert main(["explain", "天气", "--url", url, "--format", "json"]) == 0
    assert decode_explanation(capsys.readouterr().out.encode()).stopped_by == "warmup"
    assert main(["explain", "天" * 101, "--url", url]) == 2
    assert "must have 1 to 100 characters" in capsys.readouterr().err


def test_a_private_server_is_asked_with_its_token(tmp_path: Path, capsys: Capture) -> None:
    token, file, stop = "a-token-of-many-letters-and-1-digit", tmp_path / "token", threading.Event()
    file.write_text(f"{token}\n")
    questions, pipeline = Questions(), Pipeline(load(None, {}, SETTINGS))

    def flow() -> None:
        while not stop.wait(0.01):
            questions.answer(lambda one: explain_embedded(one, pipeline))

    thread = threading.Thread(target=flow)
    thread.start()
    with serving(Route("/api/explain", questions.explain), private=True, token=token) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert main(["explain", "天气", "--url", url]) == 1
        assert "the server is private: give it its token" in capsys.readouterr().err
        assert main(["explain", "天气", "--url", url, "--set", f"server.token_file={file}"]) == 0
        assert main(["explain", "天气", "--url", url, "--set", f"server.token={token}"]) == 0
        assert token not in capsys.readouterr().out
    stop.set()
    thread.join()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((503, b'{"error": "stands by"}'), "stands by"),
        ((500, b"<html>"), "HTTP 500"),
        ((200, b"{}"), "no explanation: not an explanation: 'as_of'"),
        ((200, b"<html>"), "no explanation: not an explanation: "),
        (None, "nothing there explains words; ask a process of role segment"),
    ],
)
def test_an_invalid_answer_is_a_failure_with_its_reason(
    answer: tuple[int, bytes] | None, fault: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry_client, "PAUSE_S", 0.0)
    routes = [Route("/api/explain", lambda _: Response(answer[1], answer[0]))] if answer else []
    with serving(*routes) as server:
        assert main(["explain", "天气", "--url", f"http://127.0.0.1:{server.port}"]) == 1
    assert f"http://127.0.0.1:{server.port}: {fault}" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_a_failure(capsys: Capture) -> None:
    assert main(["explain", "天气", "--url", "http://127.0.0.1:1"]) == 1
    assert "http://127.0.0.1:1: no explanation: " in capsys.readouterr().err

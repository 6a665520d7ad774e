"""What the page's routes answer: the last snapshot, explanations from the flow's own thread, and nothing to run."""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator

import orjson
import pytest

from stream.segmentation.pmi_model import CohesionSettings
from stream.trends.explain import Explanation, explain
from stream.trends.leaderboard import Leaderboard
from stream.trends.rule_sentences import Rulebook
from stream.web import page as module
from stream.web.page import Page
from stream.web.server import Answer, Request
from tests.stream.trends.trend_tables import ALPHABET, event, model_of, trends_of


def get(page: Page, path: str, known: str = "", **query: str) -> Answer:
    return page.routes[path](Request(query, known))


def why(word: str) -> Explanation:
    model = model_of(["天气"])
    return explain(word, trends_of([["天气"]], model)[0], model, Rulebook(CohesionSettings(), 12, 4, ALPHABET))


@pytest.fixture
def flow() -> Iterator[Page]:
    """A page whose questions are answered by another thread."""
    page, stop = Page(), threading.Event()

    def run() -> None:
        while not stop.wait(0.01):
            page.answer(why)

    thread = threading.Thread(target=run)
    thread.start()
    yield page
    stop.set()
    thread.join()


def test_before_there_is_anything_to_show_it_says_so() -> None:
    answer = get(Page(), "/api/words")
    assert (answer.status, orjson.loads(answer.body)) == (503, {"error": "starting: nothing to show yet"})


def test_the_words_are_those_of_the_last_snapshot_and_sent_once_to_who_knows_them() -> None:
    page, board = Page(), Leaderboard(5, 60.0)
    page.show(board.snapshot(1.0, True))
    board.add([event("天气")])
    page.show(board.snapshot(2.0, True))
    answer = get(page, "/api/words")
    assert [one["event"]["word"] for one in orjson.loads(answer.body)["words"]] == ["天气"]
    again = get(page, "/api/words", known=answer.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    page.show(board.snapshot(3.0, True))
    assert get(page, "/api/words", known=answer.headers["ETag"]).status == 200


def test_an_explanation_comes_from_the_flow(flow: Page) -> None:
    answer = get(flow, "/api/explain", word=" 天好 ")
    assert answer.status == 200
    assert orjson.loads(answer.body)["stopped_by"] == "piece"


@pytest.mark.parametrize("query", [{}, {"word": ""}, {"word": "  "}, {"word": "天" * 101}, {"wort": "天气"}])
def test_a_question_without_a_sensible_word_is_a_bad_request(query: dict[str, str]) -> None:
    assert get(Page(), "/api/explain", **query).status == 400


def test_who_stands_by_says_so_and_who_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    asked: list[Answer] = []
    thread = threading.Thread(target=lambda: asked.append(get(page, "/api/explain", word="天气")))
    thread.start()
    while not asked:
        page.answer(None)
    thread.join()
    assert (asked[0].status, b"stands by" in asked[0].body) == (503, True)
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    for _ in range(module.WAITING):
        assert b"busy" in get(page, "/api/explain", word="天气").body
    assert b"too many" in get(page, "/api/explain", word="天气").body
    page.answer(why)  # those who asked have gone: no harm, and the desk is free again
    assert b"busy" in get(page, "/api/explain", word="天气").body


def test_the_policy_allows_the_very_script_and_style_of_the_page_and_nothing_else() -> None:
    answer = get(Page(), "/")
    html, policy = answer.body.decode(), answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none';")
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy


def test_the_page_loads_nothing_from_elsewhere_and_writes_no_markup() -> None:
    html = get(Page(), "/").body.decode()
    links = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert links <= {"http://www.w3.org/2000/svg"}
    risky = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick=", "style=")
    assert [one for one in risky if one in html] == []

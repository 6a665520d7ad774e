"""What the page's routes answer: the last snapshot, and nothing to run that is not the page's own."""

import base64
import hashlib
import re
from collections.abc import Iterator

import pytest

from stream.trends.leaderboard import Leaderboard
from stream.web.page import Page
from stream.web.server import Server
from tests.stream.trends.made_finder import event
from tests.stream.web.served import ask, serving


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def server(page: Page) -> Iterator[Server]:
    with serving(*page.routes) as one:
        yield one


def test_before_there_is_anything_to_show_it_says_so(server: Server) -> None:
    answer = ask(server, "/api/words")
    assert (answer.status, answer.json) == (503, {"error": "starting: nothing to show yet"})


def test_the_words_are_those_of_the_last_snapshot_and_sent_once_to_who_knows_them(page: Page, server: Server) -> None:
    board = Leaderboard(5)
    page.show(board.snapshot(1.0, True))
    board.add([event("天气")])
    page.show(board.snapshot(2.0, True))
    answer = ask(server, "/api/words")
    assert [one["event"]["word"] for one in answer.json["words"]] == ["天气"]
    again = ask(server, "/api/words", If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    page.show(board.snapshot(3.0, True))
    assert ask(server, "/api/words", If_None_Match=answer.headers["etag"]).status == 200


def test_the_policy_allows_the_very_script_and_style_of_the_page_and_nothing_else(server: Server) -> None:
    answer = ask(server, "/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none';")
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy


def test_the_page_loads_nothing_from_elsewhere_and_writes_no_markup(server: Server) -> None:
    html = ask(server, "/").text
    links = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert links <= {"http://www.w3.org/2000/svg"}
    risky = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick=", "style=")
    assert [one for one in risky if one in html] == []

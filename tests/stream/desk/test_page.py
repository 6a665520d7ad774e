"""The page runs only its own script and style, loads nothing from elsewhere, is small, and inserts no markup from
texts.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterator

import pytest

from stream.web.server import Server
from tests.stream.api.desks import desk
from tests.stream.web.served import ask


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with desk() as (one, _, _):
        yield one


def test_the_policy_allows_the_very_script_and_style_of_the_page_and_nothing_else(server: Server) -> None:
    answer = ask(server, "/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none';")
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_loads_nothing_from_elsewhere_and_writes_no_markup(server: Server) -> None:
    html = ask(server, "/").text
    links = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert links <= {"http://www.w3.org/2000/svg"}
    risky = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick=", "style=")
    assert [one for one in risky if one in html] == []


def test_the_first_screen_takes_less_than_100_kb(server: Server) -> None:
    assert len(ask(server, "/").body) + len(ask(server, "/api/words").body) < 100_000
    assert len(gzip.compress(ask(server, "/").body)) < 20_000


def test_a_client_with_the_page_gets_only_the_policy(server: Server) -> None:
    first = ask(server, "/")
    again = ask(server, "/", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]

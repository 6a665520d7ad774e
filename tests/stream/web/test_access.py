"""Which requests may read, under which host name, and which may write."""

from typing import Any

import pytest
from starlette.requests import HTTPConnection

from stream.web.access import Access, Refusal, Visitor
from stream.web.settings import ServerSettings

TOKEN = "0123456789abcdef"
BEARER = {"authorization": f"Bearer {TOKEN}"}
PROXIED = {"proxies": ("10.0.0.0/24",), "user_header": "X-User"}


def ask(method: str = "GET", public: bool = False, client: str = "10.0.0.5", headers: dict[str, str] | None = None,
        **settings: Any) -> Visitor | Refusal:  # fmt: skip
    given = {"host": "words.example:9464", **(headers or {})}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "method": method, "headers": raw, "client": (client, 1)}
    return Access(ServerSettings(**settings)).ask(HTTPConnection(scope), public)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("words.example", None), ("words.example:9464", None), ("WORDS.example", None), ("127.0.0.1:9464", None),
        ("[::1]:9464", None), ("evil.example", 421), ("words.example.evil.example", 421), ("", 421), ("[", 421),
    ],
)  # fmt: skip
def test_only_listed_names_and_addresses_are_answered(host: str, status: int | None) -> None:
    found = ask(headers={"host": host}, hosts=("words.example",))
    assert (found.status if isinstance(found, Refusal) else None) == status


def test_a_probe_is_answered_under_any_name_and_without_a_list_everything_is() -> None:
    assert isinstance(ask(headers={"host": "evil.example"}, hosts=("a",), public=True), Visitor)
    assert isinstance(ask(headers={"host": "evil.example"}), Visitor)


def test_the_token_may_write_and_nothing_else_may() -> None:
    assert ask("PUT", headers=BEARER, token=TOKEN) == Visitor("", True)
    assert ask("PUT", headers={"authorization": f"bearer  {TOKEN} "}, token=TOKEN) == Visitor("", True)
    for given in ({}, {"authorization": "Bearer x"}, {"authorization": f"Basic {TOKEN}"}, {"x-user": "me"}):
        assert ask("PUT", headers=given, token=TOKEN) == Visitor("", False)
    assert ask("PUT", headers=BEARER) == Visitor("", False), "without a token in the settings there is no right one"


def test_only_a_trusted_proxy_can_name_the_reviewer() -> None:
    assert ask("PUT", headers={"x-user": " mei%20%E6%9E%97"}, **PROXIED) == Visitor("mei 林", True)
    assert ask("PUT", headers={"x-user": "mei"}, client="::ffff:10.0.0.9", **PROXIED) == Visitor("mei", True)
    assert ask("PUT", headers={"x-user": "mei"}, client="10.0.1.5", **PROXIED) == Visitor("", False)
    assert ask("PUT", headers={"x-user": ""}, **PROXIED) == Visitor("", False)
    assert ask("PUT", headers={"x-user": "mei"}, client="", **PROXIED) == Visitor("", False)


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://words.example:9464"}, False),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "null"}, True),
    ],
)
def test_another_site_cannot_make_a_browser_write(headers: dict[str, str], refused: bool) -> None:
    found = ask("PUT", headers={**BEARER, **headers}, token=TOKEN)
    assert isinstance(found, Refusal) is refused
    assert isinstance(ask("GET", headers={**BEARER, **headers}, token=TOKEN), Visitor)


def test_a_private_server_is_read_with_the_token_only_but_for_what_holds_no_words() -> None:
    assert ask(private=True, token=TOKEN) == Refusal(401, "this server is private: a token is needed")
    assert isinstance(ask(private=True, token=TOKEN, public=True), Visitor)
    assert ask(private=True, token=TOKEN, headers=BEARER) == Visitor("", True)


def test_it_says_whether_anybody_may_write() -> None:
    assert not Access(ServerSettings()).writable
    assert Access(ServerSettings(token=TOKEN)).writable
    assert Access(ServerSettings(**PROXIED)).writable  # type: ignore[arg-type]
